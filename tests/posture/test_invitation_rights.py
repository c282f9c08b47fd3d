"""An invitation is worth no more than the right of who sent it to give that role."""

from __future__ import annotations

import pytest

from posture import people
from posture.models import Account, Membership, Organisation, Role, User
from posture.models.tenancy import within
from tests.posture.rows import a_member, an_account
from tests.posture.test_invitations import PASSWORD, invite, opens, resend, secret_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice(acme: Organisation) -> User:
    return a_member(acme, "alice", Role.OWNER)


@pytest.fixture
def olga(acme: Organisation) -> User:
    return a_member(acme, "olga", Role.OWNER)


def change(
    by: User, whom: User, organisation: Organisation, role: str, account: Account | None = None
) -> None:
    with within(organisation):
        people.change_member(
            organisation=organisation, by=by, member=Membership.objects.get(user=whom).pk,
            role=role, accounts=[account] if account else None,
        )  # fmt: skip


def lose(how: str, acme: Organisation, alice: User, olga: User) -> None:
    """Let Olga, who invited somebody, lose the right to."""
    if how == "demoted":
        change(alice, olga, acme, Role.ADMIN)
    elif how == "restricted":
        change(alice, olga, acme, Role.ADMIN, an_account(acme))
    elif how == "deactivated":
        User.objects.filter(pk=olga.pk).update(is_active=False)
    elif how == "removed":
        with within(acme):
            member = Membership.objects.get(user=olga).pk
            people.remove_member(organisation=acme, by=alice, member=member)
    else:
        with within(acme):
            people.leave(organisation=acme, by=olga)


@pytest.mark.parametrize("how", ["demoted", "restricted", "deactivated", "removed", "left"])
def test_a_link_makes_no_owner_when_its_sender_could_not(
    acme: Organisation, rival: Organisation, alice: User, olga: User, how: str
) -> None:
    charlie = a_member(rival, "charlie", Role.OWNER)
    secrets = [
        secret_of(invite(acme, olga, email, Role.OWNER))
        for email in ("new@example.com", charlie.email)
    ]
    lose(how, acme, alice, olga)
    assert [opens(one) for one in secrets] == [False, False]
    with pytest.raises(people.GoneError):
        people.join_as_new(secret=secrets[0], name="New", password=PASSWORD)
    with pytest.raises(people.GoneError):
        people.join(secret=secrets[1], user=charlie)
    with within(acme):
        assert Membership.objects.filter(user__email__endswith="example.com").count() == 0
    assert not User.objects.filter(email="new@example.com").exists()


def test_a_right_that_is_lost_between_page_and_form_is_looked_at_again(
    acme: Organisation, alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = secret_of(invite(acme, olga, "new@example.com", Role.OWNER))
    offer = people.offered(secret=secret)
    lose("demoted", acme, alice, olga)
    monkeypatch.setattr("posture.people.joining.offered", lambda secret: offer)
    with pytest.raises(people.GoneError):
        people.join_as_new(secret=secret, name="New", password=PASSWORD)
    assert not User.objects.filter(email="new@example.com").exists()


def test_what_a_demoted_owner_may_still_give_stays(
    acme: Organisation, alice: User, olga: User
) -> None:
    secret = secret_of(invite(acme, olga, "new@example.com", Role.VIEWER))
    change(alice, olga, acme, Role.ADMIN)
    assert people.join_as_new(secret=secret, name="New", password=PASSWORD).name == "New"


def test_who_sends_it_again_stands_for_it(acme: Organisation, alice: User, olga: User) -> None:
    sent = invite(acme, olga, "new@example.com", Role.OWNER)
    lose("left", acme, alice, olga)
    assert opens(secret_of(resend(acme, alice, sent)))
