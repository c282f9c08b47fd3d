"""Which environment variables the code reads, found in its syntax."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def read_by_settings() -> set[str]:
    """Return the variables that posture/settings.py reads through posture.environment."""
    return {
        call.args[0].value
        for call in _calls(ROOT / "posture/settings.py")
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def read_by_sandbox() -> set[str]:
    """Return the variables that sandbox/ reads from os.environ or psql's \\getenv."""
    found = set()
    for file in ROOT.glob("sandbox/**/*.py"):
        found |= set(_environ_names(file))
    for line in (ROOT / "sandbox/postgres-init.sql").read_text().splitlines():
        if line.startswith("\\getenv"):
            found.add(line.split()[2])
    return found


def _environ_names(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Call(func=ast.Attribute(value=where, attr="get"), args=[name, *_]):
                pass
            case ast.Subscript(value=where, slice=name):
                pass
            case ast.Compare(left=name, comparators=[where]):
                pass
            case _:
                continue
        if isinstance(name, ast.Constant) and ast.unparse(where) == "os.environ":
            yield str(name.value)


def _calls(file: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and node.args:
            yield node
