"""Builders of what alerts somebody: metric filters with alarms, and rules on sensitive events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from scanner.facts.messaging import Rule
from scanner.facts.monitoring import Alarm, Metric, MetricFilter
from scanner.scope.alert_events import API_CALL, POLICY_CALLS, SIGN_IN, TRAIL_CALLS
from scanner.vocabulary import HOME_REGION, Listed
from tests.builders import OWN
from tests.builders_resources import a_rule

GROUP = "trail-logs"
ALERT_TOPIC = f"arn:aws:sns:{HOME_REGION}:{OWN}:seller-alerts"

CHANGE_SET_FILTER = (
    '{ ($.eventSource = "marketplacecatalog.amazonaws.com") && ($.eventName = "StartChangeSet") }'
)
ROOT_FILTER = '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'


def naming(*names: str) -> str:
    """A filter pattern that takes calls by name."""
    return "{ " + " || ".join(f"($.eventName = {name})" for name in names) + " }"


FILTERS = {
    "change-sets": CHANGE_SET_FILTER,
    "root": ROOT_FILTER,
    "iam": naming(*POLICY_CALLS),
    "trails": naming(*TRAIL_CALLS),
}
"""One usual pattern per matter."""

CATALOG_PATTERN = {"source": ["aws.marketplacecatalog"]}
ROOT_PATTERN = {
    "detail-type": [API_CALL, SIGN_IN],
    "detail": {"userIdentity": {"type": ["Root"]}},
}
IAM_PATTERN = {"source": ["aws.iam"], "detail-type": [API_CALL]}
TRAIL_PATTERN = {
    "source": ["aws.cloudtrail"],
    "detail": {
        "eventSource": ["cloudtrail.amazonaws.com"],
        "eventName": ["StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"],
    },
}
PATTERNS: dict[str, dict[str, Any]] = {
    "change-sets": CATALOG_PATTERN,
    "root": ROOT_PATTERN,
    "iam": IAM_PATTERN,
    "trails": TRAIL_PATTERN,
}


def a_log_group(name: str = GROUP, region: str = HOME_REGION, account: str = OWN) -> str:
    """The ARN of a log group, as trails name it."""
    return f"arn:aws:logs:{region}:{account}:log-group:{name}:*"


def a_filter(
    name: str = "change-sets",
    pattern: str = "",
    *,
    group: str = GROUP,
    region: str = HOME_REGION,
    metrics: Sequence[Metric] | None = None,
) -> MetricFilter:
    """A metric filter that feeds a metric of its own name, by default with its usual pattern."""
    fed = (Metric("Seller", name),) if metrics is None else tuple(metrics)
    return MetricFilter(name, region, group, pattern or FILTERS.get(name, ""), fed)


def an_alarm(
    metric: str = "change-sets",
    *,
    name: str = "",
    region: str = HOME_REGION,
    namespace: str = "Seller",
    actions: Sequence[str] = (ALERT_TOPIC,),
    enabled: bool = True,
) -> Alarm:
    """An alarm on a metric that tells the topic."""
    return Alarm(name or f"{metric}-alarm", region, metric, namespace, tuple(actions), enabled)


def an_alert_rule(
    name: str = "change-sets",
    pattern: dict[str, Any] | str | None = None,
    *,
    state: str = "ENABLED",
    targets: Listed[str] = (ALERT_TOPIC,),
) -> Rule:
    """A rule that tells the topic, by default of a matter by its usual pattern."""
    said = PATTERNS[name] if pattern is None else pattern
    text = said if isinstance(said, str) else json.dumps(said)
    return a_rule(name=name, pattern=text, state=state, targets=targets)


ALL_RULES = tuple(an_alert_rule(name) for name in PATTERNS)
ALL_FILTERS = tuple(a_filter(name) for name in FILTERS)
ALL_ALARMS = tuple(an_alarm(name) for name in FILTERS)
