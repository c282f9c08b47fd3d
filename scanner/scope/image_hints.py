"""What the catalog and EC2 can show a person who attests something about AMI products (M-AMI)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from scanner.evidence import Fact, Piece
from scanner.facts.catalog import ChangeSet
from scanner.facts.snapshot import Snapshot
from scanner.scope.ami import product_images
from scanner.scope.products import Kind, products_of
from scanner.scope.versions import PUBLIC, Offer, offers
from scanner.vocabulary import NotSeen, Observed, Unobserved, gaps, seen

ENTITIES = "aws-marketplace:ListEntities"
DETAILS = "aws-marketplace:DescribeEntity"
CHANGES = "aws-marketplace:DescribeChangeSet"
SHOWN_AT_MOST = 5
DEFAULT_QUOTA = 75


def failed_changes(snapshot: Snapshot) -> tuple[Piece, ...]:
    """Change sets about AMI products that failed lately, with AWS's reasons; the newest first."""
    products = products_of(snapshot, Kind.AMI)
    ids = {product.id for product in seen(products)}
    listed = snapshot.catalog.failures
    about = [one for one in seen(listed) if gaps(products) or _is_about(one, ids)]
    facts = [Fact(_title(one), _reasons(one), CHANGES) for one in about[:SHOWN_AT_MOST]]
    if len(about) > SHOWN_AT_MOST:
        facts.append(Fact("More of them", str(len(about) - SHOWN_AT_MOST), CHANGES))
    none = Fact("Change sets of AMI products that failed in the last 90 days", "none", CHANGES)
    return _shown(facts, none, gaps(listed))


def _is_about(one: ChangeSet, products: set[str]) -> bool:
    entities = {entity.partition("@")[0] for entity in one.entities}
    return not entities or not entities.isdisjoint(products)


def _title(one: ChangeSet) -> str:
    date = f" of {one.started:%Y-%m-%d}" if one.started else ""
    return f"Failed change set {one.name or one.id}{date}"


def _reasons(one: ChangeSet) -> str:
    intent = one.intent.sentence() if isinstance(one.intent, Unobserved) else one.intent
    told = [*seen(one.errors), *(gap.sentence() for gap in gaps(one.errors))]
    return "; ".join(dict.fromkeys(filter(None, (one.failure, intent, *told))))


def scanning_ports(snapshot: Snapshot) -> tuple[Piece, ...]:
    """On which port each version says that AWS can sign in, and as whom."""

    def ports(offer: Offer) -> str:
        return ", ".join(
            f"{one.user_name or 'no user named'} on port {one.scanning_port or 'not said'}"
            for one in offer.version.images
        )

    return _per_version(snapshot, "Declared for scanning", ports)


def operating_systems(snapshot: Snapshot) -> tuple[Piece, ...]:
    """Which operating system each version says that it has."""

    def systems(offer: Offer) -> str:
        return ", ".join(one.operating_system or "not said" for one in offer.version.images)

    return _per_version(snapshot, "Declared operating system", systems)


def usage_texts(snapshot: Snapshot) -> tuple[Piece, ...]:
    """Which delivery options come with usage instructions."""

    def texts(offer: Offer) -> str:
        return ", ".join(
            f"{one.title or one.id}: {'there' if one.has_usage_text else 'empty'}"
            for one in seen(offer.version.options)
        )

    return _per_version(snapshot, "Usage instructions", texts)


def base_images(snapshot: Snapshot) -> tuple[Piece, ...]:
    """What EC2 says the product images were made of."""
    listed = product_images(snapshot)
    facts = [
        Fact(f"{one.id} was made of", one.source_image or "not said", "ec2:DescribeImages")
        for one in seen(listed)
    ]
    return _shown(facts, Fact("Product images", "none", "ec2:DescribeImages"), gaps(listed))


def public_listings(snapshot: Snapshot) -> tuple[Piece, ...]:
    """How many AMI products are public, and which versions are restricted."""
    listed = products_of(snapshot, Kind.AMI)
    public = [one for one in seen(listed) if one.visibility == PUBLIC]
    count = Fact(
        "Public AMI products", f"{len(public)} of {DEFAULT_QUOTA} allowed by default", ENTITIES
    )
    withdrawn = [one.name for one in seen(offers(snapshot)) if one.is_withdrawn]
    facts = [count, Fact("Restricted versions", ", ".join(withdrawn) or "none", DETAILS)]
    missing = (*gaps(listed), *gaps(offers(snapshot)))
    return _shown(facts if seen(listed) else [], count, missing)


def fpga_images(snapshot: Snapshot) -> tuple[Piece, ...]:
    """How many FPGA images each version names, and which of them are not ours in us-east-1."""
    own = snapshot.ec2.fpga_images

    def told(offer: Offer) -> str:
        named = fpga_of(offer)
        foreign = [one for one in named if one not in seen(own)]
        ours = "all ours" if not foreign else f"not seen among ours: {', '.join(foreign)}"
        return f"{len(named)}, {ours}" if named else ""

    facts = _per_version(snapshot, "FPGA images", told)
    unread = (Fact("Own FPGA images", gap.sentence()) for gap in gaps(own))
    return (*facts, *unread)


def fpga_of(offer: Offer) -> tuple[str, ...]:
    """Ids of the FPGA images that a version names."""
    return tuple(one for source in offer.version.images for one in source.fpga_images)


def names_fpga_images(snapshot: Snapshot) -> Observed[bool]:
    """Whether some version names FPGA images; unobserved when the catalog may hide one."""
    listed = offers(snapshot)
    if any(fpga_of(offer) for offer in seen(listed)):
        return True
    missing = gaps(listed)
    return missing[0] if missing else False


def _per_version(snapshot: Snapshot, label: str, tell: Callable[[Offer], str]) -> tuple[Piece, ...]:
    listed = offers(snapshot)
    shown = [one for one in seen(listed) if not one.is_withdrawn]
    told = ((one.name, tell(one)) for one in shown)
    facts = [Fact(f"{label}, {name}", text, DETAILS) for name, text in told if text]
    return _shown(facts, Fact(label, "no version says so", DETAILS), gaps(listed))


def _shown(facts: Iterable[Fact], none: Fact, missing: tuple[Unobserved, ...]) -> tuple[Piece, ...]:
    """The facts, or that there are none; raises NotSeen when only what was not read could say."""
    found = tuple(facts)
    if not found and missing:
        raise NotSeen(*missing)
    unread = tuple(Fact("Not all could be read", gap.sentence()) for gap in missing)
    return (*(found or (none,)), *dict.fromkeys(unread))
