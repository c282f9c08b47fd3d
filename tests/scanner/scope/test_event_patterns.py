"""Which patterns let an event through, known as far as a rule's readers can know it."""

from __future__ import annotations

import pytest

from scanner.scope.event_patterns import Event, hears

STOP: Event = {
    "source": "aws.cloudtrail",
    "detail-type": "AWS API Call via CloudTrail",
    "detail": {"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging"},
}

HEARING = (
    "{}",
    '{"source": ["aws.cloudtrail"]}',
    '{"source": [{"prefix": "aws."}], "detail-type": ["AWS API Call via CloudTrail"]}',
    '{"detail": {"eventName": ["DeleteTrail", "StopLogging"]}}',
    '{"detail": {"eventName": [{"wildcard": "Stop*"}], "errorCode": [{"exists": false}]}}',
    '{"detail": {"eventSource": [{"anything-but": ["iam.amazonaws.com"]}]}}',
    '{"$or": [{"source": ["aws.iam"]}, {"detail": {"eventName": ["StopLogging"]}}]}',
    '{"region": ["us-east-1"]}',
    '{"detail": {"eventName": [{"an operator of tomorrow": 1}]}}',
)
DEAF = (
    "",
    '{"source": ["aws.iam"]}',
    '{"source": ["aws.cloudtrail"], "detail": {"eventName": ["DeleteTrail"]}}',
    '{"detail": ["StopLogging"]}',
    '{"detail-type": ["Offer Released"]}',
    '{"$or": [{"source": ["aws.iam"]}, "aws.cloudtrail"]}',
    '{"$or": [{"source": ["aws.cloudtrail"]}], "detail-type": ["Offer Released"]}',
)


@pytest.mark.parametrize("pattern", HEARING)
def test_a_pattern_hears_what_every_field_of_it_takes(pattern: str) -> None:
    assert hears(pattern, STOP)


@pytest.mark.parametrize("pattern", DEAF)
def test_one_field_that_does_not_fit_shuts_it_out(pattern: str) -> None:
    assert not hears(pattern, STOP)


@pytest.mark.parametrize("pattern", ["{", "[]", "[" * 100_000], ids=range(3))
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|object|nested"):
        hears(pattern, STOP)


def test_a_hostile_wildcard_does_not_hold_anybody_up_and_a_question_mark_is_itself() -> None:
    endless = '{"source": [{"wildcard": "' + "*a" * 2_000 + '"}]}'
    assert not hears(endless, {"source": "a" * 1_000 + "b"})
    assert hears('{"source": [{"wildcard": "a?c*"}]}', {"source": "a?cd"})
    assert not hears('{"source": [{"wildcard": "a?c*"}]}', {"source": "abcd"})
