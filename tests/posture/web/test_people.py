"""The pages of people: who is a member, what each may do and see, removing and leaving."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from posture.models import Account, Membership, Organisation, Role, User
from posture.models.tenancy import within
from tests.posture.rows import a_member, an_account
from tests.posture.web.conftest import signed_in

Row = Callable[[User], Membership]


@pytest.fixture
def bob(acme: Organisation, account: Account) -> User:
    return a_member(acme, "bob", Role.VIEWER, accounts=[account])


@pytest.fixture
def row(acme: Organisation) -> Row:
    def of(user: User) -> Membership:
        with within(acme):
            return Membership.objects.get(user=user)

    return of


def text(response: object) -> str:
    return " ".join(getattr(response, "content", b"").decode().split())


def test_the_list_says_who_what_and_since_when(owner: Client, bob: User, stranger: Client) -> None:
    page = text(owner.get(reverse("people"))).partition("<tbody")[2]
    alice, _, other = page.partition("bob@acme.example")
    assert "(you)" in alice
    assert "Owner" in alice
    assert "All accounts" in alice
    assert "Viewer" in other
    assert "1 account" in other
    assert "never" in other
    assert "charlie" not in page
    assert "alice" not in text(stranger.get(reverse("people")))


def test_a_change_bites_at_the_next_request(
    owner: Client, bob: User, row: Row, second_account: Account, account: Account
) -> None:
    browser = signed_in(bob)
    address = reverse("account", args=[second_account.pk])
    assert browser.get(address).status_code == 404
    form = {"role": "admin"}
    assert owner.post(reverse("member", args=[row(bob).pk]), form).status_code == 302
    assert "bob@acme.example" in text(browser.get(reverse("people")))
    assert browser.get(address).status_code == 200
    form = {"role": "admin", "limited": "on", "accounts": "1111-2222-3333"}
    assert owner.post(reverse("member", args=[row(bob).pk]), form).status_code == 302
    assert browser.get(address).status_code == 404
    assert browser.get(reverse("people")).status_code == 403
    assert browser.get(reverse("account", args=[account.pk])).status_code == 200


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose a role."),
        ({"role": "king"}, "Select a valid choice"),
        ({"role": "viewer", "limited": "on"}, "Name at least one account"),
        ({"role": "viewer", "limited": "on", "accounts": "1234"}, "is no AWS account id"),
        ({"role": "viewer", "limited": "on", "accounts": "999988887777"}, "There is no account"),
        ({"role": "viewer", "limited": "on", "accounts": "\x00"}, "Null characters"),
        ({"role": "viewer", "accounts": "111122223333"}, "Tick “Only these accounts”"),
        (
            {"role": "owner", "limited": "on", "accounts": "111122223333"},
            "An owner sees all accounts.",
        ),
    ],
)
def test_nonsense_changes_nobody(
    owner: Client, bob: User, row: Row, form: dict[str, str], said: str
) -> None:
    response = owner.post(reverse("member", args=[row(bob).pk]), form)
    assert response.status_code == 400
    assert said in text(response)
    assert (row(bob).role, row(bob).restricted) == ("viewer", True)


def test_an_account_of_others_is_none_of_ours(
    owner: Client, bob: User, row: Row, rival: Organisation
) -> None:
    an_account(rival, "999988887777", label="rival-eu")
    form = {"role": "viewer", "limited": "on", "accounts": "999988887777"}
    page = text(owner.post(reverse("member", args=[row(bob).pk]), form))
    assert "There is no account 999988887777" in page
    assert "rival-eu" not in page


def test_an_admin_is_not_offered_what_only_owners_do(
    acme: Organisation, alice: User, bob: User, row: Row
) -> None:
    ada = signed_in(a_member(acme, "ada", Role.ADMIN))
    page = text(ada.get(reverse("member", args=[row(bob).pk])))
    assert 'value="admin"' in page
    assert 'value="owner"' not in page
    page = text(ada.get(reverse("member", args=[row(alice).pk])))
    assert "Owners are changed and removed by owners." in page
    for form in ({"role": "viewer"}, {"do": "remove"}):
        response = ada.post(reverse("member", args=[row(alice).pk]), form)
        assert response.status_code == 400
        assert "only an owner changes or removes owners" in text(response)
    assert row(alice).role == "owner"


def test_somebody_who_is_removed_is_out_at_the_next_request(
    owner: Client, bob: User, row: Row, acme: Organisation
) -> None:
    browser = signed_in(bob)
    assert browser.get("/").status_code == 200
    owner.post(reverse("member", args=[row(bob).pk]), {"do": "remove"})
    assert "Bob is no member of Acme any more." in text(owner.get(reverse("people")))
    response = browser.get("/")
    assert response.status_code == 403
    assert "belong to no organisation" in text(response)
    assert browser.get("/api/v1/accounts").status_code in {401, 403}


def test_the_last_owner_is_told_what_to_do_first(owner: Client, alice: User, row: Row) -> None:
    for address, form in (
        (reverse("leave"), {}),
        (reverse("member", args=[row(alice).pk]), {"role": "admin"}),
        (reverse("member", args=[row(alice).pk]), {"do": "remove"}),
    ):
        response = owner.post(address, form)
        assert response.status_code == 400
        assert "Make somebody else an owner first." in text(response)
    assert row(alice).role == "owner"


def test_leaving_is_asked_before_it_is_done(bob: User, acme: Organisation) -> None:
    browser = signed_in(bob)
    assert "Leave Acme?" in text(browser.get(reverse("leave")))
    assert browser.get("/").status_code == 200
    browser.post(reverse("leave"))
    assert browser.get("/").status_code == 403
    with within(acme):
        assert not Membership.objects.filter(user=bob).exists()


def test_leaving_one_organisation_falls_to_another(
    bob: User, rival: Organisation, acme: Organisation
) -> None:
    with within(rival):
        Membership.objects.create(organisation=rival, user=bob, role=Role.VIEWER)
    browser = signed_in(bob)
    session = browser.session
    session["organisation"] = str(acme.pk)
    session.save()
    page = text(browser.post(reverse("leave"), follow=True))
    assert "You have left Acme." in page
    assert "Rival" in page
