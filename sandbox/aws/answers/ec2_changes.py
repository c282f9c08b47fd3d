"""EC2 calls that change images and snapshots, so that a remediation can be tried out."""

from typing import Any

from sandbox.aws import clock
from sandbox.aws.answers.ec2_images import own_image
from sandbox.aws.answers.ec2_snapshots import own_snapshot
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.refusals import ApiError, refuse


def modify_image_attribute(ask: Ask) -> Answer:
    """Add or remove launch permissions, set the description or require IMDSv2."""
    image = own_image(ask)
    change = ask.params.get("LaunchPermission") or {}
    added, removed = change.get("Add") or [], change.get("Remove") or []
    if {"Group": "all"} in added and ask.here.image_block == "block-new-sharing":
        raise ApiError(
            "OperationNotPermitted",
            "You can't publicly share this image. Block public access for AMIs is enabled.",
        )
    for name, held in (
        ("Group", image.groups),
        ("UserId", image.users),
        ("OrganizationArn", image.organizations),
    ):
        _change(
            held,
            [entry[name] for entry in added if name in entry],
            [entry[name] for entry in removed if name in entry],
        )
    if ask.params.get("Description"):
        image.description = ask.params["Description"].get("Value", "")
    if ask.params.get("ImdsSupport"):
        image.imds_support = ask.params["ImdsSupport"]["Value"]
    return {}


def modify_snapshot_attribute(ask: Ask) -> Answer:
    """Add or remove permissions to make volumes."""
    shot = own_snapshot(ask)
    groups, users = ask.params.get("GroupNames") or [], ask.params.get("UserIds") or []
    change: dict[str, Any] = ask.params.get("CreateVolumePermission") or {}
    adding = ask.params.get("OperationType") == "add"
    added, removed = change.get("Add") or [], change.get("Remove") or []
    _change(
        shot.groups,
        [entry["Group"] for entry in added if "Group" in entry] + (groups if adding else []),
        [entry["Group"] for entry in removed if "Group" in entry] + ([] if adding else groups),
    )
    _change(
        shot.users,
        [entry["UserId"] for entry in added if "UserId" in entry] + (users if adding else []),
        [entry["UserId"] for entry in removed if "UserId" in entry] + ([] if adding else users),
    )
    return {}


def _change(held: list[str], added: list[str], removed: list[str]) -> None:
    held[:] = [
        *(item for item in held if item not in removed),
        *(item for item in added if item not in held),
    ]


def enable_deprecation(ask: Ask) -> Answer:
    """Deprecate an own image from a moment on."""
    image = own_image(ask)
    image.deprecation_time = clock.aware(ask.params["DeprecateAt"])
    return {"Return": True}


def disable_deprecation(ask: Ask) -> Answer:
    """Lift the deprecation of an own image."""
    own_image(ask).deprecation_time = None
    return {"Return": True}


def enable_image(ask: Ask) -> Answer:
    """Let a disabled image be launched again."""
    own_image(ask).state = "available"
    return {"Return": True}


def disable_image(ask: Ask) -> Answer:
    """Disable an own image; a public one becomes private."""
    own_image(ask).state = "disabled"
    return {"Return": True}


def deregister_image(ask: Ask) -> Answer:
    """Delete an own image; its snapshots stay."""
    del ask.here.images[own_image(ask).id]
    return {"Return": True}


def delete_snapshot(ask: Ask) -> Answer:
    """Delete an own snapshot that no image uses."""
    shot = own_snapshot(ask)
    users = [
        image.id
        for image in ask.here.images.values()
        if shot.id in {disk.snapshot for disk in image.disks}
    ]
    if users:
        raise ApiError(
            "InvalidSnapshot.InUse", f"The snapshot {shot.id} is currently in use by {users[0]}"
        )
    del ask.here.snapshots[shot.id]
    return {}


def refuse_making(ask: Ask) -> Answer:
    """Making images, snapshots and instances is left to seeds: moto would keep them where no listing looks."""
    raise refuse(
        "unknown_call",
        ask.service,
        ask.protocol,
        "The fake AWS makes images, snapshots and instances through seeds only.",
    )


_MAKING = (
    "RegisterImage", "CopyImage", "CreateImage", "CreateSnapshot", "CreateSnapshots", "CopySnapshot",
    "ImportSnapshot", "ImportImage",
)  # fmt: skip
ANSWERS: dict[str, Handler] = {
    "ModifyImageAttribute": modify_image_attribute,
    "ModifySnapshotAttribute": modify_snapshot_attribute,
    "EnableImageDeprecation": enable_deprecation,
    "DisableImageDeprecation": disable_deprecation,
    "EnableImage": enable_image,
    "DisableImage": disable_image,
    "DeregisterImage": deregister_image,
    "DeleteSnapshot": delete_snapshot,
    **dict.fromkeys(_MAKING, refuse_making),
}
