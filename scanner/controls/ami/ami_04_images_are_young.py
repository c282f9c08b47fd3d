"""AMI-04: Marketplace takes no image, and keeps none on sale, that is older than two years."""

from __future__ import annotations

from datetime import timedelta

from scanner.control import Control, Reference, Verdict, failed, not_assessed, passed
from scanner.evidence import Fact
from scanner.facts.ec2 import Image
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ami import not_judged, product_images
from scanner.scope.change_sets import CLI, new_version
from scanner.scope.products import Kind
from scanner.scope.versions import is_withdrawn, offers_of
from scanner.vocabulary import Severity, Unobserved

READ = "ec2:DescribeImages"


def check(image: Image, snapshot: Snapshot) -> Verdict:
    """Count from CreationDate: a copy carries its own, so the image it was made of is shown."""
    if image.created is None:
        gap = Unobserved(READ, "FieldMissing", image.region, f"CreationDate of {image.id}")
        return not_assessed(gap.sentence(), gap)
    age = snapshot.now - image.created
    evidence = [
        Fact("CreationDate", f"{image.created:%Y-%m-%d}", READ),
        Fact("Copied from", image.source_image or "no other image", READ),
        *not_judged(snapshot),
    ]
    profile = snapshot.profile
    old = age > timedelta(days=profile.ami_max_age_days)
    if not old and age <= timedelta(days=profile.ami_age_warn_days):
        return passed(f"{image.id} is {age.days} days old.", *evidence)
    reason = f"{image.id} is {age.days} days old; the limit is {profile.ami_max_age_days}."
    if not old:
        left = (image.created + timedelta(days=profile.ami_max_age_days) - snapshot.now).days
        reason = f"{image.id} is {age.days} days old and reaches the limit in {left} days."
    if is_withdrawn(image.id, snapshot):
        why = f"New buyers can get no version that is made of {image.id}."
        return passed(why, *evidence, Fact("Not counted", reason, READ))
    severity = Severity.HIGH if old else Severity.LOW
    return failed(reason, *evidence, severity=severity, values=_values(image, snapshot))


def _values(image: Image, snapshot: Snapshot) -> dict[str, str]:
    products = [offer.product for offer in offers_of(image.id, snapshot)]
    return {
        "image": image.id,
        "region": image.region,
        "product": products[0].name or products[0].id if products else "",
        "change_set": new_version(products[0].id, Kind.AMI) if products else "",
    }


REMEDY = Remedy(
    summary="Build [[image]] anew on a current base image and publish it as a new version.",
    minutes=120,
    console=(
        "In EC2, region [[region]], launch an instance from a current base image, install the"
        " product as for [[image]], and create an image of it. A copy of the old image would be"
        " young by its date only: what counts is the software in it.",
        "In the Management Portal open the product [[product]] and add a version with the new"
        " image.",
        "Once the new version is public, restrict the version of [[image]].",
    ),
    cli=f"""\
aws ec2 describe-images --region [[region]] --image-ids [[image]] --query "Images[].[ImageId,Name,CreationDate,SourceImageId]" --output table

{CLI}""",
    cloudformation="""\
# Builds a new image each month from a recipe that you have.
Parameters:
  RecipeArn:
    Type: String
  InfrastructureArn:
    Type: String
Resources:
  ProductPipeline:
    Type: AWS::ImageBuilder::ImagePipeline
    Properties:
      Name: marketplace-product-monthly
      ImageRecipeArn: !Ref RecipeArn
      InfrastructureConfigurationArn: !Ref InfrastructureArn
      Schedule:
        ScheduleExpression: cron(0 4 1 * ? *)
""",
    terraform="""\
# Builds a new image each month from a recipe that you have.
variable "recipe_arn" {
  type = string
}

variable "infrastructure_arn" {
  type = string
}

resource "aws_imagebuilder_image_pipeline" "product" {
  name                             = "marketplace-product-monthly"
  image_recipe_arn                 = var.recipe_arn
  infrastructure_configuration_arn = var.infrastructure_arn
  schedule {
    schedule_expression = "cron(0 4 1 * ? *)"
  }
}
""",
    breaks=(
        "Buyers are told of the new version; running instances of the old one are not touched.",
        "A restricted version needs 90 days of support for those who have it.",
    ),
    way_back="Nothing is changed in place: [[image]] stays until you deregister it.",
)

CONTROL = Control(
    module=__name__,
    title="Product AMIs are younger than two years",
    severity=Severity.HIGH,
    risk="AWS Marketplace may take the version or the product off sale; old images carry old"
    " vulnerabilities.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: AMI-based product requirements",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/product-and-ami-policies.html",
        ),
    ),
    reads=("ec2.images", "catalog.products"),
    not_applicable_because="No AMI product is sold from this account, or it owns no image in"
    " us-east-1 to sell.",
    resources=product_images,
    check=check,
)
