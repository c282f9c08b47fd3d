"""AMI-03: Marketplace cannot ingest an image that rests on an encrypted snapshot."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, all_faults, failed, not_assessed, passed
from scanner.evidence import Fact
from scanner.facts.ec2 import BlockDevice, Image
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ami import not_judged, own_snapshot, product_images
from scanner.vocabulary import HOME_REGION, NotSeen, Severity, Unobserved

READ = "ec2:DescribeImages, ec2:DescribeSnapshots"


def check(image: Image, snapshot: Snapshot) -> Verdict:
    """Look at every mapping and at the snapshot behind it; either may say that it is encrypted."""
    evidence = [_default(snapshot), *not_judged(snapshot)]
    faults: list[str] = []
    missing: list[Unobserved] = []
    for device in image.devices:
        try:
            encrypted = _is_encrypted(device, image.region, snapshot)
        except NotSeen as unseen:
            missing += unseen.gaps
            continue
        what = device.snapshot or "no snapshot"
        evidence.append(Fact(device.device, f"{what}, {'' if encrypted else 'un'}encrypted", READ))
        if encrypted:
            key = f" with key {device.kms_key}" if device.kms_key else ""
            faults.append(f"{device.device} of {image.id} ({what}) is encrypted{key}.")
    if image.root_device_type == "ebs" and not image.devices:
        missing.append(_left_out("BlockDeviceMappings", image.id, image.region))
    otherwise = passed(f"No device of {image.id} is encrypted.", *evidence)
    if missing:
        otherwise = not_assessed(missing[0].sentence(), *missing, evidence=evidence)
    values = {"image": image.id, "region": image.region, "new_name": f"{image.id}-unencrypted"}
    return all_faults([failed(one, *evidence, values=values) for one in faults], otherwise)


def _is_encrypted(device: BlockDevice, region: str, snapshot: Snapshot) -> bool:
    """Whether a mapping or its snapshot is; raises NotSeen when neither says so and one is silent.

    DescribeImages alone speaks for the snapshot of another account.
    """
    if device.encrypted or not device.snapshot:
        return bool(device.encrypted)
    behind = own_snapshot(device.snapshot, region, snapshot)
    said = {device.encrypted, behind.encrypted if behind else None}
    if said == {None}:
        raise NotSeen(_left_out("Encrypted", device.snapshot, region))
    return True in said


def _left_out(field: str, what: str, region: str) -> Unobserved:
    return Unobserved("ec2:DescribeImages", "FieldMissing", region, f"{field} of {what}")


def _default(snapshot: Snapshot) -> Fact:
    """A remark, never an outcome: with this default each new snapshot is encrypted."""
    default = snapshot.ec2.home_default_encryption
    state = {True: "on: new product builds must opt out", False: "off", None: "not read"}
    value = default.sentence() if isinstance(default, Unobserved) else state[default]
    label = f"EBS encryption by default in {HOME_REGION}"
    return Fact(label, value, "ec2:GetEbsEncryptionByDefault")


REMEDY = Remedy(
    summary="Build [[image]] anew on unencrypted volumes, in an account that only builds products.",
    minutes=120,
    console=(
        "Use a separate build account, so that data elsewhere keeps encryption by default.",
        "There, in EC2, region [[region]], open Settings, Data protection and security, and turn"
        " off Always encrypt new EBS volumes.",
        "Launch an instance from an unencrypted base image and install the product, or attach the"
        " old volume to it and copy the files over: an encrypted snapshot cannot be decrypted in"
        " place.",
        "Choose Actions, Image and templates, Create image, and add a version with the new image.",
    ),
    cli="""\
# With the credentials of the build account:
aws ec2 disable-ebs-encryption-by-default --region [[region]]
INSTANCE=$(aws ec2 run-instances --region [[region]] --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.small --query 'Instances[0].InstanceId' --output text)
# Install the product on this instance, then:
aws ec2 create-image --region [[region]] --instance-id "$INSTANCE" --name [[new_name]]
""",
    terraform="""\
# In the configuration of the build account; then run its image pipeline again.
resource "aws_ebs_encryption_by_default" "build" {
  enabled = false
}
""",
    breaks=(
        "New volumes of the build account are no longer encrypted unless asked for: keep customer"
        " data out of it.",
        "Buyers get a new version; running instances of the old one are not touched.",
    ),
    way_back="aws ec2 enable-ebs-encryption-by-default turns the default on again.",
    without=(
        ("cloudformation", "CloudFormation has no resource type for EBS encryption by default."),
    ),
)

CONTROL = Control(
    module=__name__,
    title="No encrypted snapshots behind the AMI",
    severity=Severity.HIGH,
    risk="AWS Marketplace cannot copy an encrypted image, and sharing it would need your key.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: AMI-based product requirements",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/product-and-ami-policies.html",
        ),
    ),
    reads=("ec2.images", "ec2.snapshots", "ec2.encrypts_by_default", "catalog.products"),
    not_applicable_because="No AMI product is sold from this account, or it owns no image in"
    " us-east-1 to sell.",
    resources=product_images,
    check=check,
)
