"""SQS-03: no statement lets everybody, or a foreign account, do harm to the queue."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.sqs.sqs_03_closed_to_strangers import ACTIONS, CONTROL
from scanner.facts.messaging import Queue
from scanner.facts.organizations import Organization
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy, parse
from scanner.remedy import NOTHING_TO_SAY, Remedy, fill
from scanner.vocabulary import Observed, Severity
from tests.builders import ORGANIZATION, OWN, STRANGER, a_snapshot, denied
from tests.builders_resources import (
    PRODUCT_TOPIC,
    a_queue,
    a_queue_arn,
    a_redrive,
    a_rule,
    a_subscription,
)
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny

READ = "sqs:GetQueueAttributes"
QUEUE = a_queue_arn()
PROFILE = Profile(approved_accounts=("444455556666",))
CONSUME = ("sqs:ReceiveMessage", "sqs:DeleteMessage")
OUR_ROLE = {"AWS": f"arn:aws:iam::{OWN}:role/consumer"}
STRANGERS = {"AWS": f"arn:aws:iam::{STRANGER}:root"}
OPEN = allow("sqs:*", to="*", sid="Open")
READERS = allow(*CONSUME, to=STRANGERS, sid="Partner")


def hearing(
    *queues: Queue,
    profile: Profile = PROFILE,
    organization: Observed[Organization | None] = ORGANIZATION,
) -> Snapshot:
    """The first queue hears a product topic and a rule on agreements."""
    return a_snapshot(
        profile=profile,
        subscriptions=(a_subscription(queues[0].arn),),
        rules=(a_rule(queues[0].name),),
        queues=queues,
        organization=organization,
    )


def under(sentence: str, expected: Expected, *statements: Document) -> Case:
    """One queue with these statements as its policy."""
    return of_policy(sentence, expected, a_policy(*statements))


def of_policy(sentence: str, expected: Expected, policy: Observed[Policy | None]) -> Case:
    return Case(sentence, hearing(a_queue(policy=policy)), expected)


def open_to(to: object, when: Document | None = None, *actions: str) -> Document:
    return allow(*(actions or ("sqs:ReceiveMessage",)), on=QUEUE, to=to, when=when, sid="Open")


def critical(says: str = "Statement Open lets any AWS account", *, shows: str = "") -> Expected:
    return fails(Severity.CRITICAL, says, shows=shows)


def high(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.HIGH, says, shows=shows)


EVERYONE_SPELLED = (
    ("a star", "*"),
    ("the AWS star", {"AWS": "*"}),
    ("a star in a list", {"AWS": [f"arn:aws:iam::{OWN}:root", "*"]}),
    ("the canonical star", {"CanonicalUser": "*"}),
    ("a star for the account of an ARN", {"AWS": "arn:aws:iam::*:root"}),
)
NO_RESTRICTIONS: tuple[tuple[str, Document], ...] = (
    ("TLS", {"Bool": {"aws:SecureTransport": "true"}}),
    ("an absent key", {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
    ("ForAllValues", {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
    ("every address", {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}),
    ("any topic", {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}),
    ("one value that is a star", {"StringLike": {"aws:PrincipalAccount": [OWN, "*"]}}),
    ("a negation", {"StringNotEquals": {"aws:PrincipalAccount": STRANGER}}),
    ("an external id", {"StringEquals": {"sts:ExternalId": "secret"}}),
)
RESTRICTIONS: tuple[tuple[str, Document], ...] = (
    ("the product's topic", {"ArnLike": {"AWS:SourceArn": PRODUCT_TOPIC}}),
    ("the organisation", {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
    ("our own account", {"StringEquals": {"AWS:PRINCIPALACCOUNT": OWN}}),
    ("an approved account", {"StringEquals": {"aws:PrincipalAccount": ["444455556666", OWN]}}),
    ("our own role", {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/consumer"}}),
    ("an endpoint", {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c"}}),
)
LETS_STRANGER_IN = {"StringEquals": {"aws:PrincipalAccount": [OWN, STRANGER]}}
FOREIGN = "o-foreign1234"
ORGANIZATION_GAP = denied("organizations:DescribeOrganization")
IN_OURS = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}
IN_FOREIGN = {"StringEquals": {"aws:PrincipalOrgID": [ORGANIZATION.id, FOREIGN]}}
NOT_PRINCIPAL = {
    "Effect": "Allow",
    "NotPrincipal": STRANGERS,
    "Action": "sqs:SendMessage",
    "Resource": QUEUE,
}
DENY_ALL_BUT_US = {
    "Effect": "Deny",
    "NotPrincipal": {"AWS": [OWN, OUR_ROLE["AWS"]], "Service": "sns.amazonaws.com"},
    "Action": "sqs:*",
    "Resource": "*",
}
DENY_ALL_BUT_STRANGER = {**DENY_ALL_BUT_US, "NotPrincipal": {"AWS": [OWN, STRANGER]}}

CASES = (
    of_policy("a queue without a policy passes", passes("no policy"), None),
    under("our own role may consume", passes(), allow(*CONSUME, to=OUR_ROLE)),
    under(
        "a service is not everybody: SQS-02 judges who sends",
        passes(),
        allow("sqs:SendMessage", to={"Service": "sns.amazonaws.com"}),
    ),
    under(
        "the id of a deleted user lets nobody in",
        passes(),
        allow(*CONSUME, to={"AWS": "AIDACKCEVSQ6C2EXAMPLE"}),
    ),
    under(
        "the reason names the statement and what everybody may do",
        critical("Statement AllowAll lets any AWS account receive and delete messages."),
        allow(*CONSUME, to="*", sid="AllowAll"),
    ),
    under(
        "a statement without a name goes by its place",
        critical("Statement 2 lets any AWS account send messages."),
        allow(*CONSUME, to=OUR_ROLE),
        allow("sqs:SendMessage", to="*"),
    ),
    under(
        "all that is dangerous is named",
        critical(
            "receive, delete, hide, move and send messages"
            " and purge, reconfigure, share and delete the queue."
        ),
        OPEN,
    ),
    under(
        "harmless actions may be public",
        passes(),
        allow("sqs:GetQueueUrl", "sqs:GetQueueAttributes", to="*"),
    ),
    *(
        under(f"everybody spelled as {name}", critical(), open_to(to))
        for name, to in EVERYONE_SPELLED
    ),
    under(
        "Allow with NotPrincipal is everybody else",
        critical("Statement 1 lets any AWS account send messages."),
        NOT_PRINCIPAL,
    ),
    under("action names have no case", critical(), open_to("*", None, "SQS:receivemessage")),
    under("wildcards grant what they match", critical("hide"), open_to("*", None, "sqs:Change*")),
    under(
        "NotAction grants all the rest",
        critical("lets any AWS account delete, hide, move and send messages"),
        {"Sid": "Open", "Effect": "Allow", "Principal": "*", "NotAction": "sqs:ReceiveMessage"},
    ),
    *(
        under(f"{name} restricts nobody", critical(), open_to("*", when))
        for name, when in NO_RESTRICTIONS
    ),
    *(
        under(f"everybody restricted to {name} passes", passes(), open_to("*", when))
        for name, when in RESTRICTIONS
    ),
    under(
        "everybody restricted to a foreign account is that account",
        high(f"Statement Open lets foreign account {STRANGER} receive messages."),
        open_to("*", LETS_STRANGER_IN),
    ),
    under(
        "everybody restricted to a foreign organisation is that organisation",
        high(f"Statement Open lets foreign organisation {FOREIGN} receive messages."),
        open_to("*", IN_FOREIGN),
    ),
    under(
        "a unit of a foreign organisation is no less foreign",
        high(f"foreign organisation {FOREIGN} receive"),
        open_to("*", {"StringLike": {"aws:PrincipalOrgPaths": f"{FOREIGN}/r-ab12/ou-ab12/*"}}),
    ),
    under(
        "a foreign organisation may send: SQS-02 judges that",
        passes(),
        open_to("*", IN_FOREIGN, "sqs:SendMessage"),
    ),
    under(
        "a Deny that spares one unknown account may spare one of the foreign organisation",
        high(f"foreign organisation {FOREIGN}"),
        open_to("*", IN_FOREIGN),
        DENY_ALL_BUT_STRANGER,
    ),
    under(
        "a Deny for all but us keeps a foreign organisation out",
        passes(),
        open_to("*", IN_FOREIGN),
        DENY_ALL_BUT_US,
    ),
    Case(
        "to an account without an organisation every one is foreign",
        hearing(a_queue(policy=open_to("*", IN_OURS)), organization=None),
        high(f"foreign organisation {ORGANIZATION.id} receive"),
    ),
    Case(
        "an organisation that may be our own or not is not assessed",
        hearing(a_queue(policy=open_to("*", IN_OURS)), organization=ORGANIZATION_GAP),
        not_assessed(
            "organizations:DescribeOrganization",
            "Statement Open lets an organisation receive messages.",
        ),
    ),
    Case(
        "whatever it is, sending is not judged here",
        hearing(
            a_queue(policy=open_to("*", IN_OURS, "sqs:SendMessage")), organization=ORGANIZATION_GAP
        ),
        passes(),
    ),
    Case(
        "a foreign account beside it is proven all the same",
        hearing(
            a_queue(policy=a_policy(open_to("*", IN_OURS), READERS)), organization=ORGANIZATION_GAP
        ),
        high(f"Statement Partner lets foreign account {STRANGER}"),
    ),
    under(
        "a service that acts for a foreign account only sends: SQS-02 judges that",
        passes(),
        open_to("*", {"StringEquals": {"aws:SourceAccount": STRANGER}}, "sqs:*"),
    ),
    under(
        "two conditions must both let the foreign account in",
        passes(),
        open_to("*", {**LETS_STRANGER_IN, "StringLike": {"aws:PrincipalAccount": OWN}}),
    ),
    under(
        "a foreign account that may consume is high",
        high(f"Statement Partner lets foreign account {STRANGER} receive and delete messages."),
        READERS,
    ),
    under(
        "a foreign account spelled as its number is the same",
        high(f"foreign account {STRANGER}"),
        allow("sqs:PurgeQueue", to={"AWS": [OWN, STRANGER]}),
    ),
    under(
        "a foreign role is its account",
        high(f"foreign account {STRANGER}"),
        allow("sqs:SetQueueAttributes", to={"AWS": f"arn:aws:iam::{STRANGER}:role/x"}),
    ),
    under(
        "a foreign account that another condition keeps out is out",
        passes(),
        allow(*CONSUME, to=STRANGERS, when={"StringEquals": {"aws:PrincipalAccount": OWN}}),
    ),
    under(
        "a foreign account may send: SQS-02 judges that",
        passes(),
        allow("sqs:SendMessage", to=STRANGERS),
    ),
    under(
        "an approved account may consume",
        passes(),
        allow(*CONSUME, to={"AWS": "444455556666"}),
    ),
    under(
        "a statement about another queue admits nobody here",
        passes(),
        allow("sqs:*", on=a_queue_arn("other"), to="*"),
    ),
    under(
        "a Deny for everybody that covers the Allow rescues it",
        passes(),
        OPEN,
        deny("sqs:*", to="*"),
    ),
    under(
        "a Deny for all but us rescues it",
        passes(),
        OPEN,
        READERS,
        DENY_ALL_BUT_US,
    ),
    under(
        "a Deny that spares the stranger does not",
        high(f"foreign account {STRANGER}"),
        READERS,
        DENY_ALL_BUT_STRANGER,
    ),
    under(
        "a Deny of the whole foreign account rescues it",
        passes(),
        READERS,
        deny("sqs:*", to=STRANGERS),
    ),
    under(
        "a Deny of one stranger leaves everybody else",
        critical(),
        open_to("*"),
        deny("sqs:*", to=STRANGERS),
    ),
    under(
        "a Deny with a condition rescues nothing and is shown",
        critical(shows="Deny with conditions, not counted: NoHttp"),
        open_to("*"),
        deny("sqs:*", to="*", when={"Bool": {"aws:SecureTransport": "false"}}, sid="NoHttp"),
    ),
    under(
        "a Deny takes away only what it covers",
        critical("lets any AWS account delete messages."),
        open_to("*", None, *CONSUME),
        deny("sqs:Receive*", to="*"),
    ),
    under(
        "a Deny on another queue rescues nothing",
        critical(),
        open_to("*"),
        deny("sqs:*", on=a_queue_arn("other"), to="*"),
    ),
    under(
        "all faults make one finding as bad as the worst",
        critical(f"Statement Partner lets foreign account {STRANGER}", shows='"Sid": "Partner"'),
        READERS,
        OPEN,
    ),
    under(
        "a hostile statement name is only a name",
        critical("Statement `reboot`; $(id) lets any"),
        allow("sqs:SendMessage", to="*", sid="`reboot`; $(id)"),
    ),
    of_policy(
        "a malformed policy is not assessed",
        not_assessed(READ, "MalformedPolicy"),
        a_malformed_policy(source=READ),
    ),
    Case(
        "a refused call is not assessed",
        hearing(a_queue(refused=denied(READ, "us-east-1"))),
        not_assessed(READ, "AccessDenied"),
    ),
    Case(
        "a queue of another account is not assessed",
        a_snapshot(subscriptions=(a_subscription(a_queue_arn(account=STRANGER)),)),
        not_assessed(READ, "OtherAccount"),
    ),
    Case(
        "the dead-letter queue is judged as well",
        hearing(a_queue(redrive=a_redrive("mp-dead")), a_queue("mp-dead", policy=OPEN)),
        {"mp-events": passes(), "mp-dead": critical()},
    ),
    Case(
        "an open queue that does not hear Marketplace is none of our business",
        a_snapshot(queues=(a_queue("orders", policy=OPEN),)),
        not_applicable("No queue of this account hears"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_strangers_are_kept_out(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_of(*statements: Document, subscribed: bool = True) -> Remedy:
    """The remedy for a queue with these statements, filled."""
    queue = a_queue(policy=a_policy(*statements))
    profile = Profile(queues=(queue.arn,))
    snapshot = (
        hearing(queue, profile=profile)
        if subscribed
        else a_snapshot(profile=profile, queues=(queue,), organization=ORGANIZATION)
    )
    (outcome,) = outcomes_of(CONTROL, snapshot)
    return fill(CONTROL.remedy, outcome.values)


def policy_written_by(remedy: Remedy) -> Document:
    """The policy in the document that the command line form writes to disk."""
    document = remedy.cli.split("<<'JSON'\n")[1].split("\nJSON\n")[0]
    policy: Document = json.loads(json.loads(document)["Policy"])
    return policy


def test_the_fix_keeps_the_other_statements_as_they_are() -> None:
    ours = allow(*CONSUME, on=QUEUE, to=OUR_ROLE, sid="Ours")
    policy = policy_written_by(remedy_of(ours, READERS, subscribed=False))
    assert policy == {"Version": "2012-10-17", "Statement": [ours]}


@pytest.mark.parametrize(
    ("stated", "left"),
    [
        ({"to": {"AWS": [OWN, STRANGER]}}, {"to": {"AWS": OWN}}),
        ({"to": {"AWS": [OUR_ROLE["AWS"], "*"]}}, {"to": OUR_ROLE}),
        (
            {"to": {"AWS": STRANGER, "Service": "sns.amazonaws.com"}},
            {"to": {"Service": "sns.amazonaws.com"}},
        ),
        (
            {"to": "*", "when": LETS_STRANGER_IN},
            {"to": "*", "when": {"StringEquals": {"aws:PrincipalAccount": [OWN]}}},
        ),
        (
            {"to": "*", "when": IN_FOREIGN},
            {"to": "*", "when": {"StringEquals": {"aws:PrincipalOrgID": [ORGANIZATION.id]}}},
        ),
    ],
    ids=str,
)
def test_the_fix_leaves_our_own_in(stated: Document, left: Document) -> None:
    policy = policy_written_by(remedy_of(allow(*CONSUME, on=QUEUE, **stated), subscribed=False))
    assert policy["Statement"] == [allow(*CONSUME, on=QUEUE, **left)]
    (outcome,) = outcomes_of(CONTROL, hearing(a_queue(policy=a_policy(*policy["Statement"]))))
    assert outcome.status.value == "pass"


def test_the_fix_lets_the_subscribed_topic_and_rule_go_on_sending() -> None:
    policy = policy_written_by(remedy_of(OPEN))
    assert policy["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": QUEUE,
            "Condition": {"ArnEquals": {"aws:SourceArn": [source]}},
        }
        for service, source in (
            ("sns.amazonaws.com", PRODUCT_TOPIC),
            ("events.amazonaws.com", a_rule().arn),
        )
    ]


def test_a_fixed_policy_passes() -> None:
    fixed = policy_written_by(remedy_of(OPEN, READERS))
    (outcome,) = outcomes_of(CONTROL, hearing(a_queue(policy=a_policy(*fixed["Statement"]))))
    assert outcome.status.value == "pass"


def test_a_single_statement_outside_a_list_is_removed_too() -> None:
    remedy = fill(
        CONTROL.remedy,
        outcomes_of(CONTROL, hearing(a_queue(policy=one_statement_policy())))[0].values,
    )
    assert "sns.amazonaws.com" in json.dumps(policy_written_by(remedy))


def one_statement_policy() -> Policy:
    policy = parse(json.dumps({"Statement": OPEN}), source=READ)
    assert isinstance(policy, Policy)
    return policy


def test_only_a_deny_with_conditions_is_said_not_to_count() -> None:
    queue = a_queue(policy=a_policy(OPEN, deny("sqs:PurgeQueue", to="*", sid="NoPurge")))
    (outcome,) = outcomes_of(CONTROL, hearing(queue))
    assert "not counted" not in str(outcome.evidence)


def test_when_nothing_would_be_left_the_policy_is_taken_off() -> None:
    remedy = remedy_of(READERS, subscribed=False)
    assert '\'{"Policy": ""}\'' in remedy.cli
    assert "queue-after.json" not in remedy.cli
    assert dict(remedy.without)["terraform"] == NOTHING_TO_SAY


def test_every_dangerous_action_of_the_rule_is_looked_for() -> None:
    wanted = {
        "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "PurgeQueue",
        "SetQueueAttributes", "AddPermission", "DeleteQueue", "StartMessageMoveTask", "SendMessage",
    }  # fmt: skip
    assert {action.removeprefix("sqs:") for action in ACTIONS} == wanted
