"""Which trails count, and what a refusal can hide of them."""

from __future__ import annotations

from dataclasses import replace

from scanner.scope.ct import (
    belongs_elsewhere,
    counted_trails,
    multi_region_trails,
    owner_of,
    recording_stores,
    trail_to_repair,
    trails,
    working_trails,
)
from scanner.vocabulary import HOME_REGION, Partial
from tests.builders import STRANGER, a_snapshot, denied
from tests.builders_resources import a_data_store, a_trail

AT_HOME = denied("cloudtrail:DescribeTrails", HOME_REGION)
ELSEWHERE = denied("cloudtrail:DescribeTrails", "eu-north-1")
ANYWHERE = denied("cloudtrail:DescribeTrails")
UNKNOWN = denied("cloudtrail:GetTrailStatus")


def test_a_trail_stands_once_and_with_its_status_if_any_region_knew_it() -> None:
    for listed in ((a_trail(logging=UNKNOWN), a_trail()), (a_trail(), a_trail(logging=UNKNOWN))):
        assert trails(a_snapshot(trails=listed)) == (a_trail(),)


def test_trails_of_one_name_in_two_regions_are_two() -> None:
    listed = (a_trail(), a_trail(home_region="eu-north-1"))
    assert trails(a_snapshot(trails=listed)) == listed


def test_multi_region_trails_are_all_known_once_us_east_1_was_read() -> None:
    listed = Partial((a_trail(), a_trail("one", multi_region=False)), (ELSEWHERE,))
    assert multi_region_trails(a_snapshot(trails=listed)) == (a_trail(),)


def test_a_refusal_at_home_or_nowhere_in_particular_cuts_them() -> None:
    for gap in (AT_HOME, ANYWHERE):
        listed = Partial((a_trail(),), (gap, ELSEWHERE))
        assert multi_region_trails(a_snapshot(trails=listed)) == Partial((a_trail(),), (gap,))


def test_a_wholly_refused_list_stays_refused_whatever_the_region() -> None:
    for gap in (AT_HOME, ELSEWHERE):
        snapshot = a_snapshot(trails=gap)
        assert trails(snapshot) == multi_region_trails(snapshot) == counted_trails(snapshot) == gap


def test_counted_are_those_that_log_or_may() -> None:
    may = a_trail("may", logging=UNKNOWN)
    listed = (a_trail(), may, a_trail("off", logging=False), a_trail("one", multi_region=False))
    assert counted_trails(a_snapshot(trails=listed)) == (a_trail(), may)


def test_working_are_those_that_surely_log() -> None:
    may = a_trail("may", logging=UNKNOWN)
    listed = (a_trail(), may, a_trail("off", logging=False), a_trail("one", multi_region=False))
    assert working_trails(a_snapshot(trails=listed)) == (a_trail(),)


def test_a_trail_of_another_account_belongs_elsewhere() -> None:
    assert belongs_elsewhere(a_trail(account=STRANGER), a_snapshot())
    assert not belongs_elsewhere(a_trail(), a_snapshot())


def test_the_owner_is_the_account_of_the_arn() -> None:
    assert owner_of(a_trail(account=STRANGER)) == STRANGER


def test_a_malformed_arn_belongs_to_nobody() -> None:
    assert owner_of(replace(a_trail(), arn="trail")) == ""


def test_the_trail_to_repair_is_our_own_and_multi_region_if_there_is_one() -> None:
    single, multi = a_trail("single", multi_region=False), a_trail("multi", logging=False)
    foreign = a_trail("org", account=STRANGER, organization=True)
    assert trail_to_repair(a_snapshot(trails=(foreign, single, multi))) == multi
    assert trail_to_repair(a_snapshot(trails=(foreign, single))) == single
    assert trail_to_repair(a_snapshot(trails=(foreign,))) is None


def test_stores_that_cannot_be_read_cut_the_list_of_those_that_record() -> None:
    refused = denied("cloudtrail:GetEventDataStore")
    stores = (a_data_store("good"), a_data_store("unread", refused=refused))
    assert recording_stores(a_snapshot(data_stores=stores)) == Partial(stores[:1], (refused,))
