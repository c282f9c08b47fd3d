"""SQS-08: a notification that failed decides access and billing, so it is kept and protected."""

from __future__ import annotations

import json
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
from scanner.controls.sqs import sqs_03_closed_to_strangers, sqs_04_encrypted_at_rest
from scanner.evidence import Fact
from scanner.facts.messaging import Queue, QueueAttributes, Redrive
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.senders import NO_POLICY, refusing_plain
from scanner.scope.sqs import marketplace_queues, only_dead_letters, queue_at
from scanner.vocabulary import NotSeen, Severity, Status, Unobserved, known

READ = "sqs:GetQueueAttributes"
MOST_RECEIVES = 20
FEW_RECEIVES = 5
FOUR_DAYS = 345_600
DAY = 86_400


def check(queue: Queue, snapshot: Snapshot) -> Verdict:
    """Judge the redrive policy and what it points at; a dead-letter queue needs none itself."""
    if queue.arn in only_dead_letters(snapshot):
        return not_applicable(f"{queue.name} takes dead letters and needs no queue for its own.")
    attributes = known(queue.attributes)
    redrive = known(attributes.redrive)
    values = _values(queue, redrive, snapshot)
    if redrive is None:
        reason = f"{queue.name} has no dead-letter queue: a message that keeps failing expires."
        return failed(reason, Fact("RedrivePolicy", "none", READ), values=values)
    evidence = [
        Fact("Dead-letter queue", redrive.target, READ),
        Fact("maxReceiveCount", str(redrive.max_receives), READ),
        Fact(f"Retention of {queue.name}", _days(attributes.retention), READ),
    ]
    said = list(_weaknesses(redrive, attributes, snapshot))
    missing = [one for one in said if isinstance(one, Unobserved)]
    otherwise = passed(f"Messages that fail go to {redrive.target} and stay there.", *evidence)
    if missing:
        otherwise = not_assessed(missing[0].sentence(), *missing, evidence=evidence)
    faults = [failed(one, *evidence, values=values) for one in said if isinstance(one, str)]
    return all_faults(faults, otherwise)


def _weaknesses(
    redrive: Redrive, source: QueueAttributes, snapshot: Snapshot
) -> Iterator[str | Unobserved]:
    """What is wrong, as sentences, and what could not be seen."""
    if not 1 <= redrive.max_receives <= MOST_RECEIVES:
        yield (
            f"A message is tried {redrive.max_receives} times before it is set aside;"
            f" 1 to {MOST_RECEIVES} are sensible."
        )
    dead = queue_at(redrive.target, snapshot)
    if dead is None:
        yield f"The dead-letter queue {redrive.target} does not exist."
    elif isinstance(dead.attributes, Unobserved):
        yield dead.attributes
    else:
        yield from _too_short(dead, dead.attributes.retention, source.retention)
        for control in (sqs_03_closed_to_strangers, sqs_04_encrypted_at_rest):
            try:
                verdict = control.check(dead, snapshot)
            except NotSeen as unseen:
                yield from unseen.gaps
                continue
            yield from verdict.missing
            if verdict.status is Status.FAIL:
                yield from (f"Dead-letter queue {dead.name}: {why}" for why in verdict.reasons)


def _too_short(dead: Queue, kept: int | None, source: int | None) -> Iterator[str | Unobserved]:
    for seconds in (kept, source):
        if seconds is None:
            yield Unobserved(READ, "FieldMissing", dead.region, "MessageRetentionPeriod")
    if kept is not None and kept < FOUR_DAYS:
        yield f"{dead.name} keeps messages for {_days(kept)}; four days are the least."
    if kept is not None and source is not None and kept < source:
        yield (
            f"{dead.name} keeps messages for {_days(kept)}, the queue itself for {_days(source)}:"
            " age counts from the first arrival."
        )


def _days(seconds: int | None) -> str:
    if seconds is None:
        return "left out"
    return "1 day" if seconds == DAY else f"{seconds / DAY:.3g} days"


def _values(queue: Queue, redrive: Redrive | None, snapshot: Snapshot) -> Mapping[str, str]:
    """The dead-letter queue to repair, or the name of one to create."""
    fifo = ".fifo" * queue.name.endswith(".fifo")
    stem = queue.name.removesuffix(".fifo")[:60]
    arn = f"{queue.arn.rpartition(':')[0]}:{stem}-dead-letters{fifo}"
    receives = FEW_RECEIVES
    if redrive is not None:
        arn = redrive.target
        sensible = 1 <= redrive.max_receives <= MOST_RECEIVES
        receives = redrive.max_receives if sensible else FEW_RECEIVES
    old = queue_at(arn, snapshot)
    dead_policy = json.dumps({**NO_POLICY, "Statement": [refusing_plain(arn)]})
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": receives}
    return {
        "queue": queue.name,
        "queue_url": queue.url,
        "region": queue.region,
        "dead": arn.rpartition(":")[2],
        "old_dead_url": old.url if old else "",
        "new_dead": "" if old else arn.rpartition(":")[2],
        "new_attributes": "" if old else json.dumps(_attributes(dead_policy, fifo=bool(fifo))),
        "dead_policy": "" if old else dead_policy,
        "redrive": json.dumps({"RedrivePolicy": json.dumps(policy)}),
    }


def _attributes(policy: str, *, fifo: bool) -> dict[str, str]:
    """Of a new dead-letter queue that SQS-04 and SQS-09 have nothing against."""
    attributes = {
        "MessageRetentionPeriod": str(14 * DAY),
        "SqsManagedSseEnabled": "true",
        "Policy": policy,
    }
    return {**attributes, "FifoQueue": "true"} if fifo else attributes


REMEDY = Remedy(
    summary="Send what [[queue]] cannot deliver to a dead-letter queue that keeps it 14 days.",
    minutes=15,
    console=(
        "In SQS, region [[region]], choose Create queue, name it [[new_dead]], give it the type of"
        " [[queue]], a message retention period of 14 days, Amazon SQS key encryption and an access"
        " policy that denies everybody sqs:* when aws:SecureTransport is false.",
        "Open [[queue]], Edit. Under Dead-letter queue choose Enabled, [[dead]], Maximum receives 5.",
        "Set the message retention period of [[dead]] to 14 days. If it is open to strangers or not"
        " encrypted, follow SQS-03 and SQS-04 for it.",
        "Alarm on ApproximateNumberOfMessagesVisible of [[dead]].",
    ),
    cli="""\
cat > dead-letters.json <<'JSON'
[[new_attributes|json]]
JSON
aws sqs create-queue --region [[region]] --queue-name [[new_dead]] --attributes file://dead-letters.json

aws sqs set-queue-attributes --region [[region]] --queue-url [[old_dead_url]] --attributes MessageRetentionPeriod=1209600

cat > redrive.json <<'JSON'
[[redrive|json]]
JSON
aws sqs set-queue-attributes --region [[region]] --queue-url [[queue_url]] --attributes file://redrive.json
""",
    cloudformation="""\
# Set this where your stack declares the queue. FIFO queues take FifoQueue: true as well.
Resources:
  DeadLetters:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      QueueName: [[dead]]
      MessageRetentionPeriod: 1209600
      SqsManagedSseEnabled: true
  MarketplaceQueue:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      QueueName: [[queue]]
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt DeadLetters.Arn
        maxReceiveCount: 5

  DeadLettersPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues:
        - !Ref DeadLetters
      PolicyDocument:
        [[dead_policy|json]]
""",
    terraform="""\
# Set this where your code declares the queue. FIFO queues take fifo_queue = true as well.
resource "aws_sqs_queue" "dead_letters" {
  name                      = [[dead]]
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "marketplace" {
  name = [[queue]]
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy    = <<-JSON
    [[dead_policy|json]]
  JSON
}
""",
    breaks=("Messages that keep failing leave the main queue: somebody has to look at [[dead]].",),
    way_back="Set RedrivePolicy of [[queue]] to an empty text in the same way.",
)

CONTROL = Control(
    module=__name__,
    title="Failed notifications are kept in a protected dead-letter queue",
    severity=Severity.LOW,
    risk="A lost unsubscribe is unpaid use, a lost subscribe a customer who paid and is locked out.",
    remedy=REMEDY,
    references=(
        Reference(
            "Amazon SQS Developer Guide: Using dead-letter queues",
            "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: Amazon SNS notifications for SaaS products",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/saas-notification.html",
        ),
    ),
    reads=("sqs.queues", "sns.subscriptions", "events.rules", "organizations.organization"),
    not_applicable_because="No queue of this account hears AWS Marketplace notifications.",
    resources=marketplace_queues,
    check=check,
)
