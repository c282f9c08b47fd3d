"""CAS-03 on rights that delivering takes, and on those beyond."""

from __future__ import annotations

import json

import pytest

from scanner.controls.cas.cas_03_role_only_delivers import CONTROL
from scanner.facts.iam import Role
from scanner.facts.profile import Profile
from scanner.facts.s3 import Encryption
from scanner.remedy import fill
from scanner.scope.cas import WIZARD_POLICY
from scanner.vocabulary import Partial, Severity, Status
from tests.builders import AUTHORIZATION_DETAILS, OWN, a_managed_policy, a_role, a_snapshot, denied
from tests.builders_cas import BUCKET, BUCKET_ARN, CAS, TOPIC, a_delivery, a_delivery_role
from tests.builders_resources import a_topic
from tests.builders_storage import a_bucket, a_key_arn, a_kms_key
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import (
    Document,
    a_malformed_policy,
    a_policy,
    allow,
    allow_all_but,
    deny,
    trust,
)

GAP = denied(AUTHORIZATION_DETAILS)
ACCOUNT = f"Account {OWN}"
ROLE = f"arn:aws:iam::{OWN}:role/cas"
OBJECTS = f"{BUCKET_ARN}/*"
KEY = a_key_arn()
USE_KEY = allow("kms:GenerateDataKey", "kms:Decrypt", on=KEY)
FULL_S3 = a_managed_policy("AmazonS3FullAccess", allow("s3:*"), aws=True)


def high(says: str = "", *, shows: str = "") -> Expected:
    return fails(Severity.HIGH, f"can do more than deliver with role cas: {says}", shows=shows)


def low(says: str = "", *, shows: str = "") -> Expected:
    return fails(Severity.LOW, f"a little more than needed with role cas: {says}", shows=shows)


def beside(sentence: str, expected: Expected, *more: Document) -> Case:
    role = a_delivery_role(*a_delivery(), *more)
    return Case(sentence, a_snapshot(roles=(role,)), {"cas": expected})


def only(sentence: str, expected: Expected, *statements: Document) -> Case:
    return Case(sentence, a_snapshot(roles=(a_delivery_role(*statements),)), {"cas": expected})


def with_key(sentence: str, expected: Expected, *, key: str = KEY, topic_key: str = "") -> Case:
    return Case(
        sentence,
        a_snapshot(
            roles=(a_delivery_role(*a_delivery(), USE_KEY),),
            buckets=(a_bucket(encryption=Encryption("aws:kms", key)),),
            sns_topics=(a_topic(kms_key=topic_key),),
            keys=(a_kms_key(), a_kms_key(reference="alias/reports")),
        ),
        {"cas": expected},
    )


BOUNDARY = a_managed_policy("limit", *a_delivery())

BEYOND = (
    beside("A further action", high("s3:GetObject on", shows="policy deliver"), allow("s3:GetObject", on=OBJECTS)),
    beside("All of S3", high(f"s3:* on {OBJECTS}."), allow("s3:*", on=OBJECTS)),
    beside("All of SNS on the topic", high("sns:* on"), allow("sns:*", on=TOPIC)),
    beside("Another service", high("ec2:RunInstances on anything"), allow("ec2:RunInstances")),
    beside("NotAction", high("any action on anything"), allow_all_but("iam:*")),
    beside("A part of a name", high("s3:Put*"), allow("s3:Put*", on=OBJECTS)),
    only("Any bucket by a star", high("s3:PutObject on anything"), allow("s3:PutObject")),
    only(
        "Any bucket by an ARN",
        high("s3:PutObject on arn:aws:s3:::*."),
        allow("s3:PutObject", on="arn:aws:s3:::*"),
    ),
    only("Any topic", high("sns:Publish on anything"), allow("sns:Publish")),
    beside("ACLs of any object", high("s3:PutObjectAcl"), allow("s3:PutObjectAcl")),
    beside("ACLs of the bucket's objects are low", low("s3:PutObjectAcl"), allow("s3:PutObjectAcl", on=OBJECTS)),
    beside("Policies of all roles are low", low("iam:GetRolePolicy on anything"), allow("iam:GetRolePolicy")),
    beside("Those of another role are low", low("iam:GetRolePolicy on arn:aws:iam::1:role/x."), allow("iam:GetRolePolicy", on="arn:aws:iam::1:role/x")),
    beside(
        "Both are told, the worst counts",
        high("s3:GetObject on"),
        allow("s3:GetObject", on=OBJECTS),
        allow("iam:GetRolePolicy"),
    ),
    beside("A condition does not narrow it", high(), allow("s3:GetObject", when={"Null": {"x": "true"}})),
    beside("A condition in the Deny does not count", high(), allow("s3:GetObject"), deny("s3:Get*", when={"Null": {"x": "true"}})),
    beside("Any key", high("kms:Decrypt on anything"), allow("kms:Decrypt")),
    beside(
        "Many rights are counted",
        high("s3:A0 on anything, s3:A1 on anything, s3:A2 on anything, s3:A3 on anything, s3:A4 on"
             " anything and 2 more rights."),
        allow(*(f"s3:A{n}" for n in range(7))),
    ),
    Case(
        "A managed policy of AWS",
        a_snapshot(
            roles=(a_role("cas", trusted=trust(CAS), managed=(FULL_S3,)),), policies=(FULL_S3,)
        ),
        {"cas": high("s3:* on anything", shows="Policy AmazonS3FullAccess")},
    ),
)  # fmt: skip

WITHIN = (
    only("What AWS documents passes", passes("only deliver"), *a_delivery()),
    beside("Its own policy may be read", passes(), allow("iam:GetRolePolicy", on=ROLE)),
    beside("Case does not matter", passes(), allow("S3:putobject", on=OBJECTS)),
    only(
        "One statement may name both",
        passes(),
        allow("s3:PutObject", "sns:Publish", "iam:GetRolePolicy", on=[OBJECTS, TOPIC, ROLE]),
    ),
    beside("A Deny takes it away", passes(), allow("s3:GetObject", on=OBJECTS), deny("s3:Get*")),
    Case(
        "A boundary may cut it already",
        a_snapshot(
            roles=(a_delivery_role(allow("s3:*"), allow("sns:*"), boundary=BOUNDARY.arn),),
            policies=(BOUNDARY,),
        ),
        {"cas": passes()},
    ),
    with_key("The key of the bucket is accepted", passes()),
    with_key("The key may be named by its alias", passes(), key="alias/reports"),
    with_key("The key of the topic is accepted", passes(), key="", topic_key=KEY),
    with_key("Another key is not", high("kms:Decrypt on"), key=a_key_arn("other")),
    with_key(
        "A key that was not read may be the one", not_assessed("kms:DescribeKey"), key="alias/x"
    ),
    Case(
        "Without the buckets no key can be told",
        a_snapshot(
            roles=(a_delivery_role(*a_delivery(), USE_KEY),),
            buckets=denied("s3:ListAllMyBuckets"),
        ),
        {"cas": not_assessed("s3:ListAllMyBuckets")},
    ),
    Case(
        "Without the keys other rights still fail",
        a_snapshot(
            roles=(a_delivery_role(*a_delivery(), USE_KEY, allow("s3:GetObject")),),
            buckets=denied("s3:ListAllMyBuckets"),
        ),
        {"cas": high("s3:GetObject on anything.")},
    ),
)

SCOPE = (
    Case(
        "Each delivery role is judged",
        a_snapshot(
            roles=(
                a_delivery_role(name="old"),
                a_delivery_role(*a_delivery(), allow("s3:*")),
                a_role("worker", inline={"p": allow("s3:*")}),
            )
        ),
        {"old": passes(), "cas": high()},
    ),
    Case("Without one it is not applicable", a_snapshot(roles=(a_role(),)), not_applicable()),
    Case("Without the roles nothing is assessed", a_snapshot(roles=GAP), not_assessed(GAP.action)),
    Case(
        "A policy that does not parse may go beyond",
        a_snapshot(
            roles=(
                a_delivery_role(inline={"a": a_policy(*a_delivery()), "b": a_malformed_policy()}),
            )
        ),
        {"cas": not_assessed(GAP.action, "policy b")},
    ),
    Case(
        "A low right beside an unread policy may be high",
        a_snapshot(
            roles=(
                a_delivery_role(
                    inline={"a": allow("iam:GetRolePolicy"), "b": a_malformed_policy()}
                ),
            )
        ),
        {"cas": not_assessed(GAP.action)},
    ),
    Case(
        "A cut list may hide a role",
        a_snapshot(roles=Partial((a_delivery_role(),), (GAP,))),
        {"cas": passes(), ACCOUNT: not_assessed(GAP.action)},
    ),
)

CASES = (*BEYOND, *WITHIN, *SCOPE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_role_only_delivers(case: Case) -> None:
    case.holds_for(CONTROL)


def remedied(role: Role, profile: Profile | None = None) -> dict[str, str]:
    snapshot = a_snapshot(roles=(role,), policies=(FULL_S3,), profile=profile)
    (outcome,) = judged(CONTROL, snapshot).values()
    return dict(outcome.values)


@pytest.mark.parametrize("case", [one for one in BEYOND if "Any " not in one.sentence], ids=str)
def test_the_policy_of_the_remedy_passes(case: Case) -> None:
    (before,) = judged(CONTROL, case.snapshot).values()
    if not before.values["document"]:
        return
    statements = json.loads(before.values["document"])["Statement"]
    role = a_delivery_role(*statements)
    (after,) = judged(CONTROL, a_snapshot(roles=(role,))).values()
    assert after.status is Status.PASS, after.reason


def test_the_remedy_delivers_where_the_role_did() -> None:
    values = remedied(a_delivery_role(*a_delivery(), allow("s3:GetObject")))
    assert json.loads(values["document"])["Statement"] == [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": [OBJECTS]},
        {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": [BUCKET_ARN]},
        {
            "Effect": "Allow",
            "Action": ["sns:Publish", "sns:GetTopicAttributes"],
            "Resource": [TOPIC],
        },
        {"Effect": "Allow", "Action": "iam:GetRolePolicy", "Resource": [ROLE]},
    ]


def test_without_a_bucket_by_name_there_is_no_policy_to_put() -> None:
    role = a_delivery_role(allow("s3:PutObject"))
    values = remedied(role)
    assert values["document"] == ""
    assert fill(CONTROL.remedy, values).cli == ""
    named = remedied(role, Profile(cas_buckets=(BUCKET,)))
    assert OBJECTS in named["document"]


def test_the_wizards_policy_is_kept_and_the_others_go() -> None:
    wizard = f"{WIZARD_POLICY}_1"
    role = a_role(
        "cas",
        trusted=trust(CAS),
        inline={
            "a": allow("s3:Get*"),
            wizard: a_policy(*a_delivery(), allow("sns:*")),
            "fine": a_policy(*a_delivery()),
        },
        managed=(FULL_S3,),
    )
    values = remedied(role, Profile(cas_buckets=(BUCKET,), cas_topics=(TOPIC,)))
    assert values["policy_name"] == wizard
    assert values["surplus"] == "PolicyNames[?@=='a']"
    assert values["attached"] == f"AttachedPolicies[?PolicyArn=='{FULL_S3.arn}'].PolicyArn"
    assert "detach-role-policy" not in fill(CONTROL.remedy, {**values, "attached": ""}).cli


def test_a_role_without_inline_policies_gets_one() -> None:
    role = a_role("cas", trusted=trust(CAS), managed=(FULL_S3,))
    assert remedied(role)["policy_name"] == "commerce-analytics-delivery"
