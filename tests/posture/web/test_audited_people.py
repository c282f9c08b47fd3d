"""Changes of people and of how they sign in, by a page: each is an event in every organisation of theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from posture import tokens
from posture.entrance.links import break_glass_link, setup_link
from posture.entrance.mail import _reset_url
from posture.models import Account, IdentityProvider, Membership, Organisation, User
from posture.models.crossing import all_organisations
from posture.models.tenancy import within
from posture.people.inviting import digest_of
from tests.posture.entering import (
    PASSWORD,
    a_credential,
    a_secret,
    code_of,
    give_password,
    with_app,
    with_passkey,
)
from tests.posture.rows import a_member, an_invitation
from tests.posture.web.rows import events

pytestmark = pytest.mark.usefixtures("no_attempts")
ANOTHER = "staple battery horse correct"
PASSWORDS = {"password1": ANOTHER, "password2": ANOTHER}
SECRET = "spi_secret"


class Here(NamedTuple):
    """Alice, who has just signed in, in front of her browser."""

    acme: Organisation
    account: Account
    alice: User
    browser: Client


Sent = tuple[str, dict[str, Any]]
"""The address of a form, and what is sent to it."""


def at(name: str, /, *args: object, **form: Any) -> Sent:
    return reverse(name, args=args), form


def an_app(here: Here) -> Sent:
    return at("mfa_activate_totp", code=code_of(a_secret(here.browser)))


def an_app_removed(here: Here) -> Sent:
    with_app(here.alice)
    return at("mfa_deactivate_totp")


def a_passkey(here: Here) -> Sent:
    here.browser.get(reverse("mfa_add_webauthn"))
    said = a_credential(here.browser.session["mfa.webauthn.state"]["challenge"])
    return at("mfa_add_webauthn", name="Laptop", credential=json.dumps(said))


def a_passkey_removed(here: Here) -> Sent:
    return at("mfa_remove_webauthn", with_passkey(here.alice, "Laptop").pk)


def codes(here: Here) -> Sent:
    with_app(here.alice)
    return at("mfa_view_recovery_codes")


def other_sessions(here: Here) -> Sent:
    give_password(here.alice)
    return at("other_sessions")


def a_session(here: Here) -> Sent:
    elsewhere = give_password(here.alice).session.session_key
    return at("session", UserSession.objects.get(session_key=elsewhere).pk)


def a_requirement(here: Here) -> Sent:
    with_app(here.alice)
    return at("security", required="yes")


def a_removed_member(here: Here) -> Sent:
    bob = a_member(here.acme, "bob")
    with within(here.acme):
        return at("member", Membership.objects.get(user=bob).pk, do="remove")


def a_withdrawn_invitation(here: Here) -> Sent:
    return at("invitation_again", an_invitation(here.acme).pk, do="withdraw")


def an_invitation_accepted(here: Here) -> Sent:
    """Alice is a member already, but was invited to another role."""
    an_invitation(here.acme, here.alice.email, digest=digest_of(SECRET), invited_by=here.alice)
    return at("invitation", SECRET)


def leaving(here: Here) -> Sent:
    a_member(here.acme, "bob")
    return at("leave")


def a_disabled_service_account(here: Here) -> Sent:
    with within(here.acme):
        made = tokens.make_service_account(
            organisation=here.acme, by=None, name="robots", purpose=""
        )
    return at("service_account", made.pk, do="disable")


PROVIDER = {
    "slug": "staff-0001", "issuer": "https://login.example.com", "client_id": "posture",
    "client_secret": "of the provider", "domains": "example.com", "active": "on",
}  # fmt: skip


def a_changed_provider(here: Here) -> Sent:
    here.browser.post(*at("new_provider", name="Staff", **PROVIDER))
    with within(here.acme):
        return at("provider", IdentityProvider.objects.get().pk, name="Others", **PROVIDER)


CASES: dict[str, tuple[Callable[[Here], Sent], str]] = {
    "account_set_password": (
        lambda _: at("account_set_password", **PASSWORDS),
        "person.password_changed",
    ),
    "mfa_activate_totp": (an_app, "person.factor_added"),
    "mfa_deactivate_totp": (an_app_removed, "person.factor_removed"),
    "mfa_add_webauthn": (a_passkey, "person.factor_added"),
    "mfa_remove_webauthn": (a_passkey_removed, "person.factor_removed"),
    "mfa_view_recovery_codes": (codes, "person.codes_made"),
    "other_sessions": (other_sessions, "session.revoked"),
    "session": (a_session, "session.revoked"),
    "security": (a_requirement, "organisation.second_factor_required"),
    "member": (a_removed_member, "member.removed"),
    "invitations": (
        lambda _: at("invitations", email="olga@example.com", role="viewer"),
        "invitation.sent",
    ),
    "invitation_again": (a_withdrawn_invitation, "invitation.withdrawn"),
    "invitation": (an_invitation_accepted, "member.joined"),
    "leave": (leaving, "member.left"),
    "service_accounts": (lambda _: at("service_accounts", name="robots"), "service_account.made"),
    "service_account": (a_disabled_service_account, "service_account.disabled"),
    "new_provider": (lambda _: at("new_provider", name="Staff", **PROVIDER), "provider.made"),
    "provider": (a_changed_provider, "provider.changed"),
    "external_id": (
        lambda here: at("external_id", here.account.pk),
        "account.external_id_renewed",
    ),
}
ALONE = {"mfa_authenticate", "account_reset_password_from_key", "break_glass", "setup"}
"""Routes of people who are not signed in yet, with a test each below."""


@pytest.fixture
def here(acme: Organisation, account: Account, alice: User) -> Here:
    return Here(acme, account, alice, give_password(alice))


@pytest.mark.parametrize("name", CASES)
def test_a_change_of_people_is_one_event(here: Here, name: str) -> None:
    prepare, action = CASES[name]
    address, form = prepare(here)
    before = len(events(here.acme))
    answer = here.browser.post(address, form)
    new = events(here.acme, before)
    assert [event.action for event in new] == [action]
    said = (new[0].door, new[0].address, new[0].request_id, new[0].actor_label)
    assert said == ("page", "127.0.0.1", answer["X-Request-ID"], here.alice.email)
    assert new[0].target_label


@pytest.mark.parametrize("name", ["mfa_activate_totp", "session", "account_set_password"])
def test_a_change_of_ones_sign_in_is_told_to_every_organisation(
    here: Here, rival: Organisation, name: str
) -> None:
    with within(rival):
        Membership.objects.create(organisation=rival, user=here.alice, role="viewer")
    address, form = CASES[name][0](here)
    before = len(events(here.acme)), len(events(rival))
    here.browser.post(address, form)
    assert [len(events(here.acme, before[0])), len(events(rival, before[1]))] == [1, 1]


def test_what_is_refused_or_changes_nothing_is_no_event(here: Here) -> None:
    before = len(events(here.acme))
    for address, form in (
        at("account_set_password", password1=ANOTHER, password2="other"),
        at("mfa_activate_totp", code="000000"),
        at("mfa_view_recovery_codes"),
        at("other_sessions"),
        at("session", 987654321),
        at("security", required="yes"),
        at("security", required=""),
        at("leave"),
    ):
        here.browser.post(address, form)
    assert events(here.acme, before) == []


def test_nothing_that_lets_people_in_gets_into_the_log(here: Here) -> None:
    secret = a_secret(here.browser)
    here.browser.post(*at("mfa_activate_totp", code=code_of(secret)))
    here.browser.post(*at("account_set_password", **PASSWORDS))
    row = Authenticator.objects.get(user=here.alice, type="recovery_codes")
    link = break_glass_link(here.alice.email)
    told = "".join(str(vars(event)) for event in events(here.acme))
    kept = [secret, ANOTHER, PASSWORD, link.rpartition("/")[2], *row.wrap().get_unused_codes()]
    assert [one for one in kept if one in told] == []


def test_a_second_factor_ends_signing_in(acme: Organisation, alice: User) -> None:
    secret = with_app(alice)
    browser = give_password(alice)
    before = len(events(acme))
    browser.post(*at("mfa_authenticate", code=code_of(secret)))
    assert [event.action for event in events(acme, before)] == ["session.began"]


def test_a_new_password_by_mail_is_of_nobody_we_know(acme: Organisation, alice: User) -> None:
    browser = Client()
    form = browser.get(urlsplit(_reset_url(alice)).path)["Location"]
    before = len(events(acme))
    browser.post(form, PASSWORDS)
    (event,) = events(acme, before)
    assert (event.action, event.actor_label) == (
        "person.password_changed", "somebody not signed in",
    )  # fmt: skip
    assert (event.target_label, event.after) == (alice.email, {"by_mail": True})


def test_a_break_glass_link_is_told_beside_the_session_it_begins(
    acme: Organisation, alice: User
) -> None:
    path = urlsplit(break_glass_link(alice.email)).path
    before = len(events(acme))
    Client().post(path)
    said = [event.action for event in events(acme, before)]
    assert said == ["person.break_glass_used", "session.began"]
    Client().post(path)
    assert len(events(acme, before)) == len(said)


@pytest.mark.django_db
def test_setting_up_is_the_first_event_of_the_first_organisation() -> None:
    form = {"company": "Acme", "name": "Ann", "email": "ann@acme.example", "password": ANOTHER}
    Client().post(urlsplit(setup_link()).path, form)
    (organisation,) = all_organisations()
    with within(organisation):
        acme = Organisation.objects.get(pk=organisation)
    said = [(event.action, event.actor_label) for event in events(acme)]
    assert said == [
        ("organisation.created", "ann@acme.example"), ("session.began", "ann@acme.example"),
    ]  # fmt: skip
