"""AMI-11: a version on sale whose image is gone or withdrawn cannot be checked or kept up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from scanner.control import (
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    not_applicable,
    not_assessed,
    passed,
)
from scanner.evidence import Fact
from scanner.facts.ec2 import Image
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.change_sets import restriction
from scanner.scope.versions import IMAGES, PUBLIC, Offer, offers, own_image
from scanner.vocabulary import HOME_REGION, NotSeen, Severity, Unobserved, seen

CATALOG = "aws-marketplace:DescribeEntity"
SOON = timedelta(days=60)
USABLE = {"available", "pending", "transient"}
DISABLED = "disabled"


def check(offer: Offer, snapshot: Snapshot) -> Verdict:
    """Judge each image of the version; one that was not found may be worse than a date to come."""
    if not offer.may_be_public:
        return not_applicable(f"{offer.name} is {offer.visibility}, not public.")
    if not offer.images:
        return not_applicable(f"{offer.name} is not made of an image.")
    evidence = [Fact("Visibility", offer.visibility or "not said: counted as public", CATALOG)]
    found: dict[str, Image | None] = {}
    missing: list[Unobserved] = []
    for one in offer.images:
        try:
            found[one] = own_image(one, snapshot)
        except NotSeen as unseen:
            missing += unseen.gaps
            continue
        evidence.append(Fact(one, _told(found[one]), IMAGES))
    values = _values(offer, found, snapshot)
    faults = [
        failed(reason, *evidence, severity=severity, values=values)
        for one, image in found.items()
        for reason, severity in _faults(one, image, snapshot)
    ]
    if missing and not any(fault.severity is Severity.MEDIUM for fault in faults):
        return not_assessed(missing[0].sentence(), *missing, evidence=evidence)
    why = f"Every image of {offer.name} is there and not deprecated."
    return all_faults(faults, passed(why, *evidence))


def _faults(one: str, image: Image | None, snapshot: Snapshot) -> Iterator[tuple[str, Severity]]:
    if image is None:
        yield f"{one} is not among the images of this account.", Severity.MEDIUM
        return
    if image.state not in USABLE:
        yield f"{one} is {image.state or 'of unknown state'}.", Severity.MEDIUM
    if image.deprecation is None:
        return
    left = image.deprecation - snapshot.now
    if left <= timedelta():
        yield f"{one} has been deprecated since {image.deprecation:%Y-%m-%d}.", Severity.MEDIUM
    elif left <= SOON:
        yield f"{one} will be deprecated in {left.days} days.", Severity.LOW


def _told(image: Image | None) -> str:
    if image is None:
        return "not among our own"
    date = f"{image.deprecation:%Y-%m-%d}" if image.deprecation else "no date"
    return f"{image.state} in {image.region}, deprecation: {date}"


def _values(offer: Offer, found: dict[str, Image | None], snapshot: Snapshot) -> dict[str, str]:
    """Images as the filter of describe-images takes them: ids with commas."""
    ours = [image for image in found.values() if image is not None]
    near = snapshot.now + SOON
    options = tuple(one.id for one in seen(offer.version.options) if one.visibility == PUBLIC)
    lost = len(ours) < len(found) or any(one.state not in {*USABLE, DISABLED} for one in ours)
    return {
        "version": offer.name,
        "images": ", ".join(offer.images),
        "region": ours[0].region if ours else HOME_REGION,
        "deprecated": ",".join(
            one.id for one in ours if one.deprecation and one.deprecation <= near
        ),
        "disabled": ",".join(one.id for one in ours if one.state == DISABLED),
        "change_set": restriction(offer.product.id, options) if lost and options else "",
    }


REMEDY = Remedy(
    summary="Keep the images of [[version]] usable, or take that version off sale.",
    minutes=20,
    console=(
        "In EC2, region [[region]], open AMIs, Owned by me, and find [[images]].",
        "Select [[deprecated]], choose Actions, Manage AMI Deprecation, and disable it.",
        "Select [[disabled]], choose Actions, Enable AMI.",
        "If an image is gone or failed, publish a new version and restrict [[version]] in the"
        " Management Portal. Restricting a version deprecates its image by itself.",
        "Let lifecycle policies and clean-up scripts skip the images of products.",
    ),
    cli="""\
for IMAGE in $(aws ec2 describe-images --region [[region]] --owners self --include-deprecated --include-disabled --filters Name=image-id,Values=[[deprecated]] --query 'Images[].ImageId' --output text); do
  aws ec2 disable-image-deprecation --region [[region]] --image-id "$IMAGE"
done

for IMAGE in $(aws ec2 describe-images --region [[region]] --owners self --include-deprecated --include-disabled --filters Name=image-id,Values=[[disabled]] --query 'Images[].ImageId' --output text); do
  aws ec2 enable-image --region [[region]] --image-id "$IMAGE"
done

cat > restrict-version.json <<'JSON'
[[change_set|json]]
JSON
# An image is gone or failed. Where a newer version is public, --intent APPLY does it.
aws marketplace-catalog start-change-set --catalog AWSMarketplace --region us-east-1 --intent VALIDATE --change-set file://restrict-version.json
""",
    cloudformation="""\
# A lifecycle policy that leaves out the images of products, which carry the tag marketplace.
Resources:
  ImageLifecycle:
    Type: AWS::ImageBuilder::LifecyclePolicy
    Properties:
      Name: keep-product-images
      ExecutionRole: !Ref ExecutionRoleArn
      ResourceType: AMI_IMAGE
      Status: ENABLED
      PolicyDetails:
        - Action:
            Type: DELETE
            IncludeResources:
              Amis: true
              Snapshots: true
          Filter:
            Type: AGE
            Value: 6
            Unit: MONTHS
          ExclusionRules:
            Amis:
              TagMap:
                marketplace: product
      ResourceSelection:
        TagMap:
          lifecycle: automatic
Parameters:
  ExecutionRoleArn:
    Type: String
""",
    terraform="""\
# A lifecycle policy that leaves out the images of products, which carry the tag marketplace.
variable "execution_role_arn" {
  type = string
}

resource "aws_imagebuilder_lifecycle_policy" "images" {
  name           = "keep-product-images"
  execution_role = var.execution_role_arn
  resource_type  = "AMI_IMAGE"
  policy_detail {
    action {
      type = "DELETE"
      include_resources {
        amis      = true
        snapshots = true
      }
    }
    filter {
      type  = "AGE"
      value = 6
      unit  = "MONTHS"
    }
    exclusion_rules {
      amis {
        tag_map = {
          "marketplace" = "product"
        }
      }
    }
  }
  resource_selection {
    tag_map = {
      "lifecycle" = "automatic"
    }
  }
}
""",
    breaks=(
        "New buyers cannot get a restricted version; those who have it need 90 days of support.",
        "The last public version of a product cannot be restricted.",
    ),
    way_back="aws ec2 enable-image-deprecation and disable-image set the earlier state again.",
)

CONTROL = Control(
    module=__name__,
    title="Public versions do not rest on deprecated, disabled or missing images",
    severity=Severity.MEDIUM,
    risk="AWS Marketplace cannot scan the image again or copy it to new regions, and the version is"
    " nearing its end without anybody knowing.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Managing versions",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/single-ami-versions.html",
        ),
        Reference(
            "Amazon EC2 User Guide: Deprecate an AMI",
            "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html",
        ),
    ),
    reads=("catalog.products", "ec2.images", "ec2.regions"),
    not_applicable_because="No AMI product of this account has a version.",
    resources=offers,
    check=check,
)
