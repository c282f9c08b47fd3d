"""What the remedies for a queue's policy have in common: commands, templates and their values."""

from __future__ import annotations

import json
from collections.abc import Mapping

from scanner.evidence import Fact
from scanner.facts.messaging import Queue
from scanner.policy import Policy
from scanner.scope.sqs import READ

PUT_POLICY = """\
aws sqs get-queue-attributes --region [[region]] --queue-url [[queue_url]] --attribute-names Policy --query Attributes --output json > queue-before.json

cat > queue-after.json <<'JSON'
[[attributes|json]]
JSON
aws sqs set-queue-attributes --region [[region]] --queue-url [[queue_url]] --attributes file://queue-after.json
"""
"""Keeps the policy and puts another in its place."""

TAKE_OFF_POLICY = """\
aws sqs set-queue-attributes --region [[region]] --queue-url [[bare_queue_url]] --attributes '{"Policy": ""}'
"""
"""For where nothing of the policy is left: the value is bare_queue_url."""

CLOUDFORMATION = """\
# Replaces the whole policy of the queue.
Resources:
  MarketplaceQueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues:
        - [[queue_url]]
      PolicyDocument:
        [[policy|json]]
"""

TERRAFORM = """\
# Replaces the whole policy of the queue.
resource "aws_sqs_queue_policy" "marketplace" {
  queue_url = [[queue_url]]
  policy    = <<-JSON
    [[policy|json]]
  JSON
}
"""


def put_policy(queue: Queue, text: str) -> Mapping[str, str]:
    """Give the values of these texts, but TAKE_OFF_POLICY, for a policy as JSON, maybe empty."""
    return {
        "queue": queue.name,
        "queue_url": queue.url,
        "region": queue.region,
        "policy": text,
        "attributes": json.dumps({"Policy": text}) if text else "",
    }


def uncounted(policy: Policy) -> tuple[Fact, ...]:
    """Show the Deny statements that rescue nothing, as they have conditions (R6)."""
    conditional = (one.label for one in policy.denies() if one.conditions)
    return tuple(Fact("Deny with conditions, not counted", one, READ) for one in conditional)
