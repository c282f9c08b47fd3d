"""Rules of the default event bus, with the targets of those that controls ask about."""

from __future__ import annotations

from dataclasses import replace

from scanner.aws import Answer, Aws
from scanner.collect.reading import facts_from
from scanner.facts.messaging import EventsFacts, Rule
from scanner.facts.unread import NOT_READ
from scanner.scope.agreement_events import hears_agreements
from scanner.scope.alert_events import may_alert
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen

RULES = "events:ListRules"
TARGETS = "events:ListTargetsByRule"
ACTIONS = (RULES, TARGETS)


def collect(aws: Aws) -> EventsFacts:
    """Read the rules of the home region; targets of other rules stay unread."""
    listed = aws.pages("events", "ListRules", "Rules", region=aws.home)

    def rule(said: Answer) -> Rule:
        return Rule(
            name=said["Name"],
            arn=said["Arn"],
            state=said.get("State", ""),
            pattern=said.get("EventPattern", ""),
            region=aws.home,
            targets=NOT_READ,
        )

    def with_targets(rule: Rule) -> Rule:
        return replace(rule, targets=_targets(aws, rule)) if _matters(rule) else rule

    rules = facts_from(listed, rule, action=RULES, region=aws.home)
    if isinstance(rules, Unobserved):
        return EventsFacts(rules)
    complete = tuple(aws.each(with_targets, seen(rules)))
    return EventsFacts(Partial(complete, gaps(rules)) if gaps(rules) else complete)


def _matters(rule: Rule) -> bool:
    """Whether the rule may name a queue of Marketplace, be it enabled or not, or alert somebody."""
    try:
        if hears_agreements(rule.pattern):
            return True
    except ValueError:
        return True
    enabled = rule.state.startswith("ENABLED") or not rule.state
    return enabled and may_alert(rule.pattern)


def _targets(aws: Aws, rule: Rule) -> Listed[str]:
    listed = aws.pages("events", "ListTargetsByRule", "Targets", region=rule.region, Rule=rule.name)
    return facts_from(listed, lambda said: str(said["Arn"]), action=TARGETS, region=rule.region)
