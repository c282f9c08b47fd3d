"""What a second look has seen of a finding counts on when its scan is judged again."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from posture.models import Account, ControlResult, Finding, Scan, Verification
from posture.models.tenancy import within
from posture.scans import request_verification
from posture.scans.verified import record_look
from scanner.again import Look
from scanner.control import Outcome
from scanner.scan import judged as judge
from scanner.vocabulary import Status
from tests.posture.rejudging import judged, requested, visited
from tests.posture.reports import a_report, an_outcome, day
from tests.posture.store import a_store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def found(account: Account, settings: LazySettings, tmp_path: Path) -> Finding:
    """A missing trail; the controls of today say the same of the scan that saw it."""
    a_store(settings, location=tmp_path)
    visited(account, *judge(a_report().snapshot).outcomes)
    with within(account.organisation_id):
        Scan.objects.update(finished_at=day(0))
        return Finding.objects.get(control="CT-01")


def looked(finding: Finding, *outcomes: Outcome) -> Verification:
    """Record what somebody saw a day after the scan."""
    with within(finding.organisation_id):
        row, _ = request_verification(finding=finding, by=None)
        assert row.claim()
    assert record_look(verification=row, fence=row.fence, look=Look(day(1), outcomes))
    with within(finding.organisation_id):
        row.refresh_from_db()
    return row


def counted(account: Account) -> dict[str, Any]:
    """The score with its counters, and what is said of every control and finding."""
    with within(account.organisation_id):
        return {
            "account": Account.objects.values().get(),
            "controls": list(ControlResult.objects.order_by("control").values()),
            "findings": list(Finding.objects.order_by("pk").values()),
        }


@pytest.mark.parametrize("seen", ["failing", "fixed", "not_applicable"])
def test_what_a_second_look_saw_is_counted_as_it_was(
    account: Account, found: Finding, seen: str
) -> None:
    status = {"failing": Status.FAIL, "fixed": Status.PASS}.get(seen, Status.NOT_APPLICABLE)
    said = an_outcome(status, found.resource, control=found.control, reasons=tuple(found.reasons))
    assert looked(found, said).seen == seen
    before = counted(account)
    assert judged(requested(account)).counts == {"opened": 0, "resolved": 0, "reopened": 0}
    after = counted(account)
    assert after["account"] == before["account"]
    assert after["findings"] == before["findings"]
    [mine] = [one for one in before["controls"] if one["control"] == found.control]
    [again] = [one for one in after["controls"] if one["control"] == found.control]
    told = {"id", "reason"} if seen != "failing" else {"id"}
    assert {**mine, **dict.fromkeys(told)} == {**again, **dict.fromkeys(told)}
    assert len(after["controls"]) == len(before["controls"])
