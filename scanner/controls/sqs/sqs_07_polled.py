"""SQS-07: a queue that nobody polls tells the service too late who pays and who no longer does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scanner.control import (
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    not_applicable,
    not_assessed,
    passed,
)
from scanner.facts.messaging import Queue
from scanner.facts.monitoring import QueueTraffic
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.sqs import marketplace_queues, only_dead_letters, unseen_feeds
from scanner.scope.traffic import READ, receives, traffic_facts, traffic_of, waiting_in
from scanner.vocabulary import NotSeen, Observed, Severity, Unobserved, known

HOUR = 3_600


def check(queue: Queue, snapshot: Snapshot) -> Verdict:
    """Polled with nothing older than an hour passes; a queue that is surely idle is not judged."""
    if queue.arn in only_dead_letters(snapshot):
        return _dead_letters(queue, snapshot)
    traffic = known(traffic_of(queue, snapshot))
    waiting = waiting_in(queue)
    evidence = traffic_facts(queue, traffic)
    values = _values(queue, snapshot)
    faults = [
        failed(reason, *evidence, values=values) for reason in _faults(queue, traffic, waiting)
    ]
    if isinstance(waiting, Unobserved):
        otherwise = not_assessed(waiting.sentence(), waiting, evidence=evidence)
    elif receives(traffic) == 0:
        otherwise = not_applicable(f"{queue.name} is idle: nothing was sent and nothing waits.")
    elif traffic.oldest_age is None and waiting:
        gap = Unobserved(READ, "NoData", queue.region, f"age of messages in {queue.name}")
        otherwise = not_assessed(gap.sentence(), gap, evidence=evidence)
    else:
        reason = f"{queue.name} is polled and no message in it is an hour old."
        otherwise = passed(reason, *evidence)
    return all_faults(faults, otherwise)


def _dead_letters(queue: Queue, snapshot: Snapshot) -> Verdict:
    missing = unseen_feeds(snapshot)
    if missing:
        raise NotSeen(*missing)
    return not_applicable(f"{queue.name} takes dead letters, which people look at, not pollers.")


def _faults(queue: Queue, traffic: QueueTraffic, waiting: Observed[int]) -> Iterator[str]:
    """No data is no receive; what is sent, or waits, is known to be there."""
    sent = traffic.sent or 0
    left = 0 if isinstance(waiting, Unobserved) else waiting
    if receives(traffic) == 0 and (sent or left):
        yield (
            f"Nobody asked {queue.name} for messages in 24 hours: {sent} were sent in that time"
            f" and {left} wait."
        )
    age = traffic.oldest_age
    if age is not None and age >= HOUR:
        yield f"Messages waited up to {age // 60} minutes in {queue.name}; 60 are too many."


def _values(queue: Queue, snapshot: Snapshot) -> Mapping[str, str]:
    account = snapshot.account
    topic = f"{queue.name.removesuffix('.fifo')}-alarms"
    return {
        "queue": queue.name,
        "region": queue.region,
        "alarm": f"{queue.name}-age",
        "topic": topic,
        "topic_arn": f"arn:{account.partition}:sns:{queue.region}:{account.id}:{topic}",
    }


REMEDY = Remedy(
    summary="Repair the poller of [[queue]], and let an alarm tell when messages wait.",
    minutes=60,
    console=(
        "Find the service that should poll [[queue]] (the consumers that SQS-06 lists) and see why"
        " it does not: stopped, wrong queue address, no permission (SQS-06), no use of the key"
        " (SQS-05), or a Lambda event source mapping that is disabled.",
        "Start it, and check that Number of messages received of [[queue]] rises. Nothing but"
        " this makes the control pass.",
        "In CloudWatch, region [[region]], create an alarm on ApproximateAgeOfOldestMessage of"
        " [[queue]] above 1800 seconds that notifies people.",
    ),
    cli="""\
# This makes sure that you hear of it next time. Repair the poller as well.
aws sns create-topic --region [[region]] --name [[topic]]
aws cloudwatch put-metric-alarm --region [[region]] --alarm-name [[alarm]] \\
  --namespace AWS/SQS --metric-name ApproximateAgeOfOldestMessage \\
  --dimensions Name=QueueName,Value=[[queue]] \\
  --statistic Maximum --period 300 --evaluation-periods 3 --threshold 1800 \\
  --comparison-operator GreaterThanThreshold --alarm-actions [[topic_arn]]
# Then subscribe somebody: aws sns subscribe, protocol email, to that topic.
""",
    cloudformation="""\
# Subscribe somebody to the topic.
Resources:
  Alarms:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: [[topic]]
  QueueAge:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: [[alarm]]
      Namespace: AWS/SQS
      MetricName: ApproximateAgeOfOldestMessage
      Dimensions:
        - Name: QueueName
          Value: [[queue]]
      Statistic: Maximum
      Period: 300
      EvaluationPeriods: 3
      Threshold: 1800
      ComparisonOperator: GreaterThanThreshold
      AlarmActions:
        - !Ref Alarms
""",
    terraform="""\
# Subscribe somebody to the topic.
resource "aws_sns_topic" "alarms" {
  name = [[topic]]
}

resource "aws_cloudwatch_metric_alarm" "queue_age" {
  alarm_name          = [[alarm]]
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = [[queue]] }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 3
  threshold           = 1800
  comparison_operator = "GreaterThanThreshold"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}
""",
    breaks=(
        "A poller that starts again works through old messages: check that it takes the last word"
        " on each customer, not the first.",
    ),
    way_back="Delete the alarm [[alarm]] and the topic [[topic]].",
)

CONTROL = Control(
    module=__name__,
    title="The queue is being polled and does not back up",
    severity=Severity.MEDIUM,
    risk="An end of a subscription that is read late is unpaid use; a new one that is read late"
    " locks out a buyer who paid.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Amazon SNS notifications for SaaS products",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/saas-notification.html",
        ),
        Reference(
            "Amazon SQS Developer Guide: Available CloudWatch metrics",
            "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
        ),
    ),
    reads=("sqs.queues", "sns.subscriptions", "events.rules", "cloudwatch.queues"),
    not_applicable_because="No queue of this account hears AWS Marketplace notifications.",
    resources=marketplace_queues,
    check=check,
)
