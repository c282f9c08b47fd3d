"""Images and snapshots of every region, with whom they are shared; gaps stay where they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from scanner.aws import Answer, Kind, Trouble
from scanner.collect import ec2
from scanner.facts.ec2 import BlockDevice, EbsSnapshot, Ec2Facts, Grant, Image, Instance
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen
from tests.builders import OWN
from tests.fakes import DENIED, FakeAws, Reply, limited

HOME = "us-east-1"
IMAGE: Answer = {
    "ImageId": "ami-1",
    "OwnerId": OWN,
    "Name": "gateway-2.1",
    "State": "available",
    "Public": False,
    "Architecture": "arm64",
    "VirtualizationType": "hvm",
    "RootDeviceType": "ebs",
    "ImageType": "machine",
    "CreationDate": "2026-01-02T03:04:05.000Z",
    "DeprecationTime": "2028-01-02T03:04:05.000Z",
    "ImdsSupport": "v2.0",
    "SourceImageId": "ami-0",
    "Description": "<b>gateway</b>",
    "BlockDeviceMappings": [
        {
            "DeviceName": "/dev/xvda",
            "Ebs": {
                "SnapshotId": "snap-1",
                "VolumeSize": 20,
                "Encrypted": True,
                "KmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/k",
            },
        },
        {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        {"DeviceName": "/dev/sdc", "NoDevice": ""},
    ],
    "Tags": [{"Key": "marketplace-scan", "Value": "allowed"}, {"Key": "empty"}],
}
SNAPSHOT: Answer = {
    "SnapshotId": "snap-1",
    "Encrypted": False,
    "VolumeSize": 20,
    "StartTime": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
}
QUIET: Mapping[str, Reply] = {
    "ec2:DescribeImages": {"Images": []},
    "ec2:DescribeSnapshots": {"Snapshots": []},
    "ec2:DescribeImageAttribute": {"ImageId": "ami-1", "LaunchPermissions": []},
    "ec2:DescribeSnapshotAttribute": {"SnapshotId": "snap-1", "CreateVolumePermissions": []},
    "ec2:GetImageBlockPublicAccessState": {"ImageBlockPublicAccessState": "unblocked"},
    "ec2:GetSnapshotBlockPublicAccessState": {"State": "block-all-sharing"},
    "ec2:GetEbsEncryptionByDefault": {"EbsEncryptionByDefault": True},
    "ec2:DescribeFpgaImages": {"FpgaImages": []},
}


def snapshots(*own: Answer, public: tuple[str, ...] = ()) -> Reply:
    def reply(region: str, params: Answer) -> Answer:
        shown = own
        if "RestorableByUserIds" in params:
            shown = tuple(one for one in own if one["SnapshotId"] in public)
        return {"Snapshots": list(shown)}

    return reply


def collected(
    replies: Mapping[str, Reply] | None = None, regions: Listed[str] = (HOME,), **limits: int
) -> Ec2Facts:
    aws = FakeAws({**QUIET, **(replies or {})}, limits=limited(**limits))
    return ec2.collect(aws, lambda: regions, lambda: ())


def an_image(**replies: Reply) -> Image:
    said = {f"ec2:{name}": reply for name, reply in replies.items()}
    facts = collected({"ec2:DescribeImages": {"Images": [IMAGE]}, **said})
    (image,) = seen(facts.images)
    return image


def a_snapshot(attribute: Reply, *, public: tuple[str, ...] = ()) -> EbsSnapshot:
    said = {
        "ec2:DescribeSnapshots": snapshots(SNAPSHOT, public=public),
        "ec2:DescribeSnapshotAttribute": attribute,
    }
    (snapshot,) = seen(collected(said).snapshots)
    return snapshot


def test_an_image_is_read_with_all_its_devices() -> None:
    image = an_image()
    assert image.arn == f"arn:aws:ec2:us-east-1:{OWN}:image/ami-1"
    assert (image.label, image.architecture, image.imds_support) == ("gateway-2.1", "arm64", "v2.0")
    assert image.created == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    key = "arn:aws:kms:us-east-1:111122223333:key/k"
    assert image.devices == (
        BlockDevice("/dev/xvda", "snap-1", 20, encrypted=True, kms_key=key),
        BlockDevice("/dev/sdb", virtual_name="ephemeral0"),
    )
    assert image.tags == {"marketplace-scan": "allowed", "empty": ""}


def test_own_images_are_asked_for_with_those_that_hide() -> None:
    aws = FakeAws(QUIET)
    ec2.collect(aws, lambda: (HOME,), lambda: ())
    (asked,) = [params for action, _, params in aws.asked if action == "ec2:DescribeImages"]
    assert asked == {
        "Owners": ["self"], "IncludeDeprecated": True, "IncludeDisabled": True, "MaxResults": 1_000,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "grant"),
    [
        ({"UserId": "999988887777"}, Grant(user="999988887777")),
        ({"Group": "all"}, Grant(group="all")),
        ({"OrganizationArn": "arn:o"}, Grant(organization="arn:o")),
        ({"OrganizationalUnitArn": "arn:ou"}, Grant(unit="arn:ou")),
    ],
)
def test_every_kind_of_launch_permission_is_read(said: Answer, grant: Grant) -> None:
    image = an_image(DescribeImageAttribute={"ImageId": "ami-1", "LaunchPermissions": [said]})
    assert image.launch_permissions == (grant,)


def test_a_launch_permission_of_an_unknown_kind_is_a_gap() -> None:
    answer = {"ImageId": "ami-1", "LaunchPermissions": [{"Planet": "mars"}]}
    found = an_image(DescribeImageAttribute=answer).launch_permissions
    assert isinstance(found, Partial)
    assert found.items == ()


def test_refused_launch_permissions_are_unobserved() -> None:
    gap = Unobserved("ec2:DescribeImageAttribute", "AccessDenied", HOME, DENIED.detail)
    assert an_image(DescribeImageAttribute=DENIED).launch_permissions == gap


def test_an_image_that_is_gone_meanwhile_is_dropped() -> None:
    said: dict[str, Reply] = {
        "ec2:DescribeImages": {"Images": [IMAGE]},
        "ec2:DescribeImageAttribute": Trouble("InvalidAMIID.NotFound", Kind.OTHER),
    }
    assert collected(said).images == ()


def test_an_answer_about_no_image_is_no_answer() -> None:
    found = an_image(DescribeImageAttribute={"LaunchPermissions": []}).launch_permissions
    assert isinstance(found, Unobserved)


def test_snapshots_tell_whom_they_are_shared_with() -> None:
    permissions = [{"UserId": "999988887777"}, {"Group": "all"}]
    found = a_snapshot({"SnapshotId": "snap-1", "CreateVolumePermissions": permissions})
    assert found.volume_permissions == (Grant(user="999988887777"), Grant(group="all"))


def test_a_public_snapshot_is_known_to_be_public_when_its_attribute_is_refused() -> None:
    found = a_snapshot(DENIED, public=("snap-1",)).volume_permissions
    assert isinstance(found, Partial)
    assert found.items == (Grant(group="all"),)
    assert found.why[0].action == "ec2:DescribeSnapshotAttribute"


def test_a_private_snapshot_whose_attribute_is_refused_is_unobserved() -> None:
    assert isinstance(a_snapshot(DENIED).volume_permissions, Unobserved)


def test_a_public_snapshot_is_named_once() -> None:
    answer = {"SnapshotId": "snap-1", "CreateVolumePermissions": [{"Group": "all"}]}
    found = a_snapshot(answer, public=("snap-1",)).volume_permissions
    assert found == (Grant(group="all"),)


def test_a_snapshot_that_is_gone_meanwhile_is_dropped() -> None:
    said = {
        "ec2:DescribeSnapshots": snapshots(SNAPSHOT),
        "ec2:DescribeSnapshotAttribute": Trouble("InvalidSnapshot.NotFound", Kind.OTHER),
    }
    assert collected(said).snapshots == ()


def test_beyond_the_cap_only_public_snapshots_are_known_and_those_behind_images_come_first() -> (
    None
):
    own = [SNAPSHOT | {"SnapshotId": f"snap-{number}"} for number in (3, 2, 1)]
    facts = collected(
        {
            "ec2:DescribeImages": {"Images": [IMAGE]},
            "ec2:DescribeSnapshots": snapshots(*own, public=("snap-2",)),
        },
        details=1,
    )
    first, second, third = sorted(seen(facts.snapshots), key=lambda one: one.id)
    assert first.volume_permissions == ()
    assert seen(second.volume_permissions) == (Grant(group="all"),)
    assert [gap.error for gap in gaps(second.volume_permissions)] == ["OverCap"]
    assert isinstance(third.volume_permissions, Unobserved)


def test_images_beyond_the_cap_have_unobserved_permissions() -> None:
    images = [IMAGE | {"ImageId": f"ami-{number}"} for number in range(3)]
    facts = collected({"ec2:DescribeImages": {"Images": images}}, details=2)
    assert [gaps(one.launch_permissions) != () for one in seen(facts.images)] == [
        False, False, True,
    ]  # fmt: skip


def test_every_region_is_asked_and_a_refused_one_is_a_gap_of_that_region() -> None:
    def reply(region: str, params: Answer) -> Answer:
        if region == "eu-west-1":
            raise Trouble("AuthFailure", Kind.OTHER)
        return {"Images": [IMAGE]}

    facts = collected({"ec2:DescribeImages": reply}, ("us-east-1", "eu-west-1", "us-west-2"))
    assert isinstance(facts.images, Partial)
    assert [image.region for image in facts.images.items] == ["us-east-1", "us-west-2"]
    assert facts.images.why == (Unobserved("ec2:DescribeImages", "AuthFailure", "eu-west-1"),)
    assert facts.snapshot_block == dict.fromkeys(
        ("us-east-1", "eu-west-1", "us-west-2"), "block-all-sharing"
    )


def test_blocks_and_default_encryption_are_read() -> None:
    facts = collected()
    assert facts.image_block == {HOME: "unblocked"}
    assert facts.snapshot_block == {HOME: "block-all-sharing"}
    assert facts.home_default_encryption is True


def test_refused_blocks_are_unobserved() -> None:
    facts = collected(
        {
            "ec2:GetImageBlockPublicAccessState": DENIED,
            "ec2:GetSnapshotBlockPublicAccessState": {},
            "ec2:GetEbsEncryptionByDefault": DENIED,
        }
    )
    assert [gap.error for gap in gaps(facts.image_block[HOME])] == ["AccessDenied"]
    assert [gap.error for gap in gaps(facts.snapshot_block[HOME])] == ["BadAnswer"]
    assert gaps(facts.home_default_encryption)


def test_without_a_list_of_regions_home_is_read() -> None:
    gap = Unobserved("ec2:DescribeRegions", "AccessDenied")
    facts = collected({"ec2:DescribeImages": {"Images": [IMAGE]}}, gap)
    assert facts.regions == gap
    assert [image.region for image in seen(facts.images)] == [HOME]


def test_instances_and_fpga_images_are_among_the_facts() -> None:
    arn = f"arn:aws:iam::{OWN}:instance-profile/metering"
    instance = {
        "InstanceId": "i-1", "State": {"Name": "running"}, "IamInstanceProfile": {"Arn": arn},
        "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
    }  # fmt: skip
    replies: dict[str, Reply] = {
        **QUIET,
        "ec2:DescribeInstances": {"Reservations": [{"Instances": [instance]}]},
        "ec2:DescribeFpgaImages": {"FpgaImages": [{"FpgaImageId": "afi-1"}]},
    }
    facts = ec2.collect(FakeAws(replies), lambda: (HOME,), lambda: (arn,))
    assert facts.instances == (
        Instance(
            "i-1", f"arn:aws:ec2:us-east-1:{OWN}:instance/i-1", HOME, "running", arn,
            "required", "enabled", None,
        ),
    )  # fmt: skip
    assert facts.fpga_images == ("afi-1",)
