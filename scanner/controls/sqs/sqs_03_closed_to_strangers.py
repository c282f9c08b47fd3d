"""SQS-03: whoever can read or delete a queue's messages decides who gets the product."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.evidence import Fact, policy_excerpt
from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy
from scanner.scope.sqs import feed_of, marketplace_queues
from scanner.scope.strangers import EVERYBODY, Admission, admissions
from scanner.vocabulary import Severity, known

READ = "sqs:GetQueueAttributes"
SEND = "sqs:SendMessage"
WITH_MESSAGES = {
    "sqs:ReceiveMessage": "receive",
    "sqs:DeleteMessage": "delete",
    "sqs:ChangeMessageVisibility": "hide",
    "sqs:StartMessageMoveTask": "move",
    SEND: "send",
}
WITH_THE_QUEUE = {
    "sqs:PurgeQueue": "purge",
    "sqs:SetQueueAttributes": "reconfigure",
    "sqs:AddPermission": "share",
    "sqs:DeleteQueue": "delete",
}
ACTIONS = (*WITH_MESSAGES, *WITH_THE_QUEUE)


def check(queue: Queue, snapshot: Snapshot) -> Verdict:
    """Anything for everybody is critical; more than sending for a foreign account is high."""
    policy = known(known(queue.attributes).policy)
    if policy is None:
        return passed("The queue has no policy: only identities of this account can use it.")
    found = list(admissions(policy, queue.arn, ACTIONS, snapshot.account, snapshot.profile))
    harmful = [one for one in found if one.stranger == EVERYBODY or set(one.actions) - {SEND}]
    statements = [one.statement for one in harmful]
    note = " ".join(map(_sentence, harmful))
    excerpt = policy_excerpt("Queue policy", policy, statements, note=note, read_by=READ)
    conditional = [one.label for one in policy.denies() if one.conditions]
    remarks = [Fact("Deny with conditions, not counted", one, READ) for one in conditional]
    values = _values(queue, policy, harmful, snapshot)
    faults = [
        failed(_sentence(one), excerpt, *remarks, severity=_severity(one), values=values)
        for one in harmful
    ]
    otherwise = passed("Each statement of the policy names who may use the queue.", excerpt)
    return all_faults(faults, otherwise)


def _severity(one: Admission) -> Severity:
    return Severity.CRITICAL if one.stranger == EVERYBODY else Severity.HIGH


def _sentence(one: Admission) -> str:
    who = "any AWS account" if one.stranger == EVERYBODY else f"foreign account {one.stranger}"
    powers = (
        _phrase(WITH_MESSAGES, one, "messages"),
        _phrase(WITH_THE_QUEUE, one, "the queue"),
    )
    name = one.statement.sid or one.statement.index + 1
    return f"Statement {name} lets {who} {' and '.join(filter(None, powers))}."


def _phrase(verbs: Mapping[str, str], one: Admission, what: str) -> str:
    words = [verb for action, verb in verbs.items() if action in one.actions]
    if not words:
        return ""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) + f" {what}"


def _values(
    queue: Queue, policy: Policy, harmful: Collection[Admission], snapshot: Snapshot
) -> Mapping[str, str]:
    """The policy without the harmful statements; when nothing is left, the queue to take it off."""
    document = json.loads(policy.text)
    stated = document["Statement"]
    stated = stated if isinstance(stated, list) else [stated]
    removed = {one.statement.index for one in harmful}
    kept = [one for index, one in enumerate(stated) if index not in removed]
    if any(SEND in one.actions for one in harmful):
        kept += _delivery(queue, snapshot)
    text = json.dumps({**document, "Statement": kept}) if kept else ""
    return {
        "queue": queue.name,
        "queue_url": queue.url,
        "region": queue.region,
        "labels": ", ".join(dict.fromkeys(one.statement.label for one in harmful)),
        "policy": text,
        "attributes": json.dumps({"Policy": text}) if kept else "",
        "bare_queue_url": "" if kept else queue.url,
    }


def _delivery(queue: Queue, snapshot: Snapshot) -> list[Mapping[str, object]]:
    """What the queue's own topics and rules need, lest the fix stops the notifications."""
    feed = feed_of(queue, snapshot)
    services = ["sns.amazonaws.com"] * bool(feed.topics)
    services += ["events.amazonaws.com"] * bool(feed.rules)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": services},
        "Action": SEND,
        "Resource": queue.arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": [*feed.topics, *feed.rules]}},
    }
    return [statement] if services else []


REMEDY = Remedy(
    summary="Remove [[labels]] from the access policy of [[queue]].",
    minutes=10,
    console=(
        "In SQS, region [[region]], open [[queue]], Queue policies, Access policy, Edit.",
        "Delete [[labels]]. Keep, or add, a statement that lets sns.amazonaws.com send with"
        " aws:SourceArn set to the topic of the product.",
        "Save. A consumer in another account gets a role in this account to assume instead.",
    ),
    cli="""\
aws sqs get-queue-attributes --region [[region]] --queue-url [[queue_url]] --attribute-names Policy --query Attributes --output json > queue-before.json

cat > queue-after.json <<'JSON'
[[attributes|json]]
JSON
aws sqs set-queue-attributes --region [[region]] --queue-url [[queue_url]] --attributes file://queue-after.json

aws sqs set-queue-attributes --region [[region]] --queue-url [[bare_queue_url]] --attributes '{"Policy": ""}'
""",
    cloudformation="""\
# Replaces the whole policy of the queue.
Resources:
  MarketplaceQueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues:
        - [[queue_url]]
      PolicyDocument:
        [[policy|json]]
""",
    terraform="""\
# Replaces the whole policy of the queue.
resource "aws_sqs_queue_policy" "marketplace" {
  queue_url = [[queue_url]]
  policy    = <<-JSON
    [[policy|json]]
  JSON
}
""",
    breaks=(
        "A consumer in another account can no longer reach the queue: let it assume a role here.",
        "With a wrong aws:SourceArn notifications stop without an error: test with a limited"
        " listing.",
    ),
    way_back="Run the last command with queue-before.json in place of queue-after.json.",
)

CONTROL = Control(
    module=__name__,
    title="The queue is not open to everyone or to foreign accounts",
    severity=Severity.CRITICAL,
    risk="Outsiders can read who bought the product, forge a subscription or delete the message"
    " that ends one.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Foundational Security Best Practices, SQS.3",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/sqs-controls.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: Amazon SQS permissions",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/set-aws-iam-sqs-permissions.html",
        ),
    ),
    reads=("sqs.queues", "sns.subscriptions", "events.rules"),
    not_applicable_because="No queue of this account hears AWS Marketplace notifications.",
    resources=marketplace_queues,
    check=check,
)
