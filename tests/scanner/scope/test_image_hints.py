"""Hints show what was read, and say what was not."""

from __future__ import annotations

import pytest

from scanner.evidence import Fact
from scanner.facts.catalog import Version, VersionImage
from scanner.manual import Hint
from scanner.scope.image_hints import (
    base_images,
    failed_changes,
    fpga_images,
    names_fpga_images,
    operating_systems,
    public_listings,
    scanning_ports,
    usage_texts,
)
from scanner.vocabulary import NotSeen, Partial
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product

LIST = denied("aws-marketplace:ListEntities")
HINTS = (scanning_ports, operating_systems, usage_texts, public_listings, fpga_images)


@pytest.mark.parametrize("hint", HINTS)
def test_an_unread_catalog_leaves_nothing_to_show(hint: Hint) -> None:
    with pytest.raises(NotSeen):
        hint(a_snapshot(products=LIST))


def test_other_facts_may_be_unread_as_well() -> None:
    with pytest.raises(NotSeen):
        failed_changes(a_snapshot(failures=denied("aws-marketplace:ListChangeSets")))
    with pytest.raises(NotSeen):
        base_images(a_snapshot(products=LIST, images=denied("ec2:DescribeImages")))


def test_a_gap_is_told_beside_what_was_read() -> None:
    source = VersionImage("ami-1", operating_system="RHEL 9")
    one = a_product(versions=(Version("version-1", "2.1", "Public", (source,)),))
    shown = operating_systems(a_snapshot(products=Partial((one,), (LIST,))))
    assert [piece.label for piece in shown if isinstance(piece, Fact)] == [
        "Declared operating system, Larkfield 2.1",
        "Not all could be read",
    ]


def test_fpga_images_may_be_named_by_what_was_not_read() -> None:
    source = VersionImage("ami-1", fpga_images=("afi-1",))
    one = a_product(versions=(Version("version-1", "2.1", "Public", (source,)),))
    assert names_fpga_images(a_snapshot(products=Partial((one,), (LIST,)))) is True
    assert names_fpga_images(a_snapshot(products=(a_product("ami-1"),))) is False
    assert names_fpga_images(a_snapshot(products=LIST)) == LIST
