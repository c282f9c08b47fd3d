"""How busy queues were in the last day, and the alarms of the regions that matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from scanner.aws import Answer, Aws
from scanner.collect.reading import MALFORMED, bad_answer, facts_from, unique
from scanner.facts.messaging import Queue
from scanner.facts.monitoring import Alarm, CloudWatchFacts, QueueTraffic
from scanner.vocabulary import Listed, Observed, Unobserved, gaps, merged, seen

DATA = "cloudwatch:GetMetricData"
ALARMS = "cloudwatch:DescribeAlarms"
ACTIONS = (DATA, ALARMS)

DAY = timedelta(days=1)
HOUR = 3_600
"""Seconds that one data point stands for."""
NAMESPACE = "AWS/SQS"
METRICS = {
    "received": ("NumberOfMessagesReceived", "Sum"),
    "empty_receives": ("NumberOfEmptyReceives", "Sum"),
    "sent": ("NumberOfMessagesSent", "Sum"),
    "oldest_age": ("ApproximateAgeOfOldestMessage", "Maximum"),
}
"""What is asked of a queue, by field of QueueTraffic."""
QUEUES_AT_ONCE = 500 // len(METRICS)
"""GetMetricData takes 500 queries at once."""
ALARMS_AT_ONCE = 100

Points = dict[str, list[float]]


def collect(
    aws: Aws, queues: Iterable[Queue], regions: Iterable[str], now: datetime
) -> CloudWatchFacts:
    """Read a day of traffic of the queues, and the metric alarms of the regions.

    Metrics know queues by name: those of another account, where a namesake may be, are gaps.
    """
    alarms = [aws.begin(partial(_alarms, aws, name)) for name in sorted(set(regions))]
    own, traffic = [], dict[str, Observed[QueueTraffic]]()
    for queue in queues:
        if queue.arn.split(":")[4:5] == [aws.account]:
            own.append(queue)
        else:
            traffic[queue.arn] = Unobserved(DATA, "OtherAccount", queue.region, queue.arn)
    asked = [
        aws.begin(partial(_traffic, aws, region, batch, now)) for region, batch in _batches(own)
    ]
    for one in asked:
        traffic.update(one.result())
    return CloudWatchFacts(merged(*(one.result() for one in alarms)), traffic)


def _batches(queues: Iterable[Queue]) -> Iterator[tuple[str, Sequence[Queue]]]:
    """Queues by region, as many as one question has room for."""
    by_region: dict[str, dict[str, Queue]] = {}
    for queue in queues:
        by_region.setdefault(queue.region, {}).setdefault(queue.arn, queue)
    for region, there in by_region.items():
        listed = list(there.values())
        for start in range(0, len(listed), QUEUES_AT_ONCE):
            yield region, listed[start : start + QUEUES_AT_ONCE]


def _traffic(
    aws: Aws, region: str, queues: Sequence[Queue], now: datetime
) -> Mapping[str, Observed[QueueTraffic]]:
    """The traffic of these queues by ARN; what is missing of an answer is missing of every queue."""
    results = aws.pages(
        "cloudwatch",
        "GetMetricData",
        "MetricDataResults",
        region=region,
        MetricDataQueries=[
            _query(f"{field}_{place}", field, queue)
            for place, queue in enumerate(queues)
            for field in METRICS
        ],
        StartTime=now - DAY,
        EndTime=now,
    )
    missing = gaps(results)
    if missing:
        return {queue.arn: missing[0] for queue in queues}
    try:
        points, cut = _points(seen(results))
        return {
            queue.arn: _of_queue(points, cut, place, region) for place, queue in enumerate(queues)
        }
    except (*MALFORMED, OverflowError) as fault:
        return {queue.arn: bad_answer(DATA, region, fault) for queue in queues}


def _query(name: str, field: str, queue: Queue) -> Answer:
    metric, statistic = METRICS[field]
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": NAMESPACE,
                "MetricName": metric,
                "Dimensions": [{"Name": "QueueName", "Value": queue.name}],
            },
            "Period": HOUR,
            "Stat": statistic,
        },
        "ReturnData": True,
    }


def _points(results: Iterable[Answer]) -> tuple[Points, Mapping[str, str]]:
    """The values of each query, its pages joined, and the last status of those that are not whole.

    A page says PartialData while more of the same query follows (GetMetricData).
    """
    points: Points = {}
    last: dict[str, str] = {}
    for said in results:
        points.setdefault(said["Id"], []).extend(map(float, said["Values"]))
        last[said["Id"]] = str(said["StatusCode"])
    return points, {name: status for name, status in last.items() if status != "Complete"}


def _of_queue(
    points: Points, cut: Mapping[str, str], place: int, region: str
) -> Observed[QueueTraffic]:
    names = {field: f"{field}_{place}" for field in METRICS}
    for name in names.values():
        if name not in points:
            return Unobserved(DATA, "BadAnswer", region, "the answer lacks a metric")
        if name in cut:
            return Unobserved(DATA, cut[name], region, "a metric was not answered wholly")

    def value(field: str, join: Callable[[list[float]], float]) -> int | None:
        found = points[names[field]]
        return round(join(found)) if found else None

    return QueueTraffic(
        received=value("received", sum),
        empty_receives=value("empty_receives", sum),
        sent=value("sent", sum),
        oldest_age=value("oldest_age", max),
    )


def _alarms(aws: Aws, region: str) -> Listed[Alarm]:
    """Metric alarms of a region; composite ones rest on these and are not asked for."""
    listed = aws.pages(
        "cloudwatch",
        "DescribeAlarms",
        "MetricAlarms",
        region=region,
        AlarmTypes=["MetricAlarm"],
        MaxRecords=ALARMS_AT_ONCE,
    )

    def alarm(said: Answer) -> Alarm:
        return Alarm(
            name=said["AlarmName"],
            region=region,
            metric=said.get("MetricName") or "",
            namespace=said.get("Namespace") or "",
            actions=tuple(map(str, said.get("AlarmActions") or ())),
            actions_enabled=bool(said["ActionsEnabled"]),
        )

    return unique(facts_from(listed, alarm, action=ALARMS, region=region), lambda one: one.name)
