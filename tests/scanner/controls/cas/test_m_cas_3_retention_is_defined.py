"""M-CAS-3 shows what the lifecycle rules of the report buckets say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scanner.controls.cas.m_cas_3_retention_is_defined import CONTROL
from scanner.facts.s3 import LifecycleRule
from scanner.vocabulary import Listed, Status
from tests.builders import a_snapshot, denied
from tests.builders_cas import a_delivery_role
from tests.builders_storage import a_bucket
from tests.cases import Case, Expected, not_applicable

NO_RULES = denied("s3:GetLifecycleConfiguration")
NO_BUCKETS = denied("s3:ListAllMyBuckets")


def asked(shows: str) -> Expected:
    return Expected(Status.MANUAL, says="To confirm: It is written down how long", shows=shows)


def kept(sentence: str, shows: str, rules: Listed[LifecycleRule]) -> Case:
    bucket = a_bucket(lifecycle=rules)
    snapshot = a_snapshot(roles=(a_delivery_role(),), buckets=(bucket,))
    return Case(sentence, snapshot, asked(f"Bucket larkfield-reports: {shows}"))


CASES = (
    kept("No rule keeps everything", "no rule: everything is kept", ()),
    kept(
        "A rule is told",
        "rule old deletes after 400 days under 2026/, for some objects only",
        (LifecycleRule("old", enabled=True, prefix="2026/", narrowed=True, expires_days=400),),
    ),
    kept(
        "A date is told",
        "rule end deletes on 2027-01-01",
        (LifecycleRule("end", enabled=True, expires_on=datetime(2027, 1, 1, tzinfo=UTC)),),
    ),
    kept(
        "A rule that is off, or deletes no current object, is none",
        "no rule",
        (
            LifecycleRule("off", enabled=False, expires_days=1),
            LifecycleRule("noncurrent", enabled=True, noncurrent_days=1),
        ),
    ),
    kept("Rules that were not read say so", f"{NO_RULES.action} could not be read", NO_RULES),
    Case(
        "Buckets that were not read say so",
        a_snapshot(roles=(a_delivery_role(),), buckets=NO_BUCKETS),
        asked(f"Not all could be read: {NO_BUCKETS.action}"),
    ),
    Case("Without reports it is not asked", a_snapshot(), not_applicable("No data set")),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_retention_is_attested(case: Case) -> None:
    case.holds_for(CONTROL)
