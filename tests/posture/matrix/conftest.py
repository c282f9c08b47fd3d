"""Two full companies for a whole module, in one transaction that is never committed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import transaction
from pytest_django import DjangoDbBlocker

from tests.posture.matrix.companies import Companies, two_companies
from tests.posture.matrix.looking import Watch


@pytest.fixture(scope="module")
def companies(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Companies]:
    """Acme and Rival, each text of theirs like no other."""
    with django_db_blocker.unblock(), transaction.atomic():
        cache.clear()
        yield two_companies()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def watch(companies: Companies) -> Watch:
    """Who knows what is whose."""
    return Watch(companies)
