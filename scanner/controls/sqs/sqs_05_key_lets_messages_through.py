"""SQS-05: with a key that SNS or the consumer may not use, notifications are lost silently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.control import (
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    not_applicable,
    passed,
)
from scanner.evidence import Fact, Piece, policy_excerpt
from scanner.facts.kms import Key
from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy
from scanner.scope.doubt import hidden
from scanner.scope.keys import POLICY_READ_BY, READ_BY, is_aws_alias, key_at
from scanner.scope.queue_keys import Obstacle, obstacles, repaired, senders_to
from scanner.scope.sqs import marketplace_queues, unseen_feeds
from scanner.vocabulary import NotSeen, Severity, known

READ = "sqs:GetQueueAttributes"


def check(queue: Queue, snapshot: Snapshot) -> Verdict:
    """A key of AWS never serves SNS; of one's own the state, the policy and the consumers count."""
    reference = known(queue.attributes).kms_key
    if not reference:
        return not_applicable(f"{queue.name} is not encrypted with a key of KMS.")
    evidence: tuple[Piece, ...] = (Fact("KmsMasterKeyId", reference, READ),)
    if is_aws_alias(reference, "sqs"):
        return _of_aws(queue, snapshot, evidence)
    key = key_at(reference, queue.region, snapshot)
    details = known(key.details)
    evidence += (
        Fact("Key", details.arn, READ_BY),
        Fact("Key manager", details.manager, READ_BY),
        Fact("Key state", details.state, READ_BY),
    )
    if details.manager == "AWS":
        return _of_aws(queue, snapshot, evidence)
    said = list(obstacles(queue, key, details, snapshot))
    missing = hidden(said)
    if missing:
        raise NotSeen(*missing)
    found = [one for one in said if isinstance(one, Obstacle)]
    evidence += _policy(key, found)
    values = _values(queue, key, found, snapshot)
    faults = [
        failed(one.sentence, *evidence, severity=one.severity, values=values) for one in found
    ]
    reason = f"The key of {queue.name} lets its senders and consumers through."
    return all_faults(faults, passed(reason, *evidence))


def _of_aws(queue: Queue, snapshot: Snapshot, evidence: tuple[Piece, ...]) -> Verdict:
    senders = senders_to(queue, snapshot)
    if senders:
        reason = (
            f"{queue.name} is encrypted with the key that AWS manages for SQS:"
            f" {' and '.join(senders)} cannot use it, and nobody can change its policy."
        )
        values = _values(queue, None, (), snapshot)
        return failed(reason, *evidence, severity=Severity.HIGH, values=values)
    missing = unseen_feeds(snapshot)
    if missing:
        raise NotSeen(*missing)
    return passed(f"{queue.name} takes dead letters from SQS itself, which may use it.", *evidence)


def _policy(key: Key, found: Sequence[Obstacle]) -> tuple[Piece, ...]:
    if not isinstance(key.policy, Policy):
        return ()
    note = " ".join(one.sentence for one in found)
    marked = [statement for one in found for statement in one.statements]
    excerpt = policy_excerpt("Key policy", key.policy, marked, note=note, read_by=POLICY_READ_BY)
    return (excerpt,)


def _values(
    queue: Queue, key: Key | None, found: Sequence[Obstacle], snapshot: Snapshot
) -> Mapping[str, str]:
    """The key's own policy repaired, or, where that cannot help, the queue to switch over."""
    policy = "" if key is None else repaired(queue, key, found, snapshot)
    arn = "" if key is None or not policy else known(key.details).arn
    return {
        "queue": queue.name,
        "region": queue.region,
        "key": arn,
        "key_policy": policy,
        "switched_queue": "" if policy else queue.name,
        "switched_url": "" if policy else queue.url,
    }


REMEDY = Remedy(
    summary="Let senders and consumers of [[queue]] use its key, or let SQS manage the key.",
    minutes=15,
    console=(
        "In KMS, region [[region]], open [[key]], Key policy, Edit, and put in the document of the"
        " CLI form: it pins the senders to the queue's own topics and rules.",
        "In SQS, region [[region]], open [[switched_queue]], Edit, Encryption: choose Amazon SQS"
        " key (SSE-SQS), then Save. A key of your own works as well once its policy lets"
        " sns.amazonaws.com use kms:Decrypt and kms:GenerateDataKey* for the product's topic.",
        "Test with a limited listing that a message arrives in [[queue]] and is read.",
    ),
    cli="""\
cat > key-policy.json <<'POLICY'
[[key_policy|json]]
POLICY

aws kms get-key-policy --region [[region]] --key-id [[key]] --policy-name default --query Policy --output text > key-policy-before.json
aws kms put-key-policy --region [[region]] --key-id [[key]] --policy-name default --policy file://key-policy.json

aws sqs set-queue-attributes --region [[region]] --queue-url [[switched_url]] \\
  --attributes '{"KmsMasterKeyId": "", "SqsManagedSseEnabled": "true"}'
""",
    cloudformation="""\
# Set this where your stack declares the key.
Resources:
  QueueKey:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Description: [[key]]
      KeyPolicy:
        [[key_policy|json]]

# Set this where your stack declares the queue, without KmsMasterKeyId.
Resources:
  MarketplaceQueue:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      QueueName: [[switched_queue]]
      SqsManagedSseEnabled: true
""",
    terraform="""\
resource "aws_kms_key_policy" "queue" {
  key_id = [[key]]
  policy = <<-POLICY
    [[key_policy|json]]
  POLICY
}

# Set this where your code declares the queue, without kms_master_key_id.
resource "aws_sqs_queue" "marketplace" {
  name                    = [[switched_queue]]
  sqs_managed_sse_enabled = true
}
""",
    breaks=(
        "Messages that are in the queue stay encrypted with the old key: keep it enabled until"
        " [[queue]] is drained.",
        "Other queues that share the key need their own topics in aws:SourceArn of its policy.",
    ),
    way_back="Put the old key policy, or the old KmsMasterKeyId, back in the same way.",
)

CONTROL = Control(
    module=__name__,
    title="Encrypted queues can actually receive and be read",
    severity=Severity.HIGH,
    risk="Notifications are lost without an error: buyers who paid get no access, and use that"
    " ended is not billed.",
    remedy=REMEDY,
    references=(
        Reference(
            "Amazon SQS Developer Guide: Key management",
            "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
        ),
    ),
    reads=(
        "sqs.queues",
        "sns.subscriptions",
        "events.rules",
        "kms.keys",
        "iam.users",
        "iam.groups",
        "iam.roles",
        "iam.policies",
    ),
    not_applicable_because="No queue of this account hears AWS Marketplace notifications.",
    resources=marketplace_queues,
    check=check,
)
