"""The table of who reaches which part of the portal."""

from __future__ import annotations

from scanner.policy import FINANCE_WRITE, PORTAL_CORE
from scanner.policy.catalogue import is_known
from scanner.scope.tabs import ASKED, TABS, portal_table
from tests.builders import a_snapshot, a_user
from tests.documents import allow


def test_every_part_is_opened_by_actions_that_exist_and_are_asked_for() -> None:
    actions = frozenset().union(*TABS.values())
    assert {one for one in actions if not is_known(one)} == set()
    assert actions <= ASKED
    verified = {
        one.partition(":")[2] for one in TABS["see or change identity, bank and secondary users"]
    }
    assert verified == {
        f"{verb}{what}VerificationDetails"
        for verb in ("Get", "Put")
        for what in ("Seller", "BankAccount", "SecondaryUser")
    }
    assert ASKED >= PORTAL_CORE | FINANCE_WRITE


def test_rows_are_sorted_by_how_much_they_open() -> None:
    users = (
        a_user("b", inline={"p": allow("aws-marketplace:ListEntities")}),
        a_user("a", inline={"p": allow("aws-marketplace:ListEntities")}),
        a_user("z", inline={"p": allow("aws-marketplace:*Entities", "tax:*")}),
    )
    rows = [(one.label, one.value) for one in portal_table(a_snapshot(users=users))]
    assert rows == [
        ("User z", "see products and offers, change payouts and tax"),
        ("User a", "see products and offers"),
        ("User b", "see products and offers"),
    ]
