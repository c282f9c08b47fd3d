"""AMI-11: the images of a public version are there, enabled, and not deprecated."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.ami.ami_11_public_versions_rest_on_images import CONTROL
from scanner.facts.catalog import Product, Version, VersionImage
from scanner.facts.ec2 import Image
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import HOME_REGION, Listed, Partial, Severity
from tests.builders import a_snapshot, days_ago, denied
from tests.builders_resources import a_product, an_image, an_option
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes

LIST = "aws-marketplace:ListEntities"
ENTITY = "aws-marketplace:DescribeEntity"
IMAGES = "ec2:DescribeImages"
VERSION = "Larkfield 2.1"
REFUSED = denied(IMAGES, HOME_REGION)
MEDIUM = Severity.MEDIUM
PAST = an_image(deprecation=days_ago(10))
SOON = an_image(deprecation=days_ago(-45))
OURS = an_image("ami-0ours")


def a_version(
    *images: str,
    visibility: str = "Public",
    number: str = "version-1",
    title: str = "2.1",
) -> Version:
    options = (an_option(id=f"do-{number}", visibility=visibility),)
    return Version(
        number, title, "", tuple(map(VersionImage, images or ("ami-0product",))), options
    )


def account(
    *images: Image,
    versions: Listed[Version] | None = None,
    visibility: str = "Public",
    listed: Listed[Image] | None = None,
    products: Listed[Product] | None = None,
) -> Snapshot:
    one = a_product(
        versions=(a_version(),) if versions is None else versions, visibility=visibility
    )
    return a_snapshot(
        products=(one,) if products is None else products,
        images=images if listed is None else listed,
    )


def of(sentence: str, expected: Expected, *images: Image) -> Case:
    return Case(sentence, account(*images), expected)


CASES = (
    of(
        "an available image passes",
        passes("Every image of Larkfield 2.1 is there", shows="available in us-east-1, depre"),
        an_image(),
    ),
    of("one that is being made passes", passes(), an_image(state="pending")),
    of("one that is on its way passes", passes(), an_image(state="transient")),
    of(
        "a disabled image fails",
        fails(MEDIUM, "ami-0product is disabled."),
        an_image(state="disabled"),
    ),
    of("a failed image fails", fails(MEDIUM, "ami-0product is failed."), an_image(state="failed")),
    of("an unknown state fails", fails(MEDIUM, "of unknown state."), an_image(state="")),
    of(
        "a deprecated image fails",
        fails(MEDIUM, "ami-0product has been deprecated since 2026-11-14."),
        PAST,
    ),
    of(
        "the moment of deprecation counts",
        fails(MEDIUM, "deprecated since 2026-11-24"),
        an_image(deprecation=days_ago(0)),
    ),
    of("deprecation within 60 days is low", fails(Severity.LOW, "deprecated in 45 days."), SOON),
    of(
        "the sixtieth day is low",
        fails(Severity.LOW, "in 60 days"),
        an_image(deprecation=days_ago(-60)),
    ),
    of(
        "a later date is normal",
        passes(shows="deprecation: 2027-01-24"),
        an_image(deprecation=days_ago(-61)),
    ),
    of(
        "one finding has all reasons",
        fails(MEDIUM, "is disabled. ami-0product will be deprecated"),
        an_image(state="disabled", deprecation=days_ago(-45)),
    ),
    Case(
        "a missing image fails when the catalog names our own ids",
        account(OURS, versions=(a_version("ami-0ours", "ami-0product"),)),
        fails(MEDIUM, "ami-0product is not among the images", shows="ami-0product: not among our"),
    ),
    of(
        "when nothing that the catalog names is ours, it may name Marketplace's copies",
        not_assessed(IMAGES, "may be Marketplace's copy"),
        OURS,
    ),
    Case(
        "a restricted version is not asked about",
        account(PAST, versions=(a_version(visibility="Restricted"),)),
        not_applicable("Larkfield 2.1 is Restricted, not public."),
    ),
    Case(
        "nor is a version of a product that not everybody can buy",
        account(PAST, visibility="Limited"),
        not_applicable("is Limited"),
    ),
    Case(
        "a version that does not say who gets it counts",
        account(PAST, versions=(a_version(visibility=""),)),
        fails(MEDIUM, "deprecated", shows="Visibility: not said: counted as public"),
    ),
    Case(
        "options that were not read whole do not make it restricted",
        account(
            PAST,
            versions=(
                Version(
                    "version-1",
                    "2.1",
                    "Public",
                    (VersionImage("ami-0product"),),
                    Partial((an_option(visibility="Restricted"),), (denied(ENTITY),)),
                ),
            ),
        ),
        fails(MEDIUM, "deprecated"),
    ),
    Case(
        "a version without images is not asked about",
        account(versions=(Version("version-1", "2.1", "Public"),)),
        not_applicable("not made of an image"),
    ),
    Case(
        "each version is judged by itself",
        account(
            an_image(),
            an_image("ami-0old", deprecation=days_ago(1)),
            versions=(a_version(), a_version("ami-0old", number="version-2", title="1.0")),
        ),
        {VERSION: passes(), "Larkfield 1.0": fails(MEDIUM, "ami-0old has been deprecated")},
    ),
    Case(
        "an image that was not seen may be worse than a date to come",
        account(
            versions=(a_version("ami-0product", "ami-0unseen"),),
            listed=Partial((SOON,), (REFUSED,)),
        ),
        not_assessed(IMAGES),
    ),
    Case(
        "it cannot hide a fail as bad as any",
        account(
            versions=(a_version("ami-0product", "ami-0unseen"),),
            listed=Partial((PAST,), (REFUSED,)),
        ),
        fails(MEDIUM, "deprecated"),
    ),
    Case("unread images are not assessed", account(listed=REFUSED), not_assessed(IMAGES)),
    Case(
        "an unread catalog is not assessed",
        account(an_image(), products=denied(LIST)),
        not_assessed(LIST),
    ),
    Case(
        "unread versions are not assessed",
        account(an_image(), versions=denied(ENTITY)),
        not_assessed(ENTITY),
    ),
    Case(
        "who sells no image has no version", account(products=()), not_applicable("has a version")
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_public_versions_rest_on_usable_images(case: Case) -> None:
    case.holds_for(CONTROL)


def test_the_remedy_names_the_images_that_need_it() -> None:
    images = (
        an_image("ami-1", deprecation=days_ago(10), state="disabled"),
        an_image("ami-2", deprecation=days_ago(-10)),
        an_image("ami-3"),
        an_image("ami-4", state="disabled"),
    )
    snapshot = account(*images, versions=(a_version("ami-1", "ami-2", "ami-3", "ami-4"),))
    (outcome,) = outcomes_of(CONTROL, snapshot)
    assert (outcome.values["deprecated"], outcome.values["disabled"]) == (
        "ami-1,ami-2",
        "ami-1,ami-4",
    )
    cli = fill(CONTROL.remedy, outcome.values).cli
    assert "Values=ami-1,ami-2 --query" in cli
    assert "Values=ami-1,ami-4 --query" in cli
    assert "start-change-set" not in cli


def test_a_version_whose_image_is_gone_is_restricted() -> None:
    snapshot = account(an_image("ami-1"), versions=(a_version("ami-1", "ami-2"),))
    (outcome,) = outcomes_of(CONTROL, snapshot)
    (change,) = json.loads(outcome.values["change_set"])
    assert change["DetailsDocument"] == {"DeliveryOptionIds": ["do-version-1"]}
