"""Whether the questions about reports are asked, as far as can be seen."""

from __future__ import annotations

import pytest

from scanner.facts.profile import Profile
from scanner.facts.s3 import ContactFile
from scanner.scope.psc import contact_buckets, may_hold_contacts
from scanner.scope.report_hints import contacts_left, has_callers, takes_reports
from scanner.vocabulary import Partial, gaps, seen
from tests.builders import AUTHORIZATION_DETAILS, NOW, a_role, a_snapshot, denied
from tests.builders_cas import BUCKET, a_delivery_role
from tests.builders_storage import a_bucket
from tests.documents import allow

GAP = denied(AUTHORIZATION_DETAILS)
NO_LISTING = denied("s3:ListBucket")
CALL = allow("marketplacecommerceanalytics:GenerateDataSet")
FILE = ContactFile("customer_support_contacts_data", NOW)
NEVER = Profile(psc_ever_enrolled=False)


def test_reports_are_taken_when_something_says_so() -> None:
    assert takes_reports(a_snapshot(roles=(a_delivery_role(),))) is True
    assert takes_reports(a_snapshot(profile=Profile(data_feeds=True))) is True
    assert takes_reports(a_snapshot()) is False
    assert takes_reports(a_snapshot(roles=GAP)) == GAP


def test_callers_or_reports_are_enough() -> None:
    assert has_callers(a_snapshot(roles=(a_role(inline={"p": CALL}),))) is True
    assert has_callers(a_snapshot(roles=(a_delivery_role(),))) is True
    assert has_callers(a_snapshot()) is False
    assert has_callers(a_snapshot(users=GAP)) == GAP


def test_contacts_may_lie_among_data_sets() -> None:
    buckets = (a_bucket(), a_bucket("assets"))
    snapshot = a_snapshot(roles=(a_delivery_role(),), buckets=buckets)
    assert [one.name for one in seen(contact_buckets(snapshot))] == [BUCKET]


def test_a_used_service_put_its_files_somewhere() -> None:
    listed = contact_buckets(a_snapshot(profile=Profile(psc_ever_enrolled=True)))
    assert "names no bucket of it" in gaps(listed)[0].detail


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        (a_bucket(), False),
        (a_bucket(contacts=(FILE,)), True),
        (a_bucket(contacts=Partial((FILE,), (NO_LISTING,))), True),
        (a_bucket(contacts=NO_LISTING), NO_LISTING),
    ],
)
def test_files_speak_louder_than_the_profile(bucket: object, expected: object) -> None:
    snapshot = a_snapshot(roles=(a_delivery_role(),), buckets=(bucket,), profile=NEVER)  # type: ignore[arg-type]
    assert may_hold_contacts(snapshot) == expected
    assert may_hold_contacts(a_snapshot(profile=Profile())) is True


def test_many_buckets_are_cut() -> None:
    names = tuple(f"b{n}" for n in range(12))
    snapshot = a_snapshot(buckets=tuple(map(a_bucket, names)), profile=Profile(psc_buckets=names))
    told = contacts_left(snapshot)
    assert len(told) == 11
