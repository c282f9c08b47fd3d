"""All buckets are listed with their policies; the settings are read of those that matter."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from scanner.aws import Answer, Kind, Trouble
from scanner.collect import s3
from scanner.facts.s3 import (
    AclGrant,
    Bucket,
    ContactFile,
    Encryption,
    LifecycleRule,
    PublicAccessBlock,
    Retention,
    S3Facts,
    Versioning,
)
from scanner.facts.unread import NOT_READ
from scanner.policy import Malformed, Policy
from scanner.scope.relevance import Wanted
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen
from tests.builders import OWN
from tests.fakes import DENIED, FakeAws, Reply, limited

HOME, IRELAND = "us-east-1", "eu-west-1"
LIST, LOCATION, POLICY = "s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetBucketPolicy"
STATUS, BLOCK = "s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock"
ACCOUNT_BLOCK, OBJECTS = "s3:GetAccountPublicAccessBlock", "s3:ListBucket"
ACL, OWNERSHIP = "s3:GetBucketAcl", "s3:GetBucketOwnershipControls"
ENCRYPTION, VERSIONING = "s3:GetEncryptionConfiguration", "s3:GetBucketVersioning"
LIFECYCLE, LOCK = "s3:GetLifecycleConfiguration", "s3:GetBucketObjectLockConfiguration"
TEXT = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]})
WHEN = datetime(2022, 3, 4, tzinfo=UTC)
EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers"


def absent(code: str) -> Trouble:
    return Trouble(code, Kind.OTHER)


NO_BLOCK = absent("NoSuchPublicAccessBlockConfiguration")
NO_POLICY = absent("NoSuchBucketPolicy")
BARE: dict[str, Reply] = {
    ACCOUNT_BLOCK: NO_BLOCK,
    POLICY: NO_POLICY,
    BLOCK: NO_BLOCK,
    ACL: {"Grants": []},
    OWNERSHIP: absent("OwnershipControlsNotFoundError"),
    ENCRYPTION: absent("ServerSideEncryptionConfigurationNotFoundError"),
    VERSIONING: {},
    LIFECYCLE: absent("NoSuchLifecycleConfiguration"),
    LOCK: absent("ObjectLockConfigurationNotFoundError"),
    OBJECTS: {"IsTruncated": False},
}
"""An account whose buckets have no settings at all."""


def listing(*names: str, region: str | None = HOME) -> Answer:
    where = {} if region is None else {"BucketRegion": region}
    return {"Buckets": [{"Name": name, "CreationDate": WHEN, **where} for name in names]}


def an_account(*names: str, **changed: Reply) -> FakeAws:
    """Buckets with these names; `changed` are replies by the last part of the action."""
    replies = {LIST: listing(*names), **BARE}
    replies.update({f"s3:{action}": reply for action, reply in changed.items()})
    return FakeAws(replies)


def wanting(*names: str, contacts: tuple[str, ...] = ()) -> Callable[[Listed[Bucket]], Wanted]:
    return lambda _: Wanted(frozenset((*names, *contacts)), frozenset(contacts))


def collected(aws: FakeAws, *names: str, contacts: tuple[str, ...] = ()) -> S3Facts:
    return s3.collect(aws, wanting(*names, contacts=contacts))


def by_name(facts: S3Facts) -> dict[str, Bucket]:
    return {bucket.name: bucket for bucket in seen(facts.buckets)}


def the_bucket(*, contacts: bool = False, **changed: Reply) -> Bucket:
    """The one bucket of an account, which is wanted."""
    aws = an_account("reports", **changed)
    facts = collected(aws, "reports", contacts=("reports",) if contacts else ())
    return by_name(facts)["reports"]


def error_of(fact: object) -> str:
    (gap,) = gaps(fact)
    return gap.error


def test_every_fact_of_a_bucket_has_its_action() -> None:
    facts = {field.name for field in fields(Bucket)} - {"name", "arn"}
    assert set(s3.FACTS) == facts
    assert {LIST, ACCOUNT_BLOCK, *s3.FACTS.values()} == set(s3.ACTIONS)


def test_a_bucket_that_matters_to_nobody_is_known_with_its_policy_alone() -> None:
    aws = an_account("invoices", GetBucketPolicy={"Policy": TEXT})
    bucket = by_name(collected(aws))["invoices"]
    assert (bucket.arn, bucket.region) == ("arn:aws:s3:::invoices", HOME)
    assert isinstance(bucket.policy, Policy)
    assert (bucket.block, bucket.acl, bucket.contacts) == (NOT_READ, NOT_READ, NOT_READ)
    assert aws.times() == {LIST: 1, ACCOUNT_BLOCK: 1, POLICY: 1}


def test_a_bucket_without_settings_has_the_defaults_of_s3() -> None:
    bucket = the_bucket()
    assert bucket == Bucket(
        name="reports",
        arn="arn:aws:s3:::reports",
        region=HOME,
        policy=None,
        public_policy=False,
        block=PublicAccessBlock(),
        acl=(),
        ownership="",
        encryption=None,
        versioning=Versioning(),
        lifecycle=(),
        object_lock=None,
        contacts=NOT_READ,
    )


def test_a_bucket_is_asked_about_where_it_is() -> None:
    aws = FakeAws({**BARE, LIST: listing("reports", region=IRELAND)})
    collected(aws, "reports", contacts=("reports",))
    regions = {region for action, region, _ in aws.asked if action not in {LIST, ACCOUNT_BLOCK}}
    assert regions == {IRELAND}
    assert {params["Bucket"] for _, _, params in aws.asked if "Bucket" in params} == {"reports"}


@pytest.mark.parametrize(
    ("said", "region"),
    [(None, HOME), ("", HOME), ("EU", IRELAND), ("ap-southeast-2", "ap-southeast-2")],
)
def test_where_a_bucket_is_is_asked_if_the_list_does_not_tell(
    said: str | None, region: str
) -> None:
    where: Reply = {"LocationConstraint": said}
    aws = FakeAws({**BARE, LIST: listing("reports", region=None), LOCATION: where})
    assert by_name(collected(aws))["reports"].region == region
    assert [place for action, place, _ in aws.asked if action == POLICY] == [region]


def test_a_bucket_whose_place_is_not_told_is_unread_whole() -> None:
    aws = FakeAws({**BARE, LIST: listing("reports", region=None), LOCATION: DENIED})
    bucket = by_name(collected(aws, "reports"))["reports"]
    gap = Unobserved(LOCATION, "AccessDenied", HOME, DENIED.detail)
    assert {getattr(bucket, name) for name in s3.FACTS} == {gap}


@pytest.mark.parametrize("region", ["", "../x", "us-east-1.example.org", 7])
def test_an_odd_region_is_no_place_to_ask(region: Any) -> None:
    aws = FakeAws(
        {**BARE, LIST: listing("reports", region=region), LOCATION: {"LocationConstraint": "x y"}}
    )
    bucket = by_name(collected(aws, "reports"))["reports"]
    assert error_of(bucket.region) == error_of(bucket.block) == "BadAnswer"
    assert POLICY not in aws.times()


def test_buckets_are_listed_in_pages() -> None:
    pages = [listing("a") | {"ContinuationToken": "more"}, listing("b", "a")]
    aws = FakeAws({**BARE, LIST: pages})
    assert list(by_name(collected(aws))) == ["a", "b"]
    assert [params for action, _, params in aws.asked if action == LIST] == [
        {"MaxBuckets": 1_000},
        {"MaxBuckets": 1_000, "ContinuationToken": "more"},
    ]


def test_a_refused_list_is_unobserved_and_no_bucket_is_taken_for_anothers() -> None:
    facts = collected(FakeAws({**BARE, LIST: DENIED}), "reports")
    assert facts.buckets == Unobserved(LIST, "AccessDenied", "", DENIED.detail)


def test_a_cut_list_keeps_its_buckets_and_says_nothing_of_others() -> None:
    first = listing("a") | {"ContinuationToken": "more"}
    facts = collected(FakeAws({**BARE, LIST: [first, DENIED]}), "a", "elsewhere")
    assert isinstance(facts.buckets, Partial)
    assert list(by_name(facts)) == ["a"]


def test_a_bucket_of_another_account_is_there_and_is_not_asked_about() -> None:
    aws = an_account("own")
    bucket = by_name(collected(aws, "log-archive", contacts=("log-archive",)))["log-archive"]
    for name, action in s3.FACTS.items():
        (gap,) = gaps(getattr(bucket, name))
        assert (gap.action, gap.error) == (action, "OtherAccount")
    assert {params.get("Bucket", "own") for _, _, params in aws.asked} == {"own"}


def test_a_bucket_that_is_gone_is_dropped_and_not_anothers() -> None:
    facts = collected(an_account("reports", GetBucketPolicy=absent("NoSuchBucket")), "reports")
    assert facts.buckets == ()


@pytest.mark.parametrize(
    "name", ["Old_Bucket", "a..b", "-", "x" * 300, "<script>", "name\nname", ""]
)
def test_a_bucket_of_any_name_is_kept(name: str) -> None:
    assert list(by_name(collected(an_account(name), name))) == [name]


def test_an_item_without_name_leaves_a_gap_and_the_others() -> None:
    said = listing("a")
    facts = collected(FakeAws({**BARE, LIST: {"Buckets": [{}, *said["Buckets"]]}}))
    assert list(by_name(facts)) == ["a"]
    assert [gap.error for gap in gaps(facts.buckets)] == ["BadAnswer"]


def test_who_decides_what_is_wanted_is_given_the_policies() -> None:
    given: list[Listed[Bucket]] = []

    def wanted(listed: Listed[Bucket]) -> Wanted:
        given.append(listed)
        return Wanted(frozenset(), frozenset())

    s3.collect(an_account("feeds", GetBucketPolicy={"Policy": TEXT}), wanted)
    assert [isinstance(one.policy, Policy) for one in seen(given[0])] == [True]


def test_policies_beyond_the_cap_are_read_of_wanted_buckets_alone() -> None:
    aws = FakeAws(
        {
            **BARE,
            LIST: listing("a", "b", "c"),
            POLICY: {"Policy": TEXT},
            STATUS: {"PolicyStatus": {}},
        },
        limits=limited(details=1),
    )
    found = by_name(collected(aws, "c"))
    assert isinstance(found["a"].policy, Policy)
    assert error_of(found["b"].policy) == "OverCap"
    assert isinstance(found["c"].policy, Policy)


def test_settings_beyond_the_cap_are_not_read() -> None:
    aws = FakeAws({**BARE, LIST: listing("a", "b")}, limits=limited(details=1))
    found = by_name(collected(aws, "a", "b"))
    assert found["a"].versioning == Versioning()
    assert error_of(found["b"].versioning) == error_of(found["b"].contacts) == "OverCap"


def test_the_flags_of_the_account_are_read_for_the_account() -> None:
    flags = {"BlockPublicAcls": True, "RestrictPublicBuckets": True}
    aws = an_account(GetAccountPublicAccessBlock={"PublicAccessBlockConfiguration": flags})
    block = collected(aws).account_block
    assert block == PublicAccessBlock(block_acls=True, restrict_buckets=True)
    assert (ACCOUNT_BLOCK, HOME, {"AccountId": OWN}) in aws.asked


def test_an_account_without_flags_has_none_and_a_refused_one_is_unobserved() -> None:
    assert collected(an_account()).account_block == PublicAccessBlock()
    gap = Unobserved(ACCOUNT_BLOCK, "AccessDenied", "", DENIED.detail)
    assert collected(an_account(GetAccountPublicAccessBlock=DENIED)).account_block == gap


def test_a_broken_policy_is_kept() -> None:
    policy = the_bucket(
        GetBucketPolicy={"Policy": "{"}, GetBucketPolicyStatus={"PolicyStatus": {}}
    ).policy
    assert isinstance(policy, Malformed)
    assert policy.action == POLICY


@pytest.mark.parametrize(
    ("said", "public"),
    [({"IsPublic": True}, True), ({"IsPublic": False}, False), ({}, None)],
)
def test_s3_says_whether_a_policy_is_public_or_does_not(said: Answer, public: bool | None) -> None:
    status: Reply = {"PolicyStatus": said}
    bucket = the_bucket(GetBucketPolicy={"Policy": TEXT}, GetBucketPolicyStatus=status)
    assert bucket.public_policy is public


def test_the_status_of_a_refused_policy_is_asked_for() -> None:
    status: Reply = {"PolicyStatus": {"IsPublic": True}}
    assert the_bucket(GetBucketPolicy=DENIED, GetBucketPolicyStatus=status).public_policy is True


def test_the_flags_of_a_bucket_are_its_own() -> None:
    flags = {"IgnorePublicAcls": True, "BlockPublicPolicy": True, "BlockPublicAcls": False}
    block = the_bucket(GetBucketPublicAccessBlock={"PublicAccessBlockConfiguration": flags}).block
    assert block == PublicAccessBlock(ignore_acls=True, block_policy=True)


def test_grantees_are_groups_or_people() -> None:
    grants = [
        {"Grantee": {"Type": "Group", "URI": EVERYONE}, "Permission": "READ"},
        {"Grantee": {"Type": "CanonicalUser", "ID": "abc"}, "Permission": "FULL_CONTROL"},
        {"Permission": "WRITE"},
    ]
    acl = the_bucket(GetBucketAcl={"Grants": grants}).acl
    assert seen(acl) == (AclGrant(EVERYONE, "READ"), AclGrant("abc", "FULL_CONTROL"))
    assert error_of(acl) == "BadAnswer"


def test_ownership_is_as_s3_spells_it() -> None:
    rules: Reply = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
    assert the_bucket(GetBucketOwnershipControls=rules).ownership == "BucketOwnerEnforced"


def encryption(**default: str) -> Answer:
    rules = [{"BucketKeyEnabled": True}, {"ApplyServerSideEncryptionByDefault": default}]
    return {"ServerSideEncryptionConfiguration": {"Rules": rules}}


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        (encryption(SSEAlgorithm="AES256"), Encryption("AES256")),
        (encryption(SSEAlgorithm="aws:kms"), Encryption("aws:kms")),
        (
            encryption(SSEAlgorithm="aws:kms:dsse", KMSMasterKeyID="alias/x"),
            Encryption("aws:kms:dsse", "alias/x"),
        ),
        ({"ServerSideEncryptionConfiguration": {"Rules": []}}, None),
    ],
)
def test_default_encryption_is_told_with_the_key_as_it_is_spelled(
    said: Answer, fact: Encryption | None
) -> None:
    assert the_bucket(GetEncryptionConfiguration=said).encryption == fact


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ({"Status": "Enabled"}, Versioning("Enabled")),
        ({"Status": "Suspended", "MFADelete": "Disabled"}, Versioning("Suspended")),
        ({"Status": "Enabled", "MFADelete": "Enabled"}, Versioning("Enabled", mfa_delete=True)),
    ],
)
def test_versions_may_need_mfa_to_be_deleted(said: Answer, fact: Versioning) -> None:
    assert the_bucket(GetBucketVersioning=said).versioning == fact


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ({"Prefix": "AWSLogs/", "Expiration": {"Days": 30}}, {"prefix": "AWSLogs/", "expires_days": 30}),
        ({"Filter": {"Prefix": "AWSLogs/"}}, {"prefix": "AWSLogs/"}),
        ({"Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}}, {}),
        ({"Filter": {"And": {"Prefix": "x", "Tags": []}}}, {"prefix": "x", "narrowed": True}),
        ({"Filter": {"And": {"Prefix": "x", "ObjectSizeLessThan": 9}}}, {"prefix": "x", "narrowed": False}),
        ({"Filter": {"Tag": {"Key": "a", "Value": "b"}}}, {"narrowed": True}),
        ({"Filter": {"ObjectSizeGreaterThan": 1}}, {"narrowed": False}),
        ({"Expiration": {"Date": WHEN}}, {"expires_on": WHEN}),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 7}}, {"noncurrent_days": 7}),
        ({"Status": "Disabled", "ID": "old"}, {"enabled": False, "id": "old"}),
    ],
)  # fmt: skip
def test_a_lifecycle_rule_is_told_by_what_it_hits_and_when(said: Answer, fact: Any) -> None:
    (rule,) = seen(
        the_bucket(GetLifecycleConfiguration={"Rules": [{"Status": "Enabled"} | said]}).lifecycle
    )
    assert rule == LifecycleRule(**({"id": "", "enabled": True} | fact))


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ({"ObjectLockEnabled": "Enabled"}, Retention()),
        ({"ObjectLockEnabled": "Disabled"}, None),
        ({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 400, "Years": 0}}}, Retention("GOVERNANCE", 400)),
        ({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 2}}}, Retention("COMPLIANCE", 730)),
    ],
)  # fmt: skip
def test_a_lock_may_have_a_default_retention_in_days_or_years(
    said: Answer, fact: Retention | None
) -> None:
    lock: Reply = {"ObjectLockConfiguration": said}
    assert the_bucket(GetBucketObjectLockConfiguration=lock).object_lock == fact


ODD: dict[str, tuple[str, Reply]] = {
    "block": ("GetBucketPublicAccessBlock", {"PublicAccessBlockConfiguration": None}),
    "acl": ("GetBucketAcl", {}),
    "ownership": ("GetBucketOwnershipControls", {"OwnershipControls": {"Rules": []}}),
    "encryption": ("GetEncryptionConfiguration", {"ServerSideEncryptionConfiguration": {}}),
    "lifecycle": ("GetLifecycleConfiguration", {"Rules": [{}]}),
    "object_lock": ("GetBucketObjectLockConfiguration", {"ObjectLockConfiguration": None}),
}


@pytest.mark.parametrize("field", sorted(ODD))
def test_an_odd_answer_is_a_gap_of_its_fact_alone(field: str) -> None:
    action, said = ODD[field]
    changed: dict[str, Any] = {action: said}
    bucket = the_bucket(**changed)
    (gap,) = gaps(getattr(bucket, field))
    assert (gap.action, gap.error) == (f"s3:{action}", "BadAnswer")
    assert [name for name in s3.FACTS if gaps(getattr(bucket, name))] == [field, "contacts"]


@pytest.mark.parametrize("field", sorted({*s3.FACTS} - {"region", "policy", "public_policy"}))
def test_a_refused_question_is_a_gap_that_names_its_action(field: str) -> None:
    action = s3.FACTS[field]
    bucket = the_bucket(contacts=True, **{action.removeprefix("s3:"): DENIED})
    assert getattr(bucket, field) == Unobserved(action, "AccessDenied", HOME, DENIED.detail)


KEYS = (
    "2019/customer_support_contacts_data.csv",
    "test_customer_support_contacts_data.csv",
    "a.csv",
)


def test_objects_that_look_like_contacts_are_told_by_key_and_date() -> None:
    contents = [{"Key": key, "LastModified": WHEN, "Size": 9} for key in KEYS]
    bucket = the_bucket(contacts=True, ListBucket={"Contents": contents, "IsTruncated": False})
    assert bucket.contacts == (ContactFile(KEYS[0], WHEN),)


def test_a_listing_without_end_is_cut_and_never_empty() -> None:
    count = iter(range(1_000))

    def page(region: str, params: Answer) -> Answer:
        assert (params["Bucket"], params["MaxKeys"]) == ("reports", 1_000)
        return {"Contents": [], "IsTruncated": True, "NextContinuationToken": str(next(count))}

    bucket = the_bucket(contacts=True, ListBucket=page)
    assert isinstance(bucket.contacts, Partial)
    assert error_of(bucket.contacts) == "OverCap"
    assert next(count) == 50
