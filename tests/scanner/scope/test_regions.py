"""Enabled regions, and whether own images or snapshots may be in one."""

from __future__ import annotations

from scanner.scope.regions import enabled_regions, may_hide, owned_in
from scanner.vocabulary import HOME_REGION, Partial, gaps, seen
from tests.builders import OWN, a_snapshot, denied
from tests.builders_resources import an_ebs_snapshot, an_image

ABROAD = "eu-north-1"
HERE = denied("ec2:DescribeImages", HOME_REGION)
THERE = denied("ec2:DescribeSnapshots", ABROAD)


def test_every_enabled_region_is_one() -> None:
    found = enabled_regions(a_snapshot(regions=(HOME_REGION, ABROAD)))
    assert [(one.key, one.region) for one in seen(found)] == [
        (f"arn:aws:iam::{OWN}:root@{HOME_REGION}", HOME_REGION),
        (f"arn:aws:iam::{OWN}:root@{ABROAD}", ABROAD),
    ]
    assert gaps(found) == ()


def test_a_refused_list_hides_none_that_spoke_and_is_a_gap_of_no_region() -> None:
    snapshot = a_snapshot(
        regions=denied("ec2:DescribeRegions", HOME_REGION),
        image_block={HOME_REGION: "unblocked"},
        snapshot_block={HOME_REGION: "unblocked"},
    )
    found = enabled_regions(snapshot)
    assert [one.region for one in seen(found)] == [HOME_REGION]
    assert [(gap.action, gap.region) for gap in gaps(found)] == [("ec2:DescribeRegions", "")]


def test_images_and_snapshots_of_the_region_count() -> None:
    snapshot = a_snapshot(
        images=(an_image(), an_image("ami-2", region=ABROAD)),
        snapshots=(an_ebs_snapshot(region=ABROAD),),
    )
    assert owned_in(HOME_REGION, snapshot) == ("ami-0product",)
    assert owned_in(ABROAD, snapshot) == ("ami-2", "snap-0product")


def test_a_gap_hides_its_own_region_and_a_refused_list_hides_all() -> None:
    cut = a_snapshot(images=Partial((), (HERE,)), snapshots=Partial((), (THERE,)))
    assert may_hide(HOME_REGION, cut) == (HERE,)
    assert may_hide(ABROAD, cut) == (THERE,)
    refused = a_snapshot(images=HERE)
    assert may_hide(ABROAD, refused) == (HERE,)
    nowhere = denied("ec2:DescribeImages")
    assert may_hide(ABROAD, a_snapshot(images=Partial((), (nowhere,)))) == (nowhere,)
