"""Lists keep their gaps whatever is made of them."""

from __future__ import annotations

import pytest

from scanner.vocabulary import (
    Listed,
    NotSeen,
    Partial,
    Severity,
    Topic,
    Unobserved,
    complete,
    derived,
    gaps,
    known,
    merged,
    seen,
)

GAP = Unobserved("sqs:ListQueues", "AccessDenied", "us-east-1")
OTHER = Unobserved("sqs:ListQueues", "Throttling", "eu-west-1")


def doubled(number: int) -> list[int]:
    return [number, number] if number else []


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ((0, 1), (1, 1)),
        ((), ()),
        (Partial((0, 1), (GAP,)), Partial((1, 1), (GAP,))),
        (Partial((), (GAP,)), Partial((), (GAP,))),
        (GAP, GAP),
    ],
)
def test_what_is_derived_from_a_list_has_its_gaps(
    listed: Listed[int], expected: Listed[int]
) -> None:
    assert derived(listed, doubled) == expected


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ([(1,), (2,)], (1, 2)),
        ([(1,), GAP], Partial((1,), (GAP,))),
        ([Partial((1,), (GAP,)), (2,), OTHER], Partial((1, 2), (GAP, OTHER))),
        ([GAP], GAP),
        ([GAP, OTHER], Partial((), (GAP, OTHER))),
        ([], ()),
    ],
)
def test_joined_lists_are_whole_only_if_all_are(
    lists: list[Listed[int]], expected: Listed[int]
) -> None:
    assert merged(*lists) == expected


@pytest.mark.parametrize("listed", [GAP, Partial((1,), (GAP,)), Partial((), (GAP,))])
def test_a_list_with_a_gap_is_never_complete(listed: Listed[int]) -> None:
    with pytest.raises(NotSeen) as caught:
        complete(listed)
    assert caught.value.gaps == gaps(listed) == (GAP,)


def test_a_whole_list_is_complete_and_has_no_gaps() -> None:
    assert (complete((1, 2)), gaps((1, 2)), seen((1, 2))) == ((1, 2), (), (1, 2))


def test_a_fact_is_known_or_it_is_not_seen() -> None:
    assert known(0) == 0
    with pytest.raises(NotSeen, match="AccessDenied"):
        known(GAP)


@pytest.mark.parametrize(
    ("gap", "sentence"),
    [
        (GAP, "sqs:ListQueues could not be read in us-east-1: AccessDenied."),
        (Unobserved("", "NotRead"), "A fact could not be read: NotRead."),
        (
            Unobserved("iam:GetPolicy", "BadAnswer", detail="cut"),
            "iam:GetPolicy could not be read: BadAnswer (cut).",
        ),
    ],
)
def test_a_gap_reads_as_a_sentence(gap: Unobserved, sentence: str) -> None:
    assert gap.sentence() == sentence


def test_severities_are_ordered_by_harm() -> None:
    assert [one.rank for one in Severity] == [0, 1, 2, 3, 4]


def test_every_topic_has_a_title_for_people() -> None:
    assert Topic.SQS.title == "Amazon SQS"
    assert all(topic.title for topic in Topic)
