"""Metric filters on the log groups that trails write to."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scanner.aws import Answer, Aws
from scanner.collect.reading import facts_from, unique
from scanner.facts.monitoring import LogsFacts, Metric, MetricFilter
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, merged, seen

FILTERS = "logs:DescribeMetricFilters"
ACTIONS = (FILTERS,)

PAGE = 50
GONE = "ResourceNotFoundException"
"""The group is not there any more: it has no filters."""
GROUP = re.compile(
    r"arn:[a-z-]+:logs:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":log-group:(?P<name>[\w./#-]+)(?::\*)?",
    re.ASCII,
)


def collect(aws: Aws, groups: Iterable[str]) -> LogsFacts:
    """Read the filters of log groups, given by ARN; a group that cannot be read is a gap."""
    return LogsFacts(merged(*aws.each(lambda arn: _filters(aws, arn), dict.fromkeys(groups))))


def _filters(aws: Aws, arn: str) -> Listed[MetricFilter]:
    """The filters of one group, asked where it is; gaps name it just as the trail does."""
    place = GROUP.fullmatch(arn)
    if place is None:
        return Unobserved(FILTERS, "MalformedArn", "", arn)
    region, name = place["region"], place["name"]
    if place["account"] != aws.account:
        return Unobserved(FILTERS, "OtherAccount", region, arn)
    listed = aws.pages(
        "logs",
        "DescribeMetricFilters",
        "metricFilters",
        region=region,
        logGroupName=name,
        limit=PAGE,
    )
    if isinstance(listed, Unobserved) and listed.error == GONE:
        return ()
    made = unique(
        facts_from(listed, lambda said: _filter(said, name, region), action=FILTERS, region=region),
        lambda one: one.name,
    )
    why = tuple(Unobserved(gap.action, gap.error, gap.region, arn) for gap in gaps(made))
    if isinstance(made, Unobserved):
        return why[0]
    return Partial(seen(made), why) if why else made


def _filter(said: Answer, group: str, region: str) -> MetricFilter:
    return MetricFilter(
        name=said["filterName"],
        region=region,
        log_group=said.get("logGroupName") or group,
        pattern=said["filterPattern"],
        metrics=tuple(
            Metric(one["metricNamespace"], one["metricName"])
            for one in said["metricTransformations"]
        ),
    )
