"""Mutants are made where behaviour is, are the same for the same code, and leave prose alone."""

from __future__ import annotations

import ast

import pytest

from bench.long.mutants import Mutant, chosen, mutants_of, mutated


def changes(source: str) -> set[tuple[str, str]]:
    return {(one.before, one.after) for one in mutants_of("a.py", source)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", {("a < b", "a <= b"), ("a < b", "a >= b")}),
        ("x = a in b", {("a in b", "a not in b")}),
        ("x = a and b", {("a and b", "a or b"), ("a and b", "b"), ("a and b", "a")}),
        ("x = not a", {("not a", "a")}),
        ("x = a | b", {("a | b", "a"), ("a | b", "b")}),
        ("x = a - b", {("a - b", "a")}),
        ("x = a - 1", {("a - 1", "a + 1"), ("1", "2")}),
        ("x = True", {("True", "False")}),
        ("x = 'iam:PassRole'", {("'iam:PassRole'", "'iam:PassRoleX'")}),
        ("x = ('a', 'b')", {("('a', 'b')", "('b',)"), ("('a', 'b')", "('a',)")}),
        ("x = b if a else c", {("b if a else c", "b"), ("b if a else c", "c")}),
        ("x = [a for a in b if a]", {("for a in b if a", "for a in b")}),
        ("x = f(a, *b, c=d)", {("f(a, *b, c=d)", "f(a, c=d)"), ("f(a, *b, c=d)", "f(a, *b)")}),
        ("x = any(a)", {("any(a)", "all(a)")}),
        ("x = a.split(b)", set()),
        ("x = a.split(b, c)", {("a.split(b, c)", "a.rsplit(b, c)")}),
        ("x = a.lower()", {("a.lower()", "a.upper()")}),
        ("x = Severity.HIGH", {("Severity.HIGH", "Severity.MEDIUM")}),
        ("a.append(b)", {("a.append(b)", "pass")}),
        ("a += b", {("a += b", "pass")}),
        ("if a:\n  b = c", {("if a: b = c", "if False: b = c")}),
        ("if a:\n  b = c\nelse:\n  b = d", {("if a: b = c else: b = d", "if not a: b = c else: b = d")}),
        ("def f() -> list[str]:\n  return a", {("return a", "return []")}),
        ("def f() -> bool:\n  return a", {("return a", "return True"), ("return a", "return False")}),
        ("def f() -> A | None:\n  return a", {("return a", "return None")}),
    ],
)  # fmt: skip
def test_a_change_of_each_kind(source: str, expected: set[tuple[str, str]]) -> None:
    assert changes(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""What the module holds."""',
        "x = 'The policy is too wide.'",
        "x = f'{who} may do it'",
        "x = ('Open IAM.', 'Remove it.')",
        "def f() -> str:\n  return 'Open IAM.'",
        "def f() -> str:\n  return f'Open {x}.'",
        "REMEDY = Remedy(minutes=45, cli='aws')",
        "x = Fact('Version', y)",
        "x = Check(title='Short')",
        "Token: TypeAlias = str | Wild",
        "Token = str | Wild",
        "from a import b",
        "@lru_cache(maxsize=2)\ndef f(x: int = y) -> tuple[int, int]:\n  return x",
        "if TYPE_CHECKING:\n  x = 1",
    ],
)
def test_prose_and_types_stay(source: str) -> None:
    assert [str(one) for one in mutants_of("a.py", source) if one.before != "return x"] == []


def test_parts_of_a_name_that_is_put_together_are_changed() -> None:
    assert {after for _, after in changes("x = f'arn:{a}:role/*'")} == {"'arn:X'", "':role/*X'"}


SOURCE = '''
LIMIT = 3
def outer(a: int) -> bool:
    """Say it."""
    def inner() -> int:
        return a + 1
    return inner() > LIMIT
'''


def test_a_mutant_knows_where_it_is() -> None:
    by_change = {(one.before, one.after): one for one in mutants_of("a.py", SOURCE)}
    limit, inner = by_change["3", "4"], by_change["1", "2"]
    assert (limit.scope, limit.names, limit.line) == ("", ("LIMIT",), 2)
    assert (inner.scope, inner.names, inner.first, inner.last) == ("outer.inner", (), 6, 6)


def test_each_mutant_changes_the_source_in_its_one_place() -> None:
    plain = ast.unparse(ast.parse(SOURCE))
    texts = [ast.unparse(mutated(SOURCE, one.place)) for one in mutants_of("a.py", SOURCE)]
    assert len(set(texts)) == len(texts)
    assert plain not in texts
    with pytest.raises(LookupError):
        mutated(SOURCE, len(texts))


def sample(*sources: str) -> list[Mutant]:
    found = [one for at, text in enumerate(sources) for one in mutants_of(f"{at}.py", text)]
    return chosen(found, 4, "a seed")


def test_a_sample_is_the_same_for_the_same_code_and_stays_elsewhere_when_a_file_changes() -> None:
    lines = "".join(f"x{number} = {number}\n" for number in range(20))
    drawn = sample(lines, lines)
    assert len(drawn) == 4
    assert drawn == sample(lines, lines)
    elsewhere = {one.id for one in drawn if one.path == "0.py"}
    assert {one.id for one in sample(lines, f"y = 1\n{lines}")} >= elsewhere
