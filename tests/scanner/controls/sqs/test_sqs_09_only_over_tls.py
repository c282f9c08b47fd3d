"""SQS-09: a Deny for everybody refuses requests without TLS, and nothing else narrows it."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.sqs import sqs_02_only_its_topics_send, sqs_03_closed_to_strangers
from scanner.controls.sqs.sqs_09_only_over_tls import CONTROL
from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy, parse
from scanner.remedy import fill
from scanner.vocabulary import HOME_REGION, Observed, Severity, Status
from tests.builders import OWN, a_snapshot, denied
from tests.builders_resources import (
    PRODUCT_TOPIC,
    a_queue,
    a_queue_arn,
    a_redrive,
    a_subscription,
)
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny

READ = "sqs:GetQueueAttributes"
QUEUE = a_queue_arn()
PLAIN: Document = {"Bool": {"aws:SecureTransport": "false"}}
MESSAGES = ("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage")
TOPIC_SENDS = allow(
    "sqs:SendMessage",
    on=QUEUE,
    to={"Service": "sns.amazonaws.com"},
    when={"ArnEquals": {"aws:SourceArn": PRODUCT_TOPIC}},
)


def refusing(
    *actions: str, to: object = "*", when: Document | None = PLAIN, on: str = QUEUE
) -> Document:
    return deny(*(actions or ("sqs:*",)), on=on, to=to, when=when, sid="Tls")


def hearing(*queues: Queue) -> Snapshot:
    return a_snapshot(subscriptions=(a_subscription(queues[0].arn),), queues=queues)


def of_policy(sentence: str, expected: Expected, policy: Observed[Policy | None]) -> Case:
    return Case(sentence, hearing(a_queue(policy=policy)), expected)


def under(sentence: str, expected: Expected, *statements: Document) -> Case:
    """One queue with these statements as its policy."""
    return of_policy(sentence, expected, a_policy(*statements))


def low(says: str = "does not refuse sqs:SendMessage", *, shows: str = "") -> Expected:
    return fails(Severity.LOW, says, shows=shows)


ACCEPTED: tuple[tuple[str, Document], ...] = (
    ("on all of SQS", refusing()),
    ("on everything", refusing("*", on="*")),
    ("on the three actions about messages", refusing(*MESSAGES)),
    ("with a wildcard", refusing("SQS:*Message*")),
    ("for everybody as an AWS star", refusing(to={"AWS": "*"})),
    ("for everybody in a list", refusing(to={"AWS": ["*"]})),
    ("as a boolean", refusing(when={"Bool": {"AWS:securetransport": False}})),
    (
        "also where the key is absent",
        refusing(when={"BoolIfExists": {"aws:SecureTransport": "false"}}),
    ),
    ("spelled in capitals", refusing(when={"Bool": {"aws:SecureTransport": ["False"]}})),
    ("by NotAction of something else", {**refusing(), "NotAction": "s3:*"}),
)
TOO_NARROW: tuple[tuple[str, Document], ...] = (
    ("for one role", refusing(to={"AWS": f"arn:aws:iam::{OWN}:role/consumer"})),
    (
        "for all but one role",
        {**refusing(), "NotPrincipal": {"AWS": f"arn:aws:iam::{OWN}:role/consumer"}},
    ),
    ("on another queue", refusing(on=a_queue_arn("other"))),
    (
        "with a second condition",
        refusing(when={**PLAIN, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
    ),
    ("when TLS is on", refusing(when={"Bool": {"aws:SecureTransport": "true"}})),
    ("whether or not", refusing(when={"Bool": {"aws:SecureTransport": ["true", "false"]}})),
    (
        "on an operator that compares texts",
        refusing(when={"StringLike": {"aws:SecureTransport": "f*"}}),
    ),
    ("without any condition", refusing(when=None)),
    (
        "as an Allow with TLS",
        allow("sqs:*", to={"AWS": OWN}, when={"Bool": {"aws:SecureTransport": "true"}}),
    ),
)


def without(statement: Document, *names: str) -> Document:
    return {name: value for name, value in statement.items() if name not in names}


CASES = (
    *(
        under(
            f"a Deny {name} passes",
            passes("refused by Tls", shows='"Sid": "Tls"'),
            TOPIC_SENDS,
            without(one, "Action") if "NotAction" in one else one,
        )
        for name, one in ACCEPTED
    ),
    under(
        "several statements together may cover it",
        passes(),
        refusing("sqs:SendMessage", "sqs:DeleteMessage"),
        refusing("sqs:Receive*"),
    ),
    *(
        under(
            f"a Deny {name} is not enough",
            low(),
            TOPIC_SENDS,
            without(one, "Principal") if "NotPrincipal" in one else one,
        )
        for name, one in TOO_NARROW
    ),
    under(
        "what is not covered is named, and the near miss is shown",
        low("does not refuse sqs:DeleteMessage without TLS.", shows='"Sid": "Tls"'),
        refusing("sqs:SendMessage", "sqs:ReceiveMessage"),
    ),
    under("a policy without any Deny fails", low(shows="No Deny for everybody"), TOPIC_SENDS),
    of_policy("a queue without a policy fails", low("has no policy", shows="Policy: none"), None),
    Case(
        "the dead-letter queue is judged as well",
        hearing(a_queue(policy=refusing(), redrive=a_redrive("mp-dead")), a_queue("mp-dead")),
        {"mp-events": passes(), "mp-dead": low("mp-dead has no policy")},
    ),
    of_policy(
        "a malformed policy is not assessed",
        not_assessed(READ, "MalformedPolicy"),
        a_malformed_policy(source=READ),
    ),
    Case(
        "a refused call is not assessed",
        hearing(a_queue(refused=denied(READ, HOME_REGION))),
        not_assessed(READ, "AccessDenied"),
    ),
    Case(
        "a queue that does not hear Marketplace is none of our business",
        a_snapshot(queues=(a_queue("orders"),)),
        not_applicable("No queue of this account hears"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_plain_requests_are_refused(case: Case) -> None:
    case.holds_for(CONTROL)


def fixed(queue: Queue) -> Queue:
    """The queue with the policy that the command line form writes to disk."""
    (outcome,) = outcomes_of(CONTROL, hearing(queue))
    remedy = fill(CONTROL.remedy, outcome.values)
    document = remedy.cli.split("<<'JSON'\n")[1].split("\nJSON\n")[0]
    policy = parse(json.loads(document)["Policy"], source=READ)
    assert isinstance(policy, Policy)
    return a_queue(policy=policy)


@pytest.mark.parametrize(
    "statements", [(TOPIC_SENDS,), (), (allow("sqs:*", to="*"),)], ids=["topic", "none", "open"]
)
def test_the_fix_passes_and_leaves_other_controls_as_they_were(
    statements: tuple[Document, ...],
) -> None:
    before = a_queue(policy=a_policy(*statements) if statements else None)
    after = fixed(before)
    (outcome,) = outcomes_of(CONTROL, hearing(after))
    assert outcome.status is Status.PASS, outcome.reason
    for other in (sqs_02_only_its_topics_send.CONTROL, sqs_03_closed_to_strangers.CONTROL):
        (old,), (new,) = outcomes_of(other, hearing(before)), outcomes_of(other, hearing(after))
        assert (new.status, new.severity) == (old.status, old.severity)


def test_a_single_statement_outside_a_list_is_kept() -> None:
    policy = parse({"Statement": TOPIC_SENDS}, source=READ)
    assert isinstance(policy, Policy)
    (outcome,) = outcomes_of(CONTROL, hearing(a_queue(policy=policy)))
    assert json.loads(outcome.values["policy"])["Statement"][0] == TOPIC_SENDS
