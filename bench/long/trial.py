"""One trial of a mutant: a process of its own that imports the changed file and runs tests on it.

The process is forked from one that has loaded pytest and every library, but no file of ours.
"""

from __future__ import annotations

import ast
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

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

    def __init__(self, path: Path, tree: ast.Module) -> None:
        parts = path.relative_to(suite.ROOT).with_suffix("").parts
        self._is_package = parts[-1] == "__init__"
        self._name = ".".join(parts[:-1] if self._is_package else parts)
        self._path = path
        self._code = compile(tree, str(path), "exec")

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


def warm_up() -> None:
    """Load what every trial needs: collect all tests once, then forget the modules of ours."""
    kept = os.dup(1)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a file descriptor is wanted
        os.dup2(nowhere.fileno(), 1)
        suite.run(["--collect-only", *suite.files()], object())
        os.dup2(kept, 1)
    os.close(kept)
    for name in list(sys.modules):
        if name.partition(".")[0] in OURS:
            del sys.modules[name]
    gc.collect()
    gc.freeze()


def begin(mutant: Mutant | None, tests: Sequence[str], seconds: int, log: Path) -> int:
    """Fork a trial with a limit of CPU seconds; returns its process id.

    Its exit code is that of pytest; SIGXCPU or SIGALRM ends it when the limit is over.
    """
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(WALL * seconds)
        if mutant is not None:
            path = suite.ROOT / mutant.path
            sys.meta_path.insert(0, _Finder(path, mutated(path.read_text(), mutant.place)))
        files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
        code = suite.run(["-x", *files], Chosen(tests))
    finally:
        os._exit(code)
