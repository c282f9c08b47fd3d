"""Answers of CloudWatch Logs about metric filters, which moto keeps but neither pages nor replaces."""

from typing import Any

from moto.backends import get_backend

from sandbox.aws.asking import FORWARD, Answer, Ask, Handler
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError

PAGE = 50


def _backend(ask: Ask) -> Any:
    return get_backend("logs")[ask.account.account][ask.region]


def _require_group(ask: Ask, name: str) -> None:
    if name not in _backend(ask).groups:
        raise ApiError("ResourceNotFoundException", "The specified log group does not exist.")


def describe_metric_filters(ask: Ask) -> Answer:
    """The metric filters of a group, or of all groups."""
    group = ask.params.get("logGroupName")
    if group is not None:
        _require_group(ask, group)
    found = _backend(ask).filters.get_matching_filters(
        ask.params.get("filterNamePrefix"),
        group,
        ask.params.get("metricName"),
        ask.params.get("metricNamespace"),
    )
    page, tail = cut(ask, list(found), usual=PAGE, most=PAGE)
    return {"metricFilters": [dict(one) for one in page]} | tail


def put_metric_filter(ask: Ask) -> Answer | None:
    """Make a filter in a group that exists; one of the same name gives way, as on AWS."""
    group = ask.params["logGroupName"]
    _require_group(ask, group)
    _backend(ask).filters.delete_filter(ask.params["filterName"], group)
    return FORWARD


ANSWERS: dict[str, Handler] = {
    "DescribeMetricFilters": describe_metric_filters,
    "PutMetricFilter": put_metric_filter,
}
