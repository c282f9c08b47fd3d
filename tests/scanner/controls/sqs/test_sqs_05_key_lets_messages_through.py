"""SQS-05: whoever sends to an encrypted queue, or reads it, may use its key."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.sqs.sqs_05_key_lets_messages_through import CONTROL
from scanner.facts.iam import Role
from scanner.facts.kms import Key
from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy, fill
from scanner.scope.sqs import TOPIC_OWNER
from scanner.vocabulary import HOME_REGION, Listed, Severity, Status, Unobserved
from tests.builders import AUTHORIZATION_DETAILS, OWN, STRANGER, Inline, a_role, a_snapshot, denied
from tests.builders_resources import (
    PRODUCT_TOPIC,
    a_queue,
    a_queue_arn,
    a_redrive,
    a_rule,
    a_subscription,
)
from tests.builders_storage import KEY_ID, a_key_arn, a_kms_key
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, allow, deny

READ = "sqs:GetQueueAttributes"
DESCRIBE = "kms:DescribeKey"
POLICY = "kms:GetKeyPolicy"
ALIAS = "alias/marketplace"
USE = ("kms:Decrypt", "kms:GenerateDataKey*")
SNS = {"Service": "sns.amazonaws.com"}
EVENTS = {"Service": "events.amazonaws.com"}
RULE = a_rule().arn
ROLE_ARN = f"arn:aws:iam::{OWN}:role/poller"


def using(
    to: object = SNS, source: str | None = PRODUCT_TOPIC, *actions: str, sid: str = "Send"
) -> Document:
    """A statement of a key policy that lets a service use the key for one source."""
    when = None if source is None else {"ArnEquals": {"aws:SourceArn": source}}
    return allow(*(actions or USE), to=to, when=when, sid=sid)


def pinned_by(condition: Document) -> Document:
    return allow(*USE, to=SNS, when=condition, sid="Send")


SNS_MAY = using()
EVENTS_MAY = using(EVENTS, RULE, sid="Rule")
CONSUMES = allow("sqs:ReceiveMessage", "sqs:DeleteMessage", on=a_queue_arn())
DECRYPTS = allow("kms:Decrypt", on=a_key_arn())


def poller(**inline: Document | Unobserved) -> Role:
    held: Inline = {"queue": CONSUMES, **inline}
    return a_role("poller", inline=held)


def encrypted(reference: str = ALIAS) -> Queue:
    return a_queue(kms_key=reference, sse_managed="false")


def hearing(
    *keys: Key,
    queues: Listed[Queue] = (),
    rules: bool = False,
    subscribed: bool = True,
    roles: Listed[Role] = (),
    reference: str = ALIAS,
) -> Snapshot:
    """A queue of a product's topic that is encrypted with a key of this name."""
    return a_snapshot(
        subscriptions=(a_subscription(),) if subscribed else (),
        rules=(a_rule("mp-events"),) if rules else (),
        queues=queues or (encrypted(reference),),
        keys=keys,
        roles=roles,
    )


def under(sentence: str, expected: Expected, *statements: Document, rules: bool = False) -> Case:
    """A key whose policy holds these statements beside that of the account's root."""
    key = a_kms_key(*statements, reference=ALIAS)
    return Case(sentence, hearing(key, rules=rules), expected)


def of_key(sentence: str, expected: Expected, key: Key, reference: str = ALIAS) -> Case:
    return Case(sentence, hearing(key, reference=reference), expected)


def read_by(sentence: str, expected: Expected, role: Role, *statements: Document) -> Case:
    """A key that SNS may use, and a role that may receive."""
    key = a_kms_key(SNS_MAY, *statements, reference=ALIAS)
    return Case(sentence, hearing(key, roles=(role,)), expected)


def high(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.HIGH, says, shows=shows)


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


REFUSED_SUBSCRIPTIONS = denied("sns:ListSubscriptions", HOME_REGION)

CASES = (
    under(
        "a key that SNS may use for the topic passes", passes(shows="Key state: Enabled"), SNS_MAY
    ),
    *(
        of_key(
            f"the key is found by its {name}",
            passes(shows=f"KmsMasterKeyId: {asked}"),
            a_kms_key(SNS_MAY, reference=read),
            asked,
        )
        for name, asked, read in (
            ("id", KEY_ID, a_key_arn()),
            ("ARN", a_key_arn(), a_key_arn()),
            ("alias ARN", f"arn:aws:kms:us-east-1:{OWN}:{ALIAS}", ALIAS),
        )
    ),
    under("kms:* and no case pass", passes(), using(SNS, PRODUCT_TOPIC, "KMS:*")),
    under(
        "the topic's owner pins as well",
        passes(),
        pinned_by({"StringEquals": {"aws:SourceAccount": TOPIC_OWNER}}),
    ),
    under(
        "two statements may share the actions",
        passes(),
        using(SNS, PRODUCT_TOPIC, "kms:Decrypt"),
        using(SNS, PRODUCT_TOPIC, "kms:GenerateDataKey"),
    ),
    under("a rule needs EventBridge in the policy", passes(), SNS_MAY, EVENTS_MAY, rules=True),
    Case(
        "where only a rule delivers SNS is not needed",
        hearing(a_kms_key(EVENTS_MAY, reference=ALIAS), rules=True, subscribed=False),
        passes(),
    ),
    Case(
        "the key that AWS manages serves nobody else, and KMS need not be asked",
        hearing(reference="alias/aws/sqs"),
        high("encrypted with the key that AWS manages", shows="KmsMasterKeyId: alias/aws/sqs"),
    ),
    Case(
        "its alias ARN is the same",
        hearing(reference=f"arn:aws:kms:us-east-1:{OWN}:alias/aws/sqs"),
        high("sns.amazonaws.com cannot use it"),
    ),
    of_key(
        "its id is told by KMS",
        high("nobody can change its policy", shows="Key manager: AWS"),
        a_kms_key(manager="AWS"),
        KEY_ID,
    ),
    *(
        of_key(
            f"a key that is {state} serves nobody",
            high(f"Key {ALIAS} is {state}", shows=f"Key state: {state}"),
            a_kms_key(SNS_MAY, reference=ALIAS, state=state),
        )
        for state in ("Disabled", "PendingDeletion", "PendingImport", "Unavailable")
    ),
    under(
        "the account's root does not speak for services",
        high("does not let sns.amazonaws.com use the key", shows='"Sid": "root"'),
    ),
    under(
        "decrypting alone is not enough",
        high("does not let sns.amazonaws.com"),
        using(SNS, PRODUCT_TOPIC, "kms:Decrypt"),
    ),
    under(
        "everybody of the account who uses SQS is no service",
        high("does not let sns.amazonaws.com"),
        allow("kms:*", to={"AWS": "*"}, when={"StringEquals": {"kms:CallerAccount": OWN}}),
    ),
    under(
        "a Deny keeps it out",
        high("does not let sns.amazonaws.com"),
        SNS_MAY,
        deny("kms:*", to=SNS),
    ),
    under(
        "a rule that may not use the key loses what it sends",
        high("does not let events.amazonaws.com use the key"),
        SNS_MAY,
        rules=True,
    ),
    under(
        "our own account is not where the topic lives",
        high(f"refuses sns.amazonaws.com on behalf of {PRODUCT_TOPIC}", shows="aws:SourceAccount"),
        pinned_by({"StringEquals": {"aws:SourceAccount": OWN}}),
    ),
    under(
        "another topic is not this one",
        high("on behalf of"),
        using(SNS, f"arn:aws:sns:us-east-1:{OWN}:orders"),
    ),
    under(
        "without a condition any account's topic may use it",
        medium("lets sns.amazonaws.com use the key for any account (Send).", shows='"Sid": "Send"'),
        using(SNS, None),
    ),
    under(
        "a condition that restricts nobody is none",
        medium("for any account (Send)"),
        pinned_by({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}),
    ),
    under(
        "one open statement beside a pinned one is still open",
        medium("for any account (Open)"),
        SNS_MAY,
        using({"Service": ["sns.amazonaws.com", "sqs.amazonaws.com"]}, None, sid="Open"),
    ),
    read_by("a consumer that may decrypt passes", passes(), poller(key=DECRYPTS)),
    read_by(
        "so does one that the key's policy names",
        passes(),
        poller(),
        allow("kms:Decrypt", to={"AWS": ROLE_ARN}),
    ),
    read_by(
        "a consumer that may not decrypt reads nothing",
        medium("poller may receive from mp-events but not decrypt with its key."),
        poller(),
    ),
    read_by(
        "a consumer of deletes only need not decrypt",
        passes(),
        a_role("poller", inline={"queue": allow("sqs:DeleteMessage", on=a_queue_arn())}),
    ),
    read_by(
        "an administrator needs no look",
        passes(),
        a_role("admin", inline={"all": allow("*")}),
    ),
    Case(
        "all obstacles make one finding",
        hearing(a_kms_key(using(SNS, None), reference=ALIAS), roles=(poller(),), rules=True),
        high("does not let events.amazonaws.com use the key: what it sends is lost. poller may"),
    ),
    Case(
        "dead letters come from SQS itself",
        hearing(
            a_kms_key(SNS_MAY, reference=ALIAS),
            a_kms_key(reference="alias/dead"),
            queues=(
                a_queue(kms_key=ALIAS, redrive=a_redrive("mp-dead")),
                a_queue("mp-dead", kms_key="alias/aws/sqs", redrive=a_redrive("mp-deader")),
                a_queue("mp-deader", kms_key="alias/dead"),
            ),
        ),
        {
            "mp-events": passes(),
            "mp-dead": passes("takes dead letters from SQS itself"),
            "mp-deader": passes(),
        },
    ),
    Case(
        "a queue without a key of KMS is not judged",
        hearing(queues=(a_queue(),)),
        not_applicable("is not encrypted with a key of KMS"),
    ),
    Case(
        "a queue that does not hear Marketplace is none of our business",
        a_snapshot(queues=(a_queue("orders", kms_key="alias/aws/sqs"),)),
        not_applicable("No queue of this account hears"),
    ),
    Case("a key that was not read is not assessed", hearing(), not_assessed(DESCRIBE, "NotRead")),
    of_key(
        "a key of another account is not assessed",
        not_assessed(DESCRIBE, "OtherAccount"),
        a_kms_key(SNS_MAY),
        a_key_arn(account=STRANGER),
    ),
    of_key(
        "refused details are not assessed",
        not_assessed(DESCRIBE, "AccessDenied"),
        a_kms_key(reference=ALIAS, refused=denied(DESCRIBE, HOME_REGION)),
    ),
    of_key(
        "a refused policy is not assessed",
        not_assessed(POLICY, "AccessDenied"),
        a_kms_key(reference=ALIAS, policy_refused=denied(POLICY, HOME_REGION)),
    ),
    of_key(
        "a malformed policy is not assessed",
        not_assessed(POLICY, "MalformedPolicy"),
        a_kms_key(reference=ALIAS, policy_refused=a_malformed_policy(source=POLICY)),
    ),
    Case(
        "a queue that cannot be read is not assessed",
        hearing(queues=(a_queue(refused=denied(READ, HOME_REGION)),)),
        not_assessed(READ, "AccessDenied"),
    ),
    read_by(
        "a consumer whose policies were not read may lack the right",
        not_assessed(AUTHORIZATION_DETAILS, "policy more"),
        poller(more=denied(AUTHORIZATION_DETAILS)),
    ),
    Case(
        "a topic that is hidden may not be let in",
        a_snapshot(
            subscriptions=REFUSED_SUBSCRIPTIONS,
            rules=(a_rule("mp-events"),),
            queues=(encrypted(),),
            keys=(a_kms_key(EVENTS_MAY, reference=ALIAS),),
        ),
        {
            "mp-events": not_assessed("sns:ListSubscriptions"),
            f"Account {OWN}": not_assessed("sns:ListSubscriptions"),
        },
    ),
    Case(
        "nor is a queue surely one of dead letters then",
        a_snapshot(
            subscriptions=REFUSED_SUBSCRIPTIONS,
            rules=(a_rule("mp-events"),),
            queues=(
                a_queue(redrive=a_redrive("mp-dead")),
                a_queue("mp-dead", kms_key="alias/aws/sqs"),
            ),
        ),
        {
            "mp-events": not_applicable(),
            "mp-dead": not_assessed("sns:ListSubscriptions"),
            f"Account {OWN}": not_assessed("sns:ListSubscriptions"),
        },
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_key_lets_messages_through(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_of(snapshot: Snapshot) -> Remedy:
    (outcome,) = outcomes_of(CONTROL, snapshot)
    assert outcome.status is Status.FAIL
    return fill(CONTROL.remedy, outcome.values)


def written_by(remedy: Remedy) -> list[Document]:
    document = remedy.cli.split("<<'POLICY'\n")[1].split("\nPOLICY\n")[0]
    statements: list[Document] = json.loads(document)["Statement"]
    return statements


@pytest.mark.parametrize(
    "statements",
    [
        (),
        (using(SNS, None),),
        (using({"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}, None),),
        (pinned_by({"StringEquals": {"aws:SourceAccount": OWN}}),),
    ],
    ids=["nobody", "any topic", "any topic or rule", "our account"],
)
def test_a_repaired_key_policy_passes(statements: tuple[Document, ...]) -> None:
    broken = hearing(a_kms_key(*statements, reference=ALIAS), rules=True, roles=(poller(),))
    remedy = remedy_of(broken)
    assert f"aws kms put-key-policy --region us-east-1 --key-id {a_key_arn()}" in remedy.cli
    assert "set-queue-attributes" not in remedy.cli
    root, *others = written_by(remedy)
    assert root["Sid"] == "root"
    fixed = hearing(a_kms_key(*others, reference=ALIAS), rules=True, roles=(poller(),))
    assert [one.status for one in outcomes_of(CONTROL, fixed)] == [Status.PASS]


def test_a_statement_pinned_to_other_topics_stays_for_them() -> None:
    orders = using(SNS, f"arn:aws:sns:us-east-1:{OWN}:orders")
    statements = written_by(remedy_of(hearing(a_kms_key(orders, reference=ALIAS))))
    assert statements[1] == orders


def test_what_else_a_statement_names_stays() -> None:
    shared = using({**SNS, "AWS": ROLE_ARN}, None)
    statements = written_by(remedy_of(hearing(a_kms_key(shared, reference=ALIAS))))
    assert statements[1] == {**shared, "Principal": {"AWS": ROLE_ARN}}


@pytest.mark.parametrize(
    "snapshot",
    [
        hearing(reference="alias/aws/sqs"),
        hearing(a_kms_key(SNS_MAY, reference=ALIAS, state="Disabled")),
        hearing(a_kms_key(SNS_MAY, deny("kms:*", to="*"), reference=ALIAS)),
    ],
    ids=["key of AWS", "disabled", "denied"],
)
def test_where_no_policy_helps_sqs_takes_over(snapshot: Snapshot) -> None:
    remedy = remedy_of(snapshot)
    assert '\'{"KmsMasterKeyId": "", "SqsManagedSseEnabled": "true"}\'' in remedy.cli
    assert "put-key-policy" not in remedy.cli
