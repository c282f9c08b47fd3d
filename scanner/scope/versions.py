"""Versions of the seller's AMI products: who gets them, and which images they name (1.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scanner.facts.account import Account
from scanner.facts.catalog import DeliveryOption, Product, Version
from scanner.facts.ec2 import Image
from scanner.facts.snapshot import Snapshot
from scanner.scope.memory import once_per_snapshot
from scanner.scope.products import Kind, products_of
from scanner.vocabulary import (
    HOME_REGION,
    Listed,
    NotSeen,
    Partial,
    Unobserved,
    derived,
    gaps,
    merged,
    seen,
)

IMAGES = "ec2:DescribeImages"
PUBLIC = "Public"
WITHDRAWN = frozenset({"Restricted", "Archived"})
"""New buyers cannot get such a version (Seller Guide, restricting a version)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A version of an AMI product, as the seller offers it."""

    product: Product
    version: Version

    @property
    def key(self) -> str:
        """A version has no ARN of its own (design 2.11)."""
        return f"{self.product.arn}#version/{self.version.id}"

    @property
    def name(self) -> str:
        """Product and version title."""
        title = self.version.title or self.version.id
        return f"{self.product.name or self.product.id} {title}"

    @property
    def region(self) -> str:
        """The catalog lives in one region."""
        return HOME_REGION

    @property
    def visibility(self) -> str:
        """Who gets it: the product's visibility, then that of its most visible delivery option.

        Empty when the catalog does not say.
        """
        if self.product.visibility not in {"", PUBLIC}:
            return self.product.visibility
        shown = [option.visibility for option in seen(self.version.options) if option.visibility]
        if PUBLIC in shown:
            return PUBLIC
        if shown and not gaps(self.version.options):
            return shown[0]
        return self.version.status

    @property
    def images(self) -> tuple[str, ...]:
        """Ids of the images that it is made of."""
        return tuple(dict.fromkeys(source.image for source in self.version.images))

    @property
    def is_withdrawn(self) -> bool:
        """Whether new buyers cannot get it any more."""
        return self.visibility in WITHDRAWN

    @property
    def may_be_public(self) -> bool:
        """Whether everybody can subscribe to it, or may for all that the catalog says."""
        return self.visibility in {"", PUBLIC}


@dataclass(frozen=True, slots=True)
class OfferedOption:
    """A delivery option of a version."""

    offer: Offer
    option: DeliveryOption

    @property
    def key(self) -> str:
        """An option has no ARN of its own (design 2.11)."""
        version = self.offer.version.id
        return f"{self.offer.product.arn}#delivery-option/{version}/{self.option.id}"

    @property
    def name(self) -> str:
        """Product, version and the option's title."""
        return f"{self.offer.name}, {self.option.title or self.option.id}"

    @property
    def region(self) -> str:
        """The catalog lives in one region."""
        return HOME_REGION


@dataclass(frozen=True, slots=True)
class NamedImage:
    """An image id that versions or the profile name, where it has to be: at home, and our own."""

    id: str
    account: Account
    offers: tuple[Offer, ...] = ()
    in_profile: bool = False

    @property
    def key(self) -> str:
        """The ARN that the image has in us-east-1 of this account."""
        return f"arn:{self.account.partition}:ec2:{HOME_REGION}:{self.account.id}:image/{self.id}"

    @property
    def name(self) -> str:
        """The image id, which people search for."""
        return self.id

    @property
    def region(self) -> str:
        """Marketplace takes images from one region."""
        return HOME_REGION


@once_per_snapshot
def offers(snapshot: Snapshot) -> Listed[Offer]:
    """All versions of all AMI products."""
    listed = products_of(snapshot, Kind.AMI)
    found = tuple(
        Offer(product, version) for product in seen(listed) for version in seen(product.versions)
    )
    unread = (gap for product in seen(listed) for gap in gaps(product.versions))
    why = tuple(dict.fromkeys((*gaps(listed), *unread)))
    return Partial(found, why) if why else found


def offered_options(snapshot: Snapshot) -> Listed[OfferedOption]:
    """All delivery options of all versions of AMI products."""
    listed = offers(snapshot)
    unread = tuple(gap for offer in seen(listed) for gap in gaps(offer.version.options))
    found = derived(
        listed,
        lambda offer: [OfferedOption(offer, option) for option in seen(offer.version.options)],
    )
    return merged(found, Partial((), unread)) if unread else found


@once_per_snapshot
def named_images(snapshot: Snapshot) -> Listed[NamedImage]:
    """Every image id that a version or the profile names, once."""
    listed = offers(snapshot)
    by_id: dict[str, list[Offer]] = {image: [] for image in snapshot.profile.images}
    for offer in seen(listed):
        for image in offer.images:
            by_id.setdefault(image, []).append(offer)
    found = tuple(
        NamedImage(image, snapshot.account, tuple(named), image in snapshot.profile.images)
        for image, named in by_id.items()
    )
    return Partial(found, gaps(listed)) if gaps(listed) else found


def offers_of(image: str, snapshot: Snapshot) -> tuple[Offer, ...]:
    """The versions that name an image, as far as the catalog was read; those on offer first."""
    named = (offer for offer in seen(offers(snapshot)) if image in offer.images)
    return tuple(sorted(named, key=lambda offer: offer.is_withdrawn))


def is_withdrawn(image: str, snapshot: Snapshot) -> bool:
    """Whether versions name an image and new buyers can get none of them.

    False when the catalog may hide another version, and for images that the profile names.
    """
    if image in snapshot.profile.images or gaps(offers(snapshot)):
        return False
    found = offers_of(image, snapshot)
    return bool(found) and all(offer.is_withdrawn for offer in found)


@once_per_snapshot
def images_by_id(snapshot: Snapshot) -> Mapping[str, tuple[Image, ...]]:
    """Own images of all regions by id, as far as was read."""
    found: dict[str, tuple[Image, ...]] = {}
    for image in seen(snapshot.ec2.images):
        found[image.id] = (*found.get(image.id, ()), image)
    return found


def own_image(image: str, snapshot: Snapshot) -> Image | None:
    """The own image with this id, that of us-east-1 first; None when it is surely not ours.

    Raises NotSeen when images were left unread that it may be among, and when nothing that the
    catalog names is an own image: it may then name Marketplace's copies (controls.md 1.7).
    """
    found = images_by_id(snapshot).get(image, ())
    if found:
        return min(found, key=lambda one: one.region != HOME_REGION)
    missing = (*gaps(snapshot.ec2.images), *gaps(snapshot.ec2.regions))
    if missing:
        raise NotSeen(*missing)
    if image not in snapshot.profile.images and _names_copies(snapshot):
        detail = f"{image} is not ours, and may be Marketplace's copy of an image"
        raise NotSeen(Unobserved(IMAGES, "OwnerUnknown", HOME_REGION, detail))
    return None


def _names_copies(snapshot: Snapshot) -> bool:
    in_catalog = {one.id for one in seen(named_images(snapshot)) if one.offers}
    return in_catalog.isdisjoint(images_by_id(snapshot))
