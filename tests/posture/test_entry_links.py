"""One-time links: the first owner of an empty installation, and an owner who lost everything."""

from __future__ import annotations

import io
import logging
import threading
import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from posture import access
from posture.entrance import links
from posture.models import EntryLink, LinkKind, Membership, Organisation, User
from posture.models.tenancy import within
from tests.posture.entering import PASSWORD, factors_of, give_password, is_in, with_app
from tests.posture.rows import a_member, an_organisation

OWNER = {"company": "Acme", "name": "Ada", "email": "Ada@acme.example", "password": PASSWORD}


def run(*arguments: str) -> str:
    """Run a command; returns the path of the link that it printed."""
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return "/" + output.getvalue().strip().split("/", 3)[3]


def past(link: str, seconds: int) -> None:
    """Let a link be as old as that many seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE posture_entrylink SET expires_at = expires_at - make_interval(secs => %s)",
            [seconds],
        )


@pytest.mark.django_db
def test_the_first_owner_is_made_by_a_link_that_works_once() -> None:
    link, client = run("setup_token"), Client()
    assert "Make the first owner" in client.get(link).content.decode()
    assert client.post(link, OWNER)["Location"] == "/"
    ada = User.objects.get()
    assert (ada.email, ada.name, ada.check_password(PASSWORD)) == (
        "ada@acme.example",
        "Ada",
        True,
    )
    (organisation,) = access.organisations_of(ada)
    with within(organisation):
        assert Organisation.objects.get().name == "Acme"
        assert Membership.objects.get().role == "owner"
    assert is_in(client)
    again = Client()
    assert (again.get(link).status_code, again.post(link, OWNER).status_code) == (404, 404)


@pytest.mark.django_db
def test_only_a_hash_of_the_link_is_kept() -> None:
    text = run("setup_token").rpartition("/")[2]
    row = EntryLink.objects.get()
    assert len(text) >= 43
    assert text not in str(vars(row))


@pytest.mark.django_db
@pytest.mark.parametrize(("hours", "status"), [(23, 200), (25, 404)])
def test_a_setup_link_lasts_a_day(hours: int, status: int) -> None:
    link = run("setup_token")
    past(link, hours * 3600)
    assert Client().get(link).status_code == status


@pytest.mark.django_db
def test_a_newer_setup_link_ends_the_one_before() -> None:
    first, second = run("setup_token"), run("setup_token")
    assert (Client().get(first).status_code, Client().get(second).status_code) == (404, 200)


def test_where_somebody_is_no_setup_link_is_made_or_works(db: None) -> None:
    link = run("setup_token")
    a_member(an_organisation())
    assert Client().get(link).status_code == 404
    with pytest.raises(CommandError, match="create_user"):
        run("setup_token")


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["", "x", "../..", "x" * 5000, "' OR 1=1"])
def test_a_guessed_link_opens_nothing(wrong: str) -> None:
    run("setup_token")
    for page in ("setup", "break-glass"):
        assert Client().get(f"/{page}/{wrong}").status_code in {404, 301}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", [{"password": "short"}, {"company": " "}, {"email": "x"}, {"password": "ada@acme.example"}]
)  # fmt: skip
def test_a_form_that_cannot_be_used_leaves_the_link_usable(change: dict[str, str]) -> None:
    link = run("setup_token")
    assert Client().post(link, {**OWNER, **change}).status_code == 400
    assert not User.objects.exists()
    assert Client().get(link).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_owner() -> None:
    text = run("setup_token").rpartition("/")[2]
    made: list[User | None] = []

    def try_it(number: int) -> None:
        try:
            made.append(
                links.set_up(
                    text=text,
                    company="Acme",
                    email=f"ada{number}@acme.example",
                    name="",
                    password=PASSWORD,
                )
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it, args=[number]) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == 4
    assert sum(one is not None for one in made) == User.objects.count() == 1


@pytest.mark.django_db
def test_the_sign_in_page_of_an_empty_installation_says_how_to_begin() -> None:
    assert "manage.py setup_token" in Client().get(reverse("sign_in")).content.decode()
    a_member(an_organisation())
    assert "setup_token" not in Client().get(reverse("sign_in")).content.decode()


@pytest.fixture
def alice(acme: Organisation) -> User:
    """The owner of Acme, with a second factor that she lost."""
    alice = a_member(acme, "alice", "owner", PASSWORD)
    with_app(alice)
    return alice


def test_break_glass_signs_an_owner_in_and_ends_other_sessions(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = Client()
    elsewhere.force_login(alice)
    elsewhere.get("/")
    from allauth.usersessions.models import UserSession

    UserSession.objects.create(
        user=alice, session_key=elsewhere.session.session_key, ip="203.0.113.1"
    )
    link, client = run("break_glass", alice.email.upper()), Client()
    page = client.get(link).content.decode()
    assert alice.email in page
    assert not is_in(client)
    assert is_in(elsewhere)
    with caplog.at_level(logging.CRITICAL, "posture.entrance.links"):
        assert client.post(link)["Location"] == reverse("you")
    assert "break-glass link used" in caplog.text
    assert (is_in(client), is_in(elsewhere)) == (True, False)
    assert "This browser" in client.get(reverse("you")).content.decode()
    assert client.post(reverse("mfa_deactivate_totp"))["Location"] == reverse("you")
    assert factors_of(alice) == []
    form = {"password1": "another battery staple", "password2": "another battery staple"}
    assert client.post(reverse("account_set_password"), form)["Location"] == reverse("you")
    assert Client().post(link).status_code == 404


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 404)])
def test_a_break_glass_link_lasts_a_quarter_of_an_hour(
    alice: User, minutes: int, status: int
) -> None:
    link = run("break_glass", alice.email)
    past(link, minutes * 60)
    assert (Client().get(link).status_code, Client().post(link).status_code) == (
        (status, 302) if status == 200 else (404, 404)
    )


def test_break_glass_is_for_active_owners_only(alice: User, acme: Organisation) -> None:
    bob = a_member(acme, "bob", "admin")
    for email in (bob.email, "nobody@acme.example"):
        with pytest.raises(CommandError, match="no active owner"):
            run("break_glass", email)
    link = run("break_glass", alice.email)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert Client().post(link).status_code == 404
    with pytest.raises(CommandError, match="no active owner"):
        run("break_glass", alice.email)


def test_a_break_glass_link_ends_with_the_owner_being_one(alice: User, acme: Organisation) -> None:
    link = run("break_glass", alice.email)
    with within(acme):
        Membership.objects.filter(user=alice).update(role="admin")
    client = Client()
    assert [client.get(link).status_code, client.post(link).status_code] == [404, 404]
    assert not is_in(client)
    with within(acme):
        Membership.objects.filter(user=alice).update(role="owner")
    assert client.post(link)["Location"] == reverse("you")


def test_break_glass_proves_for_ten_minutes_where_there_is_nothing_else(
    acme: Organisation,
) -> None:
    """An owner who always came by single sign-on: no password, no factor."""
    olga = a_member(acme, "olga", "owner")
    link, client = run("break_glass", olga.email), Client()
    client.post(link)
    page = reverse("account_set_password")
    assert client.get(page).status_code == 200
    with time_machine.travel(time.time() + 601):
        late = client.get(page)
    assert late.status_code == 403
    assert "ask whoever runs this installation for another link" in late.content.decode()


def test_a_link_of_one_kind_is_none_of_the_other(alice: User) -> None:
    text = run("break_glass", alice.email).rpartition("/")[2]
    assert links.usable(LinkKind.SETUP, text) is None
    assert Client().post(reverse("setup", args=[text]), OWNER).status_code == 404
    assert links.usable(LinkKind.BREAK_GLASS, text) is not None


def test_setting_a_password_by_command_ends_sessions_and_keeps_the_factor(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    Authenticator.objects.filter(user=alice).delete()
    client = give_password(alice)
    assert is_in(client)
    with_app(alice)
    monkeypatch.setattr("sys.stdin", io.StringIO("another battery staple\n"))
    output = io.StringIO()
    call_command("set_password", alice.email, stdout=output)
    assert "Sessions ended: 1" in output.getvalue()
    assert not is_in(client)
    alice.refresh_from_db()
    assert alice.check_password("another battery staple")
    assert factors_of(alice) == ["totp"]
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(CommandError, match="too short"):
        call_command("set_password", alice.email)
    with pytest.raises(CommandError, match="There is no"):
        call_command("set_password", "nobody@acme.example")
