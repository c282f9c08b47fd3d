"""Journey 4: narrowing the findings, and sharing the address with a colleague."""

from __future__ import annotations

from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from posture.models import Organisation, User
from tests.e2e.conftest import PASSWORD
from tests.e2e.eyes import Eyes
from tests.posture.rows import a_member, an_account
from tests.posture.web.rows import a_done_scan, a_finding, a_queue_arn, findings


def test_a_narrowed_list_is_an_address_that_a_colleague_can_open(
    eyes: Eyes, owner: User, larkfield: Organisation, browser: Browser, live_server: LiveServer
) -> None:
    account = an_account(larkfield)
    scan = a_done_scan(account)
    a_finding(scan, "orders")
    a_finding(scan, "refunds", severity="high")
    a_finding(scan, "images", control="AMI-06", severity="high")
    page = eyes.page
    eyes.sign_in(owner.email, PASSWORD)
    page.get_by_label("Main").get_by_role("link", name="Findings").click()
    eyes.look()
    page.get_by_label("Severity").select_option("high")
    page.get_by_label("Topic").select_option("sqs")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="Flat").click()
    expect(page.get_by_role("link", name="Anybody may read")).to_have_count(1)
    expect(page.get_by_label("Filters that are on")).to_contain_text("Amazon SQS")
    eyes.look()
    shared = page.url

    colleague = a_member(larkfield, "priya", "viewer", PASSWORD)
    with browser.new_context() as context:
        other = Eyes(context.new_page(), live_server.url)
        other.sign_in(colleague.email, PASSWORD)
        other.page.goto(shared)
        expect(other.page.get_by_role("link", name="Anybody may read refunds")).to_be_visible()
        expect(other.page.get_by_role("link", name="Anybody may read")).to_have_count(1)
        other.close()

    page.get_by_role("link", name="Remove filter: Topic").click()
    expect(page.get_by_role("link", name="Anybody may read")).to_have_count(2)
    page.get_by_role("link", name="Clear all").click()
    expect(page.get_by_role("link", name="Anybody may read")).to_have_count(3)


def test_an_arn_pasted_into_the_search_finds_its_finding(
    eyes: Eyes, owner: User, larkfield: Organisation
) -> None:
    account = an_account(larkfield)
    scan = a_done_scan(account)
    findings(scan, ("orders", "refunds"))
    eyes.sign_in(owner.email, PASSWORD)
    search = eyes.page.get_by_role("searchbox", name="Search findings")
    search.fill(a_queue_arn(account, "refunds"))
    search.press("Enter")
    expect(eyes.page.get_by_role("link", name="Anybody may read")).to_have_count(1)
    search.fill("no such thing")
    search.press("Enter")
    expect(eyes.page.get_by_text("No finding matches these filters.")).to_be_visible()
    eyes.look()


def test_everything_works_without_scripts(
    eyes: Eyes, owner: User, larkfield: Organisation, browser: Browser, live_server: LiveServer
) -> None:
    scan = a_done_scan(an_account(larkfield))
    a_finding(scan, "orders")
    a_finding(scan, "queue", control="SQS-08", severity="low")
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        plain = Eyes(page, live_server.url)
        plain.sign_in(owner.email, PASSWORD)
        plain.go("/findings")
        page.get_by_role("link", name="Show the findings of SQS-08").click()
        page.get_by_role("link", name="Anybody may read queue").click()
        page.get_by_role("radio", name="Terraform").check()
        expect(page.locator(".tabs-panel-4")).to_be_visible()
        expect(page.locator(".tabs-panel-1")).to_be_hidden()
        expect(page.locator("button.copy").first).to_be_hidden()
        page.get_by_text("Link a ticket").click()
        page.get_by_label("Tracker").fill("jira")
        page.get_by_role("textbox", name="Ticket").fill("SEC-1")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Ticket linked: jira SEC-1")).to_be_visible()
        plain.close()
