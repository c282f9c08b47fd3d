"""Rules that hear of security reports: those that are on, at home, with a target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.facts.messaging import Rule
from scanner.scope.security_reports import hearing, may_hear, works
from scanner.vocabulary import HOME_REGION, Partial
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_rule

ON = a_rule(name="on", pattern='{"source": ["aws.marketplacecatalog"]}', targets=("arn:t",))
OFF = replace(ON, name="off", state="DISABLED")
TARGETS = denied("events:ListTargetsByRule", HOME_REGION)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (ON, True),
        (OFF, False),
        (replace(ON, targets=()), False),
        (replace(ON, targets=TARGETS), False),
        (replace(ON, targets=Partial(("arn:t",), (TARGETS,))), True),
    ],
)
def test_a_rule_works_when_it_is_on_and_hands_on(rule: Rule, expected: bool) -> None:
    assert works(rule) is expected


def test_rules_of_other_regions_do_not_hear() -> None:
    snapshot = a_snapshot(
        rules=(ON, OFF, replace(ON, name="abroad", region="eu-north-1"), a_rule())
    )
    assert [one.name for one in hearing(snapshot)] == ["on", "off"]


def test_what_may_hear_is_unread_lists_targets_and_patterns() -> None:
    listed = denied("events:ListRules", HOME_REGION)
    rules = Partial((replace(ON, targets=TARGETS), a_rule(name="odd", pattern="{")), (listed,))
    assert [(one.action, one.detail) for one in may_hear(a_snapshot(rules=rules))] == [
        ("events:ListRules", ""),
        ("events:ListTargetsByRule", ""),
        ("events:ListRules", "rule odd"),
    ]
