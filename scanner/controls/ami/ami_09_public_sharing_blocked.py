"""AMI-09: with public sharing blocked, one wrong call does not give the product away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scanner.control import Control, Reference, Verdict, all_faults, failed, not_assessed, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.regions import AccountRegion, enabled_regions, may_hide, owned_in
from scanner.vocabulary import HOME_REGION, Observed, Severity, Unobserved

IMAGES = "ec2:GetImageBlockPublicAccessState"
SNAPSHOTS = "ec2:GetSnapshotBlockPublicAccessState"
LISTS = "ec2:DescribeImages, ec2:DescribeSnapshots"
NEW = "block-new-sharing"
ALL = "block-all-sharing"


def check(here: AccountRegion, snapshot: Snapshot) -> Verdict:
    """Judge both blocks; that a region is empty excuses it only if both lists were read there."""
    images = _state(snapshot.ec2.image_block, here.region, IMAGES)
    snapshots = _state(snapshot.ec2.snapshot_block, here.region, SNAPSHOTS)
    owned, hidden = owned_in(here.region, snapshot), may_hide(here.region, snapshot)
    count = f"{len(owned)}{' seen, not all could be listed' if hidden else ''}"
    evidence = (
        Fact("Block on public images", _told(images), IMAGES),
        Fact("Block on public snapshots", _told(snapshots), SNAPSHOTS),
        Fact(f"Own images and snapshots in {here.region}", count, LISTS),
    )
    faults = dict(_faults(here.region, images, snapshots))
    missing = [one for one in (images, snapshots) if isinstance(one, Unobserved)]
    if missing and _worst(here.region) not in faults.values():
        return not_assessed(missing[0].sentence(), *missing, evidence=evidence)
    if faults and not owned and not hidden:
        why = f"{here.region} holds no image or snapshot of the account that could be shared."
        return passed(why, *evidence, Fact("Not counted", " ".join(faults)))
    values = {"region": here.region}
    verdicts = [
        failed(reason, *evidence, severity=severity, values=values)
        for reason, severity in faults.items()
    ]
    why = f"Images and snapshots cannot be shared with everybody in {here.region}."
    return all_faults(verdicts, passed(why, *evidence))


def _faults(
    region: str, images: Observed[str], snapshots: Observed[str]
) -> Iterator[tuple[str, Severity]]:
    if isinstance(images, str) and images != NEW:
        yield f"Images may be made public in {region}: the block is {images}.", _worst(region)
    if snapshots == NEW:
        yield f"Snapshots of {region} that are public already stay so: {NEW}.", Severity.LOW
    elif isinstance(snapshots, str) and snapshots != ALL:
        yield f"Snapshots may be made public in {region}: the block is {snapshots}.", _worst(region)


def _worst(region: str) -> Severity:
    return Severity.HIGH if region == HOME_REGION else Severity.MEDIUM


def _state(block: Mapping[str, Observed[str]], region: str, action: str) -> Observed[str]:
    return block.get(region, Unobserved(action, "NotRead", region))


def _told(state: Observed[str]) -> str:
    return state.sentence() if isinstance(state, Unobserved) else state


REMEDY = Remedy(
    summary="Block public sharing of images and snapshots in [[region]].",
    minutes=5,
    console=(
        "In EC2, region [[region]], open the dashboard, Account attributes, Data protection and"
        " security.",
        "Under Block public access for AMIs choose Manage and block new public sharing.",
        "Under Block public access for EBS snapshots choose Manage and block all public access.",
    ),
    cli="""\
aws ec2 enable-image-block-public-access --region [[region]] --image-block-public-access-state block-new-sharing
aws ec2 enable-snapshot-block-public-access --region [[region]] --state block-all-sharing
""",
    terraform="""\
resource "aws_ec2_image_block_public_access" "region" {
  region = [[region]]
  state  = "block-new-sharing"
}

resource "aws_ebs_snapshot_block_public_access" "region" {
  region = [[region]]
  state  = "block-all-sharing"
}
""",
    breaks=(
        "Nobody can make an image public any more; images that are public already stay so.",
        "Snapshots that are public on purpose can no longer be read by others.",
    ),
    way_back="aws ec2 disable-image-block-public-access and disable-snapshot-block-public-access in"
    " the same region.",
    without=(
        (
            "cloudformation",
            "CloudFormation can block snapshots only (AWS::EC2::SnapshotBlockPublicAccess), and not"
            " in every region.",
        ),
    ),
)

CONTROL = Control(
    module=__name__,
    title="Public sharing of AMIs and snapshots is blocked in the account",
    severity=Severity.HIGH,
    risk="Seller policies allow changing image and snapshot permissions: one call makes the paid"
    " software public.",
    remedy=REMEDY,
    references=(
        Reference(
            "Amazon EC2 User Guide: Block public access to your AMIs",
            "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-public-access-to-amis.html",
        ),
        Reference(
            "Amazon EBS User Guide: Block public access for snapshots",
            "https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots.html",
        ),
    ),
    reads=(
        "ec2.regions",
        "ec2.image_block",
        "ec2.snapshot_block",
        "ec2.images",
        "ec2.snapshots",
    ),
    not_applicable_because="The account has no enabled region.",
    resources=enabled_regions,
    check=check,
)
