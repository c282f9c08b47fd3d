"""Invitations: a link that works once, for one address, for seven days, and reveals nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.conf import LazySettings
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.test import RequestFactory

from posture import people
from posture.logging import REMOVED, without_secrets
from posture.models import Account, Invitation, Membership, Organisation, Role, User, database_now
from posture.models.tenancy import within
from posture.people import Sent
from tests.posture.rows import a_member, an_account, an_invitation
from tests.posture.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a sentence nobody guesses"
CONSOLE = "django.core.mail.backends.console.EmailBackend"


class Broken(BaseEmailBackend):
    """A mail server that hangs up."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        raise SMTPServerDisconnected


@pytest.fixture
def alice(acme: Organisation) -> User:
    return a_member(acme, "alice", Role.OWNER)


def invite(
    organisation: Organisation,
    by: User,
    email: str = "olga@example.com",
    role: str = Role.ANALYST,
    accounts: list[Account] | None = None,
) -> Sent:
    return people.invite(
        organisation=organisation, by=by, email=email, role=role, accounts=accounts,
        link=lambda secret: f"https://posture.example/invitations/{secret}",
    )  # fmt: skip


def resend(organisation: Organisation, by: User, sent: Sent) -> Sent:
    return people.resend(
        organisation=organisation, by=by, invitation=sent.invitation.pk,
        link=lambda secret: f"https://posture.example/invitations/{secret}",
    )  # fmt: skip


def secret_of(sent: Sent) -> str:
    return sent.link.rpartition("/")[2]


def update(sent: Sent, **fields: object) -> None:
    with within(sent.invitation.organisation_id):
        Invitation.objects.filter(pk=sent.invitation.pk).update(**fields)


def opens(secret: str) -> bool:
    try:
        people.offered(secret=secret)
    except people.GoneError:
        return False
    return True


def test_a_link_makes_somebody_new_a_member_once(acme: Organisation, alice: User) -> None:
    account = an_account(acme)
    secret = secret_of(invite(acme, alice, "Olga@Example.com", Role.VIEWER, [account]))
    user = people.join_as_new(secret=secret, name=" Olga ", password=PASSWORD)
    assert (user.email, user.name, user.check_password(PASSWORD)) == (
        "olga@example.com", "Olga", True,
    )  # fmt: skip
    with within(acme):
        member = Membership.objects.get(user=user)
        assert (member.role, member.restricted) == ("viewer", True)
        assert list(member.accounts.all()) == [account]
        assert Invitation.objects.get().accepted_by == user
    with pytest.raises(people.GoneError):
        people.join(secret=secret, user=user)


def test_only_a_digest_of_the_secret_is_kept(acme: Organisation, alice: User) -> None:
    sent = invite(acme, alice)
    with within(acme):
        stored = str(Invitation.objects.values().get())
    assert secret_of(sent) not in stored
    assert secret_of(sent).removeprefix("spi_") not in stored


def test_every_link_that_opens_nothing_is_the_same(acme: Organisation, alice: User) -> None:
    past = database_now() - timedelta(seconds=1)
    expired, withdrawn, used, again = (
        invite(acme, alice, f"{name}@example.com") for name in ("a", "b", "c", "d")
    )
    update(expired, expires_at=past)
    with within(acme):
        people.withdraw(organisation=acme, by=alice, invitation=withdrawn.invitation.pk)
    people.join_as_new(secret=secret_of(used), name="C", password=PASSWORD)
    newest = resend(acme, alice, again)
    dead = [secret_of(one) for one in (expired, withdrawn, used, again)]
    assert [opens(one) for one in [*dead, "spi_never", "", "\x00"]] == [False] * 7
    assert opens(secret_of(newest))


def test_an_expired_invitation_lives_again_when_it_is_sent_again(
    acme: Organisation, alice: User
) -> None:
    sent = invite(acme, alice)
    update(sent, expires_at=database_now() - timedelta(days=30))
    newest = resend(acme, alice, sent)
    assert opens(secret_of(newest))
    assert newest.invitation.times_sent == 2
    left = newest.invitation.expires_at - database_now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)


def test_somebody_with_a_user_joins_beside_what_they_are(
    acme: Organisation, rival: Organisation, alice: User
) -> None:
    charlie = a_member(rival, "charlie", Role.OWNER)
    secret = secret_of(invite(acme, alice, charlie.email))
    assert people.join(secret=secret, user=charlie) == acme
    assert {str(row) for row in charlie.memberships.all()} == set()
    for organisation, role in ((acme, "analyst"), (rival, "owner")):
        with within(organisation):
            assert charlie.memberships.get().role == role


def test_another_address_joins_nothing_and_the_link_stays(
    acme: Organisation, rival: Organisation, alice: User
) -> None:
    charlie = a_member(rival, "charlie", Role.OWNER)
    secret = secret_of(invite(acme, alice))
    with pytest.raises(people.RefusedError, match="another address"):
        people.join(secret=secret, user=charlie)
    with within(acme):
        assert not charlie.memberships.exists()
    assert opens(secret)


def test_nobody_takes_over_a_user_by_an_invitation(acme: Organisation, alice: User) -> None:
    olga = User.objects.create_user("olga@example.com", "her own long password")
    secret = secret_of(invite(acme, alice))
    with pytest.raises(people.RefusedError, match="sign in first"):
        people.join_as_new(secret=secret, name="Mallory", password=PASSWORD)
    olga.refresh_from_db()
    assert olga.check_password("her own long password")
    assert olga.name == ""
    with within(acme):
        assert not olga.memberships.exists()
    assert opens(secret)


def test_a_weak_password_makes_nobody(acme: Organisation, alice: User) -> None:
    secret = secret_of(invite(acme, alice))
    for weak in ("short", "olga@example.com", "password1234"):
        with pytest.raises(ValidationError):
            people.join_as_new(secret=secret, name="Olga", password=weak)
    assert not User.objects.filter(email="olga@example.com").exists()
    assert opens(secret)


def test_a_link_that_is_used_twice_at_once_makes_one_member(
    acme: Organisation, alice: User
) -> None:
    secret = secret_of(invite(acme, alice))

    def go() -> bool:
        try:
            people.join_as_new(secret=secret, name="Olga", password=PASSWORD)
        except (people.GoneError, people.RefusedError):
            return False
        return True

    assert sorted(at_once(go)) == [False, True]
    with within(acme):
        assert Membership.objects.filter(user__email="olga@example.com").count() == 1


def test_whether_an_address_has_a_user_cannot_be_learnt(
    acme: Organisation, rival: Organisation, alice: User
) -> None:
    charlie = a_member(rival, "charlie", Role.OWNER)
    known, unknown = invite(acme, alice, charlie.email), invite(acme, alice, "nobody@example.com")
    told = [
        (one.mailed, str(one.invitation).partition("@")[2].partition(" ")[2])
        for one in (known, unknown)
    ]
    assert told[0] == told[1]
    bodies = [
        str(one.body).replace(secret_of(sent), "")
        for one, sent in zip(mail.outbox, (known, unknown), strict=True)
    ]
    assert bodies[0] == bodies[1]


def test_the_mail_says_who_invites_to_what_and_only_that_address_gets_it(
    acme: Organisation, alice: User
) -> None:
    Organisation.objects.filter(pk=acme.pk).update(name="unreachable")
    acme.name = "Acme\nBcc: all@example.com"
    sent = invite(acme, alice)
    (letter,) = mail.outbox
    assert letter.to == ["olga@example.com"]
    assert letter.subject == "Join Acme Bcc: all@example.com on Seller Posture"
    assert sent.link in str(letter.body)
    assert "alice@acme.example invites you" in str(letter.body)
    assert sent.mailed


def test_without_mail_the_link_is_for_the_one_who_invites(
    acme: Organisation, alice: User, settings: LazySettings
) -> None:
    settings.EMAIL_BACKEND = CONSOLE
    sent = invite(acme, alice)
    assert not sent.mailed
    assert opens(secret_of(sent))


def test_a_mail_server_that_hangs_up_loses_no_invitation(
    acme: Organisation, alice: User, settings: LazySettings
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    sent = invite(acme, alice)
    assert not sent.mailed
    assert opens(secret_of(sent))


def test_who_may_not_give_a_role_invites_nobody(
    acme: Organisation, rival: Organisation, alice: User
) -> None:
    ada, vic = a_member(acme, "ada", Role.ADMIN), a_member(acme, "vic", Role.VIEWER)
    charlie = a_member(rival, "charlie", Role.OWNER)
    owner = invite(acme, alice, "boss@example.com", Role.OWNER)
    with pytest.raises(people.RefusedError, match="Only an owner makes"):
        invite(acme, ada, role=Role.OWNER)
    for by in (vic, charlie):
        with pytest.raises(people.RefusedError, match="may not change people"):
            invite(acme, by)
        with pytest.raises(people.RefusedError, match="may not invite"):
            resend(acme, by, owner)
    with pytest.raises(people.RefusedError, match="only an owner sends"):
        resend(acme, ada, owner)
    with pytest.raises(people.RefusedError, match="accepted or withdrawn meanwhile"):
        resend(rival, charlie, owner)
    assert len(mail.outbox) == 1


def test_nobody_is_invited_twice_or_when_they_are_in(acme: Organisation, alice: User) -> None:
    invite(acme, alice)
    with pytest.raises(people.RefusedError, match="invited already"):
        invite(acme, alice, "OLGA@example.com")
    with pytest.raises(people.RefusedError, match="a member already"):
        invite(acme, alice, alice.email)


def test_mail_by_the_thousand_is_refused(acme: Organisation, alice: User) -> None:
    an_invitation(acme, "guest@example.com", times_sent=99)
    sent = invite(acme, alice)
    with pytest.raises(people.RefusedError, match="100 invitations a day"):
        resend(acme, alice, sent)
    with pytest.raises(people.RefusedError, match="100 invitations a day"):
        invite(acme, alice, "other@example.com")


def test_an_invitation_that_is_over_stays_over(acme: Organisation, alice: User) -> None:
    sent = invite(acme, alice)
    with within(acme):
        people.withdraw(organisation=acme, by=alice, invitation=sent.invitation.pk)
    with pytest.raises(people.RefusedError, match="accepted or withdrawn meanwhile"):
        resend(acme, alice, sent)
    assert invite(acme, alice).invitation.pk != sent.invitation.pk


def test_logs_do_not_hold_what_opens_an_invitation(acme: Organisation, alice: User) -> None:
    secret = secret_of(invite(acme, alice))
    request = RequestFactory().get(f"/invitations/{secret}")
    line = without_secrets(None, "", {"event": f"Not Found: {request.path}"})
    assert line["event"] == f"Not Found: /invitations/{REMOVED}"
