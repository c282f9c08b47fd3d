"""Transactions that PostgreSQL breaks off at our cost are done again."""

import threading
import uuid

import pytest
from django.db import OperationalError, connection

from posture.models import Account, Organisation
from posture.models.tenancy import committed
from tests.posture.rows import an_account, an_organisation
from tests.posture.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme() -> Organisation:
    return an_organisation()


def test_of_two_that_wait_for_each_other_both_are_done(acme: Organisation) -> None:
    accounts = [an_account(acme, number).pk for number in ("111122223333", "444455556666")]
    orders = iter([accounts, accounts[::-1]])
    both_hold_one = threading.Barrier(2)
    tries: list[uuid.UUID] = []

    def lock_in_order() -> bool:
        order = next(orders)
        first_time = True

        def work() -> bool:
            nonlocal first_time
            for account in order:
                Account.objects.select_for_update().get(pk=account)
                if first_time:
                    both_hold_one.wait(timeout=10)
                    first_time = False
            tries.append(order[0])
            return True

        return committed(acme, work)

    assert at_once(lock_in_order) == [True, True]
    assert sorted(tries) == sorted(accounts)


def test_after_three_serialisation_conflicts_it_is_told(acme: Organisation) -> None:
    tries = []

    def conflict() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40001'; END $$")

    with pytest.raises(OperationalError):
        committed(acme, conflict)
    assert len(tries) == 3


def test_other_errors_are_told_at_once(acme: Organisation) -> None:
    tries = []

    def give_up() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)")

    with pytest.raises(OperationalError, match="statement timeout"):
        committed(acme, give_up)
    assert len(tries) == 1
