"""Names in evidence: a few of many."""

from __future__ import annotations

import pytest

from scanner.evidence import some_of


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("", ""),
        ("a", "a"),
        ("edcba", "e, d, c, b, a"),
        ("abcdef", "a, b, c, d, e and 1 more"),
        ("abcdefg", "a, b, c, d, e and 2 more"),
    ],
)
def test_a_few_names_are_told_in_their_order_and_the_others_counted(names: str, said: str) -> None:
    assert some_of(list(names)) == said
