"""Which trails record this account in every region (controls.md CT-01)."""

from __future__ import annotations

from scanner.facts.cloudtrail import EventDataStore, Trail
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import HOME_REGION, Listed, Partial, Unobserved, derived, gaps, seen


def trails(snapshot: Snapshot) -> Listed[Trail]:
    """Every trail once, by ARN: a multi-region trail shows up in each region as a shadow.

    Of two answers about one trail the one that knows whether it logs is kept.
    """
    listed = snapshot.cloudtrail.trails
    if isinstance(listed, Unobserved):
        return listed
    by_arn: dict[str, Trail] = {}
    for trail in seen(listed):
        before = by_arn.get(trail.arn)
        if before is None or isinstance(before.logging, Unobserved):
            by_arn[trail.arn] = trail
    return _listed(tuple(by_arn.values()), gaps(listed))


def multi_region_trails(snapshot: Snapshot) -> Listed[Trail]:
    """Trails of all regions; whole as soon as us-east-1 was read (controls.md section 14, row 26).

    DescribeTrails with shadows names every multi-region trail in each region, so a refusal in
    another region can hide single-region trails only.
    """
    listed = trails(snapshot)
    if isinstance(listed, Unobserved):
        return listed
    found = tuple(trail for trail in seen(listed) if trail.multi_region)
    return _listed(found, tuple(gap for gap in gaps(listed) if _hides_multi_region_trails(gap)))


def _hides_multi_region_trails(gap: Unobserved) -> bool:
    """Regions that nobody could name hide nothing that us-east-1, which is always asked, shows."""
    return gap.region in {"", HOME_REGION} and gap.action != "ec2:DescribeRegions"


def counted_trails(snapshot: Snapshot) -> Listed[Trail]:
    """Multi-region trails that log, and those of which nobody could say whether they do."""
    return derived(
        multi_region_trails(snapshot),
        lambda trail: () if trail.logging is False else (trail,),
    )


def working_trails(snapshot: Snapshot) -> Listed[Trail]:
    """Multi-region trails that are known to log."""
    return derived(
        multi_region_trails(snapshot), lambda trail: (trail,) if trail.logging is True else ()
    )


def belongs_elsewhere(trail: Trail, snapshot: Snapshot) -> bool:
    """Whether another account owns the trail, as is usual for organization trails."""
    return owner_of(trail) != snapshot.account.id


def recording_stores(snapshot: Snapshot) -> Listed[EventDataStore]:
    """Event data stores that are enabled and keep the management events of all regions."""
    listed = snapshot.cloudtrail.data_stores
    why = (*gaps(listed), *(gap for store in seen(listed) for gap in gaps(store.details)))
    found = tuple(store for store in seen(listed) if _records(store))
    return Partial(found, why) if why else found


def owner_of(trail: Trail) -> str:
    """The 12-digit account that owns a trail; organization trails may belong to another one."""
    return (trail.arn.split(":") + [""] * 5)[4]


def trail_to_repair(snapshot: Snapshot) -> Trail | None:
    """The trail of the account's own that is nearest to recording all regions, if it has one."""
    own = [one for one in seen(trails(snapshot)) if owner_of(one) == snapshot.account.id]
    return max(own, key=lambda trail: trail.multi_region, default=None)


def _records(store: EventDataStore) -> bool:
    details = store.details
    if isinstance(details, Unobserved):
        return False
    return details.status == "ENABLED" and details.multi_region and details.management_events


def _listed(items: tuple[Trail, ...], why: tuple[Unobserved, ...]) -> Listed[Trail]:
    return Partial(items, why) if why else items
