"""AMI-05: an image without IMDSv2 hands the buyer's role to whoever finds a hole in the product."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.ec2 import Image
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ami import not_judged, product_images
from scanner.vocabulary import Severity

READ = "ec2:DescribeImages"
V2 = "v2.0"
SOURCE = Fact("Where this is asked", "best practices of the Seller Guide, not its list of policies")


def check(image: Image, snapshot: Snapshot) -> Verdict:
    """EC2 leaves the field out for an image that lets instances answer to both versions."""
    said = Fact("ImdsSupport", image.imds_support or "left out: IMDSv1 and IMDSv2", READ)
    evidence = (said, SOURCE, *not_judged(snapshot))
    if image.imds_support == V2:
        return passed(f"Instances of {image.id} require IMDSv2 unless asked otherwise.", *evidence)
    reason = f"ImdsSupport of {image.id} is not {V2}: its instances answer to IMDSv1 as well."
    return failed(reason, *evidence, values=_values(image))


def _values(image: Image) -> dict[str, str]:
    root = next((device for device in image.devices if device.snapshot), None)
    return {
        "image": image.id,
        "region": image.region,
        "new_name": f"{image.id}-imdsv2",
        "architecture": image.architecture or "x86_64",
        "device": root.device if root else "",
        "snapshot": root.snapshot if root else "",
    }


REMEDY = Remedy(
    summary="Set the IMDS support of [[image]] to v2.0.",
    minutes=15,
    console=(
        "Start an instance of [[image]] with Metadata version V2 only and see that the product"
        " works: scripts that call the metadata service have to get a token first.",
        "In EC2, region [[region]], select [[image]], choose Actions, Change AMI instance metadata"
        " options, and require IMDSv2.",
        "Add a version with the image in the Management Portal: published copies do not change.",
    ),
    cli="""\
aws ec2 modify-image-attribute --region [[region]] --image-id [[image]] --imds-support v2.0
""",
    terraform="""\
# A new image of the same snapshot; the old one stays as it is.
resource "aws_ami" "product" {
  name                = [[new_name]]
  architecture        = [[architecture]]
  virtualization_type = "hvm"
  root_device_name    = [[device]]
  ena_support         = true
  imds_support        = "v2.0"
  ebs_block_device {
    device_name = [[device]]
    snapshot_id = [[snapshot]]
  }
}
""",
    breaks=(
        "Software in the image that calls the metadata service without a token stops working.",
        "New instances require tokens and allow two hops; running ones are not touched.",
    ),
    way_back="The value cannot be unset. Launch with HttpTokens=optional, or register the snapshot"
    " as a new image without it.",
    without=(("cloudformation", "CloudFormation cannot make or change an image by itself."),),
)

CONTROL = Control(
    module=__name__,
    title="Images enforce IMDSv2",
    severity=Severity.HIGH,
    risk="A forged request in the product can read the credentials of the role that the buyer gave"
    " the instance.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Best practices for building AMIs",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/best-practices-for-building-your-amis.html",
        ),
        Reference("CIS AWS Foundations Benchmark 3.0, 5.6"),
    ),
    reads=("ec2.images", "catalog.products"),
    not_applicable_because="No AMI product is sold from this account, or it owns no image in"
    " us-east-1 to sell.",
    resources=product_images,
    check=check,
)
