"""EC2's answers about snapshots: who owns them, who may restore them."""

from typing import Any

import pytest

from sandbox.aws import clock
from sandbox.aws.client import FakeAws
from sandbox.aws.seeds import larkfield
from sandbox.aws.state import Snapshot
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, client, error_of

OTHER = "555566667777"
WHEN = clock.days_ago(10)


@pytest.fixture
def snapshots(fake_aws: FakeAws) -> Any:
    """EC2 with a private, a public and a shared snapshot, and a public one of another account."""
    here = fake_aws.state(ACCOUNT).region("us-east-1").snapshots
    here["snap-private"] = Snapshot(
        "snap-private", ACCOUNT, WHEN, encrypted=True, tags={"scan": "yes"}
    )
    here["snap-public"] = Snapshot("snap-public", ACCOUNT, WHEN, groups=["all"])
    here["snap-shared"] = Snapshot("snap-shared", ACCOUNT, WHEN, users=[OTHER])
    there = fake_aws.state(OTHER).region("us-east-1").snapshots
    there["snap-open"] = Snapshot("snap-open", OTHER, WHEN, groups=["all"])
    there["snap-theirs"] = Snapshot("snap-theirs", OTHER, WHEN)
    return client(fake_aws, "ec2", admin_keys(fake_aws))


@pytest.mark.parametrize(
    ("params", "seen"),
    [
        ({"OwnerIds": ["self"]}, {"private", "public", "shared"}),
        ({"OwnerIds": ["self"], "RestorableByUserIds": ["all"]}, {"public"}),
        ({"OwnerIds": ["self"], "RestorableByUserIds": [OTHER]}, {"shared"}),
        ({}, {"private", "public", "shared", "open"}),
        ({"RestorableByUserIds": ["all"]}, {"public", "open"}),
        ({"SnapshotIds": ["snap-open"]}, {"open"}),
        ({"Filters": [{"Name": "encrypted", "Values": ["true"]}]}, {"private"}),
        ({"Filters": [{"Name": "status", "Values": ["pending"]}]}, set()),
        ({"Filters": [{"Name": "tag:scan", "Values": ["y?s"]}]}, {"private"}),
    ],
)
def test_snapshots_are_chosen_as_ec2_chooses(
    snapshots: Any, params: dict[str, Any], seen: set[str]
) -> None:
    answer = snapshots.describe_snapshots(**params)["Snapshots"]
    assert {shot["SnapshotId"].removeprefix("snap-") for shot in answer} == seen


def test_blocking_all_sharing_hides_public_snapshots_and_leaves_their_permission(
    snapshots: Any,
) -> None:
    snapshots.enable_snapshot_block_public_access(State="block-all-sharing")
    assert snapshots.get_snapshot_block_public_access_state()["State"] == "block-all-sharing"
    assert (
        snapshots.describe_snapshots(OwnerIds=["self"], RestorableByUserIds=["all"])["Snapshots"]
        == []
    )
    attribute = snapshots.describe_snapshot_attribute(
        SnapshotId="snap-public", Attribute="createVolumePermission"
    )
    assert attribute["CreateVolumePermissions"] == [{"Group": "all"}]


@pytest.mark.parametrize(
    "change",
    [
        {"GroupNames": ["all"], "UserIds": [OTHER], "OperationType": "remove"},
        {"CreateVolumePermission": {"Remove": [{"Group": "all"}, {"UserId": OTHER}]}},
    ],
)
def test_a_remediation_makes_snapshots_private(snapshots: Any, change: dict[str, Any]) -> None:
    for snapshot in ("snap-public", "snap-shared"):
        snapshots.modify_snapshot_attribute(
            SnapshotId=snapshot, Attribute="createVolumePermission", **change
        )
        answer = snapshots.describe_snapshot_attribute(
            SnapshotId=snapshot, Attribute="createVolumePermission"
        )
        assert answer["CreateVolumePermissions"] == []


def test_a_snapshot_in_use_cannot_be_deleted(fake_aws: FakeAws) -> None:
    fake_aws.seed("larkfield")
    ec2 = client(fake_aws, "ec2", admin_keys(fake_aws, larkfield.ACCOUNT))
    params = {"SnapshotId": "snap-0ed6e021000000a10"}
    assert error_of(ec2.delete_snapshot, **params)[0] == "InvalidSnapshot.InUse"
    ec2.deregister_image(ImageId="ami-0ed6e0210000000a1")
    assert error_of(ec2.delete_snapshot, **params)[0] == ""
    assert (
        error_of(ec2.describe_snapshots, SnapshotIds=["snap-0ed6e021000000a10"])[0]
        == "InvalidSnapshot.NotFound"
    )
