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
