"""Which event rules hear that AWS found a vulnerability in a product (AMI-13)."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.facts.messaging import Rule
from scanner.facts.snapshot import Snapshot
from scanner.scope.event_patterns import hears
from scanner.vocabulary import HOME_REGION, Unobserved, gaps, seen

EVENT = {"source": "aws.marketplacecatalog", "detail-type": "Products Security Report Created"}
RULES = "events:ListRules"
ENABLED = {"ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}


def hearing(snapshot: Snapshot) -> tuple[Rule, ...]:
    """Rules of us-east-1 that hear of security reports, in any state; as far as was read."""
    return tuple(rule for rule in _at_home(snapshot) if _hears(rule))


def works(rule: Rule) -> bool:
    """Whether a rule is on and hands what it hears to somebody."""
    return rule.state in ENABLED and bool(seen(rule.targets))


def may_hear(snapshot: Snapshot) -> Iterator[Unobserved]:
    """What was not read and may be a rule that works."""
    yield from gaps(snapshot.events.rules)
    for rule in _at_home(snapshot):
        if rule.state not in ENABLED:
            continue
        if _hears(rule) is None:
            yield Unobserved(RULES, "MalformedPattern", HOME_REGION, f"rule {rule.name}")
        elif _hears(rule):
            yield from gaps(rule.targets)


def _at_home(snapshot: Snapshot) -> tuple[Rule, ...]:
    return tuple(rule for rule in seen(snapshot.events.rules) if rule.region == HOME_REGION)


def _hears(rule: Rule) -> bool | None:
    """None for a pattern that nobody can read."""
    try:
        return hears(rule.pattern, EVENT)
    except ValueError:
        return None
