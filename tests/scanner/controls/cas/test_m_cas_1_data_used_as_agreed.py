"""M-CAS-1 is asked of sellers who get data sets or feeds, and of those of whom it is not known."""

from __future__ import annotations

import pytest

from scanner.controls.cas.m_cas_1_data_used_as_agreed import CONTROL
from scanner.facts.profile import Profile
from scanner.vocabulary import Status
from tests.builders import AUTHORIZATION_DETAILS, a_snapshot, denied
from tests.builders_cas import REPORTS, a_delivery_role
from tests.builders_storage import a_bucket
from tests.cases import Case, Expected, not_applicable
from tests.documents import allow

ASKED = Expected(Status.MANUAL, says="To confirm: Data sets and data feeds are used only as")
FEED = a_bucket(policy=allow("s3:PutObject", to=REPORTS))

CASES = (
    Case("A delivery role brings data", a_snapshot(roles=(a_delivery_role(),)), ASKED),
    Case("So does a feed", a_snapshot(buckets=(FEED,)), ASKED),
    Case("The profile may say so", a_snapshot(profile=Profile(cas_enrolled=True)), ASKED),
    Case("Or of feeds", a_snapshot(profile=Profile(data_feeds=True)), ASKED),
    Case("What is not known is asked", a_snapshot(roles=denied(AUTHORIZATION_DETAILS)), ASKED),
    Case("Without either it is not", a_snapshot(buckets=(a_bucket(),)), not_applicable("No data")),
    Case(
        "A bucket of contacts holds no data sets",
        a_snapshot(buckets=(a_bucket("b"),), profile=Profile(psc_buckets=("b",))),
        not_applicable(),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_use_is_attested(case: Case) -> None:
    case.holds_for(CONTROL)
