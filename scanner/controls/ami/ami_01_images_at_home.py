"""AMI-01: Marketplace takes images only from us-east-1 of the seller's own account."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.ec2 import Image
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.versions import (
    IMAGES,
    NamedImage,
    images_by_id,
    is_withdrawn,
    named_images,
    own_image,
)
from scanner.vocabulary import HOME_REGION, NotSeen, Severity, gaps

CATALOG = "aws-marketplace:DescribeEntity"
DISABLED = "disabled"


def check(named: NamedImage, snapshot: Snapshot) -> Verdict:
    """Look for the image at home; a copy elsewhere proves a fail once home was read whole."""
    found = images_by_id(snapshot).get(named.id, ())
    here = next((image for image in found if image.region == HOME_REGION), None)
    evidence = (_named_by(named), Fact("Found in", _places(found), IMAGES))
    if here is not None and here.state == "available":
        return passed(f"{named.id} is an own image in {HOME_REGION} and available.", *evidence)
    missing = tuple(gap for gap in gaps(snapshot.ec2.images) if gap.region in {"", HOME_REGION})
    if here is None and missing:
        raise NotSeen(*missing)
    if here is None and not found:
        own_image(named.id, snapshot)
    reason = _reason(named.id, here, found)
    if is_withdrawn(named.id, snapshot):
        remark = Fact("Not counted", reason)
        why = f"New buyers can get no version that is made of {named.id}."
        return passed(why, *evidence, remark)
    return failed(reason, *evidence, values=_values(named.id, here, found))


def _reason(image: str, here: Image | None, found: tuple[Image, ...]) -> str:
    if here is not None:
        return f"{image} in {HOME_REGION} is {here.state or 'of unknown state'}, not available."
    if found:
        return f"{image} is not in {HOME_REGION} but in {_places(found)}."
    return f"{image} is not among the images of this account."


def _places(found: tuple[Image, ...]) -> str:
    return ", ".join(f"{image.region} ({image.state})" for image in found) or "no region"


def _named_by(named: NamedImage) -> Fact:
    offers = [
        f"{offer.name} ({offer.visibility or 'visibility unknown'})" for offer in named.offers
    ]
    return Fact("Named by", ", ".join([*offers, *["the profile"] * named.in_profile]), CATALOG)


def _values(image: str, here: Image | None, found: tuple[Image, ...]) -> dict[str, str]:
    elsewhere = "" if here is not None or not found else found[0].region
    is_disabled = here is not None and here.state == DISABLED
    return {
        "image": image,
        "source_region": elsewhere,
        "new_name": f"{image}-copy" if elsewhere else "",
        "disabled_image": image if is_disabled else "",
        "lost_image": image if not elsewhere and not is_disabled else "",
    }


REMEDY = Remedy(
    summary="Have the image of the version, [[image]], available in us-east-1 of this account.",
    minutes=60,
    console=(
        "In EC2, region [[source_region]], select [[image]], choose Actions, Copy AMI, destination"
        " US East (N. Virginia), without encryption.",
        "In EC2, region us-east-1, select [[disabled_image]] and choose Actions, Enable AMI.",
        "Build the product anew in us-east-1 of this account; [[lost_image]] cannot be used.",
        "If the image has a new id, add a version with it in the Management Portal and restrict"
        " the old version. An id in the account's profile is corrected there.",
    ),
    cli="""\
aws ec2 copy-image --source-region [[source_region]] --source-image-id [[image]] --name [[new_name]] --region us-east-1
# Then add a version with the new image.

aws ec2 enable-image --image-id [[disabled_image]] --region us-east-1

aws ec2 describe-images --owners self --include-disabled --region us-east-1 --filters Name=image-id,Values=[[lost_image]] --query "Images[].[ImageId,State]" --output table
# No command brings an image back that is gone or failed: build it anew and add a version with it.
""",
    cloudformation="""\
# Has Image Builder put every new image into us-east-1.
Resources:
  ProductDistribution:
    Type: AWS::ImageBuilder::DistributionConfiguration
    Properties:
      Name: marketplace-product
      Distributions:
        - Region: us-east-1
          AmiDistributionConfiguration:
            Name: "product-{{imagebuilder:buildDate}}"
""",
    terraform="""\
# Has Image Builder put every new image into us-east-1.
resource "aws_imagebuilder_distribution_configuration" "product" {
  name = "marketplace-product"
  distribution {
    region = "us-east-1"
    ami_distribution_configuration {
      name = "product-{{ imagebuilder:buildDate }}"
    }
  }
}
""",
    breaks=("A copy has another id: buyers get it with a new version only.",),
    way_back="Deregister the copy; the image that it was made of stays as it is.",
)

CONTROL = Control(
    module=__name__,
    title="Product AMIs live in us-east-1 of the seller account",
    severity=Severity.MEDIUM,
    risk="AWS Marketplace rejects the version, or cannot scan and copy its image again.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: AMI-based product requirements",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/product-and-ami-policies.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: Managing versions",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/single-ami-versions.html",
        ),
    ),
    reads=("catalog.products", "ec2.images", "ec2.regions"),
    not_applicable_because="No version of an AMI product, and not the profile, names an image.",
    resources=named_images,
    check=check,
)
