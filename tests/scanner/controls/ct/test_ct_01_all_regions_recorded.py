"""CT-01: one trail covers all regions and is logging."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.ct.ct_01_all_regions_recorded import CONTROL
from scanner.facts.cloudtrail import EventDataStore, Trail
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy, fill
from scanner.vocabulary import HOME_REGION, Listed, Partial, Severity, Unobserved
from tests.builders import STRANGER, a_snapshot, denied
from tests.builders_resources import a_data_store, a_trail
from tests.cases import Case, Expected, fails, not_assessed, passes

LIST = "cloudtrail:DescribeTrails"
STATUS = "cloudtrail:GetTrailStatus"
STORE = "cloudtrail:GetEventDataStore"
UNKNOWN = denied(STATUS, HOME_REGION)


def high(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.HIGH, says, shows=shows)


def with_trails(*trails: Trail) -> Snapshot:
    return a_snapshot(trails=trails)


def without_trail(stores: Listed[EventDataStore]) -> Snapshot:
    return a_snapshot(data_stores=stores)


CASES = (
    Case(
        "a multi-region trail that logs passes",
        with_trails(a_trail()),
        passes("seller-trail records all regions", shows="all regions, logging"),
    ),
    Case(
        "the trail may live in any region",
        with_trails(a_trail(home_region="eu-north-1")),
        passes(),
    ),
    Case(
        "one of many is enough",
        with_trails(a_trail("old", logging=False), a_trail("b", multi_region=False), a_trail()),
        passes("seller-trail records", shows="Trail old: all regions, switched off"),
    ),
    Case(
        "an organization trail that logs passes",
        with_trails(a_trail("org", account=STRANGER, organization=True)),
        passes(shows=f"organization trail of account {STRANGER}"),
    ),
    Case("event history alone is no record", with_trails(), high("No trail records this account")),
    Case(
        "a trail that is switched off fails",
        with_trails(a_trail(logging=False)),
        high("seller-trail would record all regions but is switched off."),
    ),
    Case(
        "single-region trails do not add up",
        with_trails(
            a_trail("east", multi_region=False),
            a_trail("west", multi_region=False, home_region="us-west-2"),
        ),
        high("east, west records one region only"),
    ),
    Case(
        "a status that nobody may read is not assessed",
        with_trails(a_trail(logging=UNKNOWN)),
        not_assessed(STATUS, "No trail is known to record all regions."),
    ),
    Case(
        "an organization trail of unknown status is not assessed, never a pass",
        with_trails(a_trail("org", account=STRANGER, organization=True, logging=UNKNOWN)),
        Expected(
            not_assessed(STATUS).status,
            says=f"arn:aws:cloudtrail:us-east-1:{STRANGER}:trail/org",
            shows="Trail org: all regions, status unknown",
            missing=STATUS,
        ),
    ),
    Case(
        "an unknown status beside a stopped trail settles nothing",
        with_trails(a_trail("off", logging=False), a_trail(logging=UNKNOWN)),
        not_assessed(STATUS),
    ),
    Case(
        "an unknown status beside a working trail does not matter",
        with_trails(a_trail("org", logging=UNKNOWN), a_trail()),
        passes(),
    ),
    Case(
        "an unknown status of a single-region trail does not matter",
        with_trails(a_trail(multi_region=False, logging=UNKNOWN)),
        high("records one region only"),
    ),
    Case(
        "a shadow that does not know the status gives way to the trail that does",
        with_trails(a_trail(logging=UNKNOWN), a_trail(), a_trail(logging=UNKNOWN)),
        passes(),
    ),
    Case(
        "refused trails are not assessed",
        a_snapshot(trails=denied(LIST, HOME_REGION)),
        not_assessed(LIST),
    ),
    Case(
        "a refusal in us-east-1 may hide trails",
        a_snapshot(trails=Partial((), (denied(LIST, HOME_REGION),))),
        not_assessed(LIST),
    ),
    Case(
        "a list cut in us-east-1 proves no pass",
        a_snapshot(trails=Partial((a_trail(),), (denied(LIST, HOME_REGION),))),
        not_assessed(LIST),
    ),
    Case(
        "a refusal elsewhere hides single-region trails only",
        a_snapshot(trails=Partial((a_trail(),), (denied(LIST, "eu-north-1"),))),
        passes(),
    ),
    Case(
        "a refusal elsewhere does not hide that no trail covers all regions",
        a_snapshot(trails=Partial((), (denied(LIST, "eu-north-1"),))),
        high("No trail records this account"),
    ),
    Case(
        "an event data store alone is low",
        without_trail((a_data_store(),)),
        fails(Severity.LOW, "only the event data store lake does", shows="eventdatastore/lake"),
    ),
    Case(
        "a store that is being deleted does not count",
        without_trail((a_data_store(status="PENDING_DELETION"),)),
        high("No trail"),
    ),
    Case(
        "a store of one region does not count",
        without_trail((a_data_store(multi_region=False),)),
        high("No trail"),
    ),
    Case(
        "a store without management events does not count",
        without_trail((a_data_store(management_events=False),)),
        high("No trail"),
    ),
    Case(
        "a store that cannot be read does not soften the fail",
        without_trail((a_data_store(refused=denied(STORE, HOME_REGION)),)),
        high("No trail", shows=f"CloudTrail Lake: {STORE} could not be read"),
    ),
    Case(
        "stores that cannot be listed do not soften the fail",
        without_trail(denied("cloudtrail:ListEventDataStores", HOME_REGION)),
        high("No trail", shows="cloudtrail:ListEventDataStores could not be read"),
    ),
    Case(
        "a hostile trail name stays text",
        with_trails(a_trail("$(reboot)", logging=False)),
        high("$(reboot) would record"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_trail_records_all_regions(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_for(*trails: Trail) -> Remedy:
    (outcome,) = outcomes_of(CONTROL, with_trails(*trails))
    return fill(CONTROL.remedy, outcome.values)


def test_without_a_trail_the_remedy_makes_bucket_and_trail() -> None:
    remedy = remedy_for()
    assert "create-trail --region us-east-1 --name seller-trail" in remedy.cli
    assert "update-trail" not in remedy.cli
    policy = json.loads(remedy.cli.split("<<'JSON'\n")[1].split("\nJSON\n")[0])
    sources = {one["Condition"]["StringEquals"]["aws:SourceArn"] for one in policy["Statement"]}
    assert sources == {"arn:aws:cloudtrail:us-east-1:111122223333:trail/seller-trail"}


def test_a_stopped_trail_is_started_rather_than_doubled() -> None:
    remedy = remedy_for(a_trail("main", home_region="eu-north-1", logging=False))
    assert "start-logging --region eu-north-1 --name main" in remedy.cli
    assert "create-trail" not in remedy.cli
    assert "create-trail" not in " ".join((*remedy.console, remedy.terraform))


def test_a_single_region_trail_is_widened() -> None:
    remedy = remedy_for(a_trail("main", multi_region=False))
    assert "update-trail --region us-east-1 --name main --is-multi-region-trail" in remedy.cli


def test_a_stopped_trail_of_another_account_cannot_be_repaired_here() -> None:
    remedy = remedy_for(a_trail("org", account=STRANGER, organization=True, logging=False))
    assert "create-trail" in remedy.cli


def test_the_missing_status_names_the_trail() -> None:
    snapshot = with_trails(a_trail(logging=Unobserved(STATUS, "Throttling", HOME_REGION)))
    (outcome,) = outcomes_of(CONTROL, snapshot)
    assert "status of arn:aws:cloudtrail" in outcome.missing[0].detail
