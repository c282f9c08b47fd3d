"""The changes that mutation makes of one node of a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from bench.long.prose import is_prose
from scanner.vocabulary import Severity, Status

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitAnd,
}
OTHERS = {
    "any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list",
    "startswith": "endswith", "endswith": "startswith", "lower": "upper", "partition": "rpartition",
    "rpartition": "partition", "removeprefix": "removesuffix", "removesuffix": "removeprefix",
    "split": "rsplit", "rsplit": "split", "issubset": "issuperset", "isdisjoint": "issubset",
}  # fmt: skip
EMPTY = {
    "bool": ("True", "False"),
    "str": ("''",),
    "int": ("0",),
    "list": ("[]",),
    "set": ("set()",),
    "frozenset": ("frozenset()",),
    "tuple": ("()",),
    "dict": ("{}",),
}
MEMBERS: dict[str, type[Severity | Status]] = {"Severity": Severity, "Status": Status}


def changes_of(node: ast.AST, function: ast.FunctionDef | None) -> Iterator[ast.AST]:
    """What may stand in the node's place, each new; `function` is the innermost that holds it."""
    if isinstance(node, ast.Return):
        yield from _returns(node, function)
    elif type(node) in _CHANGES:
        yield from _CHANGES[type(node)](node)


def _compare(node: ast.Compare) -> Iterator[ast.AST]:
    for at, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            yield ast.Compare(
                node.left, [*node.ops[:at], other(), *node.ops[at + 1 :]], node.comparators
            )


def _both(node: ast.BoolOp) -> Iterator[ast.AST]:
    """The other word, and one operand fewer."""
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for at in range(len(node.values)):
        rest = [*node.values[:at], *node.values[at + 1 :]]
        yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]


def _unary(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if not isinstance(node.op, ast.UAdd):
        yield node.operand


def _binary(node: ast.BinOp) -> Iterator[ast.AST]:
    """The other operator between numbers; else, of sets, texts and lists, the left part alone."""
    other = ARITHMETIC.get(type(node.op))
    if isinstance(node.op, ast.Add | ast.Sub) and not (
        _is_number(node.left) or _is_number(node.right)
    ):
        yield node.left
    elif other is not None:
        yield ast.BinOp(node.left, other(), node.right)
    else:
        yield node.left
    if isinstance(node.op, ast.BitOr):
        yield node.right


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif isinstance(value, str):
        yield ast.Constant(f"{value}X")


def _if(node: ast.If) -> Iterator[ast.AST]:
    """A guard that never holds; a choice between two that is made the other way round."""
    test = ast.UnaryOp(ast.Not(), node.test) if node.orelse else ast.Constant(value=False)
    yield ast.If(test, node.body, node.orelse)


def _choice(node: ast.IfExp) -> Iterator[ast.AST]:
    yield node.body
    yield node.orelse


def _comprehension(node: ast.comprehension) -> Iterator[ast.AST]:
    for at in range(len(node.ifs)):
        rest = [*node.ifs[:at], *node.ifs[at + 1 :]]
        yield ast.comprehension(node.target, node.iter, rest, node.is_async)


def _other_function(node: ast.Call) -> Iterator[ast.AST]:
    """Another of its kind, unless that is the same or takes no such arguments."""
    func = node.func
    if (
        isinstance(func, ast.Name)
        and func.id in OTHERS
        and not (func.id == "sorted" and node.keywords)
    ):
        yield ast.Call(ast.Name(OTHERS[func.id], ast.Load()), node.args, node.keywords)
    if (
        isinstance(func, ast.Attribute)
        and func.attr in OTHERS
        and (len(node.args) > 1 or "split" not in func.attr)
    ):
        other = ast.Attribute(func.value, OTHERS[func.attr], ast.Load())
        yield ast.Call(other, node.args, node.keywords)


def _call(node: ast.Call) -> Iterator[ast.AST]:
    """Another function of its kind; an argument given by name, or a starred one, left out."""
    yield from _other_function(node)
    for at, argument in enumerate(node.args):
        if isinstance(argument, ast.Starred):
            yield ast.Call(node.func, [*node.args[:at], *node.args[at + 1 :]], node.keywords)
    if not ast.unparse(node.func)[0].isupper():  # a class misses its field at once
        for at in range(len(node.keywords)):
            yield ast.Call(node.func, node.args, [*node.keywords[:at], *node.keywords[at + 1 :]])


def _display(node: ast.Tuple | ast.List | ast.Set) -> Iterator[ast.AST]:
    """One name of a collection left out."""
    for at, one in enumerate(node.elts):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and not is_prose(one):
            rest = [*node.elts[:at], *node.elts[at + 1 :]]
            if isinstance(node, ast.Tuple):
                yield ast.Tuple(rest, node.ctx)
            elif isinstance(node, ast.List):
                yield ast.List(rest, node.ctx)
            else:
                yield ast.Set(rest or [ast.Starred(ast.Tuple([], ast.Load()), ast.Load())])


def _member(node: ast.Attribute) -> Iterator[ast.AST]:
    """The next severity or status."""
    if isinstance(node.value, ast.Name) and node.value.id in MEMBERS:
        names = [one.name for one in MEMBERS[node.value.id]]
        if node.attr in names:
            other = names[(names.index(node.attr) + 1) % len(names)]
            yield ast.Attribute(node.value, other, ast.Load())


def _done(node: ast.Expr | ast.AugAssign) -> Iterator[ast.AST]:
    """A call or an increment left out."""
    yield ast.Pass()


def _continue(node: ast.Continue) -> Iterator[ast.AST]:
    yield ast.Break()


def _break(node: ast.Break) -> Iterator[ast.AST]:
    yield ast.Continue()


def _returns(node: ast.Return, function: ast.FunctionDef | None) -> Iterator[ast.AST]:
    """An empty value of the type that the function promises; both truth values."""
    if node.value is None or function is None or function.returns is None or is_prose(node.value):
        return
    promised = ast.unparse(function.returns)
    if promised.endswith("| None"):
        texts: tuple[str, ...] = ("None",)
    else:
        texts = EMPTY.get(promised.partition("[")[0], ())
    for text in texts:
        if ast.unparse(node.value) not in {text, "True", "False"}:
            yield ast.Return(ast.parse(text, mode="eval").body)


_CHANGES: dict[type[ast.AST], Callable[[Any], Iterator[ast.AST]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _both,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Constant: _constant,
    ast.If: _if,
    ast.IfExp: _choice,
    ast.comprehension: _comprehension,
    ast.Call: _call,
    ast.Tuple: _display,
    ast.List: _display,
    ast.Set: _display,
    ast.Attribute: _member,
    ast.Expr: _done,
    ast.AugAssign: _done,
    ast.Continue: _continue,
    ast.Break: _break,
}
