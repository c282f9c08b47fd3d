"""Product images are found through catalog and profile; what is unreadable leaves none out."""

from __future__ import annotations

import pytest

from scanner.facts.catalog import Product
from scanner.facts.ec2 import Image
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.scope.ami import (
    images_on,
    not_judged,
    other_images,
    own_images,
    own_snapshot,
    own_snapshots,
    product_images,
    sells_images,
    surely_sells_images,
)
from scanner.vocabulary import HOME_REGION, Listed, NotSeen, Partial, seen
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_device, a_product, an_ebs_snapshot, an_image

CATALOG = denied("aws-marketplace:ListEntities", HOME_REGION)
ENTITY = denied("aws-marketplace:DescribeEntity", HOME_REGION)
IMAGES = denied("ec2:DescribeImages", HOME_REGION)
ELSEWHERE = denied("ec2:DescribeImages", "eu-north-1")
ONE, TWO = an_image("ami-1"), an_image("ami-2")
ABROAD = an_image("ami-1", region="eu-north-1")
SAAS = a_product(id="prod-saas", type="SaaSProduct")
NO_AMI = Profile(product_types=("saas_contract",))
AMI = Profile(product_types=("ami",))


def account(
    *products: Product,
    catalog: Listed[Product] | None = None,
    images: Listed[Image] = (ONE, TWO, ABROAD),
    profile: Profile | None = None,
) -> Snapshot:
    return a_snapshot(
        products=products if catalog is None else catalog, images=images, profile=profile
    )


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        (account(a_product("ami-1")), [ONE]),
        (account(a_product("ami-1", type="AmiProduct@1.0")), [ONE]),
        (account(a_product("ami-1"), a_product("ami-2", id="prod-2")), [ONE, TWO]),
        (account(a_product("ami-1"), profile=Profile(images=("ami-2",))), [ONE, TWO]),
        (account(profile=Profile(images=("ami-2",))), [TWO]),
        (account(a_product("ami-1", "ami-0clone")), [ONE]),
        (account(a_product("ami-0clone")), [ONE, TWO]),
        (account(a_product(versions=())), [ONE, TWO]),
        (account(catalog=CATALOG), [ONE, TWO]),
        (account(catalog=Partial((a_product("ami-1"),), (CATALOG,))), [ONE, TWO]),
        (account(a_product("ami-1"), a_product(id="prod-2", versions=ENTITY)), [ONE, TWO]),
        (account(profile=AMI), [ONE, TWO]),
        (account(SAAS), []),
        (account(SAAS, profile=NO_AMI), []),
        (account(a_product("ami-1"), profile=NO_AMI), [ONE]),
        (account(catalog=CATALOG, profile=NO_AMI), [ONE, TWO]),
        (account(catalog=Partial((SAAS,), (CATALOG,)), profile=NO_AMI), [ONE, TWO]),
    ],
    ids=[
        "named by a product",
        "the entity type may carry a version",
        "two products",
        "the profile adds images",
        "the profile alone",
        "names that are not ours are left out",
        "only names that are not ours: all own images",
        "no names at all: all own images",
        "unreadable catalog: all own images",
        "cut catalog: all own images",
        "one unreadable product: all own images",
        "sold by the profile's word: all own images",
        "no AMI product in a catalog that was read",
        "no AMI product by catalog and profile",
        "the catalog knows better than the profile",
        "the profile does not stand in for an unreadable catalog",
        "nor for a cut one",
    ],
)
def test_product_images_are(snapshot: Snapshot, expected: list[Image]) -> None:
    assert product_images(snapshot) == tuple(expected)
    assert sells_images(snapshot) == bool(expected)


def test_a_refusal_at_home_cuts_the_product_images() -> None:
    snapshot = account(a_product("ami-1"), images=Partial((ONE,), (IMAGES, ELSEWHERE)))
    assert product_images(snapshot) == Partial((ONE,), (IMAGES,))


def test_a_refusal_in_another_region_does_not() -> None:
    snapshot = account(a_product("ami-1"), images=Partial((ONE,), (ELSEWHERE,)))
    assert product_images(snapshot) == (ONE,)


def test_refused_images_stay_refused() -> None:
    assert product_images(account(a_product("ami-1"), images=IMAGES)) == IMAGES


def test_other_images_are_those_of_no_product_in_any_region() -> None:
    snapshot = account(a_product("ami-1"))
    assert other_images(snapshot) == (TWO, ABROAD)
    (remark,) = not_judged(snapshot)
    assert remark.value == "ami-2, ami-1"


def test_a_long_list_of_other_images_is_cut() -> None:
    many = tuple(an_image(f"ami-{n}") for n in range(1, 9))
    (remark,) = not_judged(account(a_product("ami-1"), images=many))
    assert remark.value == "ami-2, ami-3, ami-4, ami-5, ami-6 and 2 more"


def test_when_all_images_are_judged_there_is_no_remark() -> None:
    assert not_judged(account(a_product("ami-1"), images=(ONE,))) == ()


def test_own_images_are_cut_when_nobody_knows_the_regions() -> None:
    unknown = denied("ec2:DescribeRegions")
    snapshot = a_snapshot(images=(ONE,), regions=unknown)
    assert own_images(snapshot) == Partial((ONE,), (unknown,))
    assert own_images(a_snapshot(images=(ONE,))) == (ONE,)


def test_snapshots_know_the_images_made_of_them_in_their_region() -> None:
    twice = an_image("ami-3", devices=[a_device(), a_device(device="/dev/sdb")])
    snapshot = account(images=(ONE, twice, ABROAD))
    assert images_on(an_ebs_snapshot(), snapshot) == (ONE, twice)
    assert images_on(an_ebs_snapshot(region="eu-north-1"), snapshot) == (ABROAD,)
    assert images_on(an_ebs_snapshot("snap-other"), snapshot) == ()


def test_snapshots_behind_products_come_first_and_keep_their_gaps() -> None:
    refused = denied("ec2:DescribeSnapshots", "eu-north-1")
    backup, behind = an_ebs_snapshot("snap-a"), an_ebs_snapshot()
    snapshot = a_snapshot(
        images=(ONE,),
        products=(a_product("ami-1"),),
        snapshots=Partial((backup, behind), (refused,)),
    )
    assert own_snapshots(snapshot) == Partial((behind, backup), (refused,))


def test_refused_snapshots_stay_refused() -> None:
    refused = denied("ec2:DescribeSnapshots", HOME_REGION)
    assert own_snapshots(a_snapshot(snapshots=refused)) == refused


def test_a_snapshot_not_in_a_whole_list_belongs_to_another_account() -> None:
    snapshot = a_snapshot(snapshots=(an_ebs_snapshot(),))
    assert own_snapshot("snap-0product", HOME_REGION, snapshot) == an_ebs_snapshot()
    assert own_snapshot("snap-other", HOME_REGION, snapshot) is None
    assert own_snapshot("snap-0product", "eu-north-1", snapshot) is None


def test_a_snapshot_not_in_a_cut_list_is_not_seen() -> None:
    refused = denied("ec2:DescribeSnapshots", HOME_REGION)
    snapshot = a_snapshot(snapshots=Partial((an_ebs_snapshot(),), (refused,)))
    assert own_snapshot("snap-0product", HOME_REGION, snapshot) is not None
    assert own_snapshot("snap-other", "eu-north-1", snapshot) is None
    with pytest.raises(NotSeen) as unseen:
        own_snapshot("snap-other", HOME_REGION, snapshot)
    assert unseen.value.gaps == (refused,)


def test_what_was_seen_of_a_cut_list_is_still_judged() -> None:
    snapshot = account(a_product("ami-1"), images=Partial((ONE,), (IMAGES,)))
    assert seen(product_images(snapshot)) == (ONE,)


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        (account(a_product("ami-1")), True),
        (account(catalog=Partial((a_product("ami-1"),), (CATALOG,))), True),
        (account(catalog=CATALOG, profile=AMI), True),
        (account(catalog=CATALOG, profile=Profile(images=("ami-2",))), True),
        (account(SAAS), False),
    ],
)
def test_who_surely_sells_images_has_one_or_says_so(snapshot: Snapshot, expected: bool) -> None:
    assert surely_sells_images(snapshot) is expected


@pytest.mark.parametrize("profile", [None, NO_AMI])
def test_an_unread_catalog_leaves_it_open(profile: Profile | None) -> None:
    with pytest.raises(NotSeen):
        surely_sells_images(account(catalog=CATALOG, profile=profile))
