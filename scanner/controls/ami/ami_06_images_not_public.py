"""AMI-06: a public image gives the paid software away, outside billing and scanning."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.ec2 import Grant, Image
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ami import own_images
from scanner.vocabulary import Severity, complete, seen

EVERYONE = Grant(group="all")


def check(image: Image, snapshot: Snapshot) -> Verdict:
    """`Public` or the launch permissions prove it; only both unread leave it open."""
    granted = EVERYONE in seen(image.launch_permissions)
    evidence = (
        Fact("Public", "left out" if image.public is None else str(image.public), IMAGES),
        Fact("Launch permission for all", "seen" if granted else "not seen", PERMISSIONS),
        Fact("State", image.state, IMAGES),
    )
    if image.state == "disabled":
        return passed(f"{image.id} is disabled, so nobody can launch it.", *evidence)
    if image.public or granted:
        if image.id in snapshot.profile.public_images:
            why = f"{image.id} is public, as the profile says it should be."
            return passed(why, *evidence, Fact("Public on purpose", image.id))
        reason = f"Anybody with an AWS account can launch {image.id} ({image.label or 'no name'})."
        return failed(reason, *evidence, values={"image": image.id, "region": image.region})
    if image.public is None:
        complete(image.launch_permissions)
    return passed(f"{image.id} is not public.", *evidence)


IMAGES = "ec2:DescribeImages"
PERMISSIONS = "ec2:DescribeImageAttribute"

REMEDY = Remedy(
    summary="Take the launch permission for everybody away from [[image]].",
    minutes=5,
    console=(
        "In EC2, region [[region]], open AMIs, Owned by me, and select [[image]].",
        "Choose Actions, Edit AMI permissions, then Private, then Save changes.",
    ),
    cli="""\
aws ec2 describe-image-attribute --region [[region]] --image-id [[image]] --attribute launchPermission > launch-permissions-before.json
aws ec2 modify-image-attribute --region [[region]] --image-id [[image]] --launch-permission "Remove=[{Group=all}]"
""",
    breaks=(
        "People outside your account who launch the public image can no longer do so.",
        "Blocking public access for the account does not make this image private by itself.",
    ),
    way_back="modify-image-attribute with Add=[{Group=all}] makes it public again. An image that is"
    " public on purpose belongs in the account's profile.",
    without=(
        ("cloudformation", "CloudFormation has no resource type for launch permissions."),
        (
            "terraform",
            'Terraform can only grant: delete the aws_ami_launch_permission whose group is "all".',
        ),
    ),
)

CONTROL = Control(
    module=__name__,
    title="Product source AMIs are not public",
    severity=Severity.CRITICAL,
    risk="Anyone can run the software without paying, without a subscription and unscanned.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Giving AWS Marketplace access to your AMI",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/single-ami-marketplace-ami-access.html",
        ),
    ),
    reads=("ec2.images", "ec2.regions"),
    not_applicable_because="The account owns no image in any enabled region.",
    resources=own_images,
    check=check,
)
