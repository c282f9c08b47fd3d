"""posture.access lets no stranger through where the database would show everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import transaction
from pytest_django import DjangoDbBlocker

from posture.models import Account
from posture.models.tenancy import within
from tests.posture.matrix.asking import limited, strangers
from tests.posture.matrix.companies import Companies, two_companies
from tests.posture.matrix.looking import Watch
from tests.posture.matrix.walls import ALL, seen, without_access, without_row_level_security

TOLD_AT_LEAST = 40


@pytest.fixture(scope="module")
def companies(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Companies]:
    """Acme and Rival in a database without row-level security."""
    with django_db_blocker.unblock(), without_row_level_security(), transaction.atomic():
        cache.clear()
        yield two_companies()
        transaction.set_rollback(True)


def test_access_alone_lets_nothing_through(companies: Companies, watch: Watch) -> None:
    people = [*strangers(companies), *limited(companies.acme)]
    wrong = [one for who in people for one in seen(watch, who, ALL)[0]]
    assert not wrong, "\n".join(wrong)


def test_the_database_shows_everything_without_its_wall(companies: Companies) -> None:
    with within(companies.acme.organisation):
        numbers = set(Account.objects.values_list("aws_account", flat=True))
    assert companies.rival.account.aws_account in numbers


def test_without_both_walls_strangers_see_what_is_written_there(
    companies: Companies, watch: Watch
) -> None:
    """Else each wall alone would hold only because nobody looks where the texts are."""
    with without_access():
        people = strangers(companies)
        told = set().union(*(seen(watch, who, frozenset({"GET"}))[1] for who in people))
    assert len(told) >= TOLD_AT_LEAST
