"""EC2's answers about images, snapshots and the account."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.aws import clock
from sandbox.aws.client import FakeAws
from sandbox.aws.state import Disk, Image
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, client, error_of

OTHER = "555566667777"
WHEN = clock.days_ago(10)


@pytest.fixture
def images(fake_aws: FakeAws) -> Any:
    """EC2 with an own image of each kind, and some of another account."""
    here = fake_aws.state(ACCOUNT).region("us-east-1")
    kinds: dict[str, dict[str, Any]] = {
        "plain": {
            "imds_support": "v2.0",
            "source_image": "ami-source",
            "product_codes": ["code"],
            "tags": {"Team": "a"},
        },
        "public": {"groups": ["all"]},
        "old": {"deprecation_time": clock.now() - timedelta(days=1)},
        "disabled": {"state": "disabled", "groups": ["all"]},
    }
    for name, facts in kinds.items():
        here.images[f"ami-{name}"] = Image(f"ami-{name}", name, ACCOUNT, WHEN, **facts)
    here.images["ami-plain"].disks = [
        Disk("snap-a", 20), Disk("snap-b", 100, "/dev/xvdb", encrypted=True, kms_key="key"), Disk(None, device="/dev/xvdc"),
    ]  # fmt: skip
    there = fake_aws.state(OTHER).region("us-east-1").images
    there["ami-theirs"] = Image("ami-theirs", "theirs", OTHER, WHEN)
    there["ami-open"] = Image(
        "ami-open", "open", OTHER, WHEN, groups=["all"], deprecation_time=WHEN
    )
    there["ami-shared"] = Image("ami-shared", "shared", OTHER, WHEN, users=[ACCOUNT])
    return client(fake_aws, "ec2", admin_keys(fake_aws))


def names(answer: dict[str, Any]) -> set[str]:
    """The names of images without their prefix."""
    return {image["ImageId"].removeprefix("ami-") for image in answer["Images"]}


@pytest.mark.parametrize(
    ("params", "seen"),
    [
        ({"Owners": ["self"]}, {"plain", "public", "old"}),
        ({"Owners": ["self"], "IncludeDisabled": True}, {"plain", "public", "old", "disabled"}),
        ({"Owners": [OTHER]}, {"shared"}),
        ({"Owners": [OTHER], "IncludeDeprecated": True}, {"shared", "open"}),
        ({}, {"plain", "public", "old", "shared"}),
        ({"ExecutableUsers": ["all"]}, {"public"}),
        ({"ExecutableUsers": ["self"]}, {"shared"}),
        ({"ImageIds": ["ami-plain"]}, {"plain"}),
        ({"Filters": [{"Name": "is-public", "Values": ["true"]}]}, {"public"}),
        ({"Filters": [{"Name": "name", "Values": ["p*"]}]}, {"plain", "public"}),
        ({"Filters": [{"Name": "tag:Team", "Values": ["a"]}]}, {"plain"}),
        ({"Filters": [{"Name": "tag-key", "Values": ["Team"]}]}, {"plain"}),
        ({"Filters": [{"Name": "product-code", "Values": ["code"]}]}, {"plain"}),
        (
            {
                "Filters": [
                    {"Name": "state", "Values": ["available"]},
                    {"Name": "name", "Values": ["old"]},
                ]
            },
            {"old"},
        ),
    ],
)
def test_images_are_chosen_as_ec2_chooses(
    images: Any, params: dict[str, Any], seen: set[str]
) -> None:
    assert names(images.describe_images(**params)) == seen


def test_an_image_tells_everything_that_the_controls_need(images: Any) -> None:
    image = images.describe_images(ImageIds=["ami-plain"])["Images"][0]
    assert image["ImdsSupport"] == "v2.0"
    assert image["SourceImageId"] == "ami-source"
    assert image["ProductCodes"] == [{"ProductCodeId": "code", "ProductCodeType": "marketplace"}]
    assert (image["Architecture"], image["VirtualizationType"], image["RootDeviceType"]) == (
        "x86_64",
        "hvm",
        "ebs",
    )
    assert (image["ImageType"], image["State"], image["Public"]) == ("machine", "available", False)
    root, data, ephemeral = image["BlockDeviceMappings"]
    assert (root["Ebs"]["VolumeSize"], root["Ebs"]["Encrypted"]) == (20, False)
    assert (data["Ebs"]["SnapshotId"], data["Ebs"]["Encrypted"], data["Ebs"]["KmsKeyId"]) == (
        "snap-b",
        True,
        "key",
    )
    assert ephemeral == {"DeviceName": "/dev/xvdc", "VirtualName": "ephemeral2"}
    old = images.describe_images(ImageIds=["ami-old"])["Images"][0]
    assert old["DeprecationTime"].endswith(".000Z")
    assert "ImdsSupport" not in old


def test_members_of_an_image_can_be_replaced_or_taken_away(images: Any, fake_aws: FakeAws) -> None:
    image = fake_aws.state(ACCOUNT).region("us-east-1").images["ami-plain"]
    image.overrides = {"Architecture": None, "Name": "x" * 10_000}
    seen = images.describe_images(ImageIds=["ami-plain"])["Images"][0]
    assert "Architecture" not in seen
    assert len(seen["Name"]) == 10_000


@pytest.mark.parametrize(
    ("call", "params", "code"),
    [
        ("describe_images", {"ImageIds": ["ami-none"]}, "InvalidAMIID.NotFound"),
        ("describe_images", {"ImageIds": ["ami-theirs"]}, "InvalidAMIID.NotFound"),
        (
            "describe_images",
            {"Filters": [{"Name": "colour", "Values": ["red"]}]},
            "InvalidParameterValue",
        ),
        (
            "describe_image_attribute",
            {"ImageId": "ami-none", "Attribute": "launchPermission"},
            "InvalidAMIID.NotFound",
        ),
        (
            "describe_image_attribute",
            {"ImageId": "ami-shared", "Attribute": "launchPermission"},
            "AuthFailure",
        ),
        (
            "describe_image_attribute",
            {"ImageId": "ami-plain", "Attribute": "uefiData"},
            "InvalidRequest",
        ),
        ("describe_snapshots", {"SnapshotIds": ["snap-none"]}, "InvalidSnapshot.NotFound"),
        (
            "describe_snapshot_attribute",
            {"SnapshotId": "snap-none", "Attribute": "productCodes"},
            "InvalidSnapshot.NotFound",
        ),
        ("describe_regions", {"RegionNames": ["moon-1"]}, "InvalidParameterValue"),
    ],
)
def test_what_does_not_exist_or_is_not_ours_is_an_error(
    images: Any, call: str, params: dict[str, Any], code: str
) -> None:
    assert error_of(getattr(images, call), **params)[0] == code


def test_launch_permissions_have_one_kind_of_holder_per_entry(
    images: Any, fake_aws: FakeAws
) -> None:
    image = fake_aws.state(ACCOUNT).region("us-east-1").images["ami-plain"]
    image.groups, image.users = ["all"], [OTHER]
    image.organizations = ["arn:aws:organizations::1:organization/o-1"]
    answer = images.describe_image_attribute(ImageId="ami-plain", Attribute="launchPermission")
    assert answer["LaunchPermissions"] == [
        {"Group": "all"}, {"UserId": OTHER}, {"OrganizationArn": "arn:aws:organizations::1:organization/o-1"},
    ]  # fmt: skip


def test_a_remediation_takes_launch_permissions_away(images: Any, fake_aws: FakeAws) -> None:
    images.modify_image_attribute(
        ImageId="ami-public",
        LaunchPermission={"Remove": [{"Group": "all"}], "Add": [{"UserId": OTHER}]},
    )
    answer = images.describe_image_attribute(ImageId="ami-public", Attribute="launchPermission")
    assert answer["LaunchPermissions"] == [{"UserId": OTHER}]
    assert not images.describe_images(ImageIds=["ami-public"])["Images"][0]["Public"]
    images.modify_image_attribute(
        ImageId="ami-public", ImdsSupport={"Value": "v2.0"}, Description={"Value": "new"}
    )
    image = images.describe_images(ImageIds=["ami-public"])["Images"][0]
    assert (image["ImdsSupport"], image["Description"]) == ("v2.0", "new")


def test_a_blocked_region_takes_no_new_public_image(images: Any) -> None:
    images.enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")
    assert (
        images.get_image_block_public_access_state()["ImageBlockPublicAccessState"]
        == "block-new-sharing"
    )
    code = error_of(
        images.modify_image_attribute,
        ImageId="ami-plain",
        LaunchPermission={"Add": [{"Group": "all"}]},
    )[0]
    assert code == "OperationNotPermitted"
    images.disable_image_block_public_access()
    assert (
        images.get_image_block_public_access_state()["ImageBlockPublicAccessState"] == "unblocked"
    )


def test_regions_are_those_that_the_account_enabled(fake_aws: FakeAws) -> None:
    fake_aws.state(ACCOUNT).enabled_regions = ["us-east-1", "me-south-1"]
    ec2 = client(fake_aws, "ec2", admin_keys(fake_aws))
    assert [region["RegionName"] for region in ec2.describe_regions()["Regions"]] == [
        "us-east-1",
        "me-south-1",
    ]
    status = {
        region["RegionName"]: region["OptInStatus"]
        for region in ec2.describe_regions(AllRegions=True)["Regions"]
    }
    assert (status["us-east-1"], status["me-south-1"], status["ap-east-1"]) == (
        "opt-in-not-required", "opted-in", "not-opted-in",
    )  # fmt: skip


def test_default_encryption_is_per_region(fake_aws: FakeAws) -> None:
    keys = admin_keys(fake_aws)
    client(fake_aws, "ec2", keys).enable_ebs_encryption_by_default()
    answers = [
        client(fake_aws, "ec2", keys, region).get_ebs_encryption_by_default()[
            "EbsEncryptionByDefault"
        ]
        for region in ("us-east-1", "eu-west-1")
    ]
    assert answers == [True, False]
