"""Mutants: small changes of source code that a test should notice, made on its syntax tree.

The same source gives the same mutants. A seeded choice among them depends on what each of them
changes, so work on one file moves no choice in another.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench.long.changes import changes_of
from bench.long.prose import is_left_alone

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Where:
    """What stands around a node: its statement, functions and, at module level, what it defines."""

    scope: tuple[str, ...] = ()
    function: ast.FunctionDef | None = None
    statement: ast.stmt | None = None
    names: tuple[str, ...] = ()

    def inside(self, node: ast.AST) -> Where:
        """The same for what is inside this node."""
        if not isinstance(node, ast.stmt):
            return self
        here = replace(self, statement=node)
        if isinstance(node, ast.FunctionDef):
            return replace(here, scope=(*self.scope, node.name), function=node)
        if self.function is None:
            here = replace(here, names=self.names or tuple(_defined(node)))
        return here


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where it is, the source before and after, and its place among all of the file.

    `scope` is the dotted name of the function that holds it; at module level it is empty and
    `names` are what the statement defines. The lines `first` to `last` are those of the statement,
    without the body of a compound one.
    """

    path: str
    scope: str
    names: tuple[str, ...]
    line: int
    first: int
    last: int
    before: str
    after: str
    repeat: int
    place: int

    @property
    def id(self) -> str:
        """Twelve hex digits that stay the same while the code around it changes."""
        parts = (self.path, self.scope, *self.names, self.before, self.after, str(self.repeat))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    def __str__(self) -> str:
        """One line for a list."""
        before, after = self.before[:SHOWN], self.after[:SHOWN]
        return f"{self.id} {self.path}:{self.line}: {before}  =>  {after}"


@dataclass(frozen=True, slots=True)
class _Change:
    """A node, the field of its parent that holds it, and what may stand there instead."""

    parent: ast.AST
    field: str
    at: int | None
    node: ast.AST
    new: ast.AST
    where: Where

    def make(self) -> None:
        ast.copy_location(self.new, self.node)
        if self.at is None:
            setattr(self.parent, self.field, self.new)
        else:
            getattr(self.parent, self.field)[self.at] = self.new


def mutants_of(path: str, source: str) -> list[Mutant]:
    """All mutants of a file, in the order of its syntax tree."""
    times: Counter[tuple[str, ...]] = Counter()
    found = []
    for place, change in enumerate(_changes(ast.parse(source), Where())):
        where = change.where
        first, last = span(where.statement)
        key = (".".join(where.scope), *where.names, _source(change.node), _source(change.new))
        found.append(
            Mutant(
                path=path,
                scope=key[0],
                names=where.names,
                line=getattr(change.node, "lineno", first),
                first=first,
                last=last,
                before=key[-2],
                after=key[-1],
                repeat=times[key],
                place=place,
            )
        )
        times[key] += 1
    return found


def mutated(source: str, place: int) -> ast.Module:
    """The syntax tree of a file with the one change that has this place."""
    tree = ast.parse(source)
    for number, change in enumerate(_changes(tree, Where())):
        if number == place:
            change.make()
            return ast.fix_missing_locations(tree)
    message = f"there is no mutant number {place}"
    raise LookupError(message)


def chosen(mutants: Sequence[Mutant], number: int, seed: str) -> list[Mutant]:
    """A sample of so many, by lots that the seed draws."""

    def lot(mutant: Mutant) -> str:
        return hashlib.sha256(f"{seed} {mutant.id}".encode()).hexdigest()

    return sorted(sorted(mutants, key=lot)[:number], key=lambda one: (one.path, one.place))


def _changes(node: ast.AST, where: Where) -> Iterator[_Change]:
    for field, value in ast.iter_fields(node):
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for at, child in children:
            if not isinstance(child, ast.AST) or is_left_alone(node, field, child):
                continue
            inner = where.inside(child)
            for new in changes_of(child, inner.function):
                yield _Change(node, field, at, child, new, inner)
            yield from _changes(child, inner)


def _defined(node: ast.stmt) -> Iterator[str]:
    """Names that a statement at module level binds."""
    if isinstance(node, ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    for target in targets:
        for one in ast.walk(target) if target is not None else ():
            if isinstance(one, ast.Name):
                yield one.id


def span(statement: ast.stmt | None) -> tuple[int, int]:
    """First and last line of a statement, of a compound one those before its body.

    Of a function, whose defaults may be changed, it is all of it.
    """
    if statement is None:
        return 0, 0
    if isinstance(statement, ast.FunctionDef):
        return statement.lineno, statement.end_lineno or statement.lineno
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno
    return statement.lineno, max(statement.lineno, last or 0)


def _source(node: ast.AST) -> str:
    """The node as one line of source."""
    if isinstance(node, ast.keyword):
        return f"{node.arg}={ast.unparse(node.value)}"
    return " ".join(ast.unparse(node).split())
