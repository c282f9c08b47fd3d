"""Answers of EC2 about images."""

from collections.abc import Iterator
from typing import Any

from sandbox.aws import clock
from sandbox.aws.answers.ec2_filters import keep
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError
from sandbox.aws.state import Disk, Image

_FILTERABLE = {
    "Architecture", "CreationDate", "Description", "EnaSupport", "Hypervisor", "ImageId", "ImageType",
    "ImageOwnerAlias", "Name", "OwnerId", "Platform", "ProductCodes", "Public", "RootDeviceName",
    "RootDeviceType", "SourceImageId", "State", "VirtualizationType",
}  # fmt: skip


def describe_images(ask: Ask) -> Answer:
    """The images that the caller may see; deprecated and disabled ones as EC2 hides them."""
    wanted = ask.params.get("ImageIds") or []
    if wanted and "MaxResults" in ask.params:
        raise ApiError(
            "InvalidParameterCombination",
            "The parameter imageIdsSet cannot be used with the parameter maxResults",
        )
    visible = [image for image in _visible(ask) if not wanted or image.id in wanted]
    missing = set(wanted) - {image.id for image in visible}
    if missing:
        raise ApiError(
            "InvalidAMIID.NotFound", f"The image id '[{', '.join(sorted(missing))}]' does not exist"
        )
    shown = [image for image in visible if _asked_for(ask, image)]
    items = keep(
        [image_answer(image) for image in shown], ask.params.get("Filters") or [], _FILTERABLE
    )
    page, tail = cut(ask, items, usual=None)
    return {"Images": list(page)} | tail


def _visible(ask: Ask) -> Iterator[Image]:
    me = ask.account.account
    for account in list(ask.world.accounts.values()):
        for image in list(account.region(ask.region).images.values()):
            if image.owner == me or image.public or me in image.users:
                yield image


def _asked_for(ask: Ask, image: Image) -> bool:
    me = ask.account.account
    owners = ask.params.get("Owners") or []
    if owners and image.owner not in {me if owner == "self" else owner for owner in owners}:
        return False
    launchers = ask.params.get("ExecutableUsers") or []
    if launchers and not _launchable(image, {me if user == "self" else user for user in launchers}):
        return False
    if image.state == "disabled" and not ask.params.get("IncludeDisabled"):
        return False
    deprecated = image.deprecation_time is not None and image.deprecation_time <= clock.now()
    return image.owner == me or not deprecated or bool(ask.params.get("IncludeDeprecated"))


def _launchable(image: Image, users: set[str]) -> bool:
    return ("all" in users and image.public) or bool(users & set(image.users))


def image_answer(image: Image) -> Answer:
    """An image as DescribeImages prints it."""
    answer: Answer = {
        "ImageId": image.id,
        "ImageLocation": f"{image.owner}/{image.name}",
        "Name": image.name,
        "Description": image.description or None,
        "OwnerId": image.owner,
        "CreationDate": clock.as_iso(image.created),
        "Public": image.public,
        "State": image.state,
        "Architecture": image.architecture,
        "ImageType": image.image_type,
        "VirtualizationType": image.virtualization,
        "RootDeviceType": image.root_device_type,
        "RootDeviceName": image.disks[0].device if image.disks else None,
        "Hypervisor": "xen",
        "EnaSupport": True,
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
        "BlockDeviceMappings": [_mapping(index, disk) for index, disk in enumerate(image.disks)],
        "ImdsSupport": image.imds_support,
        "DeprecationTime": clock.as_iso(image.deprecation_time) if image.deprecation_time else None,
        "SourceImageId": image.source_image,
        "ProductCodes": _product_codes(image) or None,
        "Tags": [{"Key": key, "Value": value} for key, value in image.tags.items()] or None,
    }
    return answer | image.overrides


def _product_codes(image: Image) -> list[Answer]:
    return [
        {"ProductCodeId": code, "ProductCodeType": "marketplace"} for code in image.product_codes
    ]


def _mapping(index: int, disk: Disk) -> Answer:
    if disk.snapshot is None:
        return {"DeviceName": disk.device, "VirtualName": f"ephemeral{index}"}
    return {
        "DeviceName": disk.device,
        "Ebs": {
            "SnapshotId": disk.snapshot,
            "VolumeSize": disk.size,
            "VolumeType": "gp3",
            "DeleteOnTermination": True,
            "Encrypted": disk.encrypted,
            "KmsKeyId": disk.kms_key,
        },
    }


def own_image(ask: Ask) -> Image:
    """The caller's own image named in the request; raises what EC2 raises for unknown and foreign ones."""
    image_id = ask.params["ImageId"]
    image = ask.here.images.get(image_id)
    if image is not None:
        return image
    if any(image.id == image_id for image in _visible(ask)):
        raise ApiError("AuthFailure", f"Not authorized for image:{image_id}", 403)
    raise ApiError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")


def describe_image_attribute(ask: Ask) -> Answer:
    """One attribute of an own image."""
    image = own_image(ask)
    attribute = ask.params.get("Attribute", "")
    values: dict[str, Any] = {
        "launchPermission": {"LaunchPermissions": launch_permissions(image)},
        "description": {"Description": {"Value": image.description}},
        "productCodes": {"ProductCodes": _product_codes(image)},
        "blockDeviceMapping": {"BlockDeviceMappings": image_answer(image)["BlockDeviceMappings"]},
        "imdsSupport": {"ImdsSupport": {"Value": image.imds_support} if image.imds_support else {}},
        "bootMode": {"BootMode": {}},
        "deregistrationProtection": {"DeregistrationProtection": {"Value": "disabled"}},
    }
    if attribute not in values:
        raise ApiError("InvalidRequest", f"The attribute '{attribute}' cannot be read")
    return {"ImageId": image.id, **values[attribute]}


def launch_permissions(image: Image) -> list[Answer]:
    """Who may launch the image, one entry per group, account and organisation."""
    return [
        *({"Group": group} for group in image.groups),
        *({"UserId": user} for user in image.users),
        *({"OrganizationArn": arn} for arn in image.organizations),
    ]


ANSWERS: dict[str, Handler] = {
    "DescribeImages": describe_images,
    "DescribeImageAttribute": describe_image_attribute,
}
