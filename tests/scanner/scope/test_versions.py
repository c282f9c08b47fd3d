"""Who gets a version, which images it names, and whose those are."""

from __future__ import annotations

import pytest

from scanner.facts.catalog import Version, VersionImage
from scanner.facts.profile import Profile
from scanner.scope.versions import (
    Offer,
    is_withdrawn,
    named_images,
    offered_options,
    offers,
    offers_of,
    own_image,
)
from scanner.vocabulary import HOME_REGION, NotSeen, Partial, Unobserved, gaps, seen
from tests.builders import OWN, a_snapshot, denied
from tests.builders_resources import a_product, an_image, an_option

LIST = denied("aws-marketplace:ListEntities")
ENTITY = denied("aws-marketplace:DescribeEntity")
SOURCES = (VersionImage("ami-1"),)


def a_version(status: str = "", *visibility: str, number: int = 1) -> Version:
    options = tuple(an_option(id=f"do-{n}", visibility=one) for n, one in enumerate(visibility))
    return Version(f"version-{number}", "2.1", status, SOURCES, options)


@pytest.mark.parametrize(
    ("product", "version", "visibility"),
    [
        ("Public", a_version("Public"), "Public"),
        ("Public", a_version("", "Restricted", "Public"), "Public"),
        ("Public", a_version("Public", "Restricted"), "Restricted"),
        ("Public", a_version("Archived"), "Archived"),
        ("Restricted", a_version("Public", "Public"), "Restricted"),
        ("Draft", a_version("Public"), "Draft"),
        ("", a_version("Public"), "Public"),
        ("", a_version(), ""),
        ("Public", Version("v", "2.1", "Public", (), ENTITY), "Public"),
    ],
)
def test_the_product_hides_its_versions_and_the_most_visible_option_shows_them(
    product: str, version: Version, visibility: str
) -> None:
    assert Offer(a_product(visibility=product), version).visibility == visibility


def test_versions_and_options_have_keys_and_names_of_their_own() -> None:
    product = a_product(versions=(a_version("", "Public"), a_version("", "Public", number=2)))
    snapshot = a_snapshot(products=(product,))
    assert [one.key for one in seen(offers(snapshot))] == [
        f"{product.arn}#version/version-1",
        f"{product.arn}#version/version-2",
    ]
    assert [one.key for one in seen(offered_options(snapshot))] == [
        f"{product.arn}#delivery-option/version-1/do-0",
        f"{product.arn}#delivery-option/version-2/do-0",
    ]
    assert {one.name for one in seen(offered_options(snapshot))} == {"Larkfield 2.1, 64-bit"}


def test_what_was_not_read_of_products_versions_and_options_is_a_gap() -> None:
    unread = Version("version-1", "2.1", "Public", (), Partial((), (ENTITY,)))
    of_options = a_snapshot(products=(a_product(versions=(unread,)),))
    assert gaps(offers(of_options)) == ()
    assert gaps(offered_options(of_options)) == (ENTITY,)
    of_versions = a_snapshot(products=Partial((a_product(versions=ENTITY),), (LIST,)))
    assert gaps(offers(of_versions)) == (LIST, ENTITY)
    assert gaps(named_images(of_versions)) == (LIST, ENTITY)


def test_an_image_is_named_once_where_it_has_to_be() -> None:
    product = a_product("ami-1", "ami-1")
    other = a_product("ami-1", id="prod-2")
    profile = Profile(images=("ami-1", "ami-2"))
    snapshot = a_snapshot(products=(product, other), profile=profile)
    one, two = seen(named_images(snapshot))
    assert one.key == f"arn:aws:ec2:us-east-1:{OWN}:image/ami-1"
    assert [offer.product.id for offer in one.offers] == ["prod-larkfield", "prod-2"]
    assert one.in_profile
    assert two.offers == ()


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ((a_version("Restricted"),), True),
        ((a_version("Restricted"), a_version("Archived", number=2)), True),
        ((a_version("Restricted"), a_version("Public", number=2)), False),
        ((a_version("Limited"),), False),
        ((), False),
        (Partial((a_version("Restricted"),), (ENTITY,)), False),
    ],
)
def test_an_image_is_withdrawn_when_all_its_versions_surely_are(
    versions: tuple[Version, ...], expected: bool
) -> None:
    products = (a_product(versions=versions),)
    assert is_withdrawn("ami-1", a_snapshot(products=products)) is expected
    named = a_snapshot(products=products, profile=Profile(images=("ami-1",)))
    assert not is_withdrawn("ami-1", named)


def test_versions_on_offer_come_first() -> None:
    versions = (a_version("Restricted"), a_version("Public", number=2))
    found = offers_of("ami-1", a_snapshot(products=(a_product(versions=versions),)))
    assert [one.version.id for one in found] == ["version-2", "version-1"]


def test_an_own_image_is_that_of_home_if_there_is_one() -> None:
    images = (an_image("ami-1", region="eu-north-1"), an_image("ami-1"))
    snapshot = a_snapshot(images=images, products=(a_product("ami-1"),))
    found = own_image("ami-1", snapshot)
    assert found is not None
    assert found.region == HOME_REGION


def test_an_image_is_surely_not_ours_only_when_everything_was_read() -> None:
    ours = (an_image("ami-2"),)
    products = (a_product("ami-1", "ami-2"),)
    assert own_image("ami-1", a_snapshot(images=ours, products=products)) is None
    cut = a_snapshot(images=Partial(ours, (denied("ec2:DescribeImages"),)), products=products)
    regions = a_snapshot(images=ours, products=products, regions=denied("ec2:DescribeRegions"))
    copies = a_snapshot(images=(an_image("ami-3"),), products=products)
    for snapshot in (cut, regions, copies):
        with pytest.raises(NotSeen):
            own_image("ami-1", snapshot)


def test_what_may_be_a_copy_says_so() -> None:
    snapshot = a_snapshot(images=(an_image("ami-3"),), products=(a_product("ami-1"),))
    with pytest.raises(NotSeen) as raised:
        own_image("ami-1", snapshot)
    assert raised.value.gaps == (
        Unobserved(
            "ec2:DescribeImages",
            "OwnerUnknown",
            HOME_REGION,
            "ami-1 is not ours, and may be Marketplace's copy of an image",
        ),
    )
