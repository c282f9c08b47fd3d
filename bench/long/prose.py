"""What mutation leaves alone: words for people, types, and decorators.

A sentence may say the same in other words, so a test that breaks at every changed letter of it
would be in the way. Names that AWS or other code understands hold no white space and stay in.
"""

from __future__ import annotations

import ast

TEXTS = frozenset({"Remedy", "Reference", "Attestation"})
"""What is called to hold texts for people; what remedies need is proven by their own tests."""

TYPES = frozenset({"TypeVar", "NewType", "cast"})
TITLES = frozenset({"title", "risk", "not_applicable_because", "note", "summary", "statement"})
ANNOTATIONS = frozenset({"annotation", "returns", "decorator_list", "bases", "format_spec"})


def is_left_alone(parent: ast.AST, field: str, node: ast.AST) -> bool:
    """Say whether this node and all in it stay as they are."""
    if field in ANNOTATIONS or (field == "slice" and _is_a_type(parent)):
        return True
    if isinstance(node, ast.Constant):
        if isinstance(parent, ast.Tuple | ast.List | ast.Set):
            return isinstance(node.value, str)  # it is left out, not changed
        return (
            is_prose(node)
            or _is_label(parent, node)
            or (isinstance(parent, ast.JoinedStr) and is_prose(parent))
        )
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Call):
        return _called(node) in TEXTS | TYPES
    if isinstance(node, ast.keyword):
        return node.arg in TITLES and isinstance(node.value, ast.Constant)
    return isinstance(node, ast.stmt) and _is_about_names(node)


def _is_label(parent: ast.AST, node: ast.Constant) -> bool:
    return isinstance(parent, ast.Call) and _called(parent) == "Fact" and node is parent.args[0]


def is_prose(node: ast.expr) -> bool:
    """Say whether this is a text with white space in it, also one that values are put into."""
    if isinstance(node, ast.JoinedStr):
        return any(is_prose(part) for part in node.values)
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and any(char.isspace() for char in text)


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _is_a_type(node: ast.AST) -> bool:
    """Whether a subscript is one of a class, as in frozenset[str]()."""
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and (
            node.value.id in {"dict", "frozenset", "list", "set", "tuple", "type"}
            or (node.value.id[0].isupper() and not node.value.id.isupper())
        )
    )


def _is_about_names(node: ast.stmt) -> bool:
    """Imports, exported names, and names of types."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.annotation) == "TypeAlias"
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return False
    name = node.targets[0].id.removeprefix("_")
    return name == "_all__" or (name[0].isupper() and not name.isupper() and "_" not in name)
