"""AMI-01: an image that a version is made of is our own, in us-east-1, and available."""

from __future__ import annotations

import pytest

from scanner.control import outcomes_of
from scanner.controls.ami.ami_01_images_at_home import CONTROL
from scanner.facts.catalog import Product, Version, VersionImage
from scanner.facts.ec2 import Image
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import HOME_REGION, Listed, Partial, Severity
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product, an_image, an_option
from tests.cases import Case, fails, not_applicable, not_assessed, passes

LIST = "aws-marketplace:ListEntities"
IMAGES = "ec2:DescribeImages"
HERE = denied(IMAGES, HOME_REGION)
ELSEWHERE = denied(IMAGES, "eu-north-1")
ABROAD = an_image(region="eu-north-1")
OURS = an_image("ami-0ours")
GONE = "ami-0product is not among the images of this account."
PRODUCTS = (a_product("ami-0product"),)
ACCOUNT = "Account 111122223333"


def a_version(visibility: str, *, status: str = "", id: str = "version-1") -> Version:  # noqa: A002
    sources = (VersionImage("ami-0product"),)
    options = (an_option(visibility=visibility),) if visibility else ()
    return Version(id, "2.1", status or visibility, sources, options)


def account(
    *images: Image,
    products: Listed[Product] = PRODUCTS,
    listed: Listed[Image] | None = None,
    profile: Profile | None = None,
) -> Snapshot:
    return a_snapshot(
        products=products,
        images=images if listed is None else listed,
        profile=profile,
        regions=(HOME_REGION, "eu-north-1"),
    )


def of_two(*images: Image) -> Snapshot:
    """A catalog that names one image that is ours and one to look for."""
    return account(OURS, *images, products=(a_product("ami-0ours", "ami-0product"),))


CASES = (
    Case(
        "an own image at home passes",
        account(an_image()),
        passes("ami-0product is an own image in us-east-1", shows="Named by: Larkfield 2.1 (Pub"),
    ),
    Case(
        "an image that is only abroad fails",
        account(ABROAD),
        fails(Severity.MEDIUM, "ami-0product is not in us-east-1 but in eu-north-1 (available)."),
    ),
    Case(
        "an image at home and abroad passes",
        account(ABROAD, an_image()),
        passes(shows="Found in: eu-north-1 (available), us-east-1 (available)"),
    ),
    Case(
        "a disabled image fails",
        account(an_image(state="disabled")),
        fails(Severity.MEDIUM, "ami-0product in us-east-1 is disabled, not available."),
    ),
    Case(
        "a failed image fails",
        account(an_image(state="failed")),
        fails(Severity.MEDIUM, "ami-0product in us-east-1 is failed"),
    ),
    Case(
        "an image of which AWS left the state out fails",
        account(an_image(state="")),
        fails(Severity.MEDIUM, "is of unknown state, not available."),
    ),
    Case(
        "a missing image fails when the catalog names our own ids",
        of_two(),
        {"ami-0ours": passes(), "ami-0product": fails(Severity.MEDIUM, GONE)},
    ),
    Case(
        "when nothing that the catalog names is ours, it may name Marketplace's copies",
        account(an_image("ami-0other")),
        not_assessed(IMAGES, "may be Marketplace's copy"),
    ),
    Case(
        "the profile names own images only",
        account(products=(), profile=Profile(images=("ami-0product",))),
        fails(Severity.MEDIUM, GONE, shows="Named by: the profile"),
    ),
    Case(
        "a missing image of restricted versions is a remark",
        account(
            OURS,
            products=(
                a_product("ami-0ours"),
                a_product(id="prod-2", versions=(a_version("Restricted"),)),
            ),
        ),
        {"ami-0ours": passes(), "ami-0product": passes("New buyers", shows=f"counted: {GONE}")},
    ),
    Case(
        "so is one of an archived version",
        account(ABROAD, products=(a_product(versions=(a_version("", status="Archived"),)),)),
        passes("New buyers can get no version", shows="Not counted: ami-0product is not in us-"),
    ),
    Case(
        "so is one of a restricted product",
        account(ABROAD, products=(a_product("ami-0product", visibility="Restricted"),)),
        passes("New buyers can get no version"),
    ),
    Case(
        "one public version is enough to fail",
        account(
            ABROAD,
            products=(
                a_product(versions=(a_version("Restricted"), a_version("Public", id="version-2"))),
            ),
        ),
        fails(Severity.MEDIUM, "not in us-east-1"),
    ),
    Case(
        "a version that does not say who gets it counts",
        account(ABROAD, products=(a_product(versions=(a_version(""),), visibility=""),)),
        fails(Severity.MEDIUM, "not in us-east-1", shows="(visibility unknown)"),
    ),
    Case(
        "a cut catalog cannot excuse anything",
        account(
            ABROAD,
            products=Partial((a_product(versions=(a_version("Restricted"),)),), (denied(LIST),)),
        ),
        {"ami-0product": fails(Severity.MEDIUM, "not in us-east-1"), ACCOUNT: not_assessed(LIST)},
    ),
    Case("an unread catalog is not assessed", account(products=denied(LIST)), not_assessed(LIST)),
    Case(
        "unread versions are not assessed",
        account(products=(a_product(versions=denied("aws-marketplace:DescribeEntity")),)),
        not_assessed("aws-marketplace:DescribeEntity"),
    ),
    Case(
        "home unread is not assessed",
        account(listed=Partial((ABROAD,), (HERE,))),
        not_assessed(IMAGES),
    ),
    Case(
        "another region unread does not matter to what was found at home",
        account(listed=Partial((an_image(),), (ELSEWHERE,))),
        passes(),
    ),
    Case(
        "found abroad and missing at home is enough to fail",
        account(listed=Partial((ABROAD,), (ELSEWHERE,))),
        fails(Severity.MEDIUM, "not in us-east-1 but in eu-north-1"),
    ),
    Case(
        "an image that may be in an unread region is not assessed",
        account(listed=Partial((OURS,), (ELSEWHERE,))),
        not_assessed(IMAGES),
    ),
    Case("refused images are not assessed", account(listed=HERE), not_assessed(IMAGES)),
    Case(
        "who sells no image has nothing to judge",
        account(products=(a_product("ami-1", type="SaaSProduct"),)),
        not_applicable("No version of an AMI product"),
    ),
    Case(
        "a hostile id stays text",
        account(OURS, products=(a_product("ami-0ours", "$(reboot)"),)),
        {"ami-0ours": passes(), "$(reboot)": fails(Severity.MEDIUM, "$(reboot) is not among")},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_product_images_are_at_home(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize(
    ("images", "command"),
    [
        ((ABROAD,), "aws ec2 copy-image --source-region eu-north-1 --source-image-id ami-0product"),
        ((an_image(state="disabled"),), "aws ec2 enable-image --image-id ami-0product"),
        ((an_image(state="failed"),), "aws ec2 describe-images --owners self"),
    ],
)
def test_the_remedy_fits_what_was_found(images: tuple[Image, ...], command: str) -> None:
    (outcome,) = outcomes_of(CONTROL, account(*images))
    assert fill(CONTROL.remedy, outcome.values).cli.startswith(command)
    assert outcome.values["new_name"] == ("ami-0product-copy" if images == (ABROAD,) else "")
    ways = ("source_region", "disabled_image", "lost_image")
    assert sum(bool(outcome.values[way]) for way in ways) == 1
