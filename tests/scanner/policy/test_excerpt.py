"""Excerpts: policies stay the same JSON, lines point at statements, nothing stays invisible."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.policy import Malformed, Policy, lines_of, parse, pretty
from tests.scanner.policy import strategies as some


def read(document: Any) -> Policy:
    policy = parse(document, source="s3:GetBucketPolicy")
    assert isinstance(policy, Policy), policy
    return policy


def stated(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@given(some.documents(principal=True), st.data())
def test_a_policy_laid_out_is_the_same_policy(
    document: dict[str, Any], data: st.DataObject
) -> None:
    policy = read(data.draw(some.respelled(document)))
    again = read(pretty(policy))
    assert again.statements == policy.statements
    assert again.version == policy.version
    assert pretty(again) == pretty(policy)


@given(some.documents(principal=True), st.data())
def test_the_lines_of_a_statement_hold_it_and_nothing_else(
    document: dict[str, Any], data: st.DataObject
) -> None:
    spelled = data.draw(some.respelled(document))
    policy = read(spelled)
    lines = pretty(policy).split("\n")
    ranges = lines_of(policy, range(len(policy.statements)))
    originals = stated(json.loads(policy.text)["Statement"])
    assert len(ranges) == len(originals)
    for (start, stop), original in zip(ranges, originals, strict=True):
        text = "\n".join(lines[start - 1 : stop]).strip().removesuffix(",")
        assert json.loads(text.removeprefix('"Statement": ')) == original


def test_the_layout_is_json_with_two_blanks() -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["a:b"], "Resource": "*"},
            {"Effect": "Deny", "Action": [], "Resource": "*"},
        ],
        "Id": "x",
    }
    policy = read(document)
    assert pretty(policy) == json.dumps(document, indent=2)
    assert lines_of(policy, (1, 0, 0, 7, -1)) == ((4, 10), (11, 15))
    assert lines_of(policy, (1,)) == ((11, 15),)


def test_a_single_statement_and_an_empty_list_are_laid_out_as_they_are() -> None:
    single = read({"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*"}})
    assert lines_of(single, (0,)) == ((2, 6),)
    empty = read({"Statement": []})
    assert json.loads(pretty(empty)) == {"Statement": []}
    assert lines_of(empty, (0,)) == ()


def test_numbers_stay_as_they_were_written() -> None:
    text = (
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",'
        ' "Condition": {"NumericEquals": {"k": [1.5, 1.50, 10, 1e3]}}}}'
    )
    policy = read(text)
    assert read(pretty(policy)).statements == policy.statements
    assert "1.5,\n" in pretty(policy)
    assert '"1.50"' in pretty(policy)


@pytest.mark.parametrize(
    ("char", "escape"),
    [
        ("\u202e", "\\u202e"),
        ("\u2066", "\\u2066"),
        ("\u200b", "\\u200b"),
        ("\u2028", "\\u2028"),
        ("\u00a0", "\\u00a0"),
        ("\u0085", "\\u0085"),
        ("\x7f", "\\u007f"),
        ("\ue000", "\\ue000"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\udb40\\udc41"),
        ("\n", "\\n"),
        ("\0", "\\u0000"),
    ],
)
def test_hidden_characters_are_shown(char: str, escape: str) -> None:
    policy = read({"Statement": [], "Id": f"a{char}b"})
    assert f'"a{escape}b"' in pretty(policy)
    assert json.loads(pretty(policy))["Id"] == f"a{char}b"


def test_letters_of_all_scripts_stay() -> None:
    assert "Zürich 東京 🏔" in pretty(read({"Statement": [], "Id": "Zürich 東京 🏔"}))


@given(st.text(st.characters()))
def test_nothing_invisible_is_left(text: str) -> None:
    policy = read({"Statement": {"Sid": text, "Effect": "Allow", "Action": "*", "Resource": "*"}})
    shown = pretty(policy)
    assert json.loads(shown)["Statement"]["Sid"] == text
    hidden = [char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl")]
    assert set(hidden) <= {"\n"}


def test_a_malformed_text_is_shown_without_lines() -> None:
    broken = parse('{\n"Id": \u202e\x00', source="s3:GetBucketPolicy")
    assert isinstance(broken, Malformed)
    assert pretty(broken) == '{\n"Id": \\u202e\\u0000'
    assert lines_of(broken, (0,)) == ()


def test_equal_policies_share_one_text() -> None:
    statement = {"Sid": 'a "quoted" \\ name', "Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Statement": [statement, {**statement, "Condition": {}}]})
    first, second = read(document), read(document)
    assert pretty(first) is pretty(second)
    assert pretty(first) == json.dumps(json.loads(document), indent=2)
