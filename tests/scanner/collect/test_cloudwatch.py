"""A day of traffic per queue, in few questions; alarms of the regions that matter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from scanner.aws import Answer
from scanner.collect import cloudwatch
from scanner.facts.messaging import Queue
from scanner.facts.monitoring import Alarm, CloudWatchFacts, QueueTraffic
from scanner.vocabulary import Partial, Unobserved, gaps
from tests.builders import NOW, STRANGER
from tests.builders_resources import a_queue, a_queue_arn
from tests.fakes import DENIED, FakeAws, Reply

DATA, ALARMS = "cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms"
NO_ALARMS: Answer = {"MetricAlarms": []}
BUSY: Mapping[str, list[float]] = {
    "NumberOfMessagesReceived": [3.0, 4.0],
    "NumberOfEmptyReceives": [100.0],
    "NumberOfMessagesSent": [],
    "ApproximateAgeOfOldestMessage": [12.0, 40.0, 7.0],
}


def answer(
    params: Answer, values: Mapping[str, list[float]] = BUSY, status: str = "Complete"
) -> Answer:
    results = [
        {
            "Id": query["Id"],
            "Values": values[query["MetricStat"]["Metric"]["MetricName"]],
            "StatusCode": status,
        }
        for query in params["MetricDataQueries"]
    ]
    return {"MetricDataResults": results}


def read(reply: Reply | list[Reply], *queues: Queue) -> CloudWatchFacts:
    aws = FakeAws({DATA: reply, ALARMS: NO_ALARMS})
    return cloudwatch.collect(aws, queues or (a_queue(),), (), NOW)


def the_gap(reply: Reply | list[Reply]) -> str:
    (traffic,) = read(reply).queues.values()
    assert isinstance(traffic, Unobserved)
    assert (traffic.action, traffic.region) == (DATA, "us-east-1")
    return traffic.error


def test_sums_and_the_greatest_age_are_read_and_no_point_is_none() -> None:
    facts = read(lambda region, params: answer(params))
    assert facts.queues == {a_queue().arn: QueueTraffic(7, 100, None, 40)}


def test_the_last_day_is_asked_by_queue_name() -> None:
    aws = FakeAws({DATA: lambda region, params: answer(params), ALARMS: NO_ALARMS})
    cloudwatch.collect(aws, (a_queue("orders"),), (), NOW)
    ((_, region, params),) = aws.asked
    assert (region, params["StartTime"], params["EndTime"]) == (
        "us-east-1", NOW - timedelta(days=1), NOW,
    )  # fmt: skip
    asked = [query["MetricStat"] for query in params["MetricDataQueries"]]
    assert {one["Metric"]["Namespace"] for one in asked} == {"AWS/SQS"}
    assert [one["Metric"]["Dimensions"] for one in asked] == [
        [{"Name": "QueueName", "Value": "orders"}]
    ] * 4
    assert {one["Metric"]["MetricName"]: one["Stat"] for one in asked} == {
        "NumberOfMessagesReceived": "Sum",
        "NumberOfEmptyReceives": "Sum",
        "NumberOfMessagesSent": "Sum",
        "ApproximateAgeOfOldestMessage": "Maximum",
    }


def test_many_queues_are_asked_for_at_once_by_region() -> None:
    queues = [a_queue(f"q{number}") for number in range(130)]
    abroad = a_queue("abroad", region="eu-west-1")
    aws = FakeAws({DATA: lambda region, params: answer(params), ALARMS: NO_ALARMS})
    facts = cloudwatch.collect(aws, [*queues, *queues, abroad], (), NOW)
    assert len(facts.queues) == 131
    sizes = {(region, len(params["MetricDataQueries"])) for _, region, params in aws.asked}
    assert sizes == {("us-east-1", 500), ("us-east-1", 20), ("eu-west-1", 4)}


def test_a_queue_of_another_account_is_not_mistaken_for_its_namesake() -> None:
    theirs = a_queue("orders", account=STRANGER)
    aws = FakeAws({DATA: DENIED, ALARMS: NO_ALARMS})
    traffic = cloudwatch.collect(aws, (theirs,), (), NOW).queues[theirs.arn]
    assert traffic == Unobserved(DATA, "OtherAccount", "us-east-1", theirs.arn)
    assert aws.asked == []


def test_points_of_all_pages_are_joined() -> None:
    def page(region: str, params: Answer) -> Answer:
        if "NextToken" in params:
            return answer(params)
        return answer(params, status="PartialData") | {"NextToken": "t"}

    assert read(page).queues == {a_queue().arn: QueueTraffic(14, 200, None, 40)}


def test_data_that_stay_partial_are_a_gap() -> None:
    assert the_gap(lambda _, params: answer(params, status="PartialData")) == "PartialData"
    assert the_gap(lambda _, params: answer(params, status="Forbidden")) == "Forbidden"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (DENIED, "AccessDenied"),
        ({}, "BadAnswer"),
        ({"MetricDataResults": []}, "BadAnswer"),
        ({"MetricDataResults": [{"Id": "received_0"}]}, "BadAnswer"),
        ({"MetricDataResults": ["x"]}, "BadAnswer"),
        ([{"MetricDataResults": [], "NextToken": "t"}, DENIED], "AccessDenied"),
    ],
)
def test_traffic_that_cannot_be_read_is_unobserved(reply: Reply | list[Reply], error: str) -> None:
    assert the_gap(reply) == error


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_unobserved(odd: float) -> None:
    values = {metric: [odd] for metric in BUSY}
    assert the_gap(lambda _, params: answer(params, values)) == "BadAnswer"


def an_alarm(**changes: Any) -> Answer:
    return {
        "AlarmName": "changes",
        "MetricName": "MpChangeSet",
        "Namespace": "Seller",
        "AlarmActions": ["arn:aws:sns:us-east-1:111122223333:alerts"],
        "ActionsEnabled": True,
        **changes,
    }


def alarms(reply: Reply | list[Reply], *regions: str) -> tuple[FakeAws, CloudWatchFacts]:
    aws = FakeAws({ALARMS: reply})
    return aws, cloudwatch.collect(aws, (), regions or ("us-east-1",), NOW)


def test_metric_alarms_of_each_region_are_read() -> None:
    aws, facts = alarms({"MetricAlarms": [an_alarm()]}, "us-east-1", "eu-west-1", "us-east-1")
    actions = ("arn:aws:sns:us-east-1:111122223333:alerts",)
    assert facts.alarms == tuple(
        Alarm("changes", region, "MpChangeSet", "Seller", actions, True)
        for region in ("eu-west-1", "us-east-1")
    )
    assert aws.asked[0][2] == {"AlarmTypes": ["MetricAlarm"], "MaxRecords": 100}


def test_an_alarm_on_metric_maths_has_no_metric() -> None:
    maths = an_alarm(MetricName=None, Namespace=None, AlarmActions=None, ActionsEnabled=False)
    _, facts = alarms({"MetricAlarms": [maths]})
    assert facts.alarms == (Alarm("changes", "us-east-1", "", "", (), False),)


def test_alarms_come_in_pages_and_gaps_stay() -> None:
    pages: list[Reply] = [
        {"MetricAlarms": [an_alarm(), {}], "NextToken": "t"},
        {"MetricAlarms": [an_alarm(AlarmName="second")]},
    ]
    _, facts = alarms(pages)
    assert isinstance(facts.alarms, Partial)
    assert [one.name for one in facts.alarms.items] == ["changes", "second"]
    assert [gap.error for gap in facts.alarms.why] == ["BadAnswer"]
    assert [gap.action for gap in gaps(alarms(DENIED)[1].alarms)] == [ALARMS]


def test_nothing_is_asked_for_nothing() -> None:
    aws = FakeAws({})
    assert cloudwatch.collect(aws, (), (), NOW) == CloudWatchFacts(())
    assert aws.asked == []


def test_the_arn_of_a_queue_is_its_key() -> None:
    assert set(read(lambda _, params: answer(params)).queues) == {a_queue_arn()}
