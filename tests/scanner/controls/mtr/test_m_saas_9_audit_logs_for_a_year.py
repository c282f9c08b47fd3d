"""M-SAAS-9 is asked of sellers of SaaS, who are shown how long the account's own logs live."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_saas_9_audit_logs_for_a_year import CONTROL
from scanner.facts.cloudtrail import EventDataStore, Trail
from scanner.facts.s3 import Bucket, LifecycleRule
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import HOME_REGION, Listed, Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_data_store, a_trail
from tests.builders_saas import SAAS, saas_cases
from tests.builders_storage import a_bucket
from tests.cases import Case, Expected

STATEMENT = "We keep the security logs of our SaaS product at least a year, safe from change."
NAME = "seller-trail-logs"


def shown(text: str) -> Expected:
    return Expected(Status.MANUAL, says=STATEMENT, shows=text)


def seller(
    *trails: Trail, buckets: Listed[Bucket] = (), stores: Listed[EventDataStore] = ()
) -> Snapshot:
    return a_snapshot(products=(SAAS,), trails=trails, buckets=buckets, data_stores=stores)


CASES = (
    *saas_cases(STATEMENT),
    Case("an account without a record says so", seller(), shown("none, see CT-01")),
    Case(
        "the log bucket's rules are shown",
        seller(
            a_trail(),
            buckets=(
                a_bucket(NAME, lifecycle=(LifecycleRule("short", enabled=True, expires_days=90),)),
            ),
        ),
        shown("Lifecycle rule short: deletes objects under '' after 90 days"),
    ),
    Case(
        "a bucket without rules keeps for good",
        seller(a_trail(), buckets=(a_bucket(NAME),)),
        shown("kept for good"),
    ),
    Case(
        "rules that cannot be read are told",
        seller(
            a_trail(),
            buckets=(a_bucket(NAME, lifecycle=denied("s3:GetLifecycleConfiguration")),),
        ),
        shown("Not read: s3:GetLifecycleConfiguration could not be read"),
    ),
    Case("a bucket elsewhere is told", seller(a_trail()), shown("is not one of this account's")),
    Case(
        "a store is shown", seller(stores=(a_data_store(),)), shown("Store lake: keeps 2557 days")
    ),
    Case(
        "trails that cannot be read are told",
        a_snapshot(products=(SAAS,), trails=denied("cloudtrail:DescribeTrails", HOME_REGION)),
        shown("Not read: cloudtrail:DescribeTrails"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_audit_logs_are_kept(case: Case) -> None:
    case.holds_for(CONTROL)
