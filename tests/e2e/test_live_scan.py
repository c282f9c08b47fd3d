"""Journey 5: following a scan while it runs, and its result when it is over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from posture.models import Account, Organisation, Scan, User
from posture.models.tenancy import within
from sandbox.aws.faults import Fault
from tests.e2e.conftest import PASSWORD, make_role
from tests.e2e.eyes import Eyes
from tests.posture.rows import an_account
from tests.posture.workers import a_worker

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

SCAN_MS = 60_000
HELD_UP = "cloudtrail:DescribeTrails"


def test_a_scan_is_followed_until_its_result_without_reloading(
    eyes: Eyes, owner: User, larkfield: Organisation, aws: FakeAws, tmp_path: Path
) -> None:
    page = eyes.page
    account = an_account(larkfield)
    make_role(aws, account)
    aws.inject(
        Fault(kind="latency", action=HELD_UP, seconds=6),
        Fault(kind="deny", action="sqs:GetQueueAttributes"),
    )
    eyes.sign_in(owner.email, PASSWORD)
    page.get_by_role("button", name="Scan now").click()
    expect(page.get_by_text("Waiting for a worker.")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    with a_worker(tmp_path, aws.environment()):
        expect(page.get_by_text("Reading", exact=True).first).to_be_visible(timeout=SCAN_MS)
        expect(page.locator("[hx-trigger]")).to_have_count(1)
        eyes.look()
        expect(page.get_by_role("link", name="See the posture")).to_be_visible(timeout=SCAN_MS)
    assert page.evaluate("window.sameDocument") is True
    expect(page.locator("[hx-trigger]")).to_have_count(0)
    expect(page.get_by_text("Done with gaps").first).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="SQS")).to_contain_text("Refused")
    eyes.look()
    with within(larkfield):
        assert Scan.objects.get().state == "partial"
    page.get_by_role("link", name="See coverage").click()
    row = page.get_by_role("row").filter(has_text="SQS-03")
    expect(row).to_contain_text("Not seen")
    expect(row).to_contain_text("sqs:GetQueueAttributes")
    eyes.look()


def test_a_scan_that_cannot_enter_says_why(
    eyes: Eyes, owner: User, larkfield: Organisation, aws: FakeAws, tmp_path: Path
) -> None:
    account: Account = an_account(larkfield)
    eyes.sign_in(owner.email, PASSWORD)
    with a_worker(tmp_path, aws.environment()):
        eyes.page.get_by_role("button", name="Scan now").click()
        failed = eyes.page.get_by_role("link", name="Test the connection")
        failed.wait_for(timeout=SCAN_MS)
    eyes.look()
    failed.click()
    expect(eyes.page.get_by_label("Role ARN")).to_have_value(account.role_arn)
