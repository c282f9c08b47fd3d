"""Answers of CloudWatch: the traffic of queues from own state, moto's alarms in pages."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from statistics import mean
from typing import Any

from moto.backends import get_backend

from sandbox.aws import clock
from sandbox.aws.asking import FORWARD, Answer, Ask, Handler
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError

_NAMESPACE = "AWS/SQS"
_MOST_QUERIES = 500
_STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "Average": mean,
}
_UNPAGED = ("AlarmNames", "AlarmNamePrefix", "ActionPrefix", "StateValue")


def get_metric_data(ask: Ask) -> Answer:
    """Data points of queues; of anything else there are none."""
    queries = ask.params.get("MetricDataQueries") or []
    if len(queries) > _MOST_QUERIES:
        raise ApiError(
            "ValidationError",
            f"The collection MetricDataQueries must not have a size greater than {_MOST_QUERIES}.",
        )
    start, end = clock.aware(ask.params["StartTime"]), clock.aware(ask.params["EndTime"])
    if start >= end:
        raise ApiError(
            "ValidationError", "The parameter StartTime must be less than the parameter EndTime."
        )
    page, tail = cut(ask, queries, usual=None, most=100_800)
    return {
        "MetricDataResults": [_result(ask, one, start, end) for one in page],
        "Messages": [],
    } | tail


def _result(ask: Ask, query: dict[str, Any], start: datetime, end: datetime) -> Answer:
    asked = query["MetricStat"]
    join = _STATISTICS[asked["Stat"]]
    buckets: dict[datetime, list[float]] = {}
    for moment, value in _points(ask, asked["Metric"]):
        if start <= moment < end:
            age = (moment - start) // timedelta(seconds=asked["Period"])
            buckets.setdefault(start + age * timedelta(seconds=asked["Period"]), []).append(value)
    newest_first = sorted(buckets, reverse=True)
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or asked["Metric"]["MetricName"],
        "Timestamps": newest_first,
        "Values": [float(join(buckets[moment])) for moment in newest_first],
        "StatusCode": "Complete",
    }


def _points(ask: Ask, metric: dict[str, Any]) -> Iterator[tuple[datetime, float]]:
    named = {one["Name"]: one["Value"] for one in metric.get("Dimensions") or []}
    queue = ask.here.queues.get(named.get("QueueName", ""))
    if metric["Namespace"] != _NAMESPACE or queue is None or len(named) != 1:
        return
    for age, value in enumerate(queue.metrics.get(metric["MetricName"], [])):
        # The youngest point lies half an hour back, so that it is in every window of a day up to now.
        yield clock.now() - timedelta(hours=age + 0.5), value


def describe_alarms(ask: Ask) -> Answer | None:
    """Metric alarms in pages; moto answers where they are asked for by name, or for composite ones."""
    if ask.params.keys() & set(_UNPAGED) or "CompositeAlarm" in (
        ask.params.get("AlarmTypes") or []
    ):
        return FORWARD
    backend = get_backend("cloudwatch")[ask.account.account][ask.region]
    alarms = [one for one in list(backend.describe_alarms()) if one.rule is None]
    page, tail = cut(ask, alarms, usual=50, most=100)
    return {"MetricAlarms": [_alarm(one) for one in page], "CompositeAlarms": []} | tail


def _alarm(one: Any) -> Answer:
    return {
        "AlarmName": one.name,
        "AlarmArn": one.alarm_arn,
        "AlarmDescription": one.description or None,
        "ActionsEnabled": bool(one.actions_enabled),
        "OKActions": list(one.ok_actions or []),
        "AlarmActions": list(one.alarm_actions or []),
        "InsufficientDataActions": list(one.insufficient_data_actions or []),
        "StateValue": one.state_value,
        "MetricName": one.metric_name or None,
        "Namespace": one.namespace or None,
        "Statistic": one.statistic or None,
        "Dimensions": [{"Name": pair.name, "Value": pair.value} for pair in one.dimensions],
        "Period": None if one.period is None else int(one.period),
        "EvaluationPeriods": None
        if one.evaluation_periods is None
        else int(one.evaluation_periods),
        "Threshold": None if one.threshold is None else float(one.threshold),
        "ComparisonOperator": one.comparison_operator or None,
        "TreatMissingData": one.treat_missing_data or None,
    }


ANSWERS: dict[str, Handler] = {
    "GetMetricData": get_metric_data,
    "DescribeAlarms": describe_alarms,
}
