"""CAS-09 on a topic's policy, its key and its subscribers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from scanner.controls.cas.cas_09_topics_closed_and_deliverable import CONTROL
from scanner.facts.kms import Key
from scanner.facts.messaging import Subscription, Topic
from scanner.facts.organizations import Organization
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy, fill
from scanner.vocabulary import Listed, Observed, Partial, Severity
from tests.builders import AUTHORIZATION_DETAILS, ORGANIZATION, OWN, STRANGER, a_snapshot, denied
from tests.builders_cas import FROM_US, REPORTS, TOPIC, TOPIC_NAME, a_delivery, a_delivery_role
from tests.builders_resources import a_queue_arn, a_subscription, a_topic
from tests.builders_storage import a_key_arn, a_kms_key
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny

ACCOUNT = f"Account {OWN}"
IAM = denied(AUTHORIZATION_DETAILS)
NO_TOPICS = denied("sns:ListTopics", "us-east-1")
NO_ATTRIBUTES = denied("sns:GetTopicAttributes", "us-east-1")
NO_SUBSCRIPTIONS = denied("sns:ListSubscriptions", "us-east-1")
NO_ORGANIZATION = denied("organizations:DescribeOrganization")
NO_KEY = denied("kms:DescribeKey", "us-east-1")
KEY = a_key_arn()
BY_AWS = "alias/aws/sns"
ROLE = f"arn:aws:iam::{OWN}:role/cas"
USE = allow("kms:GenerateDataKey*", "kms:Decrypt", on=KEY)
FOR_REPORTS = allow("kms:GenerateDataKey*", "kms:Decrypt", to=REPORTS, when=FROM_US)
DEFAULT = allow(
    "SNS:GetTopicAttributes",
    "SNS:SetTopicAttributes",
    "SNS:AddPermission",
    "SNS:DeleteTopic",
    "SNS:Subscribe",
    "SNS:Publish",
    on=TOPIC,
    to={"AWS": "*"},
    when={"StringEquals": {"AWS:SourceOwner": OWN}},
    sid="__default_statement_ID",
)
STRANGERS = {"AWS": f"arn:aws:iam::{STRANGER}:root"}


def high(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.HIGH, says, shows=shows)


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


def enrolled(
    topic: Topic,
    *keys: Key,
    subscriptions: Listed[Subscription] = (),
    organization: Observed[Organization | None] = ORGANIZATION,
    profile: Profile | None = None,
    more: tuple[Document, ...] = (),
) -> Snapshot:
    return a_snapshot(
        roles=(a_delivery_role(*a_delivery(), *more),),
        sns_topics=(topic,),
        subscriptions=subscriptions,
        keys=keys,
        organization=organization,
        profile=profile,
    )


def under(
    sentence: str,
    expected: Expected,
    *statements: Document,
    organization: Observed[Organization | None] = ORGANIZATION,
    profile: Profile | None = None,
) -> Case:
    topic = a_topic(policy=a_policy(*statements), kms_key=BY_AWS)
    snapshot = enrolled(topic, organization=organization, profile=profile)
    return Case(sentence, snapshot, {TOPIC_NAME: expected})


def may(*actions: str, to: object, when: Document | None = None) -> Document:
    return allow(*(actions or ("sns:Publish",)), on=TOPIC, to=to, when=when, sid="Open")


def keyed(
    sentence: str,
    expected: Expected,
    *keys: Key,
    key: str = KEY,
    policy: Observed[Policy | None] | Document = DEFAULT,
    more: tuple[Document, ...] = (),
) -> Case:
    topic = a_topic(policy=policy, kms_key=key)
    return Case(sentence, enrolled(topic, *keys, more=more), {TOPIC_NAME: expected})


def feed(sentence: str, expected: Expected, key: str, *keys: Key) -> Case:
    policy = a_policy(DEFAULT, may(to=REPORTS, when=FROM_US))
    snapshot = a_snapshot(sns_topics=(a_topic(policy=policy, kms_key=key),), keys=keys)
    return Case(sentence, snapshot, {TOPIC_NAME: expected})


def a_listener(protocol: str, endpoint: str, arn: str = f"{TOPIC}:1") -> Subscription:
    return replace(a_subscription(endpoint, topic=TOPIC, protocol=protocol), arn=arn)


def heard(sentence: str, expected: Expected, listed: Listed[Subscription], **more: Profile) -> Case:
    topic = a_topic(policy=DEFAULT, kms_key=BY_AWS)
    snapshot = enrolled(topic, subscriptions=listed, profile=more.get("profile"))
    return Case(sentence, snapshot, {TOPIC_NAME: expected})


CLOSED = (
    under("The policy of a new topic passes", passes("closed, encrypted"), DEFAULT),
    under("Our own role may publish", passes(), may(to={"AWS": ROLE})),
    under("Everyone of our organisation may", passes(), may(to="*", when={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}})),
    under("A service for this account may", passes(), may(to={"Service": "events.amazonaws.com"}, when=FROM_US)),
    under("Others may read its attributes", passes(), may("sns:GetTopicAttributes", to="*")),
    under("A Deny for all takes it away", passes(), may(to="*"), deny("SNS:*", to="*", on=TOPIC)),
    under("Another topic does not matter", passes(), allow("sns:Publish", to="*", on=f"{TOPIC}-other")),
    under("An approved account may", passes(), may(to=STRANGERS), profile=Profile(approved_accounts=(STRANGER,))),
)  # fmt: skip

OPEN = (
    under(
        "Everyone is high",
        high("Statement Open lets any AWS account Publish on topic mp-reports.", shows="Topic policy"),
        may(to="*"),
    ),
    under("By every action", high("Publish, Subscribe, SetTopicAttributes, AddPermission, DeleteTopic"), may("SNS:*", to={"AWS": "*"})),
    under("Subscribing alone", high("any AWS account Subscribe"), may("SNS:Subscribe", to="*")),
    under("With TLS only", high("any AWS account"), may(to="*", when={"Bool": {"aws:SecureTransport": "true"}})),
    under("A foreign account is high", high(f"lets foreign account {STRANGER} Publish"), may(to=STRANGERS)),
    under("Everyone of it too", high(f"account {STRANGER}"), may(to="*", when={"StringEquals": {"AWS:SourceOwner": STRANGER}})),
    under("A foreign organisation is high", high("foreign organisation o-other1"), may(to="*", when={"StringEquals": {"aws:PrincipalOrgID": "o-other1"}})),
    under("A Deny of something else does not help", high("any AWS account Publish"), may(to="*"), deny("sns:Subscribe", to="*")),
    under(
        "A service for any account is medium",
        medium("lets events.amazonaws.com, for any account, Publish"),
        may(to={"Service": "events.amazonaws.com"}),
    ),
    under("A bucket's ARN names no account", medium("s3.amazonaws.com, for any account"), may(to={"Service": "s3.amazonaws.com"}, when={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}})),
    under("All is told and the worst counts", high("for any account, Publish on topic mp-reports. Statement Open lets any"), may(to={"Service": "s3.amazonaws.com"}), may(to="*")),
    under(
        "An organisation that was not read may be ours",
        not_assessed(NO_ORGANIZATION.action),
        may(to="*", when={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}),
        may(to={"Service": "s3.amazonaws.com"}),
        organization=NO_ORGANIZATION,
    ),
    under(
        "A service's organisation too",
        not_assessed(NO_ORGANIZATION.action),
        may(to={"Service": "s3.amazonaws.com"}, when={"StringEquals": {"aws:SourceOrgID": ORGANIZATION.id}}),
        organization=NO_ORGANIZATION,
    ),
    under(
        "Everyone is high whatever was not read",
        high("any AWS account"),
        may(to="*"),
        may(to="*", when={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}),
        organization=NO_ORGANIZATION,
    ),
)  # fmt: skip

ENCRYPTED = (
    keyed("No key is medium", medium("Topic mp-reports is not encrypted.", shows="none"), key=""),
    keyed("AWS's key serves data sets", passes(shows=BY_AWS), key=BY_AWS),
    keyed("A key that the role may use", passes(), a_kms_key(), more=(USE,)),
    keyed("A key that it may not", medium("Role cas may not do kms:GenerateDataKey and kms:Decrypt with"), a_kms_key()),
    keyed("Half of it is not enough", medium("Role cas may not"), a_kms_key(), more=(allow("kms:Decrypt", on=KEY),)),
    keyed("A disabled key", medium("is in state Disabled"), a_kms_key(state="Disabled"), more=(USE,)),
    keyed("A key that is being deleted", medium("PendingDeletion"), a_kms_key(state="PendingDeletion")),
    keyed("A key that was not read", not_assessed(NO_KEY.action), a_kms_key(refused=NO_KEY), more=(USE,)),
    keyed("One that nobody read", not_assessed("kms:DescribeKey", "NotRead")),
    keyed("An open policy is high beside it", high("any AWS account"), policy=may(to="*")),
    keyed("No policy at all is closed", passes(), key=BY_AWS, policy=None),
    keyed("A policy that does not parse", not_assessed(NO_ATTRIBUTES.action), key="", policy=a_malformed_policy(source=NO_ATTRIBUTES.action)),
    feed("A feed needs a key of ours", medium("AWS's own, whose policy cannot let reports"), BY_AWS),
    feed("Without any key", medium("is not encrypted"), ""),
    feed("A key that does not let the service in", medium("does not let reports.marketplace"), KEY, a_kms_key()),
    feed("A key that does", passes(), KEY, a_kms_key(FOR_REPORTS)),
)  # fmt: skip

HEARD = (
    heard("Our own queue may listen", passes(), (a_listener("sqs", a_queue_arn()),)),
    heard("HTTPS may listen", passes(), (a_listener("https", "https://x.example/in"),)),
    heard("Mail is counted", passes(shows="E-mail subscriptions, not judged: 2"), (
        a_listener("email", "a@x.example"), a_listener("email-json", "b@x.example"),
    )),
    heard(
        "Plain HTTP is medium",
        medium("delivers by plain HTTP to x.example:8080.", shows=f"{TOPIC}:1"),
        (a_listener("http", "http://user:secret@x.example:8080/in?token=1"),),
    ),
    heard("A foreign queue is medium", medium(f"sqs of account {STRANGER}"), (
        a_listener("sqs", a_queue_arn(account=STRANGER)),
    )),
    heard("A foreign function is medium", medium(f"lambda of account {STRANGER}"), (
        a_listener("lambda", f"arn:aws:lambda:us-east-1:{STRANGER}:function:x"),
    )),
    heard("An approved account's queue may listen", passes(), (
        a_listener("sqs", a_queue_arn(account=STRANGER)),
    ), profile=Profile(approved_accounts=(STRANGER,))),
    heard("What nobody confirmed hears nothing", passes(), (
        a_listener("http", "http://x.example", "PendingConfirmation"),
    )),
    heard("Another topic's subscriber does not matter", passes(), (
        replace(a_listener("http", "http://x.example"), topic=f"{TOPIC}-other"),
    )),
    heard("Subscriptions that were not read", not_assessed(NO_SUBSCRIPTIONS.action), NO_SUBSCRIPTIONS),
    heard("Those of another region do not matter", passes(), Partial((), (denied("sns:ListSubscriptions", "eu-west-1"),))),
    heard(
        "A cut list may show plain HTTP",
        medium("plain HTTP"),
        Partial((a_listener("http", "http://x.example"),), (NO_SUBSCRIPTIONS,)),
    ),
)  # fmt: skip

SCOPE = (
    Case("Without topics it is not applicable", a_snapshot(), not_applicable("No topic")),
    Case(
        "A topic whose attributes were not read",
        enrolled(a_topic(refused=NO_ATTRIBUTES)),
        {TOPIC_NAME: not_assessed(NO_ATTRIBUTES.action)},
    ),
    Case(
        "Without the topics nothing is assessed",
        a_snapshot(roles=(a_delivery_role(),), sns_topics=NO_TOPICS),
        {
            TOPIC_NAME: not_assessed(NO_TOPICS.action),
            f"{ACCOUNT}": not_assessed(NO_TOPICS.action),
        },
    ),
    Case(
        "Roles that were not read may have to use the key",
        a_snapshot(
            roles=IAM,
            sns_topics=(a_topic(policy=DEFAULT, kms_key=KEY),),
            keys=(a_kms_key(),),
            profile=Profile(cas_topics=(TOPIC,)),
        ),
        {TOPIC_NAME: not_assessed(IAM.action), ACCOUNT: not_assessed(IAM.action)},
    ),
)

CASES = (*CLOSED, *OPEN, *ENCRYPTED, *HEARD, *SCOPE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_topics_are_closed_and_deliverable(case: Case) -> None:
    case.holds_for(CONTROL)


def values_of(sentence: str) -> dict[str, str]:
    case = next(case for case in CASES if case.sentence == sentence)
    return dict(judged(CONTROL, case.snapshot)[TOPIC_NAME].values)


def remedied(sentence: str) -> Remedy:
    return fill(CONTROL.remedy, values_of(sentence))


@pytest.mark.parametrize("case", OPEN, ids=str)
def test_the_policy_of_the_remedy_passes(case: Case) -> None:
    before = judged(CONTROL, case.snapshot)[TOPIC_NAME]
    if before.values:
        statements = json.loads(before.values["policy"])["Statement"]
        topic = a_topic(policy=a_policy(*statements), kms_key=BY_AWS)
        after = judged(CONTROL, enrolled(topic))[TOPIC_NAME]
        assert after.status == "pass", after.reason


def test_a_topic_of_data_sets_gets_awss_key() -> None:
    filled = remedied("No key is medium")
    assert f"--topic-arn {TOPIC}" in filled.cli
    assert "alias/aws/sns" in filled.cli
    assert "create-key" not in filled.cli


@pytest.mark.parametrize("sentence", ["A feed needs a key of ours", "Without any key"])
def test_a_topic_of_feeds_gets_a_key_of_its_own(sentence: str) -> None:
    filled = remedied(sentence)
    assert "create-key" in filled.cli
    assert "alias/aws/sns" not in filled.cli
    assert "put-key-policy" not in filled.cli


def test_a_key_lets_in_who_was_shut_out() -> None:
    values = values_of("A key that it may not")
    *_, statement = json.loads(values["key_document"])["Statement"]
    topic = a_topic(policy=DEFAULT, kms_key=KEY)
    after = judged(CONTROL, enrolled(topic, a_kms_key(statement)))[TOPIC_NAME]
    assert after.status == "pass"


def test_listeners_are_taken_off() -> None:
    filled = remedied("Plain HTTP is medium")
    assert f"SubscriptionArn=='{TOPIC}:1'" in filled.cli.replace("'\"'\"'", "'")
    assert "set-topic-attributes" not in filled.cli
    assert filled.cloudformation == ""
