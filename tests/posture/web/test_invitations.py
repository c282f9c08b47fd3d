"""Inviting on a page, and the page of the link for everybody who may hold it."""

from __future__ import annotations

import re

import pytest
from django.conf import LazySettings
from django.core import mail
from django.test import Client
from django.urls import reverse

from posture.models import Account, Invitation, Membership, Organisation, Role, User
from posture.models.tenancy import within
from tests.posture.rows import a_member
from tests.posture.test_invitations import CONSOLE, PASSWORD, Broken
from tests.posture.web.conftest import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

FORM = {"email": "olga@example.com", "role": "analyst"}
NEW = {"name": "Olga", "password": PASSWORD}


def text(response: object) -> str:
    return " ".join(getattr(response, "content", b"").decode().split())


def link_in(words: str) -> str:
    found = re.search(r"http://testserver(/invitations/spi_[\w-]+)", words)
    assert found is not None
    return found[1]


@pytest.fixture
def link(owner: Client) -> str:
    """The link that Olga got by mail."""
    owner.post(reverse("invitations"), FORM)
    return link_in(str(mail.outbox[-1].body))


def invited(organisation: Organisation) -> list[Invitation]:
    with within(organisation):
        return list(Invitation.objects.order_by("created_at"))


def test_a_link_that_was_mailed_is_not_shown(owner: Client, acme: Organisation) -> None:
    page = text(owner.post(reverse("invitations"), FORM))
    assert "Sent to olga@example.com." in page
    assert "/invitations/spi_" not in page
    assert link_in(str(mail.outbox[0].body))
    assert len(invited(acme)) == 1


def test_without_mail_the_link_is_shown_this_once(owner: Client, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = CONSOLE
    page = text(owner.post(reverse("invitations"), FORM))
    assert "This installation sends no mail." in page
    assert Client().get(link_in(page)).status_code == 200
    assert "/invitations/spi_" not in text(owner.get(reverse("invitations")))


def test_a_link_whose_mail_failed_is_shown_to_nobody_and_sent_again(
    owner: Client, acme: Organisation, settings: LazySettings
) -> None:
    works, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{Broken.__module__}.Broken"
    page = text(owner.post(reverse("invitations"), FORM))
    assert "The mail to olga@example.com could not be sent." in page
    assert "spi_" not in page
    again = reverse("invitation_again", args=[invited(acme)[0].pk])
    assert f'action="{again}"' in page.partition("Open invitations")[0]
    settings.EMAIL_BACKEND = works
    assert "Sent to olga@example.com." in text(owner.post(again, {"do": "send"}))


def test_mail_and_page_say_when_access_is_limited(owner: Client, account: Account) -> None:
    assert "manages neither people nor tokens" in text(owner.get(reverse("invitations")))
    owner.post(reverse("invitations"), FORM | {"limited": "on", "accounts": account.aws_account})
    owner.post(reverse("invitations"), FORM | {"email": "bob@example.com"})
    said = "in the role analyst, limited to 1 account"
    limited, free = (str(one.body) for one in mail.outbox)
    assert (f"{said}." in limited, "limited to" in free) == (True, False)
    assert f"{said}, until" in text(Client().get(link_in(limited)))
    assert "limited to" not in text(Client().get(link_in(free)))


def test_sending_again_makes_a_new_link_and_withdrawing_kills_it(
    owner: Client, acme: Organisation, link: str
) -> None:
    address = reverse("invitation_again", args=[invited(acme)[0].pk])
    assert "Sent to olga@example.com." in text(owner.post(address, {"do": "send"}))
    newest = link_in(str(mail.outbox[-1].body))
    assert [Client().get(one).status_code for one in (link, newest)] == [404, 200]
    assert "2 times" in text(owner.get(reverse("invitations")))
    page = text(owner.post(address, {"do": "withdraw"}, follow=True))
    assert "is withdrawn; its link is dead." in page
    assert "Nobody is invited at the moment." in page
    assert Client().get(newest).status_code == 404
    assert owner.post(address, {"do": "send"}).status_code == 302
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"email": ""}, "Give the address"),
        ({"email": "olga"}, "Enter a valid email address"),
        ({"email": "olga@exämple.com"}, "ASCII letters"),
        ({"role": "king"}, "Select a valid choice"),
        ({"limited": "on", "accounts": "999988887777"}, "There is no account 999988887777"),
        ({"email": "alice@acme.example"}, "is a member already"),
    ],
)
def test_nonsense_invites_nobody(
    owner: Client, acme: Organisation, change: dict[str, str], said: str
) -> None:
    response = owner.post(reverse("invitations"), FORM | change)
    assert response.status_code == 400
    assert said in text(response)
    assert invited(acme) == []
    assert mail.outbox == []


def test_somebody_new_chooses_name_and_password_and_is_in(
    owner: Client, acme: Organisation, account: Account
) -> None:
    form = FORM | {"limited": "on", "accounts": account.aws_account}
    owner.post(reverse("invitations"), form)
    link = link_in(str(mail.outbox[-1].body))
    browser = Client()
    page = text(browser.get(link))
    assert "Join Acme" in page
    assert f"{reverse('sign_in')}?next={link}" in page
    page = text(browser.post(link, NEW, follow=True))
    assert "You are a member of Acme now." in page
    assert account.label in page
    assert browser.get(reverse("people")).status_code == 403
    assert Client().get(link).status_code == 404


def test_who_has_just_joined_is_listed_and_signed_out_with_all_others(link: str) -> None:
    here, elsewhere = Client(), Client()
    here.post(link, NEW)
    assert "This browser" in text(here.get(reverse("you")))
    elsewhere.post(reverse("sign_in"), {"login": FORM["email"], "password": PASSWORD})
    page = text(elsewhere.post(reverse("other_sessions"), follow=True))
    assert "Ended 1 other session." in page
    assert here.get(reverse("home")).status_code == 302


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "", "password": PASSWORD}, "Say what your colleagues call you."),
        ({"name": "Olga", "password": "short"}, "too short"),
        ({"name": "Olga", "password": "password1234"}, "too common"),
        ({"name": "Olga", "password": ""}, "Choose a password."),
        ({"name": "O\x00", "password": PASSWORD}, "Null characters"),
    ],
)
def test_nonsense_makes_no_user(link: str, form: dict[str, str], said: str) -> None:
    response = Client().post(link, form)
    assert response.status_code == 400
    assert said in text(response)
    assert not User.objects.filter(email="olga@example.com").exists()
    assert Client().get(link).status_code == 200


def test_looking_changes_nothing(link: str, acme: Organisation) -> None:
    olga = User.objects.create_user("olga@example.com", PASSWORD)
    for browser in (Client(), signed_in(olga)):
        for method in (browser.get, browser.head):
            assert method(link).status_code == 200
    with within(acme):
        assert not Membership.objects.filter(user=olga).exists()


def test_the_page_is_the_same_whether_or_not_the_address_has_a_user(link: str) -> None:
    before = text(Client().get(link))
    User.objects.create_user("olga@example.com", PASSWORD)
    strip = re.compile(r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"')
    assert strip.sub("", text(Client().get(link))) == strip.sub("", before)


def test_somebody_with_a_user_signs_in_first_and_joins(
    link: str, rival: Organisation, no_attempts: None
) -> None:
    with within(rival):
        olga = User.objects.create_user("olga@example.com", PASSWORD)
        Membership.objects.create(organisation=rival, user=olga, role=Role.OWNER)
    browser = Client()
    response = browser.post(link, NEW)
    assert response.status_code == 400
    assert "sign in first" in text(response)
    form = {"login": "olga@example.com", "password": PASSWORD, "next": link}
    page = text(browser.post(reverse("sign_in"), form, follow=True))
    assert "Join Acme?" in page
    page = text(browser.post(link, follow=True))
    assert "You are a member of Acme now." in page
    assert "Rival" not in page.partition("rail-foot")[2].partition("</p>")[0]


def test_another_address_is_refused_with_what_to_do(link: str, stranger: Client) -> None:
    for response in (stranger.get(link), stranger.post(link)):
        page = text(response)
        assert response.status_code == 403
        assert "You are signed in as charlie@rival.example." in page
        assert "olga" not in page
        assert "Acme" not in page
    assert Client().get(link).status_code == 200


def test_what_opens_nothing_gets_one_answer(link: str, stranger: Client) -> None:
    Client().post(link, NEW)
    strip = re.compile(r'nonce="[^"]*"')
    told = {
        strip.sub("", text(browser.get(address)))
        for browser in (Client(), stranger)
        for address in (link, reverse("invitation", args=["spi_never"]), "/invitations/%00")
    }
    assert len(told) == 1
    assert "This link opens nothing" in told.pop()


def test_no_cache_keeps_the_page(link: str) -> None:
    for address in (link, reverse("invitation", args=["spi_never"])):
        assert Client().get(address)["Cache-Control"] == "no-store"


def test_a_form_from_elsewhere_joins_nothing(link: str, acme: Organisation) -> None:
    assert Client(enforce_csrf_checks=True).post(link, NEW).status_code == 403
    assert not User.objects.filter(email="olga@example.com").exists()


def test_a_restricted_admin_does_not_invite(acme: Organisation, account: Account) -> None:
    browser = signed_in(a_member(acme, "ada", Role.ADMIN, accounts=[account]))
    assert browser.post(reverse("invitations"), FORM).status_code == 403
    assert invited(acme) == []
