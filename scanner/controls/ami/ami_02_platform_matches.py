"""AMI-02: Marketplace takes 64-bit, hardware-virtualised, EBS-backed images of at most 5 TiB."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, all_faults, failed, not_assessed, passed
from scanner.evidence import Fact
from scanner.facts.ec2 import Image
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ami import not_judged, product_images
from scanner.vocabulary import Severity, Unobserved

READ = "ec2:DescribeImages"
MOST_GIB = 5120
WARN_GIB = 5000
ALLOWED = {
    "VirtualizationType": ("hvm",),
    "Architecture": ("x86_64", "arm64"),
    "RootDeviceType": ("ebs",),
    "ImageType": ("machine",),
}


def check(image: Image, snapshot: Snapshot) -> Verdict:
    """Name each deviation; a field that AWS left out is not assessed unless another one fails."""
    said = {
        "VirtualizationType": image.virtualization,
        "Architecture": image.architecture,
        "RootDeviceType": image.root_device_type,
        "ImageType": image.image_type,
    }
    sizes = [device.size for device in image.devices if device.snapshot]
    total = sum(size for size in sizes if size is not None)
    evidence = [Fact(field, value or "left out", READ) for field, value in said.items()]
    evidence += [Fact("Volumes made of snapshots", f"{len(sizes)}, {total} GiB", READ)]
    evidence += not_judged(snapshot)
    if WARN_GIB <= total <= MOST_GIB:
        evidence.append(Fact("Close to the limit", f"{total} of {MOST_GIB} GiB"))
    faults = [
        f"{field} of {image.id} is {value}; Marketplace takes {' or '.join(ALLOWED[field])}."
        for field, value in said.items()
        if value and value not in ALLOWED[field]
    ]
    if total > MOST_GIB:
        faults.append(f"The volumes of {image.id} add up to {total} GiB; the limit is {MOST_GIB}.")
    missing = [field for field, value in said.items() if not value]
    if None in sizes or (image.root_device_type == "ebs" and not sizes):
        missing.append("VolumeSize")
    return all_faults(
        [failed(fault, *evidence, values=_values(image)) for fault in faults],
        otherwise=_without_faults(image, missing, evidence),
    )


def _without_faults(image: Image, missing: list[str], evidence: list[Fact]) -> Verdict:
    if missing:
        gap = Unobserved(READ, "FieldMissing", image.region, f"{', '.join(missing)} of {image.id}")
        return not_assessed(gap.sentence(), gap, evidence=evidence)
    return passed(f"{image.id} is a 64-bit HVM machine image on EBS within 5 TiB.", *evidence)


def _values(image: Image) -> dict[str, str]:
    arm = image.architecture == "arm64"
    kind = "arm64" if arm else "x86_64"
    return {
        "image": image.id,
        "region": image.region,
        "new_name": f"{image.id}-rebuilt",
        "base": f"resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{kind}",
        "instance_type": "t4g.small" if arm else "t3.small",
        "parent": "arn:aws:imagebuilder:us-east-1:aws:image/amazon-linux-2023-"
        + ("arm64/x.x.x" if arm else "x86/x.x.x"),
    }


REMEDY = Remedy(
    summary="Build the product anew on an HVM, 64-bit, EBS-backed base image.",
    minutes=120,
    console=(
        "In EC2, region [[region]], launch an instance from a current 64-bit (x86 or Arm) base"
        " image, such as Amazon Linux 2023, with volumes that stay under 5,120 GiB together.",
        "Install the product as for [[image]].",
        "Choose Actions, Image and templates, Create image.",
        "In the Management Portal add a version with the new image and restrict the old one.",
    ),
    cli="""\
INSTANCE=$(aws ec2 run-instances --region [[region]] --image-id [[base]] --instance-type [[instance_type]] --query 'Instances[0].InstanceId' --output text)
# Install the product on this instance, then:
aws ec2 create-image --region [[region]] --instance-id "$INSTANCE" --name [[new_name]]
""",
    cloudformation="""\
Resources:
  ProductRecipe:
    Type: AWS::ImageBuilder::ImageRecipe
    Properties:
      Name: [[new_name]]
      Version: 1.0.0
      ParentImage: [[parent]]
      BlockDeviceMappings:
        - DeviceName: /dev/xvda
          Ebs:
            VolumeSize: 20
            VolumeType: gp3
            Encrypted: false
            DeleteOnTermination: true
""",
    terraform="""\
resource "aws_imagebuilder_image_recipe" "product" {
  name         = [[new_name]]
  version      = "1.0.0"
  parent_image = [[parent]]
  component {
    component_arn = "arn:aws:imagebuilder:us-east-1:aws:component/update-linux/x.x.x"
  }
  block_device_mapping {
    device_name = "/dev/xvda"
    ebs {
      volume_size           = 20
      volume_type           = "gp3"
      encrypted             = "false"
      delete_on_termination = true
    }
  }
}
""",
    breaks=(
        "Buyers get a new version; running instances of the old one are not touched.",
        "Software built for another processor has to be compiled anew.",
    ),
    way_back="Keep [[image]] until the new version is published; nothing changes it.",
)

CONTROL = Control(
    module=__name__,
    title="Image platform matches the architecture policy",
    severity=Severity.MEDIUM,
    risk="AWS Marketplace rejects the version when it is submitted.",
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
