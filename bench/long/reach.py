"""Which tests reach a mutant, the nearest first.

In a function: the tests that ran a line of its statement. At module level, and where no test did:
those that ran a line where a name is used that the statement defines, or that of the function, in
whatever module, and those of the test files that import the name.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.long.mutants import Mutant, Where, span
from scanner.control import CONTROL_FILE

Name = tuple[str, str]
"""A module and a name in it; the empty name is the module itself."""


@dataclass(frozen=True, slots=True)
class _Use:
    """A statement that loads a name: where, in which function, or what it defines outside of one."""

    path: str
    first: int
    last: int
    function: str
    names: tuple[str, ...]


@dataclass
class _Module:
    """What a file binds by imports, and where it loads each name or attribute of a name."""

    name: str
    path: str
    imported: dict[str, Name] = field(default_factory=dict)
    loads: dict[str, list[_Use]] = field(default_factory=lambda: defaultdict(list))

    def locals_for(self, wanted: Name) -> Iterator[str]:
        """The keys of `loads` that mean this name here."""
        module, name = wanted
        if module == self.name:
            yield name
        for local, (whence, what) in self.imported.items():
            if (whence, what) == wanted:
                yield local
            elif f"{whence}.{what}" == module:
                yield f"{local}.{name}"


class Uses:
    """Where names of modules are used, over all files of some folders."""

    def __init__(self, root: Path, folders: Sequence[str]) -> None:
        self._modules = [
            _read(root, path)
            for folder in folders
            for path in sorted((root / folder).rglob("*.py"))
        ]

    def of(self, path: str, names: Sequence[str]) -> tuple[list[_Use], set[str]]:
        """The uses in functions and the test files that import a name, in as many steps as needed."""
        module = _module_name(path)
        waiting = [(module, name) for name in names]
        known, uses, tests = set(waiting), [], set()
        while waiting:
            wanted = waiting.pop()
            for one in self._modules:
                for local in one.locals_for(wanted):
                    if one.path.startswith("tests/"):
                        tests.add(one.path)
                        continue
                    found = one.loads.get(local, [])
                    uses += [use for use in found if use.function]
                    more = {
                        (one.name, new) for use in found if not use.function for new in use.names
                    }
                    if local in one.imported:
                        more.add((one.name, local))
                    waiting += more - known
                    known |= more
        return uses, tests


def _module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _read(root: Path, path: Path) -> _Module:
    where = str(path.relative_to(root))
    module = _Module(_module_name(where), where)
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                module.imported[alias.asname or alias.name] = (node.module or "", alias.name)
    _look(module, tree, Where())
    return module


def _look(module: _Module, node: ast.AST, where: Where) -> None:
    for child in ast.iter_child_nodes(node):
        inner = where.inside(child)
        name = _loaded(child)
        if name:
            first, last = span(inner.statement)
            use = _Use(module.path, first, last, (*inner.scope, "")[0], inner.names)
            module.loads[name].append(use)
        _look(module, child, inner)


def _loaded(node: ast.AST) -> str:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


class Reach:
    """What the recorded tests ran: `seconds` by test, and tests by file and line."""

    def __init__(
        self,
        seconds: Mapping[str, float],
        lines: Mapping[str, Mapping[int, Sequence[str]]],
        uses: Uses,
    ) -> None:
        self.seconds = seconds
        self._lines = lines
        self._uses = uses
        self._breadth: dict[str, int] = defaultdict(int)
        for by_line in lines.values():
            for tests in by_line.values():
                for test in tests:
                    self._breadth[test] += 1
        self._by_file: dict[str, list[str]] = defaultdict(list)
        for test in seconds:
            self._by_file[test.partition("::")[0]].append(test)

    def tests_of(self, mutant: Mutant) -> list[str]:
        """The tests that reach it, those that run the fewest lines first."""
        found = self._in_lines(mutant.path, mutant.first, mutant.last)
        if not mutant.scope or not found:
            names = mutant.names or (mutant.scope.partition(".")[0],)
            found |= self._users(mutant.path, names, set()) | self._contracts_of(mutant.path)
        return sorted(found, key=lambda test: (self._breadth[test], test))

    def _users(self, path: str, names: Sequence[str], known: set[Name]) -> set[str]:
        """The tests that use names, or functions that used them while test files were loaded."""
        uses, files = self._uses.of(path, names)
        found = {test for file in files for test in self._by_file[file]}
        for use in uses:
            ran = self._in_lines(use.path, use.first, use.last)
            caller = (use.path, use.function)
            if not ran and caller not in known:
                known.add(caller)
                ran = self._users(use.path, [use.function], known)
            found |= ran
        return found

    def _in_lines(self, path: str, first: int, last: int) -> set[str]:
        by_line = self._lines.get(path, {})
        found = {test for line in range(first, last + 1) for test in by_line.get(line, ())}
        return found - {""}

    def runs_only_in_tests(self, mutant: Mutant) -> bool:
        """Whether its statement is in a function and did not run while test files were loaded."""
        by_line = self._lines.get(mutant.path, {})
        lines = range(mutant.first, mutant.last + 1)
        return bool(mutant.scope) and not any("" in by_line.get(line, ()) for line in lines)

    def _contracts_of(self, path: str) -> set[str]:
        """The tests of what holds for every control, where this file is one."""
        control = CONTROL_FILE.match(Path(path).stem)
        if control is None or not path.startswith("scanner/controls/"):
            return set()
        name = f"[{control['id'].upper().replace('_', '-')}]"
        contracts = (
            one
            for file in self._by_file
            if file.startswith("tests/contracts/")
            for one in self._by_file[file]
        )
        return {test for test in contracts if test.endswith(name) or "[" not in test}
