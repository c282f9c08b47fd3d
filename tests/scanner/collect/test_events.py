"""Rules are all listed; targets are read of those alone that controls ask about."""

import pytest

from scanner.collect import events
from scanner.facts.messaging import Rule
from scanner.facts.unread import NOT_READ
from scanner.vocabulary import Partial, Unobserved, seen
from tests.fakes import DENIED, FakeAws, Reply

RULES, TARGETS = "events:ListRules", "events:ListTargetsByRule"
AGREEMENTS = '{"source": ["aws.agreement-marketplace"]}'
QUEUE = "arn:aws:sqs:us-east-1:111122223333:agreements"


def said(name: str, pattern: str | None, state: str = "ENABLED") -> dict[str, str]:
    arn = f"arn:aws:events:us-east-1:111122223333:rule/{name}"
    rule = {"Name": name, "Arn": arn, "State": state}
    return rule | ({"EventPattern": pattern} if pattern is not None else {})


def rules(
    pattern: str | None, targets: Reply, state: str = "ENABLED"
) -> tuple[FakeAws, tuple[Rule, ...]]:
    aws = FakeAws({RULES: {"Rules": [said("one", pattern, state)]}, TARGETS: targets})
    return aws, seen(events.collect(aws).rules)


@pytest.mark.parametrize(
    "pattern",
    [AGREEMENTS, '{"source": [{"prefix": "aws."}]}', '{"account": ["111122223333"]}', "{broken"],
)
def test_targets_of_a_rule_that_may_hear_agreements_are_read(pattern: str) -> None:
    aws, found = rules(pattern, {"Targets": [{"Id": "1", "Arn": QUEUE}]})
    assert [rule.targets for rule in found] == [(QUEUE,)]
    assert aws.asked[-1] == (TARGETS, "us-east-1", {"Rule": "one"})


STOPPING = '{"detail": {"eventSource": ["cloudtrail.amazonaws.com"]}}'


@pytest.mark.parametrize("state", ["ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", ""])
def test_targets_of_a_rule_that_may_alert_are_read(state: str) -> None:
    _, found = rules(STOPPING, {"Targets": [{"Arn": QUEUE}]}, state)
    assert [rule.targets for rule in found] == [(QUEUE,)]


def test_a_disabled_rule_alerts_nobody_but_still_names_queues() -> None:
    assert [rule.targets for rule in rules(STOPPING, DENIED, "DISABLED")[1]] == [NOT_READ]
    _, found = rules(AGREEMENTS, {"Targets": [{"Arn": QUEUE}]}, "DISABLED")
    assert [rule.targets for rule in found] == [(QUEUE,)]


@pytest.mark.parametrize("pattern", ['{"source": ["aws.ec2"]}', None])
def test_targets_of_other_rules_stay_unread(pattern: str | None) -> None:
    aws, found = rules(pattern, DENIED)
    assert [rule.targets for rule in found] == [NOT_READ]
    assert aws.times()[TARGETS] == 0


def test_refused_targets_are_unobserved_and_the_rule_stays() -> None:
    _, found = rules(AGREEMENTS, DENIED)
    assert [rule.targets for rule in found] == [
        Unobserved(TARGETS, "AccessDenied", "us-east-1", DENIED.detail)
    ]


def test_a_refused_list_is_unobserved() -> None:
    assert isinstance(events.collect(FakeAws({RULES: DENIED})).rules, Unobserved)


def test_rules_of_a_cut_list_keep_their_targets() -> None:
    pages: list[Reply] = [{"Rules": [said("one", AGREEMENTS)], "NextToken": "t"}, DENIED]
    aws = FakeAws({RULES: pages, TARGETS: {"Targets": [{"Arn": QUEUE}]}})
    found = events.collect(aws).rules
    assert isinstance(found, Partial)
    assert [rule.targets for rule in found.items] == [(QUEUE,)]
