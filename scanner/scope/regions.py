"""Enabled regions of the account, each as a resource of its own, and whether images live there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from scanner.facts.account import Account
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen


@dataclass(frozen=True, slots=True)
class AccountRegion:
    """One region of the account."""

    account: Account
    region: str

    @property
    def key(self) -> str:
        """The account's key with the region (design 2.11)."""
        return self.account.key_in(self.region)

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.account.name} in {self.region}"


def enabled_regions(snapshot: Snapshot) -> Listed[AccountRegion]:
    """Enabled regions; those that said something about themselves when the list was refused.

    What is missing of the list is a gap of no region, so that it hides none of those known.
    """
    facts = snapshot.ec2
    listed = facts.regions
    names = dict.fromkeys((*seen(listed), *facts.image_block, *facts.snapshot_block))
    found = tuple(AccountRegion(snapshot.account, name) for name in names)
    why = tuple(_of_no_region(gap) for gap in gaps(listed))
    return Partial(found, why) if why else found


def _of_no_region(gap: Unobserved) -> Unobserved:
    return replace(gap, region="", detail=gap.detail or gap.region)


def owned_in(region: str, snapshot: Snapshot) -> tuple[str, ...]:
    """Ids of the own images and snapshots of a region, as far as was read."""
    facts = snapshot.ec2
    images = tuple(one.id for one in seen(facts.images) if one.region == region)
    return images + tuple(one.id for one in seen(facts.snapshots) if one.region == region)


def may_hide(region: str, snapshot: Snapshot) -> tuple[Unobserved, ...]:
    """What was not read and may be an own image or snapshot of a region."""
    facts = snapshot.ec2
    found = (*_hiding(facts.images, region), *_hiding(facts.snapshots, region))
    return tuple(dict.fromkeys(found))


def _hiding(listed: Listed[Any], region: str) -> tuple[Unobserved, ...]:
    if isinstance(listed, Unobserved):
        return (listed,)
    return tuple(gap for gap in gaps(listed) if gap.region in {"", region})
