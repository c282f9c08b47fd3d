"""AMI-06: no own image, in no enabled region, can be launched by everybody."""

from __future__ import annotations

import pytest

from scanner.controls.ami.ami_06_images_not_public import CONTROL
from scanner.facts.ec2 import Grant, Image
from scanner.facts.profile import Profile
from scanner.vocabulary import HOME_REGION, Partial, Severity
from tests.builders import STRANGER, a_snapshot, denied
from tests.builders_resources import EVERYONE, MARKETPLACE, a_product, an_image
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes

IMAGES = "ec2:DescribeImages"
PERMISSIONS = "ec2:DescribeImageAttribute"
REFUSED = denied(PERMISSIONS, HOME_REGION)


def critical(says: str = "Anybody with an AWS account can launch ami-0product") -> Expected:
    return fails(Severity.CRITICAL, says)


def of(sentence: str, expected: Expected, image: Image) -> Case:
    return Case(sentence, a_snapshot(images=(image,)), expected)


CASES = (
    of(
        "a private image passes",
        passes(
            "ami-0product is not public.",
            shows="Launch permission for all: not seen\nState: available",
        ),
        an_image(),
    ),
    of("an image that says it is public fails", critical(), an_image(public=True)),
    of(
        "a launch permission for all fails whatever the image says",
        critical(),
        an_image(public=False, launch_permissions=(MARKETPLACE, EVERYONE)),
    ),
    of(
        "a deprecated public image is still public",
        critical(),
        an_image(public=True, state="deprecated"),
    ),
    of(
        "nobody can launch a disabled image",
        passes("is disabled"),
        an_image(public=True, state="disabled", launch_permissions=(EVERYONE,)),
    ),
    of(
        "unread permissions do not matter when the image says it is private",
        passes(),
        an_image(launch_permissions=REFUSED),
    ),
    of(
        "unread permissions cannot hide that the image says it is public",
        critical(),
        an_image(public=True, launch_permissions=REFUSED),
    ),
    of(
        "permissions decide when the image does not say",
        passes(),
        an_image(public=None),
    ),
    of(
        "permissions prove it when the image does not say",
        critical(),
        an_image(public=None, launch_permissions=Partial((EVERYONE,), (REFUSED,))),
    ),
    of(
        "neither read is not assessed",
        not_assessed(PERMISSIONS),
        an_image(public=None, launch_permissions=REFUSED),
    ),
    of(
        "cut permissions prove nothing good",
        not_assessed(PERMISSIONS),
        an_image(public=None, launch_permissions=Partial((MARKETPLACE,), (REFUSED,))),
    ),
    Case(
        "an image that is public on purpose is a remark",
        a_snapshot(
            images=(an_image(public=True),), profile=Profile(public_images=("ami-0product",))
        ),
        passes("as the profile says", shows="Public on purpose: ami-0product"),
    ),
    Case(
        "the purpose covers no other image",
        a_snapshot(
            images=(an_image("ami-0other", public=True),),
            profile=Profile(public_images=("ami-0product",)),
        ),
        critical("can launch ami-0other"),
    ),
    Case(
        "images of all regions and of no product count",
        a_snapshot(
            regions=(HOME_REGION, "eu-north-1"),
            images=(an_image(), an_image("ami-0copy", region="eu-north-1", public=True)),
            products=(a_product("ami-0product"),),
        ),
        {"ami-0product": passes(), "ami-0copy": critical("can launch ami-0copy")},
    ),
    Case(
        "a region that refused may hide a public image",
        a_snapshot(images=Partial((an_image(),), (denied(IMAGES, "eu-north-1"),))),
        {"ami-0product": passes(), "Account 111122223333": not_assessed(IMAGES)},
    ),
    Case(
        "unknown regions may hide a public image",
        a_snapshot(images=(an_image(),), regions=denied("ec2:DescribeRegions")),
        {"ami-0product": passes(), "Account 111122223333": not_assessed("ec2:DescribeRegions")},
    ),
    Case(
        "refused images are not assessed",
        a_snapshot(images=denied(IMAGES, HOME_REGION)),
        not_assessed(IMAGES),
    ),
    Case("without images there is nothing to judge", a_snapshot(), not_applicable("owns no image")),
    of(
        "a hostile name stays text",
        critical("ami-0product (<b>$(id)</b>)"),
        an_image(public=True, label="<b>$(id)</b>"),
    ),
    of(
        "an image shared with one account is not public",
        passes(),
        an_image(launch_permissions=(MARKETPLACE, Grant(user=STRANGER))),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_image_is_public(case: Case) -> None:
    case.holds_for(CONTROL)
