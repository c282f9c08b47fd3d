"""AMI-09: every enabled region that holds images or snapshots blocks sharing with everybody."""

from __future__ import annotations

import pytest

from scanner.control import outcomes_of
from scanner.controls.ami.ami_09_public_sharing_blocked import CONTROL
from scanner.facts.ec2 import EbsSnapshot, Image
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import HOME_REGION, Listed, Observed, Partial, Severity
from tests.builders import OWN, a_snapshot, denied
from tests.builders_resources import an_ebs_snapshot, an_image
from tests.cases import Case, fails, not_assessed, passes

ABROAD = "eu-north-1"
IMAGES = "ec2:GetImageBlockPublicAccessState"
SNAPSHOTS = "ec2:GetSnapshotBlockPublicAccessState"
NEW, ALL, OFF = "block-new-sharing", "block-all-sharing", "unblocked"
ACCOUNT = f"Account {OWN}"
HOME = f"{ACCOUNT} in {HOME_REGION}"
AWAY = f"{ACCOUNT} in {ABROAD}"
REGIONS = denied("ec2:DescribeRegions", HOME_REGION)


def one_region(
    images: Observed[str] | None,
    snapshots: Observed[str] | None,
    *,
    region: str = HOME_REGION,
    owns: Listed[Image] | None = None,
    owns_snapshots: Listed[EbsSnapshot] = (),
) -> Snapshot:
    """A region with an image in it, and what its blocks say."""
    return a_snapshot(
        regions=(region,),
        images=(an_image(region=region),) if owns is None else owns,
        snapshots=owns_snapshots,
        image_block={} if images is None else {region: images},
        snapshot_block={} if snapshots is None else {region: snapshots},
    )


CASES = (
    Case(
        "both blocks on pass",
        one_region(NEW, ALL),
        passes("cannot be shared with everybody in us-east-1", shows="snapshots in us-east-1: 1"),
    ),
    Case(
        "images unblocked at home is high",
        one_region(OFF, ALL),
        fails(Severity.HIGH, "Images may be made public in us-east-1: the block is unblocked."),
    ),
    Case(
        "snapshots unblocked at home is high",
        one_region(NEW, OFF),
        fails(Severity.HIGH, "Snapshots may be made public in us-east-1: the block is unblocked."),
    ),
    Case(
        "images unblocked elsewhere is medium",
        one_region(OFF, ALL, region=ABROAD),
        fails(Severity.MEDIUM, "in eu-north-1"),
    ),
    Case(
        "snapshots unblocked elsewhere is medium",
        one_region(NEW, OFF, region=ABROAD),
        fails(Severity.MEDIUM, "in eu-north-1"),
    ),
    Case(
        "snapshots blocked for new sharing only is low",
        one_region(NEW, NEW),
        fails(Severity.LOW, "that are public already stay so: block-new-sharing."),
    ),
    Case(
        "one finding has both reasons and the worse severity",
        one_region(OFF, NEW),
        fails(Severity.HIGH, "unblocked. Snapshots of us-east-1 that are public already"),
    ),
    Case(
        "a region without images and snapshots is a remark",
        one_region(OFF, OFF, owns=()),
        passes("us-east-1 holds no image or snapshot", shows="Not counted: Images may be made"),
    ),
    Case(
        "an image elsewhere does not count here",
        one_region(OFF, ALL, owns=(an_image(region=ABROAD),)),
        passes("us-east-1 holds no image or snapshot"),
    ),
    Case(
        "a snapshot is enough",
        one_region(OFF, ALL, owns=(), owns_snapshots=(an_ebs_snapshot(),)),
        fails(Severity.HIGH, "Images may be made public"),
    ),
    Case(
        "images that could not be listed excuse nothing",
        one_region(OFF, ALL, owns=denied("ec2:DescribeImages", HOME_REGION)),
        fails(Severity.HIGH, "may be made public", shows="0 seen, not all could be listed"),
    ),
    Case(
        "nor do snapshots that could not be listed",
        one_region(
            OFF,
            ALL,
            owns=(),
            owns_snapshots=Partial((), (denied("ec2:DescribeSnapshots", HOME_REGION),)),
        ),
        fails(Severity.HIGH, "may be made public"),
    ),
    Case(
        "what another region hides does not matter",
        one_region(OFF, ALL, owns=Partial((), (denied("ec2:DescribeImages", ABROAD),))),
        passes("us-east-1 holds no image or snapshot"),
    ),
    Case(
        "an unread block is not assessed",
        one_region(denied(IMAGES, HOME_REGION), ALL),
        not_assessed(IMAGES),
    ),
    Case(
        "a block that nobody asked for is not assessed",
        one_region(NEW, None),
        not_assessed(SNAPSHOTS),
    ),
    Case(
        "also in an empty region",
        one_region(denied(IMAGES, HOME_REGION), ALL, owns=()),
        not_assessed(IMAGES),
    ),
    Case(
        "the other block can prove a fail",
        one_region(denied(IMAGES, HOME_REGION), OFF),
        fails(Severity.HIGH, "Snapshots may be made public", shows=f"images: {IMAGES} could not"),
    ),
    Case(
        "a mild fail may hide a worse one",
        one_region(denied(IMAGES, HOME_REGION), NEW),
        not_assessed(IMAGES),
    ),
    Case(
        "each enabled region has an outcome of its own",
        a_snapshot(
            regions=(HOME_REGION, ABROAD),
            images=(an_image(), an_image(region=ABROAD)),
            image_block={HOME_REGION: NEW, ABROAD: OFF},
            snapshot_block={HOME_REGION: ALL, ABROAD: ALL},
        ),
        {HOME: passes(), AWAY: fails(Severity.MEDIUM, "in eu-north-1")},
    ),
    Case(
        "without the list of regions those that spoke are judged",
        a_snapshot(
            regions=REGIONS,
            images=(an_image(),),
            image_block={HOME_REGION: OFF},
            snapshot_block={HOME_REGION: ALL},
        ),
        {HOME: fails(Severity.HIGH, "unblocked"), ACCOUNT: not_assessed("ec2:DescribeRegions")},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_public_sharing_is_blocked(case: Case) -> None:
    case.holds_for(CONTROL)


def test_a_region_has_the_key_of_the_account_in_it() -> None:
    (outcome,) = outcomes_of(CONTROL, one_region(NEW, ALL, region=ABROAD))
    assert outcome.resource == f"arn:aws:iam::{OWN}:root@{ABROAD}"
    assert outcome.region == ABROAD
