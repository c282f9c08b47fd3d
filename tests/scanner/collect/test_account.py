"""Regions: the enabled ones, or those that were chosen, with us-east-1 always among them."""

import pytest

from scanner.collect.account import enabled_regions
from scanner.vocabulary import Partial, Unobserved
from tests.fakes import DENIED, FakeAws

REGIONS = "ec2:DescribeRegions"
ENABLED = {"Regions": [{"RegionName": name} for name in ("us-west-2", "eu-west-1", "us-east-1")]}
REFUSED = Unobserved(REGIONS, "AccessDenied", "us-east-1", DENIED.detail)


def test_enabled_regions_come_home_first() -> None:
    assert enabled_regions(FakeAws({REGIONS: ENABLED})) == ("us-east-1", "eu-west-1", "us-west-2")


def test_chosen_regions_are_read_beside_home() -> None:
    assert enabled_regions(FakeAws({REGIONS: ENABLED}), ["us-west-2"]) == ("us-east-1", "us-west-2")


def test_a_chosen_region_that_is_disabled_is_a_gap_of_that_region() -> None:
    found = enabled_regions(FakeAws({REGIONS: ENABLED}), ["ap-east-1", "eu-west-1"])
    assert isinstance(found, Partial)
    assert found.items == ("us-east-1", "eu-west-1")
    assert [(gap.error, gap.region) for gap in found.why] == [("RegionDisabled", "ap-east-1")]


def test_refused_regions_are_unobserved() -> None:
    assert enabled_regions(FakeAws({REGIONS: DENIED})) == REFUSED


def test_chosen_regions_are_read_even_when_nobody_says_which_are_enabled() -> None:
    found = enabled_regions(FakeAws({REGIONS: DENIED}), ["eu-west-1"])
    assert found == Partial(("us-east-1", "eu-west-1"), (REFUSED,))


def test_a_region_without_name_is_a_gap() -> None:
    found = enabled_regions(FakeAws({REGIONS: {"Regions": [{}, {"RegionName": "eu-west-1"}]}}))
    assert isinstance(found, Partial)
    assert found.items == ("us-east-1", "eu-west-1")


@pytest.mark.parametrize("said", [[], [{"RegionName": "eu-west-1"}]])
@pytest.mark.parametrize("chosen", [(), ("eu-west-1",)])
def test_an_answer_without_home_is_no_list_of_the_enabled_regions(
    said: list[dict[str, str]], chosen: tuple[str, ...]
) -> None:
    found = enabled_regions(FakeAws({REGIONS: {"Regions": said}}), chosen)
    assert isinstance(found, Partial)
    assert found.items[0] == "us-east-1"
    assert Unobserved(REGIONS, "BadAnswer", "", "the answer lacks us-east-1") in found.why
