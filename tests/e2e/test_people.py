"""Journey: a colleague is invited, joins, is limited; a program gets a token that is rotated."""

from __future__ import annotations

import re

from django.core import mail
from playwright.sync_api import expect

from posture.models import Organisation, User
from tests.e2e.conftest import PASSWORD
from tests.e2e.eyes import Eyes
from tests.posture.rows import an_account


def test_a_colleague_is_invited_and_joins(eyes: Eyes, owner: User, larkfield: Organisation) -> None:
    page = eyes.page
    an_account(larkfield)
    eyes.sign_in(owner.email, PASSWORD)
    eyes.go("/settings/people")
    eyes.look()
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("Email").fill("olga@example.com")
    page.get_by_label("Role").select_option("analyst")
    page.get_by_label("Only these accounts").check()
    page.get_by_label("Their AWS account ids").fill("111122223333")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_text("Sent to olga@example.com.")).to_be_visible()
    eyes.look()
    eyes.go("/settings/leave")
    eyes.look()
    page.locator("summary", has_text="Ines").click()
    page.get_by_role("button", name="Sign out").click()
    found = re.search(r"/invitations/\S+", str(mail.outbox[-1].body))
    assert found is not None
    eyes.go(found[0])
    eyes.look()
    page.get_by_label("Your name").fill("Olga")
    page.get_by_label("Password").fill("a sentence nobody guesses")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("You are a member of Larkfield now.")).to_be_visible()
    eyes.expected = {404}
    eyes.go(found[0])
    expect(page.get_by_role("heading", name="This link opens nothing")).to_be_visible()
    eyes.look()


def test_a_program_gets_a_token_that_is_rotated(eyes: Eyes, owner: User) -> None:
    page = eyes.page
    eyes.sign_in(owner.email, PASSWORD)
    eyes.go("/settings/tokens")
    page.get_by_label("Name").first.fill("jira-sync")
    page.get_by_label("Read accounts, scores and findings").check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator("#token")).to_contain_text("spt_")
    eyes.look()
    page.get_by_role("button", name="Rotate jira-sync").click()
    expect(page.get_by_text("The old one,")).to_be_visible()
    eyes.look()
