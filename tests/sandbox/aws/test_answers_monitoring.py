"""CloudWatch and CloudWatch Logs answer about queues, alarms and metric filters."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.aws import clock
from sandbox.aws.client import FakeAws
from sandbox.aws.state import Queue
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, client, error_of

FILTER: dict[str, Any] = {
    "filterName": "changes",
    "filterPattern": "{ $.eventName = StartChangeSet }",
    "metricTransformations": [
        {"metricName": "Changes", "metricNamespace": "Seller", "metricValue": "1"}
    ],
}


@pytest.fixture
def cloudwatch(fake_aws: FakeAws) -> Any:
    """An administrator's CloudWatch client of an account with one busy queue."""
    metrics = {
        "NumberOfMessagesSent": [3.0, 4.0, *[0.0] * 30, 100.0],
        "ApproximateAgeOfOldestMessage": [7.0, 90.0],
    }
    queues = fake_aws.state(ACCOUNT).region("us-east-1").queues
    queues["orders"] = Queue("orders", metrics=metrics)
    return client(fake_aws, "cloudwatch", admin_keys(fake_aws))


def query(metric: str, stat: str = "Sum", queue: str = "orders", **more: Any) -> dict[str, Any]:
    """A question about a queue, hour by hour."""
    dimensions = [{"Name": "QueueName", "Value": queue}]
    asked = {"Namespace": "AWS/SQS", "MetricName": metric, "Dimensions": dimensions}
    return {"Id": "a1", "MetricStat": {"Metric": asked, "Period": 3600, "Stat": stat}, **more}


def values(cloudwatch: Any, *queries: dict[str, Any]) -> list[list[float]]:
    """The values of each query in the last day."""
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=list(queries),
        StartTime=clock.now() - timedelta(days=1),
        EndTime=clock.now(),
    )
    return [one["Values"] for one in answer["MetricDataResults"]]


def test_a_day_of_traffic_is_told_hour_by_hour(cloudwatch: Any) -> None:
    assert values(
        cloudwatch,
        query("NumberOfMessagesSent"),
        query("ApproximateAgeOfOldestMessage", "Maximum"),
        query("NumberOfEmptyReceives"),
        query("NumberOfMessagesSent", queue="none"),
    ) == [[3.0, 4.0, *[0.0] * 22], [7.0, 90.0], [], []]


def test_questions_that_cloudwatch_refuses(cloudwatch: Any) -> None:
    now = clock.now()
    many = [query("NumberOfMessagesSent")] * 501
    for queries, start in ((many, now - timedelta(days=1)), (many[:1], now)):
        asked = {"MetricDataQueries": queries, "StartTime": start, "EndTime": now}
        assert error_of(cloudwatch.get_metric_data, **asked)[0] == "ValidationError"


def alarm(cloudwatch: Any, name: str, **more: Any) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=name, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        **({"MetricName": "Changes", "Namespace": "Seller", "Period": 300, "Statistic": "Sum"} | more),
    )  # fmt: skip


def test_alarms_are_listed_in_pages(cloudwatch: Any) -> None:
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
    for name in ("a", "b", "c"):
        alarm(cloudwatch, name, AlarmActions=[topic], ActionsEnabled=name != "b")
    first = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm"], MaxRecords=2)
    rest = cloudwatch.describe_alarms(NextToken=first["NextToken"])
    alarms = [*first["MetricAlarms"], *rest["MetricAlarms"]]
    assert [(one["AlarmName"], one["ActionsEnabled"]) for one in alarms] == [
        ("a", True), ("b", False), ("c", True),
    ]  # fmt: skip
    assert {(one["MetricName"], one["Namespace"]) for one in alarms} == {("Changes", "Seller")}
    assert alarms[0]["AlarmActions"] == [topic]
    assert "NextToken" not in rest


def test_alarms_by_name_are_left_to_moto(cloudwatch: Any) -> None:
    alarm(cloudwatch, "a")
    alarm(cloudwatch, "b")
    assert len(cloudwatch.describe_alarms(AlarmNames=["b"])["MetricAlarms"]) == 1
    cloudwatch.delete_alarms(AlarmNames=["a", "b"])
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_answers_about_metrics_come_in_pages(cloudwatch: Any, fake_aws: FakeAws) -> None:
    fake_aws.force_pages({"cloudwatch:GetMetricData": 1})
    asked = {
        "MetricDataQueries": [
            query("NumberOfMessagesSent"),
            query("NumberOfMessagesSent", Id="a2"),
        ],
        "StartTime": clock.days_ago(1),
        "EndTime": clock.now(),
    }
    first = cloudwatch.get_metric_data(**asked)
    rest = cloudwatch.get_metric_data(**asked, NextToken=first["NextToken"])
    seen = [one["Id"] for one in first["MetricDataResults"] + rest["MetricDataResults"]]
    assert seen == ["a1", "a2"]


def test_metric_filters_are_replaced_and_listed_in_pages(fake_aws: FakeAws) -> None:
    logs = client(fake_aws, "logs", admin_keys(fake_aws))
    logs.create_log_group(logGroupName="/trails/audit")
    group = {"logGroupName": "/trails/audit"}
    logs.put_metric_filter(**group, **(FILTER | {"filterPattern": "old"}))
    logs.put_metric_filter(**group, **FILTER)
    logs.put_metric_filter(**group, **(FILTER | {"filterName": "root"}))
    first = logs.describe_metric_filters(**group, limit=1)
    rest = logs.describe_metric_filters(**group, nextToken=first["nextToken"])
    changes, root = first["metricFilters"] + rest["metricFilters"]
    assert (changes["filterPattern"], root["filterName"]) == (FILTER["filterPattern"], "root")
    assert changes["metricTransformations"][0]["metricName"] == "Changes"
    assert len(logs.describe_metric_filters(filterNamePrefix="ro")["metricFilters"]) == 1


def test_a_group_that_does_not_exist_has_no_filters(fake_aws: FakeAws) -> None:
    logs = client(fake_aws, "logs", admin_keys(fake_aws))
    for call, params in (
        (logs.describe_metric_filters, {}),
        (logs.put_metric_filter, FILTER),
    ):
        code = error_of(call, logGroupName="none", **params)[0]
        assert code == "ResourceNotFoundException"
