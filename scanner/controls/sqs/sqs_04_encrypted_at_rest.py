"""SQS-04: messages name buyers and their entitlements; at rest they are encrypted."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, not_assessed, passed
from scanner.evidence import Fact
from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.sqs import marketplace_queues
from scanner.vocabulary import Severity, Unobserved, known

READ = "sqs:GetQueueAttributes"


def check(queue: Queue, snapshot: Snapshot) -> Verdict:
    """A key decides by itself; without one, SqsManagedSseEnabled must say true."""
    attributes = known(queue.attributes)
    managed = attributes.sse_managed
    evidence = (
        Fact("KmsMasterKeyId", attributes.kms_key or "none", READ),
        Fact("SqsManagedSseEnabled", "left out" if managed is None else managed, READ),
    )
    if attributes.kms_key:
        return passed(f"Messages are encrypted with key {attributes.kms_key}.", *evidence)
    if managed == "true":
        return passed("Messages are encrypted with a key that SQS manages.", *evidence)
    if managed == "false":
        values = {"queue": queue.name, "queue_url": queue.url, "region": queue.region}
        return failed(f"Queue {queue.name} stores messages in clear.", *evidence, values=values)
    gap = Unobserved(READ, "FieldMissing", queue.region, f"encryption of {queue.name}")
    return not_assessed(gap.sentence(), gap, evidence=evidence)


REMEDY = Remedy(
    summary="Switch on encryption with SQS-managed keys for [[queue]].",
    minutes=5,
    console=(
        "In SQS, region [[region]], open [[queue]] and choose Edit.",
        "Under Encryption choose Enabled and Amazon SQS key (SSE-SQS), then Save.",
    ),
    cli="aws sqs set-queue-attributes --region [[region]] --queue-url [[queue_url]]"
    " --attributes SqsManagedSseEnabled=true\n",
    cloudformation="""\
# Set this where your stack declares the queue.
Resources:
  MarketplaceQueue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: [[queue]]
      SqsManagedSseEnabled: true
""",
    terraform="""\
# Set this where your code declares the queue.
resource "aws_sqs_queue" "marketplace" {
  name                    = [[queue]]
  sqs_managed_sse_enabled = true
}
""",
    breaks=(
        "Nothing: senders and consumers need no new permission. A key of your own (SSE-KMS) does"
        " need a key policy that lets sns.amazonaws.com use it.",
    ),
    way_back="Set SqsManagedSseEnabled to false in the same way.",
)

CONTROL = Control(
    module=__name__,
    title="Messages are encrypted at rest",
    severity=Severity.MEDIUM,
    risk="Buyer and entitlement data lie in clear on disk, against what buyers are usually told.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Foundational Security Best Practices, SQS.1",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/sqs-controls.html",
        ),
    ),
    reads=("sqs.queues", "sns.subscriptions", "events.rules"),
    not_applicable_because="No queue of this account hears AWS Marketplace notifications.",
    resources=marketplace_queues,
    check=check,
)
