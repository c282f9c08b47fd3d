"""AMI-02: an image has the platform that the Seller Guide demands."""

from __future__ import annotations

import pytest

from scanner.control import outcomes_of
from scanner.controls.ami.ami_02_platform_matches import CONTROL
from scanner.facts.ec2 import Image
from scanner.facts.profile import Profile
from scanner.remedy import fill
from scanner.vocabulary import HOME_REGION, Partial, Severity
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_device, a_product, an_image
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes

READ = "ec2:DescribeImages"


def medium(says: str) -> Expected:
    return fails(Severity.MEDIUM, says)


def of(sentence: str, expected: Expected, image: Image) -> Case:
    """One product of one image."""
    return Case(sentence, a_snapshot(images=(image,), products=(a_product(image.id),)), expected)


def sized(*sizes: int | None) -> Image:
    return an_image(devices=[a_device(f"snap-{n}", size=size) for n, size in enumerate(sizes)])


CASES = (
    of("an HVM, 64-bit, EBS-backed machine image passes", passes("64-bit HVM"), an_image()),
    of("64-bit Arm passes", passes(), an_image(architecture="arm64")),
    of(
        "paravirtual images fail",
        medium("VirtualizationType of ami-0product is paravirtual; Marketplace takes hvm."),
        an_image(virtualization="paravirtual"),
    ),
    of(
        "32 bits fail",
        medium("Architecture of ami-0product is i386"),
        an_image(architecture="i386"),
    ),
    of("Intel Macs fail", medium("x86_64_mac"), an_image(architecture="x86_64_mac")),
    of("Arm Macs fail", medium("arm64_mac"), an_image(architecture="arm64_mac")),
    of(
        "instance store roots fail",
        medium("RootDeviceType of ami-0product is instance-store"),
        an_image(root_device_type="instance-store", devices=()),
    ),
    of(
        "kernels fail", medium("ImageType of ami-0product is kernel"), an_image(image_type="kernel")
    ),
    of(
        "all deviations are named together",
        medium("is paravirtual; Marketplace takes hvm. Architecture of ami-0product is i386"),
        an_image(virtualization="paravirtual", architecture="i386"),
    ),
    of("exactly 5 TiB pass with a remark", passes(shows="5120 of 5120 GiB"), sized(5000, 120)),
    of("5,000 GiB deserve a remark", passes(shows="Close to the limit"), sized(5000)),
    of("one GiB more than 5 TiB fails", medium("add up to 5121 GiB"), sized(5000, 121)),
    of(
        "ephemeral and empty volumes do not count",
        passes(shows="1, 20 GiB"),
        an_image(
            devices=[
                a_device(),
                a_device("", device="/dev/sdb", size=None, virtual_name="ephemeral0"),
                a_device("", device="/dev/sdc", size=9000),
            ]
        ),
    ),
    of(
        "a size that was left out is not assessed",
        not_assessed(READ, "VolumeSize of ami-0product"),
        sized(20, None),
    ),
    of(
        "a size that was left out cannot hide that the others are too large",
        medium("add up to 6000 GiB"),
        sized(6000, None),
    ),
    of(
        "an EBS image without any mapping is not assessed",
        not_assessed(READ, "VolumeSize"),
        an_image(devices=()),
    ),
    of(
        "fields that were left out are named",
        not_assessed(READ, "VirtualizationType, ImageType of ami-0product"),
        an_image(virtualization="", image_type=""),
    ),
    of(
        "a field that was left out cannot hide another's deviation",
        medium("is i386"),
        an_image(virtualization="", architecture="i386"),
    ),
    Case(
        "other own images are a remark",
        a_snapshot(
            images=(an_image(), an_image("ami-0other", architecture="i386")),
            products=(a_product("ami-0product"),),
        ),
        passes(shows="Own images of no product, not judged: ami-0other"),
    ),
    Case(
        "with an unreadable catalog all own images are judged",
        a_snapshot(
            images=(an_image(), an_image("ami-0other", architecture="i386")),
            products=denied("aws-marketplace:ListEntities", HOME_REGION),
        ),
        {"ami-0product": passes(), "ami-0other": medium("is i386")},
    ),
    Case(
        "without images there is nothing to judge",
        a_snapshot(products=(a_product("ami-0product"),)),
        not_applicable("owns no image in us-east-1"),
    ),
    Case(
        "who sells no AMI has no product image",
        a_snapshot(images=(an_image(architecture="i386"),), profile=Profile(product_types=())),
        not_applicable("No AMI product is sold"),
    ),
    Case(
        "refused images are not assessed",
        a_snapshot(images=denied(READ, HOME_REGION), products=(a_product("ami-0product"),)),
        not_assessed(READ),
    ),
    Case(
        "a refusal in us-east-1 may hide a product image",
        a_snapshot(
            images=Partial((), (denied(READ, HOME_REGION),)),
            products=(a_product("ami-0product"),),
        ),
        not_assessed(READ),
    ),
    of(
        "a hostile architecture stays text",
        medium("Architecture of ami-0product is $(reboot)"),
        an_image(architecture="$(reboot)"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_platform_matches_the_architecture_policy(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (an_image(virtualization="paravirtual", architecture="arm64"), "arm64"),
        (an_image(architecture="i386"), "x86_64"),
    ],
)
def test_the_remedy_starts_from_a_base_image_of_a_processor_that_is_sold(
    image: Image, kind: str
) -> None:
    snapshot = a_snapshot(images=(image,), products=(a_product(image.id),))
    (outcome,) = outcomes_of(CONTROL, snapshot)
    assert f"al2023-ami-kernel-default-{kind} " in fill(CONTROL.remedy, outcome.values).cli
