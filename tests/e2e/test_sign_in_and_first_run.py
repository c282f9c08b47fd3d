"""Journey 1: signing in for the first time, with nothing connected yet."""

from __future__ import annotations

from playwright.sync_api import expect

from posture.models import User
from tests.e2e.conftest import PASSWORD
from tests.e2e.eyes import HEIGHT, NARROW, Eyes


def test_a_newcomer_signs_in_and_learns_what_to_do(eyes: Eyes, owner: User) -> None:
    page = eyes.page
    eyes.go("/findings?severity=high")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    eyes.look()
    page.get_by_label("Email").fill(owner.email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not correct")
    eyes.look()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{eyes.url}/findings?severity=high")
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect your first AWS account")
    eyes.look()
    page.get_by_role("link", name="What we read, and what we never read").click()
    expect(page.get_by_role("heading", name="What we read, and what we never read")).to_be_visible()
    eyes.look()


def test_every_place_of_the_navigation_opens_empty(eyes: Eyes, owner: User) -> None:
    eyes.sign_in(owner.email, PASSWORD)
    for place in ("Findings", "Accounts", "Scans", "Controls", "API tokens"):
        eyes.page.get_by_label("Main").get_by_role("link", name=place).click()
        expect(eyes.page.get_by_role("heading", level=1)).to_have_text(place)
        eyes.look()


def test_on_a_phone_the_navigation_is_a_menu(eyes: Eyes, owner: User) -> None:
    eyes.sign_in(owner.email, PASSWORD)
    eyes.page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    link = eyes.page.get_by_label("Main").get_by_role("link", name="Scans")
    expect(link).to_be_hidden()
    eyes.page.get_by_role("button", name="Menu").click()
    link.click()
    expect(eyes.page.get_by_role("heading", level=1)).to_have_text("Scans")


def test_the_theme_is_chosen_by_hand_and_stays(eyes: Eyes, owner: User) -> None:
    eyes.sign_in(owner.email, PASSWORD)
    eyes.page.locator("summary", has_text="Ines").click()
    eyes.page.get_by_role("button", name="Dark").click()
    expect(eyes.page.locator("html")).to_have_attribute("data-theme", "dark")
    eyes.go("/controls")
    expect(eyes.page.locator("html")).to_have_attribute("data-theme", "dark")
    eyes.page.locator("summary", has_text="Ines").click()
    eyes.look()
    eyes.page.get_by_role("button", name="Sign out").click()
    expect(eyes.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_page_that_is_not_there_says_so(eyes: Eyes, owner: User) -> None:
    eyes.expected = {404}
    eyes.sign_in(owner.email, PASSWORD)
    eyes.go("/nothing/here")
    expect(eyes.page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    eyes.look()
