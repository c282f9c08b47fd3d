"""What it takes to make product notifications arrive in a queue: SQS-01's remedy.

The forms ask for the values of `subscribing`, for `region`, and for `unsubscribed`, the ARN of a
subscription to end. What is not needed is empty, and its block left out.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.scope.agreement_events import SOURCE
from scanner.scope.senders import NO_POLICY, delivering, refusing_plain, undelivered
from scanner.scope.sqs import (
    marketplace_queues,
    only_dead_letters,
)
from scanner.vocabulary import HOME_REGION, Unobserved, seen

QUEUE = "marketplace-notifications"
RULE = "marketplace-agreements"
MOST_TOPICS = 2
TWO_WEEKS = "1209600"
RECEIVES = 5
NAMES = (
    "queue", "queue_arn", "policy", "old_url", "old_attributes", "new_queue", "new_attributes",
    "new_dead", "dead_attributes", "dead_policy", "topic", "second_topic", "rule", "pattern",
)  # fmt: skip
NOTHING = dict.fromkeys(NAMES, "")
"""Values where nothing has to be subscribed."""


def subscribing(topics: Sequence[str], snapshot: Snapshot) -> Mapping[str, str]:
    """Values that subscribe a queue to one or two topics, or, for none or more, add a rule.

    The queue is one that hears Marketplace already, or a new one with a dead-letter queue.
    """
    wanted = list(topics) if 0 < len(topics) <= MOST_TOPICS else []
    rule = "" if wanted else _free(RULE, {one.name for one in seen(snapshot.events.rules)})
    old = _listening(snapshot)
    sources = wanted or [_arn("events", f"rule/{rule}", snapshot)]
    values = NOTHING | {
        "topic": wanted[0] if wanted else "",
        "second_topic": wanted[1] if len(wanted) > 1 else "",
        "rule": rule,
        "pattern": json.dumps({"source": [SOURCE]}) if rule else "",
    }
    return values | (_new(sources, snapshot) if old is None else _old(old, sources))


def _free(stem: str, taken: Collection[str]) -> str:
    names = (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _arn(service: str, name: str, snapshot: Snapshot) -> str:
    account = snapshot.account
    return f"arn:{account.partition}:{service}:{HOME_REGION}:{account.id}:{name}"


def _listening(snapshot: Snapshot) -> Queue | None:
    """A queue of the account's own that hears Marketplace and whose policy is known."""
    dead = only_dead_letters(snapshot)
    for queue in seen(marketplace_queues(snapshot)):
        is_here = queue.region == HOME_REGION and not queue.name.endswith(".fifo")
        if is_here and queue.arn not in dead and not isinstance(_policy_of(queue), Unobserved):
            return queue
    return None


def _policy_of(queue: Queue) -> Policy | Unobserved | None:
    attributes = queue.attributes
    return attributes if isinstance(attributes, Unobserved) else attributes.policy


def _old(queue: Queue, sources: Sequence[str]) -> dict[str, str]:
    policy = _policy_of(queue)
    document = json.loads(policy.text) if isinstance(policy, Policy) else dict(NO_POLICY)
    if not isinstance(document["Statement"], list):
        document["Statement"] = [document["Statement"]]
    text = delivering(document, queue.arn, sources)
    kept_out = undelivered(policy if isinstance(policy, Policy) else None, queue.arn, sources)
    return {
        "queue": queue.name,
        "queue_arn": queue.arn,
        "old_url": queue.url,
        "policy": text,
        "old_attributes": json.dumps({"Policy": text}) if kept_out else "",
    }


def _new(sources: Sequence[str], snapshot: Snapshot) -> dict[str, str]:
    """A queue that the controls of this topic have nothing against, and its dead-letter queue."""
    name = _free(QUEUE, {one.name for one in seen(snapshot.sqs.queues)})
    dead = f"{name}-dead-letters"
    arn, dead_arn = (_arn("sqs", one, snapshot) for one in (name, dead))
    policy = delivering({**NO_POLICY, "Statement": [refusing_plain(arn)]}, arn, sources)
    dead_policy = json.dumps({**NO_POLICY, "Statement": [refusing_plain(dead_arn)]})
    common: dict[str, Any] = {"SqsManagedSseEnabled": "true"}
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": RECEIVES})
    return {
        "queue": name,
        "queue_arn": arn,
        "policy": policy,
        "new_queue": name,
        "new_attributes": json.dumps({**common, "RedrivePolicy": redrive, "Policy": policy}),
        "new_dead": dead,
        "dead_policy": dead_policy,
        "dead_attributes": json.dumps(
            {**common, "MessageRetentionPeriod": TWO_WEEKS, "Policy": dead_policy}
        ),
    }


CLI = """\
cat > dead-letters.json <<'JSON'
[[dead_attributes|json]]
JSON
aws sqs create-queue --region [[region]] --queue-name [[new_dead]] --attributes file://dead-letters.json

cat > queue.json <<'JSON'
[[new_attributes|json]]
JSON
aws sqs create-queue --region [[region]] --queue-name [[new_queue]] --attributes file://queue.json

cat > queue-policy.json <<'JSON'
[[old_attributes|json]]
JSON
aws sqs set-queue-attributes --region [[region]] --queue-url [[old_url]] --attributes file://queue-policy.json

aws sns subscribe --region [[region]] --topic-arn [[topic]] --protocol sqs --notification-endpoint [[queue_arn]]

aws sns subscribe --region [[region]] --topic-arn [[second_topic]] --protocol sqs --notification-endpoint [[queue_arn]]

cat > pattern.json <<'JSON'
[[pattern|json]]
JSON
aws events put-rule --region [[region]] --name [[rule]] --event-pattern file://pattern.json --state ENABLED
aws events put-targets --region [[region]] --rule [[rule]] --targets Id=queue,Arn=[[queue_arn]]

aws sns unsubscribe --region [[region]] --subscription-arn [[unsubscribed]]
"""

CLOUDFORMATION = """\
# In us-east-1. Replaces the whole policy of a queue that exists.
Resources:
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues:
        - [[old_url]]
      PolicyDocument:
        [[policy|json]]

# In us-east-1.
Resources:
  DeadLetters:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      QueueName: [[new_dead]]
      MessageRetentionPeriod: 1209600
      SqsManagedSseEnabled: true
  DeadLettersPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues:
        - !Ref DeadLetters
      PolicyDocument:
        [[dead_policy|json]]
  Notifications:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      QueueName: [[new_queue]]
      SqsManagedSseEnabled: true
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt DeadLetters.Arn
        maxReceiveCount: 5
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues:
        - !Ref Notifications
      PolicyDocument:
        [[policy|json]]

  Subscription:
    Type: AWS::SNS::Subscription
    DependsOn: Policy
    Properties:
      TopicArn: [[topic]]
      Protocol: sqs
      Endpoint: [[queue_arn]]

  SecondSubscription:
    Type: AWS::SNS::Subscription
    DependsOn: Policy
    Properties:
      TopicArn: [[second_topic]]
      Protocol: sqs
      Endpoint: [[queue_arn]]

  AgreementRule:
    Type: AWS::Events::Rule
    DependsOn: Policy
    Properties:
      Name: [[rule]]
      EventPattern:
        [[pattern|json]]
      Targets:
        - Id: queue
          Arn: [[queue_arn]]
"""

TERRAFORM = """\
# Replaces the whole policy of the queue.
resource "aws_sqs_queue_policy" "notifications" {
  queue_url = [[old_url]]
  policy    = <<-JSON
    [[policy|json]]
  JSON
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = [[new_dead]]
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  policy                    = <<-JSON
    [[dead_policy|json]]
  JSON
}

resource "aws_sqs_queue" "notifications" {
  name                    = [[new_queue]]
  sqs_managed_sse_enabled = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })
  policy = <<-JSON
    [[policy|json]]
  JSON
}

# The provider works in us-east-1, where product topics live.
resource "aws_sns_topic_subscription" "notifications" {
  topic_arn = [[topic]]
  protocol  = "sqs"
  endpoint  = [[queue_arn]]
}

resource "aws_sns_topic_subscription" "more_notifications" {
  topic_arn = [[second_topic]]
  protocol  = "sqs"
  endpoint  = [[queue_arn]]
}

resource "aws_cloudwatch_event_rule" "agreements" {
  name          = [[rule]]
  event_pattern = <<-JSON
    [[pattern|json]]
  JSON
}

resource "aws_cloudwatch_event_target" "queue" {
  rule = [[rule]]
  arn  = [[queue_arn]]
}
"""
