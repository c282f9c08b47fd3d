"""Journey 6: a fault is looked at again, repaired, and seen to be gone, without a whole scan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from posture.models import Finding, Organisation, User
from posture.models.tenancy import within
from posture.scans import claim, run
from tests.e2e.conftest import PASSWORD
from tests.e2e.eyes import Eyes
from tests.posture.rows import a_scan
from tests.posture.sellers import PUBLIC_IMAGE, a_seller, close_image
from tests.posture.workers import a_worker

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

LOOK_MS = 60_000


@pytest.fixture
def finding(larkfield: Organisation, aws: FakeAws) -> Finding:
    """Everybody may launch an image of the seller, as a scan has found."""
    claimed = claim(a_scan(a_seller(aws, larkfield)).pk)
    assert claimed is not None
    run(claimed)
    with within(larkfield):
        return Finding.objects.get(control="AMI-06", resource__endswith=PUBLIC_IMAGE)


def test_a_repaired_fault_turns_green_on_its_own_page(
    eyes: Eyes, owner: User, finding: Finding, aws: FakeAws, tmp_path: Path
) -> None:
    page = eyes.page
    eyes.sign_in(owner.email, PASSWORD)
    eyes.go(f"/findings/{finding.pk}")
    look = page.locator("#look")
    again = look.get_by_role("button", name="Check again")
    with a_worker(tmp_path, aws.environment()):
        again.click()
        expect(look).to_contain_text("Still there", timeout=LOOK_MS)
        eyes.look()
        close_image(aws)
        again.click()
        expect(look).to_contain_text("The fault is gone", timeout=LOOK_MS)
    expect(page.locator("[hx-trigger]")).to_have_count(0)
    eyes.look()
    page.reload()
    expect(page.get_by_text("Resolved").first).to_be_visible()
    with within(finding.organisation_id):
        finding.refresh_from_db()
    assert (finding.state, finding.resolution) == ("resolved", "fixed")
