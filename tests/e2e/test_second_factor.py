"""Journey 6: a person sets up an app and a passkey, and signs in with each of them."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from posture.models import Organisation, User
from posture.models.tenancy import within
from tests.e2e.conftest import PASSWORD
from tests.e2e.eyes import Eyes
from tests.posture.entering import code_of, factors_of, with_app


@pytest.fixture
def keeper(eyes: Eyes) -> Eyes:
    """The same tab, with a device that keeps passkeys and always agrees."""
    session = eyes.page.context.new_cdp_session(eyes.page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return eyes


def give_password(eyes: Eyes, user: User) -> None:
    """Do the first step on the page."""
    eyes.go("/sign-in")
    eyes.page.get_by_label("Email").fill(user.email)
    eyes.page.get_by_label("Password").fill(PASSWORD)
    eyes.page.get_by_role("button", name="Sign in").click()


def sign_out(eyes: Eyes) -> None:
    """Leave by the menu."""
    eyes.page.locator("summary", has_text="Ines").click()
    eyes.page.get_by_role("button", name="Sign out").click()
    expect(eyes.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_app_is_set_up_and_asked_for(eyes: Eyes, owner: User) -> None:
    page = eyes.page
    eyes.sign_in(owner.email, PASSWORD)
    page.locator("summary", has_text="Ines").click()
    page.get_by_role("link", name="Your account").click()
    eyes.look()
    page.get_by_role("link", name="Set up an app").click()
    eyes.look()
    secret = page.locator("button[data-copy]").get_attribute("data-copy") or ""
    page.get_by_label("Code that the app shows now").fill(code_of(secret))
    page.get_by_role("button", name="Set up the app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    expect(page.get_by_label("Recovery codes").get_by_role("listitem")).to_have_count(10)
    eyes.look()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download them").click()
    assert download.value.suggested_filename == "recovery-codes.txt"
    first = page.get_by_label("Recovery codes").get_by_role("listitem").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Authenticator app, set up")).to_be_visible()
    eyes.look()
    sign_out(eyes)
    give_password(eyes, owner)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second factor")
    eyes.look()
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("The code is not correct")).to_be_visible()
    eyes.look()
    page.get_by_label("Code").fill(first)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(f"{eyes.url}/")


def test_a_passkey_is_added_used_and_removed(keeper: Eyes, owner: User) -> None:
    page = keeper.page
    keeper.sign_in(owner.email, PASSWORD)
    keeper.go(reverse("mfa_add_webauthn"))
    keeper.look()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    assert factors_of(owner) == ["recovery_codes", "webauthn"]
    keeper.go(reverse("you"))
    expect(page.get_by_role("rowheader", name="Laptop")).to_be_visible()
    keeper.look()
    sign_out(keeper)
    give_password(keeper, owner)
    expect(page.get_by_role("button", name="Use a passkey")).to_be_enabled()
    keeper.look()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{keeper.url}/")
    keeper.go(reverse("mfa_reauthenticate_webauthn") + "?next=/settings/you")
    keeper.look()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{keeper.url}/settings/you")
    page.get_by_role("link", name="Remove Laptop").click()
    keeper.look()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    assert factors_of(owner) == []


def test_a_member_without_a_required_factor_is_led_to_set_one_up(
    eyes: Eyes, owner: User, larkfield: Organisation
) -> None:
    page = eyes.page
    eyes.sign_in(owner.email, PASSWORD)
    eyes.go(reverse("security"))
    eyes.look()
    with within(larkfield):
        Organisation.objects.filter(pk=larkfield.pk).update(requires_second_factor=True)
    eyes.go("/findings")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    expect(page.get_by_text("Larkfield requires a second factor")).to_be_visible()
    eyes.look()
    with_app(owner)
    eyes.go("/findings")
    expect(page.get_by_role("heading", level=1)).to_have_text("Findings")


def test_the_pages_before_signing_in_are_for_everybody(eyes: Eyes, owner: User) -> None:
    from posture.entrance.links import break_glass_link

    eyes.go(reverse("password_forgotten"))
    eyes.look()
    eyes.go(reverse("password_sent"))
    eyes.look()
    eyes.go(reverse("account_reset_password_from_key", args=["1", "x"]))
    eyes.look()
    eyes.go("/" + break_glass_link(owner.email).split("/", 3)[3])
    eyes.look()
    eyes.page.get_by_role("button", name="Sign in").click()
    expect(eyes.page.get_by_text("You are in.")).to_be_visible()


def test_the_first_owner_begins_with_a_link(eyes: Eyes, transactional_db: None) -> None:
    from posture.entrance.links import setup_link

    page = eyes.page
    eyes.go("/sign-in")
    expect(page.get_by_text("Nobody is here yet.")).to_be_visible()
    eyes.look()
    eyes.go("/" + setup_link().split("/", 3)[3])
    eyes.look()
    page.get_by_label("Company").fill("Larkfield")
    page.get_by_label("Your name").fill("Ines")
    page.get_by_label("Email").fill("ines@larkfield.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect your first AWS account")
