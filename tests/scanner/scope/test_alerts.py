"""Who is told of what: the four matters, and what surely hears them."""

from __future__ import annotations

import pytest

from scanner.scope.alert_events import may_alert
from scanner.scope.alerts import surely_hears, told_by_a_trail, watches
from scanner.scope.event_patterns import Event, hears
from scanner.scope.matters import MATTERS
from scanner.vocabulary import HOME_REGION
from tests.builders import STRANGER, a_snapshot, denied
from tests.builders_alerts import (
    ALL_ALARMS,
    ALL_FILTERS,
    ALL_RULES,
    GROUP,
    PATTERNS,
    a_log_group,
    an_alert_rule,
)
from tests.builders_resources import a_trail

TRAIL = a_trail(log_group=a_log_group())
EVENT: Event = {
    "source": "aws.iam",
    "detail": {"eventName": "PutUserPolicy", "userIdentity": {"type": "IAMUser"}},
}


@pytest.mark.parametrize(
    "pattern",
    [
        '{"source": ["aws.iam"]}',
        '{"source": [{"prefix": "aws."}]}',
        '{"detail": {"eventName": [{"anything-but": "GetUser"}]}}',
        '{"detail": {"errorCode": [{"exists": false}]}}',
        '{"$or": [{"source": ["aws.s3"]}, {"source": ["aws.iam"]}]}',
    ],
)
def test_a_pattern_on_known_fields_is_sure(pattern: str) -> None:
    assert surely_hears(pattern, EVENT)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "{",
        "[]",
        '{"source": ["aws.s3"]}',
        '{"source": ["aws.iam"], "resources": ["x"]}',
        '{"detail": {"errorCode": [{"exists": true}]}}',
        '{"detail": {"requestParameters": [{"exists": false}]}}',
        '{"detail": ["PutUserPolicy"]}',
        '{"$or": [{"source": ["aws.s3"]}, 3]}',
    ],
)
def test_any_other_is_not(pattern: str) -> None:
    assert not surely_hears(pattern, EVENT)


def test_what_is_sure_is_also_possible() -> None:
    """The collector asks for the targets of rules that may alert, so of all that surely do."""
    signals = [signal for matter in MATTERS for way in matter.ways for signal in way]
    for rule in ALL_RULES:
        sure = [one for one in signals if surely_hears(rule.pattern, one.bus)]
        assert sure
        assert all(hears(rule.pattern, one.bus) for one in sure)
        assert may_alert(rule.pattern)


def test_each_matter_is_heard_by_its_rule_alone() -> None:
    for name in PATTERNS:
        snapshot = a_snapshot(trails=(TRAIL,), rules=(an_alert_rule(name),))
        assert [one.matter.name for one in watches(snapshot) if one.heard] == [name]


def test_each_matter_is_heard_by_its_filter_alone() -> None:
    for one in ALL_FILTERS:
        snapshot = a_snapshot(trails=(TRAIL,), filters=(one,), alarms=ALL_ALARMS)
        assert [found.matter.name for found in watches(snapshot) if found.heard] == [one.name]


def test_what_could_not_be_read_is_a_gap_of_each_matter_that_it_hides() -> None:
    gap = denied("logs:DescribeMetricFilters", HOME_REGION)
    found = watches(a_snapshot(trails=(TRAIL,), filters=gap))
    assert [one.gaps for one in found] == [(gap,)] * 4


def test_the_log_group_of_our_own_trail_is_the_place_for_a_filter() -> None:
    assert told_by_a_trail(a_snapshot(trails=(TRAIL,))) == (True, (HOME_REGION, GROUP))
    foreign = a_trail("org", account=STRANGER, log_group=a_log_group(account=STRANGER))
    assert told_by_a_trail(a_snapshot(trails=(foreign,))) == (True, None)
    assert told_by_a_trail(a_snapshot(trails=(a_trail(log_group="odd"),))) == (True, None)
    assert told_by_a_trail(a_snapshot()) == (False, None)
