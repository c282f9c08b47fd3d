"""The two walls between organisations, each taken down."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db.models import QuerySet
from psycopg import sql

from posture import access
from posture.access import Scope
from tests.posture.matrix.asking import Who, ask
from tests.posture.matrix.looking import Watch
from tests.posture.matrix.routes import ROUTES
from tests.posture.operation.full import OWNED

WALLED = [*(model._meta.db_table for model in OWNED), "posture_organisation"]


@contextmanager
def without_row_level_security() -> Iterator[None]:
    """Switch the walls of the database off, for this test's own database, and on again."""
    try:
        _alter("DISABLE")
        yield
    finally:
        _alter("ENABLE")


def _alter(verb: str) -> None:
    statement = f"ALTER TABLE {{}} {verb} ROW LEVEL SECURITY"
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        for table in WALLED:
            owner.execute(sql.SQL(statement).format(sql.Identifier(table)))


@contextmanager
def without_access() -> Iterator[None]:
    """Let every function of posture.access that gives rows give all that the database shows."""
    with pytest.MonkeyPatch.context() as patch:
        for name, giving in list(vars(access).items()):
            returned = inspect.get_annotations(giving).get("return") if callable(giving) else None
            if returned is QuerySet and not name.startswith("_"):
                _everywhere(patch, giving, partial(_all_of_its_kind, giving))
        yield


def _all_of_its_kind(giving: Callable[[Scope], QuerySet[Any]], scope: Scope) -> QuerySet[Any]:
    everything: QuerySet[Any] = giving(scope).model._default_manager.all()
    return everything


def _everywhere(patch: pytest.MonkeyPatch, function: object, instead: object) -> None:
    """Replace a function in every module that has imported it by name."""
    for module in [one for name, one in sys.modules.items() if name.startswith("posture")]:
        for name, value in list(vars(module).items()):
            if value is function:
                patch.setattr(module, name, instead)


def seen(watch: Watch, who: Who, methods: frozenset[str]) -> tuple[list[str], set[str]]:
    """What is wrong with the answers to one person, and all canaries of Rival in them."""
    wrong: list[str] = []
    told: set[str] = set()
    for route in ROUTES:
        for method in methods & route.uses.keys():
            if route.is_api != who.by_token or route.uses[method].needs in {"public", "nobody"}:
                continue
            changed: list[str] = []
            answer = ask(who, route, method, looking=partial(watch.over, changed))
            told |= watch.of("Rival", answer)
            said = [f"gave away {one}" for one in watch.leaks(answer, who)]
            said += [f"changed {one}" for one in changed if watch.is_of_rival(one)]
            wrong += [f"{route.name} {method} as {who.name}: {one}" for one in said]
    return wrong, told


ALL = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
