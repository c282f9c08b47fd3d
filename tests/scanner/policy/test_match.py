"""Wildcards: the automaton against slow and obvious references."""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.policy.match import (
    LONGEST,
    action_matches,
    covers,
    fits,
    fits_arn,
    fold,
    matches,
    overlaps,
    padded,
    tokens,
)

texts = st.text("ab:*?", max_size=12)
patterns = st.text("ab:*?", max_size=9)
short = st.text("ab*?", max_size=4)


@cache
def plainly_matches(pattern: str, text: str) -> bool:
    """Match by the definition of the wildcards, one character at a time."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        rest = plainly_matches(pattern[1:], text)
        return rest or (bool(text) and plainly_matches(pattern, text[1:]))
    same = bool(text) and pattern[0] in ("?", text[0])
    return same and plainly_matches(pattern[1:], text[1:])


@given(patterns, texts)
def test_matches_is_the_definition(pattern: str, text: str) -> None:
    assert matches(pattern, text) == plainly_matches(pattern, text)
    assert fits(tokens(pattern), text) == plainly_matches(pattern, text)


@given(st.text(max_size=20), st.text(max_size=20))
def test_matches_is_the_definition_for_any_characters(pattern: str, text: str) -> None:
    assert matches(pattern, text) == plainly_matches(pattern, text)
    assert matches(f"{text[:3]}*", text)


@given(patterns, patterns, st.data())
def test_what_covers_a_pattern_takes_all_that_fits_it(
    wide: str, narrow: str, data: st.DataObject
) -> None:
    anything = st.text("ab:xyz", max_size=3)
    parts = {"*": anything, "?": st.text("abx", min_size=1, max_size=1)}
    text = "".join(data.draw(parts[char]) if char in parts else char for char in narrow)
    assert plainly_matches(narrow, text)
    if covers(wide, narrow):
        assert plainly_matches(wide, text)


@given(patterns, texts.filter(lambda text: not set("*?") & set(text)))
def test_covering_a_plain_text_is_matching_it(pattern: str, text: str) -> None:
    assert covers(pattern, text) == plainly_matches(pattern, text)
    assert overlaps(pattern, text) == plainly_matches(pattern, text)


@given(short, short)
def test_patterns_overlap_when_some_text_fits_both(one: str, other: str) -> None:
    letters = ("".join(found) for size in range(9) for found in product("ab", repeat=size))
    both = any(plainly_matches(one, text) and plainly_matches(other, text) for text in letters)
    assert overlaps(one, other) == both
    assert overlaps(other, one) == both


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("*", "anything", True),
        ("arn:aws:sqs:*", "arn:aws:sqs:*:*:q", True),
        ("arn:aws:iam::*:role/*", "arn:aws:iam::1:role/app/*", True),
        ("arn:aws:iam::1:role/app/*", "arn:aws:iam::*:role/*", False),
        ("a?c", "a*c", False),
        ("a?c", "abc", True),
        ("a*c", "a?c", True),
        ("?*", "*", False),
        ("a", "a", True),
        ("a", "b", False),
        ("**", "*", True),
    ],
)
def test_one_pattern_covers_another(wide: str, narrow: str, expected: bool) -> None:
    assert covers(wide, narrow) == expected


def test_patterns_beyond_all_measure_are_never_proof() -> None:
    endless = "a" * (LONGEST + 1)
    assert not covers("a*", endless)
    assert covers(endless, endless)
    assert overlaps(endless, "b*")
    assert matches("a*", endless)
    assert not matches(f"*{endless}b", endless)


def test_a_pattern_of_many_stars_is_read_to_its_end() -> None:
    pattern = "*a" * 2000
    assert matches(pattern, "a" * 2000)
    assert not matches(f"{pattern}b", "a" * 4000)
    assert covers("*a*", pattern)


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("SQS:sendmessage", "sqs:SendMessage", True),
        ("aws-market*:*", "aws-marketplace:StartChangeSet", True),
        ("aws-marketplace:*Meter*", "aws-marketplace:BatchMeterUsage", True),
        ("*:*", "iam:PassRole", True),
        ("iam", "iam:PassRole", False),
        ("\u212ams:Encrypt", "kms:Encrypt", False),
    ],
)
def test_actions_match_whole_and_in_any_case(pattern: str, action: str, expected: bool) -> None:
    assert action_matches(pattern, action) == expected


def test_only_ascii_letters_are_folded() -> None:
    assert fold("AbC") == "abc"
    assert fold("\u212aÄB") == "\u212aÄb"


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("arn:aws:sns:*:1:t", "arn:aws:sns:us-east-1:1:t", True),
        ("arn:aws:sns:*:t", "arn:aws:sns:us-east-1:1:t", False),
        ("arn:*:t", "arn:aws:sns:us-east-1:1:t", False),
        ("arn:aws:logs:*:1:log-group:x:*", "arn:aws:logs:us-east-1:1:log-group:x:y:z", True),
        ("arn:aws:logs:*:1:log-group:y:*", "arn:aws:logs:us-east-1:1:log-group:x:y", False),
        ("arn:aws:logs:*:1:*", "arn:aws:logs:us-east-1:1:log-group:x:*", True),
        ("arn:aws:s3:::b", "arn:aws:s3:::b", True),
        ("arn:aws:s3:::b", "b", False),
    ],
)
def test_arns_match_part_by_part(pattern: str, arn: str, expected: bool) -> None:
    assert fits_arn(tokens(pattern), arn) == expected


def test_short_arns_are_completed() -> None:
    assert padded("arn:aws:sqs") == "arn:aws:sqs:*:*:*"
    assert padded("arn:aws:s3:::b") == "arn:aws:s3:::b"
    assert padded("*") == "*"
    assert padded("sqs") == "sqs"
