"""Journey 6: telling what no API shows, and who answers for what."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from posture.models import Attestation, Organisation, User
from posture.models.tenancy import within
from tests.e2e.conftest import PASSWORD
from tests.e2e.eyes import Eyes
from tests.posture.rows import an_account
from tests.posture.web.rows import a_done_scan, a_result, a_topic, scored

HINT = {
    "kind": "fact",
    "label": "Users with a password",
    "value": "3: maria.keller, dana.okafor, tom.reyes",
    "read_by": "iam:GetCredentialReport",
}


def test_an_item_is_confirmed_and_the_profile_kept(
    eyes: Eyes, owner: User, larkfield: Organisation
) -> None:
    page = eyes.page
    account = an_account(larkfield)
    scan = a_done_scan(account)
    a_result(scan, "M-AMMP-2", status="manual", asked=True, topic="ammp", severity="medium", passing=0,
             evidence=[HINT])  # fmt: skip
    a_result(scan, "AMMP-05", status="fail", topic="ammp", severity="high", failing=1)
    scored(account, scan, topics={"ammp": a_topic(76, 60, manual=1, open={"high": 1})})
    eyes.sign_in(owner.email, PASSWORD)
    page.get_by_role("link", name="1 item for you to confirm").click()
    eyes.look()
    page.get_by_role("row").filter(has_text="M-AMMP-2").get_by_role("link").click()
    expect(page.get_by_text("Users with a password")).to_be_visible()
    eyes.look()
    eyes.expected = {400}
    page.get_by_role("button", name="Record the answer").click()
    expect(page.get_by_text("Answer yes or no.")).to_be_visible()
    eyes.look()
    page.get_by_label("Yes, I confirm it").check()
    page.get_by_label("Note").fill("Handed over in person, see the checklist.")
    last = (timezone.now() + timedelta(days=300)).date().isoformat()
    page.get_by_label("Holds until").fill(last)
    page.get_by_role("button", name="Record the answer").click()
    expect(page.get_by_text("Your answer to M-AMMP-2 is recorded")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="M-AMMP-2")).to_contain_text("Confirmed")
    page.get_by_role("row").filter(has_text="M-AMMP-2").get_by_role("link").click()
    expect(page.get_by_role("button", name="Withdraw it")).to_be_visible()
    eyes.look()
    with within(larkfield):
        assert Attestation.objects.get().note.startswith("Handed over")
    eyes.go(reverse("topic", args=["ammp"]))
    expect(page.get_by_role("heading", name="AWS answers for")).to_be_visible()
    eyes.look()
    eyes.go(reverse("profile", args=[account.pk]))
    page.get_by_label("Accounts you approve").fill("444455556666")
    eyes.look()
    page.get_by_role("button", name="Save the profile").click()
    expect(page.get_by_text("The profile is saved.")).to_be_visible()
