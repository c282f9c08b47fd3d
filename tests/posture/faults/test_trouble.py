"""Throttling, failures and broken connections together: the record is that of a quiet scan."""

from typing import TYPE_CHECKING

import pytest

from posture.models import Account, Finding
from posture.models.tenancy import within
from sandbox.aws.faults import Fault
from tests.posture.faults.scans import a_small_seller, assert_recorded_once, scanned
from tests.posture.rows import an_organisation

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

TROUBLE = (
    Fault(kind="throttle", probability=0.3),
    Fault(kind="error", status=503, probability=0.1),
    Fault(kind="reset", probability=0.05),
)


def found(account: Account) -> set[tuple[str, str, str]]:
    with within(account.organisation_id):
        return set(Finding.objects.values_list("control", "resource", "severity"))


def test_a_third_of_all_calls_refused_for_now_changes_no_finding(
    aws: "FakeAws", seller: Account
) -> None:
    quiet = scanned(seller)
    again = a_small_seller(aws, an_organisation("Disturbed"))
    aws.forget_calls()
    aws.inject(*TROUBLE)
    scan = scanned(again)
    struck = aws.struck()
    assert min(struck) > 0, struck
    assert_recorded_once(scan)
    assert found(again) == found(seller)
    assert (scan.score, scan.score_low, scan.coverage) == (
        quiet.score, quiet.score_low, quiet.coverage,
    )  # fmt: skip
    assert scan.progress["throttled"] > 0
    assert scan.progress["calls"] > quiet.progress["calls"]
