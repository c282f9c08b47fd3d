"""Which values a statement's conditions name for sure."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.scope.stated import is_exact, named_values
from tests.documents import a_policy, allow

KEY = "iam:PassedToService"


@pytest.mark.parametrize(
    ("when", "values"),
    [
        (None, None),
        ({"StringEquals": {"IAM:passedtoservice": "a"}}, {"a"}),
        ({"StringEquals": {KEY: ["a", "b"]}}, {"a", "b"}),
        ({"StringLike": {KEY: "a"}}, {"a"}),
        ({"ArnLike": {KEY: "arn:aws:iam::1:role/a"}}, {"arn:aws:iam::1:role/a"}),
        ({"ForAnyValue:StringEquals": {KEY: "a"}}, {"a"}),
        ({"StringEquals": {KEY: ["a", "b"]}, "StringLike": {KEY: ["b", "c"]}}, {"b"}),
        ({"StringEquals": {KEY: "a"}, "StringLike": {KEY: "*"}}, {"a"}),
        ({"StringLike": {KEY: ["a", "b*"]}}, None),
        ({"StringEquals": {KEY: "${aws:username}"}}, None),
        ({"StringEqualsIfExists": {KEY: "a"}}, None),
        ({"ForAllValues:StringEquals": {KEY: "a"}}, None),
        ({"StringNotEquals": {KEY: "a"}}, None),
        ({"Null": {KEY: "false"}}, None),
        ({"StringEquals": {KEY: []}}, None),
        ({"StringEquals": {"aws:SourceAccount": "1"}}, None),
    ],
)
def test_only_exact_values_of_a_key_that_must_be_there_count(
    when: dict[str, Any] | None, values: set[str] | None
) -> None:
    (statement,) = a_policy(allow("iam:PassRole", when=when)).statements
    assert named_values(statement, KEY) == (None if values is None else frozenset(values))


@pytest.mark.parametrize("text", ["a*", "a?", "${aws:username}", "*"])
def test_a_pattern_is_not_exact(text: str) -> None:
    assert not is_exact(text)
    assert is_exact("arn:aws:iam::1:role/a")
