"""Images and snapshots that the account owns in every region, whom they are shared with, and instances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from scanner.aws import Answer, Aws
from scanner.collect.ec2_instances import ACTIONS as INSTANCE_ACTIONS
from scanner.collect.ec2_instances import fpga_images, instances
from scanner.collect.ec2_items import grant, image_from, snapshot_from
from scanner.collect.reading import facts_from, unique
from scanner.facts.ec2 import EbsSnapshot, Ec2Facts, Grant, Image, Instance
from scanner.vocabulary import Listed, Observed, Partial, Unobserved, gaps, merged, seen

IMAGES = "ec2:DescribeImages"
IMAGE_SHARING = "ec2:DescribeImageAttribute"
SNAPSHOTS = "ec2:DescribeSnapshots"
SNAPSHOT_SHARING = "ec2:DescribeSnapshotAttribute"
ACTIONS = (
    IMAGES,
    IMAGE_SHARING,
    SNAPSHOTS,
    SNAPSHOT_SHARING,
    "ec2:GetImageBlockPublicAccessState",
    "ec2:GetSnapshotBlockPublicAccessState",
    "ec2:GetEbsEncryptionByDefault",
    *INSTANCE_ACTIONS,
)

PAGE = 1_000
IMAGE_GONE = ("InvalidAMIID.NotFound",)
SNAPSHOT_GONE = ("InvalidSnapshot.NotFound",)
EVERYONE = Grant(group="all")

T = TypeVar("T", Image, EbsSnapshot)


@dataclass(frozen=True, slots=True)
class Region:
    """What one region said."""

    images: Listed[Image]
    snapshots: Listed[EbsSnapshot]
    image_block: Observed[str]
    snapshot_block: Observed[str]


def collect(
    aws: Aws, regions: Callable[[], Listed[str]], profiles: Callable[[], Listed[str]]
) -> Ec2Facts:
    """Read all regions beside each other; only the home region when nobody knows which exist.

    `regions` waits until it is known which there are; home, where most is, is read meanwhile.
    `profiles` waits for the ARNs of the instance profiles whose instances are asked for.
    """
    encrypts = aws.begin(lambda: _encrypts(aws))
    fpga = aws.begin(lambda: fpga_images(aws))
    found: list[Listed[Instance]] = []

    def home() -> dict[str, Region]:
        return {aws.home: _region(aws, aws.home)}

    def elsewhere() -> dict[str, Region]:
        names = [name for name in seen(regions()) if name != aws.home]
        read = aws.beside(*(partial(_region, aws, name) for name in names))
        return dict(zip(names, read, strict=True))

    def metering() -> dict[str, Region]:
        found.append(instances(aws, regions(), profiles()))
        return {}

    here, there, _ = aws.beside(home, elsewhere, metering)
    read = {**here, **there}
    return Ec2Facts(
        regions=regions(),
        images=merged(*(one.images for one in read.values())),
        snapshots=merged(*(one.snapshots for one in read.values())),
        instances=found[0],
        fpga_images=fpga.result(),
        snapshot_block={name: one.snapshot_block for name, one in read.items()},
        image_block={name: one.image_block for name, one in read.items()},
        encrypts_by_default={aws.home: encrypts.result()},
    )


def _region(aws: Aws, region: str) -> Region:
    """Ask a region all its questions at once, then for the sharing of what it listed."""
    image_block = aws.begin(lambda: _state(aws, region, "Image", "ImageBlockPublicAccessState"))
    snapshot_block = aws.begin(lambda: _state(aws, region, "Snapshot", "State"))
    asked = aws.begin(lambda: _snapshots(aws, region))
    asked_public = aws.begin(lambda: _snapshots(aws, region, RestorableByUserIds=["all"]))
    images = _images(aws, region)
    sharing = [
        aws.begin(partial(_shared_image, aws, one, asks=place < aws.limits.details))
        for place, one in enumerate(seen(images))
    ]
    snapshots = _behind_images_first(asked.result(), seen(images))
    public = frozenset(one.id for one in seen(asked_public.result()))
    volumes = [
        aws.begin(partial(_shared_snapshot, aws, public, one, asks=place < aws.limits.details))
        for place, one in enumerate(seen(snapshots))
    ]
    return Region(
        _replaced(images, [one.result() for one in sharing]),
        _replaced(snapshots, [one.result() for one in volumes]),
        image_block.result(),
        snapshot_block.result(),
    )


def _images(aws: Aws, region: str) -> Listed[Image]:
    listed = aws.pages(
        "ec2",
        "DescribeImages",
        "Images",
        region=region,
        Owners=["self"],
        IncludeDeprecated=True,
        IncludeDisabled=True,
        MaxResults=PAGE,
    )
    made = facts_from(
        listed, lambda said: image_from(said, aws, region), action=IMAGES, region=region
    )
    return unique(made, lambda one: one.id)


def _snapshots(aws: Aws, region: str, **more: Any) -> Listed[EbsSnapshot]:
    listed = aws.pages(
        "ec2",
        "DescribeSnapshots",
        "Snapshots",
        region=region,
        OwnerIds=["self"],
        MaxResults=PAGE,
        **more,
    )
    made = facts_from(
        listed, lambda said: snapshot_from(said, aws, region), action=SNAPSHOTS, region=region
    )
    return unique(made, lambda one: one.id)


def _behind_images_first(
    listed: Listed[EbsSnapshot], images: tuple[Image, ...]
) -> Listed[EbsSnapshot]:
    """Those that software is sold from come first, should there be more than one scan reads."""
    behind = {device.snapshot for image in images for device in image.devices}
    ordered = tuple(sorted(seen(listed), key=lambda one: one.id not in behind))
    return _replaced(listed, list(ordered))


def _replaced(listed: Listed[T], items: list[T | None]) -> Listed[T]:
    """The same list with what was read more of its items; None is gone meanwhile."""
    if isinstance(listed, Unobserved):
        return listed
    left = tuple(item for item in items if item is not None)
    return Partial(left, gaps(listed)) if gaps(listed) else left


def _shared_image(aws: Aws, image: Image, *, asks: bool) -> Image | None:
    if not asks:
        return replace(image, launch_permissions=_over_cap(IMAGE_SHARING, image.region))
    answer = aws.find(
        "ec2",
        "DescribeImageAttribute",
        region=image.region,
        absent=IMAGE_GONE,
        must=("ImageId",),
        ImageId=image.id,
        Attribute="launchPermission",
    )
    if answer is None:
        return None
    grants = _grants(answer, "LaunchPermissions", IMAGE_SHARING, image.region)
    return replace(image, launch_permissions=grants)


def _shared_snapshot(
    aws: Aws, public: frozenset[str], one: EbsSnapshot, *, asks: bool
) -> EbsSnapshot | None:
    """The snapshot with its permissions; that it is public is known even if the call is refused."""
    if asks:
        answer = aws.find(
            "ec2",
            "DescribeSnapshotAttribute",
            region=one.region,
            absent=SNAPSHOT_GONE,
            must=("SnapshotId",),
            SnapshotId=one.id,
            Attribute="createVolumePermission",
        )
        if answer is None:
            return None
        grants = _grants(answer, "CreateVolumePermissions", SNAPSHOT_SHARING, one.region)
    else:
        grants = _over_cap(SNAPSHOT_SHARING, one.region)
    if one.id in public and EVERYONE not in seen(grants):
        known = (EVERYONE, *seen(grants))
        grants = Partial(known, gaps(grants)) if gaps(grants) else known
    return replace(one, volume_permissions=grants)


def _grants(answer: Observed[Answer], key: str, action: str, region: str) -> Listed[Grant]:
    if isinstance(answer, Unobserved):
        return answer
    return facts_from(tuple(answer.get(key) or ()), grant, action=action, region=region)


def _over_cap(action: str, region: str) -> Unobserved:
    return Unobserved(action, "OverCap", region, "more of them than one scan reads in a region")


def _state(aws: Aws, region: str, kind: str, member: str) -> Observed[str]:
    """The region's block on public sharing of images or snapshots, as EC2 spells it."""
    operation = f"Get{kind}BlockPublicAccessState"
    answer = aws.call("ec2", operation, region=region, must=(member,))
    return answer if isinstance(answer, Unobserved) else str(answer[member])


def _encrypts(aws: Aws) -> Observed[bool]:
    member = "EbsEncryptionByDefault"
    answer = aws.call("ec2", "GetEbsEncryptionByDefault", region=aws.home, must=(member,))
    return answer if isinstance(answer, Unobserved) else bool(answer[member])
