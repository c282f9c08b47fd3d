"""Journey 2: connecting an account through the wizard, and its first scan by a real worker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from posture.models import Account, Organisation, User
from posture.models.tenancy import within
from tests.e2e.conftest import PASSWORD, SELLER, make_role
from tests.e2e.eyes import Eyes
from tests.posture.workers import a_worker

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

SCAN_MS = 60_000


@pytest.fixture
def worker_log(tmp_path: Path) -> Path:
    """Where the worker writes."""
    return tmp_path


def the_account(organisation: Organisation) -> Account:
    with within(organisation):
        return Account.objects.get()


def test_a_seller_connects_an_account_and_sees_its_posture(
    eyes: Eyes, owner: User, larkfield: Organisation, aws: FakeAws, worker_log: Path
) -> None:
    page = eyes.page
    eyes.sign_in(owner.email, PASSWORD)
    page.get_by_role("link", name="Connect a seller account").click()
    page.get_by_label("AWS account id").fill("1111-2222-3333")
    page.get_by_label("Label").fill("larkfield-seller")
    page.get_by_label("Machine images (AMI)").check()
    eyes.look()
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Create the role")
    account = the_account(larkfield)
    assert account.aws_account == SELLER
    eyes.look()
    for form in ("Terraform", "CLI", "CloudFormation"):
        page.get_by_role("radio", name=form).check()
        expect(page.locator(".tabs-panel:visible b").first).to_have_text(f"{form}.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the template").click()
    assert account.external_id in Path(download.value.path()).read_text()

    page.get_by_role("link", name="The role is there, test it").click()
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("Not connected", exact=True)).to_be_visible()
    eyes.look()
    make_role(aws, account)
    page.get_by_role("button", name="Test again").click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    without = page.get_by_role("row").filter(has_text="Without external id")
    expect(without).to_contain_text("Passed")
    eyes.look()

    page.get_by_role("link", name="Continue to the schedule").click()
    page.get_by_label("Every Monday, at night").check()
    page.get_by_label("Time zone").select_option("Europe/Stockholm")
    eyes.look()
    _scans_and_shows_the_posture(eyes, aws, worker_log)


def _scans_and_shows_the_posture(eyes: Eyes, aws: FakeAws, worker_log: Path) -> None:
    page = eyes.page
    with a_worker(worker_log, aws.environment()):
        page.get_by_role("button", name="Start first scan").click()
        see = page.get_by_role("link", name="See the posture")
        see.wait_for(timeout=SCAN_MS)
        expect(page.locator("[hx-trigger]")).to_have_count(0)
        eyes.look()
        see.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("larkfield-seller")
    expect(page.locator(".score-value")).to_have_text(re.compile(r"^\d+$"))
    expect(page.get_by_role("heading", name="Next three things to do")).to_be_visible()
    eyes.look()
