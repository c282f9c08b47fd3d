"""Nobody who gave only the password, or lacks a required factor, reaches any page (bar 96)."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from posture.entrance import factors
from posture.models import Account, Organisation, User
from posture.models.tenancy import within
from posture.tokens import issue
from tests.posture.entering import PASSWORD, give_password, with_app
from tests.posture.web.routes import ABOUT_ONESELF, OPEN, ROUTES

pytestmark = pytest.mark.usefixtures("no_attempts")


def shut(response: object) -> bool:
    """Whether an answer shows nothing: led to signing in, or refused."""
    status = response.status_code  # type: ignore[attr-defined] # of Django's test client
    if status in {401, 403, 404, 405}:
        return True
    there = response.get("Location", "")  # type: ignore[attr-defined] # of Django's test client
    return bool(status == 302 and there.split("?")[0] == reverse("sign_in"))


@pytest.mark.django_db
def test_what_is_open_to_everybody_is_on_the_list() -> None:
    assert set(ROUTES) >= OPEN | ABOUT_ONESELF
    anybody = Client()
    found = {name for name, address in ROUTES.items() if not shut(anybody.get(address))}
    assert found <= OPEN


@pytest.mark.parametrize("method", ["get", "post"])
def test_after_the_password_alone_no_page_opens(alice: User, account: Account, method: str) -> None:
    with_app(alice)
    for name in sorted(set(ROUTES) - OPEN):
        cache.clear()  # there are more pages than sign-ins a minute
        client = give_password(alice)
        assert client.session.get("account_login"), "the first step was done"
        assert shut(getattr(client, method)(ROUTES[name])), name


@pytest.fixture
def required(acme: Organisation) -> Organisation:
    """Acme, which requires a second factor, not of its own will."""
    with within(acme):
        Organisation.objects.filter(pk=acme.pk).update(requires_second_factor=True)
    return acme


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_member_without_a_required_factor_reaches_enrolment_only(
    required: Organisation, owner: Client, account: Account, method: str
) -> None:
    for name in sorted(set(ROUTES) - OPEN - ABOUT_ONESELF):
        response = getattr(owner, method)(ROUTES[name])
        led = response.status_code == 302 and response["Location"] == reverse("you")
        assert led or response.status_code in {401, 403, 405} or name == "api-not-found", name


def test_a_part_of_a_page_leads_to_enrolment_as_a_whole_page(
    required: Organisation, owner: Client
) -> None:
    response = owner.get(reverse("findings"), headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == reverse("you")


def test_the_enrolment_page_says_why_and_shows_nothing_else(
    required: Organisation, owner: Client, account: Account
) -> None:
    page = owner.get(reverse("you")).content.decode()
    assert "Acme requires a second factor" in page
    assert account.label not in page
    assert 'id="rail"' not in page


def test_with_a_factor_the_dashboard_opens(
    required: Organisation, owner: Client, alice: User
) -> None:
    assert owner.get("/")["Location"] == reverse("you")
    with_app(alice)
    assert owner.get("/").status_code == 200


def test_programs_go_on_working(required: Organisation, account: Account) -> None:
    with within(required):
        _, text = issue(organisation=required, by=None, name="t", scopes=["findings:read"])
    response = Client().get("/api/v1/accounts", headers={"Authorization": f"Bearer {text}"})
    assert response.status_code == 200


def test_owners_require_a_factor_once_they_have_one(
    owner: Client, alice: User, acme: Organisation
) -> None:
    client = give_password(alice)
    assert "set up your own" in client.get(reverse("security")).content.decode()
    client.post(reverse("security"), {"required": "yes"})
    with within(acme):
        assert not Organisation.objects.get().requires_second_factor
    with_app(alice)
    assert "Require a second factor" in client.get(reverse("security")).content.decode()
    client.post(reverse("security"), {"required": "yes"})
    with within(acme):
        assert Organisation.objects.get().requires_second_factor
    assert "Required of every member. All 1" in client.get(reverse("security")).content.decode()
    client.post(reverse("security"), {"required": "no"})
    with within(acme):
        assert not Organisation.objects.get().requires_second_factor


def test_requiring_a_factor_asks_who_sits_there(owner: Client, alice: User) -> None:
    alice.set_password(PASSWORD)
    response = owner.post(reverse("security"), {"required": "yes"})
    assert response["Location"].startswith(reverse("account_reauthenticate"))


def test_members_of_another_organisation_are_not_counted(
    acme: Organisation, alice: User, stranger: Client
) -> None:
    with within(acme):
        assert factors.without_factor(acme) == 1
    page = stranger.get(reverse("security")).content.decode()
    assert "1 of 1 member has none" in " ".join(page.split())
