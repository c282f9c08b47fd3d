"""EC2's answers about instances, FPGA images, and what a remedy does to images."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.aws import clock
from sandbox.aws.client import FakeAws
from sandbox.aws.state import Image, Instance
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, client, error_of

PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/metering"


@pytest.fixture
def ec2(fake_aws: FakeAws) -> Any:
    """An administrator's EC2 client of an account with three instances, two with a profile."""
    here = fake_aws.state(ACCOUNT).region("us-east-1")
    for one in (
        Instance("i-1", PROFILE, tags={"Name": "relay"}),
        Instance("i-2", PROFILE, "stopped"),
        Instance("i-3"),
    ):
        here.instances[one.id] = one
    here.fpga_images = [f"afi-{number}" for number in range(7)]
    here.images["ami-1"] = Image("ami-1", "gateway", ACCOUNT, clock.days_ago(9), groups=["all"])
    return client(fake_aws, "ec2", admin_keys(fake_aws))


def found(ec2: Any, **params: Any) -> list[str]:
    """The ids of instances."""
    return [
        one["InstanceId"]
        for reservation in ec2.describe_instances(**params)["Reservations"]
        for one in reservation["Instances"]
    ]


@pytest.mark.parametrize(
    ("params", "seen"),
    [
        ({}, ["i-1", "i-2", "i-3"]),
        ({"InstanceIds": ["i-3"]}, ["i-3"]),
        ({"Filters": [{"Name": "iam-instance-profile.arn", "Values": [PROFILE]}]}, ["i-1", "i-2"]),
        ({"Filters": [{"Name": "instance-state-name", "Values": ["stopped"]}]}, ["i-2"]),
        ({"Filters": [{"Name": "iam-instance-profile.arn", "Values": ["arn:none"]}]}, []),
    ],
)
def test_instances_are_chosen_by_id_or_filter(
    ec2: Any, params: dict[str, Any], seen: list[str]
) -> None:
    assert found(ec2, **params) == seen


def test_an_instance_tells_its_profile_and_metadata_options(ec2: Any) -> None:
    first, _, third = (one["Instances"][0] for one in ec2.describe_instances()["Reservations"])
    assert first["IamInstanceProfile"]["Arn"] == PROFILE
    assert first["State"] == {"Code": 16, "Name": "running"}
    assert first["MetadataOptions"]["HttpTokens"] == "optional"
    assert first["Tags"] == [{"Key": "Name", "Value": "relay"}]
    assert "IamInstanceProfile" not in third


def test_a_remedy_requires_tokens_and_leaves_the_rest(ec2: Any) -> None:
    said = ec2.modify_instance_metadata_options(InstanceId="i-1", HttpTokens="required")
    assert said["InstanceMetadataOptions"]["HttpTokens"] == "required"
    options = ec2.describe_instances(InstanceIds=["i-1"])["Reservations"][0]["Instances"][0][
        "MetadataOptions"
    ]
    assert (options["HttpTokens"], options["HttpEndpoint"], options["HttpPutResponseHopLimit"]) == (
        "required", "enabled", 1,
    )  # fmt: skip


def test_lists_come_in_pages(ec2: Any, fake_aws: FakeAws) -> None:
    first = ec2.describe_fpga_images(Owners=["self"], MaxResults=5)
    rest = ec2.describe_fpga_images(Owners=["self"], NextToken=first["NextToken"])
    names = [one["FpgaImageId"] for one in first["FpgaImages"] + rest["FpgaImages"]]
    assert names == [f"afi-{number}" for number in range(7)]
    fake_aws.force_pages({"ec2:DescribeInstances": 2})
    assert len(found(ec2)) == 2
    token = ec2.describe_instances()["NextToken"]
    assert found(ec2, NextToken=token) == ["i-3"]


@pytest.mark.parametrize(
    ("call", "params", "code"),
    [
        ("describe_instances", {"InstanceIds": ["i-9"]}, "InvalidInstanceID.NotFound"),
        ("modify_instance_metadata_options", {"InstanceId": "i-9"}, "InvalidInstanceID.NotFound"),
        (
            "describe_instances",
            {"InstanceIds": ["i-1"], "MaxResults": 5},
            "InvalidParameterCombination",
        ),
        ("describe_instances", {"MaxResults": 4}, "InvalidParameterValue"),
        (
            "describe_instances",
            {"Filters": [{"Name": "colour", "Values": ["red"]}]},
            "InvalidParameterValue",
        ),
        (
            "describe_instances",
            {"Filters": [{"Name": "image-id", "Values": list(map(str, range(201)))}]},
            "FilterLimitExceeded",
        ),
    ],
)
def test_what_ec2_refuses_is_refused(
    ec2: Any, call: str, params: dict[str, Any], code: str
) -> None:
    assert error_of(getattr(ec2, call), **params)[0] == code


def test_images_are_deprecated_disabled_and_brought_back(ec2: Any) -> None:
    def image() -> dict[str, Any]:
        listed = ec2.describe_images(Owners=["self"], IncludeDisabled=True, IncludeDeprecated=True)
        (one,) = listed["Images"]
        return dict(one)

    ec2.enable_image_deprecation(ImageId="ami-1", DeprecateAt=datetime(2030, 5, 1, tzinfo=UTC))
    assert image()["DeprecationTime"] == "2030-05-01T00:00:00.000Z"
    ec2.disable_image_deprecation(ImageId="ami-1")
    assert "DeprecationTime" not in image()
    ec2.disable_image(ImageId="ami-1")
    assert (image()["State"], image()["Public"]) == ("disabled", False)
    ec2.enable_image(ImageId="ami-1")
    assert image()["State"] == "available"
    ec2.modify_image_attribute(ImageId="ami-1", ImdsSupport={"Value": "v2.0"})
    assert image()["ImdsSupport"] == "v2.0"
