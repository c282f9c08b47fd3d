"""The Marketplace catalog, Organizations, account contacts, KMS and S3 answer as AWS does."""

import json
from typing import Any

import pytest

from sandbox.aws.client import FakeAws
from sandbox.aws.seeds import brightwater, larkfield
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, client, error_of, text

CATALOG = {"Catalog": "AWSMarketplace"}


@pytest.fixture
def catalog(fake_aws: FakeAws) -> Any:
    """Larkfield's catalog."""
    fake_aws.seed("larkfield")
    return client(fake_aws, "marketplace-catalog", admin_keys(fake_aws, larkfield.ACCOUNT))


def test_entities_are_listed_by_type(catalog: Any) -> None:
    listed = {
        kind: [
            one["EntityId"]
            for one in catalog.list_entities(**CATALOG, EntityType=kind)["EntitySummaryList"]
        ]
        for kind in ("AmiProduct", "SaaSProduct", "ContainerProduct")
    }
    assert listed == {
        "AmiProduct": ["prod-larkgateway01"],
        "SaaSProduct": ["prod-larkrelay0001"],
        "ContainerProduct": [],
    }


def test_an_ami_product_names_the_images_of_its_versions(catalog: Any) -> None:
    entity = catalog.describe_entity(**CATALOG, EntityId="prod-larkgateway01")
    images = [
        source["Image"]
        for version in entity["DetailsDocument"]["Versions"]
        for source in version["Sources"]
    ]
    assert images == ["ami-0ed6e0210000000a1", "ami-0ed6e0200000000a2", "ami-0ed6e0140000000a3"]
    assert json.loads(entity["Details"]) == entity["DetailsDocument"]
    assert entity["EntityIdentifier"] == "prod-larkgateway01@1"


def test_an_entity_may_have_its_details_as_text_only(catalog: Any, fake_aws: FakeAws) -> None:
    fake_aws.state(larkfield.ACCOUNT).entities["prod-larkrelay0001"].text_only = True
    entity = catalog.describe_entity(**CATALOG, EntityId="prod-larkrelay0001@1")
    assert "DetailsDocument" not in entity
    assert json.loads(entity["Details"])["Description"]["ProductTitle"] == "Larkfield Relay"


@pytest.mark.parametrize(
    ("call", "params", "code"),
    [
        ("describe_entity", CATALOG | {"EntityId": "prod-none"}, "ResourceNotFoundException"),
        ("describe_entity", CATALOG | {"EntityId": "<script>"}, "ValidationException"),
        (
            "describe_entity",
            {"Catalog": "Other", "EntityId": "prod-none"},
            "ResourceNotFoundException",
        ),
        ("list_entities", CATALOG, "ValidationException"),
    ],
)
def test_what_the_catalog_does_not_have_is_an_error(
    fake_aws: FakeAws, call: str, params: dict[str, Any], code: str
) -> None:
    catalog = client(fake_aws, "marketplace-catalog", admin_keys(fake_aws), checks=False)
    assert error_of(getattr(catalog, call), **params)[0] == code


def test_the_catalog_lives_in_one_region(fake_aws: FakeAws) -> None:
    there = client(fake_aws, "marketplace-catalog", admin_keys(fake_aws), "us-west-2")
    assert (
        error_of(there.list_entities, **CATALOG, EntityType="AmiProduct")[0]
        == "ValidationException"
    )


def test_entities_that_cannot_be_read_stand_beside_those_that_can(catalog: Any) -> None:
    wanted = [CATALOG | {"EntityId": name} for name in ("prod-larkrelay0001", "prod-none")]
    answer = catalog.batch_describe_entities(EntityRequestList=wanted)
    assert set(answer["EntityDetails"]) == {"prod-larkrelay0001"}
    assert answer["Errors"]["prod-none"]["ErrorCode"] == "ResourceNotFoundException"


def test_an_account_is_in_an_organisation_or_says_that_it_is_not(fake_aws: FakeAws) -> None:
    fake_aws.seed("brightwater")
    member = client(fake_aws, "organizations", admin_keys(fake_aws, brightwater.ACCOUNT))
    assert member.describe_organization()["Organization"]["Id"] == "o-br1ghtw4t3"
    alone = client(fake_aws, "organizations", admin_keys(fake_aws))
    assert error_of(alone.describe_organization)[0] == "AWSOrganizationsNotInUseException"


def test_a_contact_is_missing_until_it_is_set(fake_aws: FakeAws) -> None:
    account = client(fake_aws, "account", admin_keys(fake_aws))
    assert error_of(account.get_alternate_contact, AlternateContactType="SECURITY")[:2] == (
        "ResourceNotFoundException",
        404,
    )
    contact = {"Name": "A", "Title": "B", "EmailAddress": "a@example.com", "PhoneNumber": "1"}
    account.put_alternate_contact(AlternateContactType="SECURITY", **contact)
    answer = account.get_alternate_contact(AlternateContactType="SECURITY")["AlternateContact"]
    assert answer == contact | {"AlternateContactType": "SECURITY"}
    assert (
        error_of(account.get_alternate_contact, AlternateContactType="LEGAL")[0]
        == "ValidationException"
    )


def test_keys_that_aws_manages_are_known_by_alias_and_id(fake_aws: FakeAws) -> None:
    kms = client(fake_aws, "kms", admin_keys(fake_aws))
    key = kms.describe_key(KeyId="alias/aws/sqs")["KeyMetadata"]
    assert (key["KeyManager"], key["KeyState"]) == ("AWS", "Enabled")
    assert kms.describe_key(KeyId=key["Arn"])["KeyMetadata"]["KeyId"] == key["KeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    assert (
        policy["Statement"][0]["Condition"]["StringEquals"]["kms:ViaService"]
        == "sqs.us-east-1.amazonaws.com"
    )
    own = kms.create_key()["KeyMetadata"]["KeyId"]
    assert kms.describe_key(KeyId=own)["KeyMetadata"]["KeyManager"] == "CUSTOMER"
    assert error_of(kms.describe_key, KeyId="alias/none")[0] == "NotFoundException"


def test_a_bucket_is_encrypted_by_default(fake_aws: FakeAws) -> None:
    s3 = client(fake_aws, "s3", admin_keys(fake_aws))
    s3.create_bucket(Bucket="seller-bucket")
    rule = s3.get_bucket_encryption(Bucket="seller-bucket")["ServerSideEncryptionConfiguration"][
        "Rules"
    ][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    rules = {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": "key",
                }
            }
        ]
    }
    s3.put_bucket_encryption(Bucket="seller-bucket", ServerSideEncryptionConfiguration=rules)
    rule = s3.get_bucket_encryption(Bucket="seller-bucket")["ServerSideEncryptionConfiguration"][
        "Rules"
    ][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert error_of(s3.get_bucket_encryption, Bucket="no-such-bucket")[0] == "NoSuchBucket"


@pytest.mark.parametrize(
    ("principal", "condition", "public"),
    [
        ("*", None, True),
        ({"AWS": ["*"]}, None, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, None, False),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ("*", {"Bool": {"aws:SecureTransport": "true"}}, True),
    ],
)
def test_the_policy_status_says_whether_a_bucket_is_public(
    fake_aws: FakeAws, principal: object, condition: dict[str, Any] | None, public: bool
) -> None:
    s3 = client(fake_aws, "s3", admin_keys(fake_aws))
    s3.create_bucket(Bucket="seller-bucket")
    assert error_of(s3.get_bucket_policy_status, Bucket="seller-bucket")[0] == "NoSuchBucketPolicy"
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::seller-bucket/*",
    }
    policy = text(
        {
            "Version": "2012-10-17",
            "Statement": [statement | ({"Condition": condition} if condition else {})],
        }
    )
    s3.put_bucket_policy(Bucket="seller-bucket", Policy=policy)
    assert s3.get_bucket_policy_status(Bucket="seller-bucket")["PolicyStatus"]["IsPublic"] is public


def test_the_public_access_block_of_the_account_is_kept(fake_aws: FakeAws) -> None:
    control = client(fake_aws, "s3control", admin_keys(fake_aws))
    assert (
        error_of(control.get_public_access_block, AccountId=ACCOUNT)[0]
        == "NoSuchPublicAccessBlockConfiguration"
    )
    flags = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=flags)
    assert (
        control.get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"]
        == flags
    )


def test_a_new_bucket_is_closed_to_the_public_and_has_no_acls(fake_aws: FakeAws) -> None:
    s3 = client(fake_aws, "s3", admin_keys(fake_aws))
    s3.create_bucket(Bucket="seller-bucket")
    block = s3.get_public_access_block(Bucket="seller-bucket")["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    rules = s3.get_bucket_ownership_controls(Bucket="seller-bucket")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_buckets_are_listed_in_pages_with_their_regions(fake_aws: FakeAws) -> None:
    s3 = client(fake_aws, "s3", admin_keys(fake_aws))
    ireland = client(fake_aws, "s3", admin_keys(fake_aws), "eu-west-1")
    s3.create_bucket(Bucket="bucket-a")
    place = {"LocationConstraint": "eu-west-1"}
    ireland.create_bucket(Bucket="bucket-b", CreateBucketConfiguration=place)
    assert ["BucketRegion" in one for one in s3.list_buckets()["Buckets"]] == [False, False]
    first = s3.list_buckets(MaxBuckets=1)
    second = s3.list_buckets(MaxBuckets=1, ContinuationToken=first["ContinuationToken"])
    assert [one["BucketRegion"] for page in (first, second) for one in page["Buckets"]] == [
        "us-east-1",
        "eu-west-1",
    ]
    assert "ContinuationToken" not in second
    in_ireland = s3.list_buckets(BucketRegion="eu-west-1")["Buckets"]
    assert [one["Name"] for one in in_ireland] == ["bucket-b"]
    assert s3.get_bucket_location(Bucket="bucket-b")["LocationConstraint"] == "eu-west-1"
    assert s3.get_bucket_location(Bucket="bucket-a")["LocationConstraint"] is None


def test_a_bucket_is_asked_about_where_it_is(fake_aws: FakeAws) -> None:
    ireland = client(fake_aws, "s3", admin_keys(fake_aws), "eu-west-1")
    place = {"LocationConstraint": "eu-west-1"}
    ireland.create_bucket(Bucket="bucket-b", CreateBucketConfiguration=place)
    fake_aws.forget_calls()
    client(fake_aws, "s3", admin_keys(fake_aws)).get_bucket_acl(Bucket="bucket-b")
    asked = [(call.region, call.code) for call in fake_aws.calls("s3:GetBucketAcl")]
    assert asked == [("us-east-1", "PermanentRedirect"), ("eu-west-1", "")]


def test_a_bucket_of_another_account_is_refused(fake_aws: FakeAws) -> None:
    client(fake_aws, "s3", admin_keys(fake_aws)).create_bucket(Bucket="seller-bucket")
    stranger = client(fake_aws, "s3", admin_keys(fake_aws, "555566667777"))
    assert stranger.list_buckets()["Buckets"] == []
    assert error_of(stranger.get_bucket_policy, Bucket="seller-bucket")[0] == "AccessDenied"
    assert error_of(stranger.get_bucket_policy, Bucket="nobodys-bucket")[0] == "NoSuchBucket"


@pytest.mark.parametrize(
    "policy",
    [
        "{",
        "[]",
        "{}",
        text({"Statement": "none"}),
        text({"Statement": {"Effect": "Deny", "Resource": "arn:aws:s3:::seller-bucket-2/*"}}),
        text({"Statement": {"Effect": "Deny", "Resource": "*"}}),
    ],
)
def test_what_is_no_policy_of_the_bucket_is_refused(fake_aws: FakeAws, policy: str) -> None:
    s3 = client(fake_aws, "s3", admin_keys(fake_aws))
    s3.create_bucket(Bucket="seller-bucket")
    code = error_of(s3.put_bucket_policy, Bucket="seller-bucket", Policy=policy)[0]
    assert code == "MalformedPolicy"
    assert error_of(s3.get_bucket_policy, Bucket="seller-bucket")[0] == "NoSuchBucketPolicy"


def test_deleting_versions_may_take_mfa(fake_aws: FakeAws) -> None:
    s3 = client(fake_aws, "s3", admin_keys(fake_aws))
    s3.create_bucket(Bucket="seller-bucket")
    wanted = {
        "Bucket": "seller-bucket",
        "VersioningConfiguration": {"Status": "Enabled", "MFADelete": "Enabled"},
    }
    assert error_of(s3.put_bucket_versioning, **wanted)[0] == "AccessDenied"
    assert "Status" not in s3.get_bucket_versioning(Bucket="seller-bucket")
    s3.put_bucket_versioning(**wanted, MFA="arn:aws:iam::123412341234:mfa/root 123456")
    seen = s3.get_bucket_versioning(Bucket="seller-bucket")
    assert (seen["Status"], seen["MFADelete"]) == ("Enabled", "Enabled")


@pytest.mark.parametrize("unit", ["Days", "Years"])
def test_a_bucket_with_versions_can_be_locked_also_when_it_has_objects(
    fake_aws: FakeAws, unit: str
) -> None:
    s3 = client(fake_aws, "s3", admin_keys(fake_aws))
    s3.create_bucket(Bucket="seller-bucket")
    lock = {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", unit: 2}},
    }
    wanted = {"Bucket": "seller-bucket", "ObjectLockConfiguration": lock}
    assert error_of(s3.put_object_lock_configuration, **wanted)[0] == "InvalidBucketState"
    s3.put_bucket_versioning(Bucket="seller-bucket", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="seller-bucket", Key="a", Body=b"")
    s3.put_object_lock_configuration(**wanted)
    seen = s3.get_object_lock_configuration(Bucket="seller-bucket")["ObjectLockConfiguration"]
    assert seen == lock


@pytest.mark.parametrize(
    ("set_up", "read", "member", "said"),
    [
        (
            ("put_public_access_block", {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}),
            "get_public_access_block", "PublicAccessBlockConfiguration",
            {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False},
        ),
        (
            ("put_bucket_lifecycle_configuration", {"LifecycleConfiguration": {"Rules": [
                {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "AWSLogs/"}, "Expiration": {"Days": 400}},
            ]}}),
            "get_bucket_lifecycle_configuration", "Rules",
            [{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "AWSLogs/"}, "Expiration": {"Days": 400}}],
        ),
        (
            ("put_bucket_ownership_controls", {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}),
            "get_bucket_ownership_controls", "OwnershipControls", {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
        ),
    ],
)  # fmt: skip
def test_settings_of_a_bucket_are_those_that_were_set(
    fake_aws: FakeAws, set_up: tuple[str, dict[str, Any]], read: str, member: str, said: object
) -> None:
    s3 = client(fake_aws, "s3", admin_keys(fake_aws))
    s3.create_bucket(Bucket="seller-bucket")
    operation, params = set_up
    getattr(s3, operation)(Bucket="seller-bucket", **params)
    assert getattr(s3, read)(Bucket="seller-bucket")[member] == said


def test_objects_are_listed_in_pages(fake_aws: FakeAws) -> None:
    s3 = client(fake_aws, "s3", admin_keys(fake_aws))
    s3.create_bucket(Bucket="seller-bucket")
    for key in "abc":
        s3.put_object(Bucket="seller-bucket", Key=key, Body=b"")
    first = s3.list_objects_v2(Bucket="seller-bucket", MaxKeys=2)
    token = first["NextContinuationToken"]
    last = s3.list_objects_v2(Bucket="seller-bucket", MaxKeys=2, ContinuationToken=token)
    assert [one["Key"] for page in (first, last) for one in page["Contents"]] == ["a", "b", "c"]
    assert (first["IsTruncated"], last["IsTruncated"]) == (True, False)


def test_the_flags_of_the_account_are_its_own_affair(fake_aws: FakeAws) -> None:
    control = client(fake_aws, "s3control", admin_keys(fake_aws))
    flags = {"BlockPublicPolicy": True}
    wanted = {"AccountId": ACCOUNT, "PublicAccessBlockConfiguration": flags}
    control.put_public_access_block(**wanted)
    assert fake_aws.state(ACCOUNT).public_access_block == {
        "BlockPublicAcls": False,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": False,
    }
    elsewhere = wanted | {"AccountId": "555566667777"}
    assert error_of(control.put_public_access_block, **elsewhere)[0] == "AccessDenied"
    control.delete_public_access_block(AccountId=ACCOUNT)
    code = error_of(control.get_public_access_block, AccountId=ACCOUNT)[0]
    assert code == "NoSuchPublicAccessBlockConfiguration"


def test_a_policy_of_a_key_is_set_by_who_owns_it_and_asked_for_by_id(fake_aws: FakeAws) -> None:
    kms = client(fake_aws, "kms", admin_keys(fake_aws))
    own = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/reports", TargetKeyId=own["KeyId"])
    policy = text({"Version": "2012-10-17", "Statement": []})
    kms.put_key_policy(KeyId=own["Arn"], PolicyName="default", Policy=policy)
    assert kms.get_key_policy(KeyId=own["KeyId"], PolicyName="default")["Policy"] == policy
    assert kms.describe_key(KeyId="alias/reports")["KeyMetadata"]["Arn"] == own["Arn"]
    by_alias = error_of(kms.get_key_policy, KeyId="alias/reports", PolicyName="default")
    assert by_alias[0] == "NotFoundException"
    change = {"KeyId": own["KeyId"], "PolicyName": "default", "Policy": "{"}
    assert error_of(kms.put_key_policy, **change)[0] == "MalformedPolicyDocumentException"
    managed = kms.describe_key(KeyId="alias/aws/sqs")["KeyMetadata"]["KeyId"]
    refused = error_of(kms.put_key_policy, **(change | {"KeyId": managed}))
    assert refused[0] == "AccessDeniedException"


def test_a_key_may_be_disabled_enabled_and_scheduled_for_deletion(fake_aws: FakeAws) -> None:
    kms = client(fake_aws, "kms", admin_keys(fake_aws))
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    states = []
    for change in (kms.disable_key, kms.enable_key, kms.schedule_key_deletion):
        change(KeyId=key)
        states.append(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"])
    assert states == ["Disabled", "Enabled", "PendingDeletion"]


def test_a_key_of_another_account_is_refused(fake_aws: FakeAws) -> None:
    arn = client(fake_aws, "kms", admin_keys(fake_aws)).create_key()["KeyMetadata"]["Arn"]
    stranger = client(fake_aws, "kms", admin_keys(fake_aws, "555566667777"))
    assert error_of(stranger.describe_key, KeyId=arn)[0] == "AccessDeniedException"
