"""One image, one snapshot, one permission, one instance: from EC2's dictionaries to facts."""

from __future__ import annotations

from scanner.aws import Answer, Aws
from scanner.collect.reading import moment, tags_of
from scanner.facts.ec2 import BlockDevice, EbsSnapshot, Grant, Image, Instance
from scanner.vocabulary import Unobserved

UNASKED = Unobserved("", "NotRead")


def image_from(said: Answer, aws: Aws, region: str) -> Image:
    """An image as DescribeImages answers; its launch permissions are not read yet."""
    name = said["ImageId"]
    return Image(
        id=name,
        arn=f"arn:{aws.partition}:ec2:{region}:{aws.account}:image/{name}",
        region=region,
        owner=said.get("OwnerId", ""),
        label=said.get("Name", ""),
        state=said.get("State", ""),
        public=said.get("Public"),
        architecture=said.get("Architecture", ""),
        virtualization=said.get("VirtualizationType", ""),
        root_device_type=said.get("RootDeviceType", ""),
        image_type=said.get("ImageType", ""),
        created=moment(said.get("CreationDate")),
        launch_permissions=UNASKED,
        devices=tuple(
            _device(one) for one in said.get("BlockDeviceMappings") or () if "NoDevice" not in one
        ),
        imds_support=said.get("ImdsSupport", ""),
        deprecation=moment(said.get("DeprecationTime")),
        source_image=said.get("SourceImageId", ""),
        description=said.get("Description", ""),
        tags=tags_of(said),
    )


def _device(said: Answer) -> BlockDevice:
    disk = said.get("Ebs") or {}
    return BlockDevice(
        device=said.get("DeviceName", ""),
        snapshot=disk.get("SnapshotId", ""),
        size=disk.get("VolumeSize"),
        encrypted=disk.get("Encrypted"),
        kms_key=disk.get("KmsKeyId", ""),
        virtual_name=said.get("VirtualName", ""),
    )


def snapshot_from(said: Answer, aws: Aws, region: str) -> EbsSnapshot:
    """A snapshot as DescribeSnapshots answers; its volume permissions are not read yet."""
    name = said["SnapshotId"]
    return EbsSnapshot(
        id=name,
        arn=f"arn:{aws.partition}:ec2:{region}:{aws.account}:snapshot/{name}",
        region=region,
        encrypted=said.get("Encrypted"),
        volume_size=said.get("VolumeSize"),
        started=moment(said.get("StartTime")),
        volume_permissions=UNASKED,
        description=said.get("Description", ""),
        tags=tags_of(said),
    )


def grant(said: Answer) -> Grant:
    """A launch or create-volume permission; raises KeyError for one of an unknown kind."""
    known = {
        "UserId": "user",
        "Group": "group",
        "OrganizationArn": "organization",
        "OrganizationalUnitArn": "unit",
    }
    name = next(name for name in (*known, "") if said.get(name) or not name)
    return Grant(**{known[name]: said[name]})


def instance_from(said: Answer, aws: Aws, region: str) -> Instance:
    """An instance as DescribeInstances answers; it has a profile, for that was asked."""
    name = said["InstanceId"]
    options = said.get("MetadataOptions") or {}
    hops = options.get("HttpPutResponseHopLimit")
    return Instance(
        id=name,
        arn=f"arn:{aws.partition}:ec2:{region}:{aws.account}:instance/{name}",
        region=region,
        state=str(said["State"]["Name"]),
        profile=str(said["IamInstanceProfile"]["Arn"]),
        http_tokens=str(options.get("HttpTokens") or ""),
        http_endpoint=str(options.get("HttpEndpoint") or ""),
        hop_limit=None if hops is None else int(hops),
    )
