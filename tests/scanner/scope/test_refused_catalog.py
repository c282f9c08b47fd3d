"""Whoever refuses us the product catalog gains nothing by it, whatever the profile says."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.control import Outcome, judge
from scanner.controls import every_control
from scanner.facts.catalog import Product
from scanner.facts.ec2 import Image
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.scope.ami import own_images, own_snapshots, product_images
from scanner.score import score
from scanner.tally import OpenFinding
from scanner.vocabulary import HOME_REGION, Listed, Partial, Severity, Status, Topic
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_device, a_product, an_ebs_snapshot, an_image

LIST = denied("aws-marketplace:ListEntities", HOME_REGION)
ENTITY = denied("aws-marketplace:DescribeEntity", HOME_REGION)
ENCRYPTED = a_device("snap-secret", encrypted=True)
SAAS = a_product(id="prod-saas", type="SaaSProduct")
CATALOGS: tuple[tuple[Product, ...], ...] = (
    (),
    (SAAS,),
    (a_product("ami-old"),),
    (SAAS, a_product("ami-secret")),
    (a_product("ami-0clone"),),
    (a_product("ami-old"), a_product("ami-good", id="prod-2")),
)
KINDS = ("ami", "saas_subscription", "saas_contract", "container", "proserv", "data", "ml")
IDS = ("ami-old", "ami-secret", "ami-good")
AMI = tuple(control for control in every_control() if control.topic is Topic.AMI)
OF_IMAGES = tuple(
    control for control in AMI if control.resources in {product_images, own_images, own_snapshots}
)
"""Those that judge every own image where the catalog does not say which are products."""

profiles = st.builds(
    Profile,
    product_types=st.none() | st.lists(st.sampled_from(KINDS), unique=True).map(tuple),
    cas_enrolled=st.none() | st.booleans(),
    images=st.lists(st.sampled_from(IDS), unique=True).map(tuple),
    public_images=st.lists(st.sampled_from(IDS), unique=True).map(tuple),
)


def account(products: Listed[Product], profile: Profile) -> Snapshot:
    """Three images: one of an old architecture and public, one encrypted, one without a fault."""
    images: tuple[Image, ...] = (
        an_image("ami-old", architecture="i386", public=True),
        an_image("ami-secret", devices=[ENCRYPTED]),
        an_image("ami-good"),
    )
    snapshots = (an_ebs_snapshot(), an_ebs_snapshot("snap-secret", encrypted=True))
    return a_snapshot(products=products, images=images, snapshots=snapshots, profile=profile)


def refusals(products: tuple[Product, ...]) -> tuple[Listed[Product], ...]:
    """The same catalog refused, cut before its first product, and without any details."""
    bare = tuple(a_product(id=one.id, type=one.type, versions=ENTITY) for one in products)
    return (LIST, Partial((), (LIST,)), Partial(products[:1], (LIST,)), bare)


def failures(outcomes: tuple[Outcome, ...]) -> dict[tuple[str, str], Severity]:
    """Severities of what fails, by control and resource."""
    return {
        (one.control, one.resource): one.severity for one in outcomes if one.status is Status.FAIL
    }


@settings(deadline=None)
@given(st.sampled_from(CATALOGS), profiles)
def test_a_refused_catalog_takes_no_fail_away(
    products: tuple[Product, ...], profile: Profile
) -> None:
    before = judge(OF_IMAGES, account(products, profile))
    for refused in refusals(products):
        after = judge(OF_IMAGES, account(refused, profile))
        for what, severity in failures(before).items():
            assert what in failures(after)
            assert failures(after)[what].rank <= severity.rank
        assert (score(after).value or 0) <= (score(before).value or 0)


@settings(deadline=None)
@given(st.sampled_from(CATALOGS), profiles)
def test_what_only_the_catalog_tells_is_then_not_assessed(
    products: tuple[Product, ...], profile: Profile
) -> None:
    before = judge(AMI, account(products, profile))
    for refused in refusals(products):
        after = judge(AMI, account(refused, profile))
        open_now = {one.control for one in after if one.status is Status.NOT_ASSESSED}
        still = failures(after)
        for control, resource in failures(before):
            assert control in open_now or (control, resource) in still
        assert (score(after, open_before=stood(before)).value or 0) <= (score(before).value or 0)


def stood(outcomes: tuple[Outcome, ...]) -> list[OpenFinding]:
    """The findings that a scan leaves open."""
    return [
        OpenFinding(one.control, one.topic, one.resource, one.region, one.severity)
        for one in outcomes
        if one.status is Status.FAIL
    ]


@settings(deadline=None)
@given(profiles)
def test_who_reads_no_catalog_judges_all_own_images(profile: Profile) -> None:
    assert failures(judge(AMI, account(LIST, profile))).keys() >= {
        ("AMI-02", an_image("ami-old").arn),
        ("AMI-03", an_image("ami-secret").arn),
    }
