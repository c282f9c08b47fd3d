"""AMI-04: an image on sale is at most two years old; three months ahead it says so."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from scanner.control import outcomes_of
from scanner.controls.ami.ami_04_images_are_young import CONTROL
from scanner.facts.catalog import Product, Version, VersionImage
from scanner.facts.ec2 import Image
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import HOME_REGION, Listed, Partial, Severity
from tests.builders import a_snapshot, days_ago, denied
from tests.builders_resources import a_product, an_image
from tests.cases import Case, fails, not_applicable, not_assessed, passes

IMAGES = "ec2:DescribeImages"
LIST = denied("aws-marketplace:ListEntities")
PRODUCTS = (a_product("ami-0product"),)
OLD = days_ago(800)


def a_version(visibility: str) -> Version:
    return Version(f"version-{visibility}", "2.1", visibility, (VersionImage("ami-0product"),))


def aged(
    created: datetime | None,
    *,
    products: Listed[Product] = PRODUCTS,
    profile: Profile | None = None,
    source: str = "",
) -> Snapshot:
    image = an_image(created=created, source_image=source)
    return a_snapshot(images=(image,), products=products, profile=profile)


CASES = (
    Case("a young image passes", aged(days_ago(30)), passes("ami-0product is 30 days old.")),
    Case("the day of the warning still passes", aged(days_ago(640)), passes("640 days old")),
    Case(
        "the day after is due soon",
        aged(days_ago(641)),
        fails(Severity.LOW, "is 641 days old and reaches the limit in 89 days."),
    ),
    Case("the last day is due soon", aged(days_ago(730)), fails(Severity.LOW, "in 0 days")),
    Case(
        "the day after that is too old",
        aged(days_ago(730.5)),
        fails(Severity.HIGH, "ami-0product is 730 days old; the limit is 730."),
    ),
    Case(
        "a copy has its own date, and shows what it was made of",
        aged(OLD, source="ami-0origin"),
        fails(Severity.HIGH, "800 days old", shows="Copied from: ami-0origin"),
    ),
    Case(
        "the profile sets the limits",
        aged(days_ago(400), profile=Profile(ami_max_age_days=365, ami_age_warn_days=300)),
        fails(Severity.HIGH, "400 days old; the limit is 365"),
    ),
    Case(
        "a warning that comes after the limit hides nothing",
        aged(days_ago(400), profile=Profile(ami_max_age_days=365, ami_age_warn_days=500)),
        fails(Severity.HIGH, "400 days old; the limit is 365"),
    ),
    Case(
        "an image of restricted and archived versions is a remark",
        aged(OLD, products=(a_product(versions=(a_version("Restricted"), a_version("Archived"))),)),
        passes("New buyers can get no version", shows="Not counted: ami-0product is 800 days"),
    ),
    Case(
        "one public version is enough to fail",
        aged(OLD, products=(a_product(versions=(a_version("Restricted"), a_version("Public"))),)),
        fails(Severity.HIGH, "800 days old"),
    ),
    Case(
        "a cut catalog may hide the public version",
        aged(OLD, products=Partial((a_product(versions=(a_version("Restricted"),)),), (LIST,))),
        fails(Severity.HIGH, "800 days old"),
    ),
    Case(
        "an unread catalog means that every own image may be on sale",
        aged(OLD, products=LIST),
        fails(Severity.HIGH, "800 days old"),
    ),
    Case(
        "images of no product are a remark",
        a_snapshot(
            images=(an_image(created=days_ago(3)), an_image("ami-0other", created=OLD)),
            products=PRODUCTS,
        ),
        passes(shows="Own images of no product, not judged: ami-0other"),
    ),
    Case("a date that AWS left out is not assessed", aged(None), not_assessed(IMAGES)),
    Case(
        "unread images are not assessed",
        a_snapshot(images=denied(IMAGES, HOME_REGION), products=PRODUCTS),
        not_assessed(IMAGES),
    ),
    Case("who sells no image has nothing to judge", aged(OLD, products=()), not_applicable()),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_images_on_sale_are_young(case: Case) -> None:
    case.holds_for(CONTROL)


def test_the_remedy_adds_a_version_to_the_product_of_the_image() -> None:
    images: tuple[Image, ...] = (an_image(created=OLD),)
    known = a_snapshot(images=images, products=PRODUCTS)
    (outcome,) = outcomes_of(CONTROL, known)
    assert outcome.values["product"] == "Larkfield"
    (change,) = json.loads(outcome.values["change_set"])
    assert change["Entity"] == {"Type": "AmiProduct@1.0", "Identifier": "prod-larkfield"}
    unknown = a_snapshot(images=images, products=LIST)
    (outcome,) = outcomes_of(CONTROL, unknown)
    assert "start-change-set" not in fill(CONTROL.remedy, outcome.values).cli
