"""One trial of a mutant: a process of its own in which the code is changed and tests run on it.

It is forked from a process that has collected all tests. Where the changed statement has not run
yet, its function simply gets the new code. Else what we have loaded is forgotten, and the tests
are collected anew from the changed file.
"""

from __future__ import annotations

import ast
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import os
import resource
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

from bench.long import suite
from bench.long.mutants import Mutant, mutated

OURS = frozenset({"scanner", "posture", "sandbox", "tests"})
MEMORY = 6 * 1024**3
WALL = 30
"""How many times its limit of CPU seconds a trial may take on a busy machine."""


class Chosen:
    """Runs these tests in this order and nothing else."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.order = {test: at for at, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what does not reach the mutant."""
        kept = [item for item in items if item.nodeid in self.order]
        items[:] = sorted(kept, key=lambda item: self.order[item.nodeid])


class _Loader(importlib.machinery.SourceFileLoader):
    """Gives code that was compiled from a changed syntax tree."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._changed = code

    def get_code(self, fullname: str) -> CodeType:
        return self._changed


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module elsewhere than the others."""

    def __init__(self, path: Path, code: CodeType) -> None:
        parts = path.relative_to(suite.ROOT).with_suffix("").parts
        self._is_package = parts[-1] == "__init__"
        self._name = ".".join(parts[:-1] if self._is_package else parts)
        self._path = path
        self._code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        loader = _Loader(fullname, str(self._path), self._code)
        inside = [str(self._path.parent)] if self._is_package else None
        return importlib.util.spec_from_file_location(
            fullname, self._path, loader=loader, submodule_search_locations=inside
        )


def limit(seconds: int, log: Path) -> None:
    """Bound this process, which SIGXCPU or SIGALRM ends, and send its output to a file."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(WALL * seconds)


def loaded_functions() -> dict[str, list[FunctionType]]:
    """All functions there are, by the path of their file."""
    found: dict[str, list[FunctionType]] = {}
    for one in gc.get_objects():
        if isinstance(one, FunctionType):
            found.setdefault(one.__code__.co_filename, []).append(one)
    return found


def change(mutant: Mutant, tree: ast.Module, loaded: Mapping[str, Sequence[FunctionType]]) -> bool:
    """Give the function that holds the mutant its new code; False if that changes nothing.

    A mutant in the default of a parameter is such a case: it is a value by now.
    """
    path = str(suite.ROOT / mutant.path)
    new = {code.co_qualname: code for code in _functions_in(compile(tree, path, "exec"))}
    found = False
    for one in loaded.get(path, ()):
        code = new.get(one.__code__.co_qualname, one.__code__)
        if code != one.__code__ and code.co_firstlineno == one.__code__.co_firstlineno:
            one.__code__ = code
            found = True
    return found


def _functions_in(code: CodeType) -> Iterator[CodeType]:
    """Functions and methods, without those inside of them."""
    for one in code.co_consts:
        if isinstance(one, CodeType) and one.co_name != "<lambda>":
            if one.co_flags & inspect.CO_OPTIMIZED:
                yield one
            else:
                yield from _functions_in(one)  # the body of a class


def run_anew(mutant: Mutant, tree: ast.Module, tests: Sequence[str]) -> int:
    """Forget what was loaded, and run the tests on the changed file; returns pytest's code."""
    for name in list(sys.modules):
        if name.partition(".")[0] in OURS:
            del sys.modules[name]
    path = suite.ROOT / mutant.path
    sys.meta_path.insert(0, _Finder(path, compile(tree, str(path), "exec")))
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    return suite.run(["-x", *files], Chosen(tests))


def tree_of(mutant: Mutant) -> ast.Module:
    """The changed file."""
    return mutated((suite.ROOT / mutant.path).read_text(), mutant.place)
