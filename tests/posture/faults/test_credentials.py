"""Credentials end in the middle of a scan: they are renewed, or the scan is tried again."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from posture.models import Account, Finding, Scan
from posture.models.tenancy import within
from posture.scans import claim, run
from scanner.role import policy_document
from tests.posture.faults.holding import Call, Held
from tests.posture.faults.scans import assert_recorded_once, reread
from tests.posture.rows import a_scan
from tests.posture.threads import in_its_own_connection

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)


def disturbed(aws: "FakeAws", plain: Account, *, for_good: bool) -> Scan:
    """Run one attempt whose session ends while it reads."""
    taken = claim(a_scan(plain).pk)
    assert taken is not None
    with ThreadPoolExecutor(1) as thread, Held(str) as held:
        held.hold(Call(aws, "iam:GetAccountAuthorizationDetails"))
        running = thread.submit(in_its_own_connection, lambda: run(taken))
        held.wait()
        if for_good:
            refuse(aws, plain)
        aws.shorten_sessions(0)
        aws.shorten_sessions(None)
        held.let_go()
        running.result()
    return reread(taken.scan)


def refuse(aws: "FakeAws", plain: Account) -> None:
    """Let the role trust somebody else from now on."""
    aws.create_scan_role(
        account=plain.aws_account,
        external_id="another",
        policy_document=policy_document(),
    )


def test_a_session_that_ends_is_renewed_within_the_attempt(aws: "FakeAws", plain: Account) -> None:
    scan = disturbed(aws, plain, for_good=False)
    assert scan.attempt == 1
    assert len(aws.calls("sts:AssumeRole")) > 1
    assert_recorded_once(scan)


def test_a_role_that_lets_nobody_in_any_more_ends_the_scan_with_nothing_recorded(
    aws: "FakeAws", plain: Account
) -> None:
    scan = disturbed(aws, plain, for_good=True)
    assert (scan.state, scan.reason_code, scan.attempt) == ("failed", "role_refused", 1)
    assert "trust policy" in scan.reason
    assert scan.snapshot is None
    with within(plain.organisation_id):
        assert not Finding.objects.exists()
        plain.refresh_from_db()
    assert (plain.state_reason, plain.score) == (scan.reason, None)
