"""Members change and leave, and an organisation never loses its last owner."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from posture import access, people
from posture.models import Account, MemberAccount, Membership, Organisation, Role, User
from posture.models.tenancy import within
from tests.posture.rows import a_member, an_account
from tests.posture.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice(acme: Organisation) -> User:
    return a_member(acme, "alice", Role.OWNER)


@pytest.fixture
def bob(acme: Organisation) -> User:
    return a_member(acme, "bob", Role.VIEWER)


def role_of(user: User, organisation: Organisation) -> str:
    with within(organisation):
        found = Membership.objects.filter(user=user).first()
    return found.role if found else ""


def member(user: User, organisation: Organisation) -> Membership:
    with within(organisation):
        return Membership.objects.get(user=user)


def change(
    organisation: Organisation,
    by: User,
    whom: User,
    role: str,
    accounts: list[Account] | None = None,
) -> Membership:
    pk = member(whom, organisation).pk
    with within(organisation):
        return people.change_member(
            organisation=organisation, by=by, member=pk, role=role, accounts=accounts
        )


def remove(organisation: Organisation, by: User, whom: User) -> None:
    pk = member(whom, organisation).pk
    with within(organisation):
        people.remove_member(organisation=organisation, by=by, member=pk)


def leave(organisation: Organisation, user: User) -> None:
    with within(organisation):
        people.leave(organisation=organisation, by=user)


def test_a_member_gets_a_role_and_accounts_and_all_of_them_again(
    acme: Organisation, alice: User, bob: User
) -> None:
    one, two = an_account(acme), an_account(acme, "444455556666")
    change(acme, alice, bob, Role.ANALYST, [one, two])
    change(acme, alice, bob, Role.ADMIN, [two])
    with within(acme):
        scope = access.scope_of_user(bob, acme.pk)
        assert scope is not None
        assert (scope.role, scope.account_ids) == ("admin", frozenset({two.pk}))
    change(acme, alice, bob, Role.OWNER)
    with within(acme):
        scope = access.scope_of_user(bob, acme.pk)
        assert scope is not None
        assert (scope.role, scope.account_ids) == ("owner", None)
        assert not MemberAccount.objects.exists()


@pytest.mark.parametrize(
    ("role", "accounts", "said"),
    [
        (Role.OWNER, "one", "An owner sees all accounts"),
        (Role.VIEWER, "none", "Name the accounts"),
    ],
)
def test_a_limit_that_cannot_be_is_refused(
    acme: Organisation, alice: User, bob: User, role: str, accounts: str, said: str
) -> None:
    named = [an_account(acme)] if accounts == "one" else []
    with pytest.raises(people.RefusedError, match=said):
        change(acme, alice, bob, role, named)
    assert role_of(bob, acme) == "viewer"


def _put(acme: Organisation, alice: User) -> None:
    with within(acme):
        people.put_member(organisation=acme, user=alice, role=Role.VIEWER)


Act = Callable[[Organisation, User], object]
LOSING: dict[str, Act] = {
    "leaves": leave,
    "is removed": lambda acme, alice: remove(acme, alice, alice),
    "is demoted": lambda acme, alice: change(acme, alice, alice, Role.ADMIN),
    "is restricted": lambda acme, alice: change(acme, alice, alice, Role.ADMIN, [an_account(acme)]),
    "is changed by the operator": _put,
}


@pytest.mark.parametrize("how", LOSING)
def test_the_last_owner_stays_an_owner(
    acme: Organisation, alice: User, bob: User, how: str
) -> None:
    with pytest.raises(people.RefusedError, match="last owner"):
        LOSING[how](acme, alice)
    assert role_of(alice, acme) == "owner"


@pytest.mark.parametrize("how", LOSING)
def test_one_of_two_owners_may_go(acme: Organisation, alice: User, how: str) -> None:
    a_member(acme, "olga", Role.OWNER)
    LOSING[how](acme, alice)
    assert role_of(alice, acme) != "owner"


def test_an_owner_who_cannot_sign_in_does_not_count(acme: Organisation, alice: User) -> None:
    olga = a_member(acme, "olga", Role.OWNER)
    User.objects.filter(pk=olga.pk).update(is_active=False)
    with pytest.raises(people.RefusedError, match="last owner"):
        leave(acme, alice)


@pytest.mark.parametrize("how", ["demote", "remove", "leave"])
def test_two_owners_who_go_at_once_leave_one(acme: Organisation, alice: User, how: str) -> None:
    olga = a_member(acme, "olga", Role.OWNER)
    pairs = [(alice, olga), (olga, alice)]
    acts: dict[str, Callable[[User, User], object]] = {
        "demote": lambda by, whom: change(acme, by, whom, Role.VIEWER),
        "remove": lambda by, whom: remove(acme, by, whom),
        "leave": lambda by, _: leave(acme, by),
    }

    def go() -> bool:
        by, whom = pairs.pop()
        try:
            acts[how](by, whom)
        except (people.RefusedError, Membership.DoesNotExist):
            return False
        return True

    assert sorted(at_once(go)) == [False, True]
    assert "owner" in {role_of(alice, acme), role_of(olga, acme)}


def test_an_admin_neither_makes_nor_unmakes_owners(
    acme: Organisation, alice: User, bob: User
) -> None:
    a_member(acme, "olga", Role.OWNER)
    ada = a_member(acme, "ada", Role.ADMIN)
    with pytest.raises(people.RefusedError, match="Only an owner makes"):
        change(acme, ada, bob, Role.OWNER)
    with pytest.raises(people.RefusedError, match="only an owner changes"):
        change(acme, ada, alice, Role.VIEWER)
    with pytest.raises(people.RefusedError, match="only an owner changes"):
        remove(acme, ada, alice)
    change(acme, ada, bob, Role.ADMIN)
    assert (role_of(alice, acme), role_of(bob, acme)) == ("owner", "admin")


@pytest.mark.parametrize("role", [Role.ANALYST, Role.VIEWER])
def test_who_does_not_manage_changes_nobody(acme: Organisation, alice: User, role: str) -> None:
    other, vic = a_member(acme, "other", Role.VIEWER), a_member(acme, "vic", role)
    with pytest.raises(people.RefusedError, match="may not change people"):
        change(acme, vic, other, Role.ADMIN)
    with pytest.raises(people.RefusedError, match="may not change people"):
        remove(acme, vic, other)


def test_a_stranger_changes_nobody(acme: Organisation, rival: Organisation, bob: User) -> None:
    charlie = a_member(rival, "charlie", Role.OWNER)
    with pytest.raises(people.RefusedError, match="may not change people"):
        change(acme, charlie, bob, Role.ADMIN)
    pk = member(bob, acme).pk
    with pytest.raises(people.RefusedError, match="no member any more"), within(rival):
        people.remove_member(organisation=rival, by=charlie, member=pk)
    assert role_of(bob, acme) == "viewer"


def test_who_has_left_may_leave_again(acme: Organisation, alice: User, bob: User) -> None:
    leave(acme, bob)
    leave(acme, bob)
    assert role_of(bob, acme) == ""
    assert User.objects.filter(pk=bob.pk).exists()
