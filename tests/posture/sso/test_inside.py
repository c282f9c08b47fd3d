"""What a session that a provider began may do inside: all of its organisation, nothing of others."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from posture.models import IdentityProvider, Membership, Organisation, Role, User
from posture.models.tenancy import within
from posture.people.inviting import digest_of
from tests.posture.entering import give_password
from tests.posture.rows import a_member, an_invitation
from tests.posture.sso.conftest import PASSWORD, is_in, sso, words
from tests.posture.sso.openid import OpenId
from tests.posture.web.rows import events

pytestmark = pytest.mark.usefixtures("provider")
SECRET = "spi_secret"


@pytest.fixture
def elsewhere(rival: Organisation, alice: User) -> Client:
    """A browser in which Alice, who owns Rival, signed in by herself."""
    with within(rival):
        Membership.objects.create(organisation=rival, user=alice, role=Role.OWNER)
    return give_password(alice, Client(REMOTE_ADDR="192.0.2.77"))


@pytest.mark.parametrize("role", [Role.ADMIN, Role.VIEWER])
def test_who_came_by_a_required_provider_manages_people_as_their_role_says(
    acme: Organisation, provider: IdentityProvider, alice: User, role: Role
) -> None:
    bob = a_member(acme, "bob", Role.VIEWER)
    with within(acme):
        IdentityProvider.objects.filter(pk=provider.pk).update(required=True)
        Membership.objects.filter(user=alice).update(role=role)
        member = Membership.objects.get(user=bob)
    assert_manages_people(acme, member, may=role == Role.ADMIN)


def test_whose_factor_is_at_the_provider_manages_people(
    acme: Organisation, op: OpenId, alice: User
) -> None:
    op.lies = {"amr": ["mfa"]}
    bob = a_member(acme, "bob", Role.VIEWER)
    with within(acme):
        Organisation.objects.filter(pk=acme.pk).update(requires_second_factor=True)
        member = Membership.objects.get(user=bob)
    assert_manages_people(acme, member, may=True)


def assert_manages_people(acme: Organisation, member: Membership, *, may: bool) -> None:
    """Come by the provider; invite somebody, withdraw that, change and remove the member."""
    client = Client()
    sso(client)
    invited = client.post(reverse("invitations"), {"email": "x@y.example", "role": "viewer"})
    assert invited.status_code == (200 if may else 403), words(invited)
    page = reverse("member", args=[member.pk])
    assert client.post(page, {"role": "analyst"}).status_code == (302 if may else 403)
    with within(acme):
        member.refresh_from_db()
        assert member.role == ("analyst" if may else "viewer")
    row = an_invitation(acme)
    withdrawn = client.post(reverse("invitation_again", args=[row.pk]), {"do": "withdraw"})
    assert withdrawn.status_code == (302 if may else 403)
    assert client.post(page, {"do": "remove"}).status_code == (302 if may else 403)
    with within(acme):
        row.refresh_from_db()
        assert (row.withdrawn_at is not None) == may
        assert Membership.objects.filter(pk=member.pk).exists() != may


def test_it_neither_sees_nor_ends_sessions_of_the_person_elsewhere(
    elsewhere: Client, alice: User
) -> None:
    client = Client()
    sso(client)
    page = words(client.get(reverse("you")))
    assert "192.0.2.77" not in page
    assert "to see and end your other sessions" in page
    pk = UserSession.objects.filter(user=alice).earliest("pk").pk
    for there in (reverse("other_sessions"), reverse("session", args=[pk])):
        refused = client.post(there)
        assert refused.status_code == 403
        assert "to see and end your other sessions" in words(refused)
    assert is_in(elsewhere)
    assert "192.0.2.77" in words(elsewhere.get(reverse("you")))


def test_its_beginning_and_end_are_events_of_its_organisation_alone(
    elsewhere: Client, acme: Organisation, rival: Organisation
) -> None:
    before = events(rival)
    client = Client()
    sso(client)
    client.post(reverse("sign_out"))
    assert [one.action for one in events(acme)[-2:]] == ["session.began", "session.ended"]
    assert events(rival) == before
    elsewhere.post(reverse("sign_out"))
    assert events(rival)[-1].action == "session.ended"


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_invitation_of_another_organisation_takes_a_sign_in_of_ones_own(
    rival: Organisation, alice: User, method: str
) -> None:
    with within(rival):
        by = a_member(rival, "rob", "owner")
        an_invitation(rival, alice.email, digest=digest_of(SECRET), invited_by=by)
    client = Client()
    sso(client)
    there = reverse("invitation", args=[SECRET])
    refused = getattr(client, method)(there)
    assert refused.status_code == 403
    assert "this is the invitation of another" in words(refused)
    with within(rival):
        assert not Membership.objects.filter(user=alice).exists()
    assert give_password(alice, password=PASSWORD).post(there).status_code == 302
