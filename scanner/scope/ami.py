"""Which images and snapshots are, or may become, products (controls.md 1.7 and section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from scanner.evidence import Fact
from scanner.facts.catalog import Product
from scanner.facts.ec2 import EbsSnapshot, Image
from scanner.facts.snapshot import Snapshot
from scanner.scope.memory import once_per_snapshot
from scanner.scope.products import Kind, says_so, sells
from scanner.vocabulary import (
    HOME_REGION,
    Listed,
    NotSeen,
    Partial,
    Unobserved,
    gaps,
    known,
    merged,
    seen,
)

AMI_PRODUCT = "AmiProduct"
NAMED_AT_MOST = 5

R = TypeVar("R", Image, EbsSnapshot)


def sells_images(snapshot: Snapshot) -> bool:
    """Whether AMI products are sold; true as well when the catalog could not be read whole.

    The profile may add to the catalog, never stand in for it: who refuses us the catalog must not
    gain by it (controls.md section 8).
    """
    profile = snapshot.profile
    said = profile.images or "ami" in (profile.product_types or ())
    return bool(_ami_products(snapshot) or said or gaps(snapshot.catalog.products))


def surely_sells_images(snapshot: Snapshot) -> bool:
    """Whether AMI products are sold; raises NotSeen when only an unread catalog may say so."""
    if _ami_products(snapshot) or snapshot.profile.images:
        return True
    return says_so(snapshot, Kind.AMI) or known(sells(snapshot, Kind.AMI))


@once_per_snapshot
def product_images(snapshot: Snapshot) -> Listed[Image]:
    """Own images in us-east-1 that a product or the profile names; none when no AMI is sold.

    All own images there when the catalog could not be read whole, or when nothing that it names
    is ours (it may name Marketplace's copies, controls.md 1.7).
    """
    if not sells_images(snapshot):
        return ()
    listed = _at_home(snapshot.ec2.images)
    if isinstance(listed, Unobserved):
        return listed
    everything = seen(listed)
    named = tuple(image for image in everything if image.id in _named_ids(snapshot))
    found = everything if _catalog_gaps(snapshot) else named or everything
    return Partial(found, gaps(listed)) if gaps(listed) else found


@once_per_snapshot
def other_images(snapshot: Snapshot) -> tuple[Image, ...]:
    """Own images of all regions that no product is made of, as far as was read: evidence only."""
    judged = {image.arn for image in seen(product_images(snapshot))}
    return tuple(image for image in seen(snapshot.ec2.images) if image.arn not in judged)


def not_judged(snapshot: Snapshot) -> tuple[Fact, ...]:
    """A remark on own images that are left out of judgement; nothing when there are none."""
    names = [image.id for image in other_images(snapshot)]
    if not names:
        return ()
    shown = ", ".join(names[:NAMED_AT_MOST])
    more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    return (Fact("Own images of no product, not judged", shown + more, "ec2:DescribeImages"),)


def own_images(snapshot: Snapshot) -> Listed[Image]:
    """Own images of all enabled regions; cut when the list of regions could not be read."""
    return _in_all_regions(snapshot, snapshot.ec2.images)


def own_snapshots(snapshot: Snapshot) -> Listed[EbsSnapshot]:
    """Own snapshots of all enabled regions, those behind product images first."""
    listed = _in_all_regions(snapshot, snapshot.ec2.snapshots)
    if isinstance(listed, Unobserved):
        return listed
    products = {image.arn for image in seen(product_images(snapshot))}

    def is_behind_no_product(ebs: EbsSnapshot) -> bool:
        return not any(image.arn in products for image in images_on(ebs, snapshot))

    found = tuple(sorted(seen(listed), key=is_behind_no_product))
    return Partial(found, gaps(listed)) if gaps(listed) else found


def images_on(ebs: EbsSnapshot, snapshot: Snapshot) -> tuple[Image, ...]:
    """Own images that are made of a snapshot."""
    return _images_by_snapshot(snapshot).get((ebs.region, ebs.id), ())


def own_snapshot(snapshot_id: str, region: str, snapshot: Snapshot) -> EbsSnapshot | None:
    """The own snapshot with this id; None when another account owns it.

    Raises NotSeen when it is not among those read and not all of that region could be read.
    """
    found = _snapshots_by_id(snapshot).get((region, snapshot_id))
    missing = tuple(g for g in gaps(snapshot.ec2.snapshots) if g.region in {"", region})
    if found is None and missing:
        raise NotSeen(*missing)
    return found


@once_per_snapshot
def _images_by_snapshot(snapshot: Snapshot) -> Mapping[tuple[str, str], tuple[Image, ...]]:
    found: dict[tuple[str, str], tuple[Image, ...]] = {}
    for image in seen(snapshot.ec2.images):
        for one in {device.snapshot for device in image.devices if device.snapshot}:
            found[image.region, one] = (*found.get((image.region, one), ()), image)
    return found


@once_per_snapshot
def _snapshots_by_id(snapshot: Snapshot) -> Mapping[tuple[str, str], EbsSnapshot]:
    return {(ebs.region, ebs.id): ebs for ebs in seen(snapshot.ec2.snapshots)}


def _ami_products(snapshot: Snapshot) -> tuple[Product, ...]:
    return tuple(
        product
        for product in seen(snapshot.catalog.products)
        if product.type.partition("@")[0] == AMI_PRODUCT
    )


@once_per_snapshot
def _named_ids(snapshot: Snapshot) -> frozenset[str]:
    in_catalog = {
        source.image
        for product in _ami_products(snapshot)
        for version in seen(product.versions)
        for source in version.images
    }
    return frozenset(in_catalog) | frozenset(snapshot.profile.images)


def _catalog_gaps(snapshot: Snapshot) -> tuple[Unobserved, ...]:
    versions = (gap for product in _ami_products(snapshot) for gap in gaps(product.versions))
    return (*gaps(snapshot.catalog.products), *versions)


def _at_home(listed: Listed[Image]) -> Listed[Image]:
    """Images of us-east-1, with those gaps that may hide some of them."""
    if isinstance(listed, Unobserved):
        return listed
    found = tuple(image for image in seen(listed) if image.region == HOME_REGION)
    why = tuple(gap for gap in gaps(listed) if gap.region in {"", HOME_REGION})
    return Partial(found, why) if why else found


def _in_all_regions(snapshot: Snapshot, listed: Listed[R]) -> Listed[R]:
    unknown_regions = gaps(snapshot.ec2.regions)
    return merged(listed, Partial((), unknown_regions)) if unknown_regions else listed
