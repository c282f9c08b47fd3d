"""The page about oneself: password, factors, recovery codes, sessions."""

from __future__ import annotations

import re
import time
from urllib.parse import unquote

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from posture.entrance.mail import send
from posture.models import Notice, Organisation, User
from tests.posture.entering import (
    PASSWORD,
    a_secret,
    code_of,
    factors_of,
    give_password,
    is_in,
    with_app,
    with_codes,
)
from tests.posture.rows import a_member
from tests.posture.web.conftest import signed_in

pytestmark = pytest.mark.usefixtures("no_attempts")
CHANGES = (
    "account_set_password", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn",
    "mfa_view_recovery_codes", "codes_file",
)  # fmt: skip
ANOTHER = "staple battery horse correct"


def a_passkey(user: User, name: str = "Laptop") -> Authenticator:
    data = {"name": name, "credential": {}}
    return Authenticator.objects.create(user=user, type="webauthn", data=data)


def set_up_app(client: Client) -> str:
    """Set up an app the way a person does; returns its secret."""
    secret = a_secret(client)
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    return secret


@pytest.fixture
def here(alice: User) -> Client:
    """A browser in which Alice has just signed in."""
    return give_password(alice)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_asks_who_sits_there_after_ten_minutes(
    here: Client, alice: User, name: str
) -> None:
    with_app(alice)
    with time_machine.travel(time.time() + 601, tick=False):
        for ask in (here.get, here.post)[: 1 if name == "codes_file" else 2]:
            there = ask(reverse(name))["Location"]
            assert unquote(there) == f"{reverse('account_reauthenticate')}?next={reverse(name)}"


def test_the_password_again_opens_the_change_and_a_wrong_one_does_not(here: Client) -> None:
    with time_machine.travel(time.time() + 601, tick=False):
        there = here.get(reverse("account_set_password"))["Location"]
        assert here.post(there, {"password": "wrong"}).status_code == 200
        assert here.get(reverse("account_set_password")).status_code == 302
        assert here.post(there, {"password": PASSWORD})["Location"] == reverse(
            "account_set_password"
        )
        assert here.get(reverse("account_set_password")).status_code == 200


def test_a_code_again_opens_the_change_and_proves_once(here: Client, alice: User) -> None:
    secret = with_app(alice)
    with time_machine.travel(time.time() + 601, tick=False):
        there = f"{reverse('mfa_reauthenticate')}?next={reverse('mfa_deactivate_totp')}"
        assert "authenticator app" in here.get(there).content.decode()
        assert here.post(there, {"code": code_of(secret)})["Location"] == reverse(
            "mfa_deactivate_totp"
        )
        assert here.get(reverse("mfa_deactivate_totp")).status_code == 200


def test_a_new_password_ends_every_other_session_and_keeps_this_one(
    here: Client, alice: User
) -> None:
    elsewhere, before = give_password(alice), here.session.session_key
    form = {"password1": ANOTHER, "password2": ANOTHER}
    assert here.post(reverse("account_set_password"), form)["Location"] == reverse("you")
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    assert here.session.session_key != before
    assert Session.objects.count() == 1
    assert is_in(give_password(alice, password=ANOTHER))
    assert not is_in(give_password(alice))


@pytest.mark.parametrize("weak", ["short", "password1234", "alice@acme.example"])
def test_a_weak_password_is_refused(here: Client, alice: User, weak: str) -> None:
    response = here.post(reverse("account_set_password"), {"password1": weak, "password2": weak})
    assert response.status_code == 200
    assert "field-fault" in response.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_an_app_is_set_up_by_its_first_code_and_its_picture_fits_the_policy(
    here: Client, alice: User
) -> None:
    page = here.get(reverse("mfa_activate_totp"))
    assert '<svg class="qr"' in page.content.decode()
    assert "data:image" not in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    here.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert factors_of(alice) == []
    set_up_app(here)
    assert factors_of(alice) == ["recovery_codes", "totp"]


def test_recovery_codes_are_shown_to_the_session_that_made_them_for_ten_minutes(
    here: Client, alice: User
) -> None:
    set_up_app(here)
    row = Authenticator.objects.get(user=alice, type="recovery_codes")
    codes = row.wrap().get_unused_codes()
    page = here.get(reverse("mfa_view_recovery_codes")).content.decode()
    file = here.get(reverse("codes_file"))
    assert all(code in page and code in file.content.decode() for code in codes)
    assert file["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    with time_machine.travel(time.time() + 500, tick=False):
        assert codes[0] in here.get(reverse("codes_file")).content.decode()
    here.get(reverse("mfa_view_recovery_codes"))
    with time_machine.travel(time.time() + 601, tick=False):
        proof = reverse("account_reauthenticate")
        here.post(proof, {"password": PASSWORD})
        assert codes[0] not in here.get(reverse("mfa_view_recovery_codes")).content.decode()
        assert here.get(reverse("codes_file")).status_code == 404


def test_recovery_codes_stand_one_a_line_and_are_copied_together(here: Client, alice: User) -> None:
    set_up_app(here)
    page = here.get(reverse("mfa_view_recovery_codes")).content.decode()
    codes = re.findall(r"<li><code>([^<]+)</code></li>", page)
    assert len(codes) == 10
    assert f'data-copy="{"&#10;".join(codes)}"' in page


def test_another_session_sees_no_recovery_codes(here: Client, alice: User) -> None:
    elsewhere = give_password(alice)
    set_up_app(here)
    assert elsewhere.get(reverse("codes_file")).status_code == 404


def test_new_recovery_codes_end_the_old_ones(here: Client, alice: User) -> None:
    with_app(alice)
    old = with_codes(alice)
    here.post(reverse("mfa_view_recovery_codes"))
    row = Authenticator.objects.get(user=alice, type="recovery_codes")
    assert not set(old) & set(row.wrap().get_unused_codes())


def test_without_a_factor_there_are_no_recovery_codes(here: Client, alice: User) -> None:
    here.post(reverse("mfa_view_recovery_codes"))
    assert factors_of(alice) == []


def test_with_the_last_factor_the_recovery_codes_go(here: Client, alice: User) -> None:
    with_app(alice)
    with_codes(alice)
    assert "the authenticator app" in here.get(reverse("mfa_deactivate_totp")).content.decode()
    assert factors_of(alice) == ["recovery_codes", "totp"]
    here.post(reverse("mfa_deactivate_totp"))
    assert factors_of(alice) == []


def test_a_passkey_is_listed_and_removed(here: Client, alice: User) -> None:
    key = a_passkey(alice, "<b>Laptop</b>")
    assert "&lt;b&gt;Laptop" in here.get(reverse("you")).content.decode()
    removal = reverse("mfa_remove_webauthn", args=[key.pk])
    assert here.get(removal).status_code == 200
    assert factors_of(alice) == ["webauthn"]
    assert here.post(removal)["Location"] == reverse("you")
    assert factors_of(alice) == []


def test_the_passkey_of_somebody_else_does_not_exist(here: Client, acme: Organisation) -> None:
    bob = a_member(acme, "bob")
    key = a_passkey(bob)
    removal = reverse("mfa_remove_webauthn", args=[key.pk])
    assert (here.get(removal).status_code, here.post(removal).status_code) == (404, 404)
    assert factors_of(bob) == ["webauthn"]


def test_a_passkey_that_the_browser_did_not_make_is_not_added(here: Client, alice: User) -> None:
    page = here.get(reverse("mfa_add_webauthn")).content.decode()
    assert 'data-passkey="create"' in page
    for forged in ("{}", "[]", '{"id": "AA", "rawId": "AA", "response": {}}', "x", ""):
        form = {"name": "x", "credential": forged}
        assert here.post(reverse("mfa_add_webauthn"), form).status_code == 200, forged
    assert factors_of(alice) == []


def test_sessions_are_listed_and_ended_one_by_one(alice: User, here: Client) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    elsewhere = Client(headers={"User-Agent": agent})
    give_password(alice, elsewhere)
    page = here.get(reverse("you")).content.decode()
    assert "Firefox on Linux" in page
    assert page.count("This browser") == 1
    (there,) = set(re.findall(r'action="(/settings/you/sessions/\d+)"', page))
    here.post(there)
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    assert "Firefox on Linux" not in here.get(reverse("you")).content.decode()


def test_all_other_sessions_end_at_once(alice: User, here: Client) -> None:
    others = [give_password(alice) for _ in range(3)]
    assert here.get(reverse("other_sessions")).status_code == 405
    here.post(reverse("other_sessions"))
    assert [is_in(one) for one in [here, *others]] == [True, False, False, False]


def test_a_session_of_somebody_else_does_not_exist(
    here: Client, stranger: Client, alice: User
) -> None:
    page = here.get(reverse("you")).content.decode()
    assert page.count("This browser") == 1
    pk = UserSession.objects.get(user=alice).pk
    assert stranger.post(reverse("session", args=[pk])).status_code == 404
    assert is_in(here)


def test_the_page_takes_as_many_queries_for_thirty_sessions_as_for_two(
    alice: User, here: Client
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert here.get(reverse("you")).status_code == 200
        return len(captured)

    give_password(alice)
    a_passkey(alice)
    few = asked()
    for number in range(12):
        give_password(alice)
        a_passkey(alice, f"Key {number}")
    assert asked() == few


@pytest.mark.parametrize("disable", [False, True])
def test_what_an_administrator_changes_bites_at_once(
    here: Client, alice: User, disable: bool
) -> None:
    assert is_in(here)
    if disable:
        User.objects.filter(pk=alice.pk).update(is_active=False)
    else:
        alice.set_password(ANOTHER)
        alice.save(update_fields=["password"])
    assert not is_in(here)


def test_changes_are_told_by_mail(
    here: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, alice: User
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(here)
    with django_capture_on_commit_callbacks(execute=True):
        here.post(reverse("account_set_password"), {"password1": ANOTHER, "password2": ANOTHER})
    for notice in Notice.objects.order_by("at"):
        send(notice.pk)
    subjects = [message.subject for message in mail.outbox]
    assert "An authenticator app was set up for you" in subjects
    assert "Your password was changed" in subjects
    assert {tuple(message.to) for message in mail.outbox} == {(alice.email,)}


def test_somebody_without_an_organisation_has_an_account_too(db: None) -> None:
    lonely = User.objects.create_user("lonely@nowhere.example")
    assert "Your account" in signed_in(lonely).get(reverse("you")).content.decode()
