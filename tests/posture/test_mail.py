"""Mails about signing in: a new password, changes, new browsers; nothing where mail is off."""

from __future__ import annotations

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.conf import LazySettings
from django.core import mail as outgoing
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posture.entrance import mail
from posture.entrance.mail import mail_is_on
from posture.models import Lock, Notice, Organisation, User
from posture.tasks import send_notice
from tests.posture.entering import PASSWORD, give_password, is_in, with_app
from tests.posture.rows import a_member

CONSOLE = "django.core.mail.backends.console.EmailBackend"
ANOTHER = "another battery staple"


@pytest.fixture(autouse=True)
def no_attempts() -> None:
    """Forget what other tests tried."""
    cache.clear()


@pytest.fixture
def alice(acme: Organisation) -> User:
    """The owner of Acme."""
    return a_member(acme, "alice", "owner", PASSWORD)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids that were handed to the worker, without one."""
    ids: list[str] = []
    monkeypatch.setattr(mail, "enqueue", lambda _task, row: ids.append(str(row)))
    return ids


def link_in_the_mail() -> str:
    found = re.search(r"https?://[^/]+(/password/\S+)", str(outgoing.outbox[-1].body))
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("backend", "on"), [("smtp", True), ("filebased", True), ("console", False), ("dummy", False)]
)
def test_mail_is_on_where_it_reaches_somebody(
    settings: LazySettings, backend: str, on: bool
) -> None:
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    assert mail_is_on() == on


def test_a_forgotten_password_is_made_anew_by_mail(alice: User, sent: list[str]) -> None:
    client, elsewhere = Client(), give_password(alice)
    sent.clear()
    response = client.post(reverse("password_forgotten"), {"email": alice.email.upper()})
    assert response["Location"] == reverse("password_sent")
    send_notice(*sent)
    assert outgoing.outbox[-1].to == [alice.email]
    link = link_in_the_mail()
    form = client.get(client.get(link)["Location"])
    assert "Set the password" in form.content.decode()
    page = client.post(form.request["PATH_INFO"], {"password1": ANOTHER, "password2": ANOTHER})
    assert page["Location"] == reverse("account_reset_password_from_key_done")
    assert not is_in(client)
    assert not is_in(elsewhere)
    assert is_in(give_password(alice, password=ANOTHER))
    assert "was used, or is too old" in Client().get(link).content.decode()


def test_a_new_password_by_mail_leaves_the_second_factor(alice: User, sent: list[str]) -> None:
    with_app(alice)
    client = Client()
    client.post(reverse("password_forgotten"), {"email": alice.email})
    send_notice(*sent)
    there = client.get(link_in_the_mail())["Location"]
    client.post(there, {"password1": ANOTHER, "password2": ANOTHER})
    give_password(alice, client, ANOTHER)
    assert not is_in(client)


def test_asking_for_nobody_says_and_does_the_same(alice: User, sent: list[str]) -> None:
    answers = []
    for email in (alice.email, "nobody@acme.example"):
        response = Client().post(reverse("password_forgotten"), {"email": email})
        answers.append((response.status_code, response["Location"]))
    assert answers[0] == answers[1]
    assert len(sent) == 2
    for one in sent:
        send_notice(one)
    assert [message.to for message in outgoing.outbox] == [[alice.email]]


def test_somebody_who_left_gets_no_link(alice: User, sent: list[str]) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    Client().post(reverse("password_forgotten"), {"email": alice.email})
    send_notice(*sent)
    assert outgoing.outbox == []


def test_asking_too_often_is_refused(alice: User, sent: list[str]) -> None:
    answers = [
        Client().post(reverse("password_forgotten"), {"email": email}).status_code
        for email in (alice.email, "nobody@acme.example")
        for _ in range(6)
    ]
    assert answers == [302] * 5 + [429] + [302] * 5 + [429]


def test_where_mail_is_off_the_page_says_who_can_help(
    alice: User, settings: LazySettings, sent: list[str]
) -> None:
    settings.EMAIL_BACKEND = CONSOLE
    page = Client().get(reverse("password_forgotten")).content.decode()
    assert "sends no mail" in page
    assert "manage.py set_password" in page
    answer = Client().post(reverse("password_forgotten"), {"email": alice.email})
    assert "sends no mail" in answer.content.decode()
    assert sent == []
    assert not Notice.objects.exists()


def test_a_new_browser_is_told_of_and_a_known_one_is_not(alice: User, sent: list[str]) -> None:
    client = give_password(alice)
    client.post(reverse("sign_out"))
    give_password(alice, client)
    assert len(sent) == 1
    send_notice(*sent)
    (message,) = outgoing.outbox
    assert message.subject == "Somebody signed in as you from a new browser"
    assert "127.0.0.1" in str(message.body)


def test_a_notice_is_sent_once(alice: User, sent: list[str]) -> None:
    mail.tell(alice, "totp_activated")
    for _ in range(3):
        send_notice(*sent)
    assert len(outgoing.outbox) == 1


@pytest.mark.parametrize("forged", ["", "x", "' OR 1=1", None])
def test_a_forged_message_sends_nothing(db: None, forged: str) -> None:
    send_notice(forged)
    assert outgoing.outbox == []


def test_a_notice_waits_while_the_server_is_away_and_goes_with_the_tick(
    alice: User, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.tell(alice, "totp_activated")
    with monkeypatch.context() as patch:
        patch.setattr(mail, "send_mail", _away)
        send_notice(*sent)
    Notice.objects.update(at=timezone.now() - timedelta(minutes=2))
    published: list[str] = []
    monkeypatch.setattr(mail, "publish", lambda _task, row: published.append(str(row)))
    mail.send_waiting()
    assert published == sent
    send_notice(*published)
    assert len(outgoing.outbox) == 1
    mail.send_waiting()
    assert published == sent


def _away(*_: object) -> None:
    raise SMTPServerDisconnected


def test_a_notice_that_nobody_could_send_is_forgotten(alice: User, sent: list[str]) -> None:
    mail.tell(alice, "totp_activated")
    Notice.objects.update(at=timezone.now() - timedelta(hours=13))
    mail.send_waiting()
    assert not Notice.objects.exists()


def test_a_locked_copy_sends_nothing(alice: User, sent: list[str]) -> None:
    mail.tell(alice, "totp_activated")
    Lock.objects.create(reason="restored")
    send_notice(*sent)
    assert outgoing.outbox == []
    assert Notice.objects.get().sent_at is None


def test_every_text_of_a_notice_can_be_written(alice: User, sent: list[str]) -> None:
    for kind in mail.TEXTS:
        mail.tell(alice, kind)
    for one in sent:
        send_notice(one)
    assert [message.subject for message in outgoing.outbox] == list(mail.TEXTS.values())
