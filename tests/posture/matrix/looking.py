"""What a request gave away, and what it changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Model

from posture.models import Organisation
from posture.models.tenancy import within
from tests.posture.matrix.asking import Answer, Who
from tests.posture.matrix.companies import CANARY, Companies, Telling, tables
from tests.posture.operation.full import OWNED

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NOT_A_CHANGE = ("last_used_at", "last_login")
"""Columns that being recognised may write."""


class Watch:
    """Knows both companies: finds their texts in answers, and changes in their rows."""

    def __init__(self, companies: Companies) -> None:
        self.companies = companies
        self._telling = companies.telling()
        self._plain = [
            text for text in self._telling if not (CANARY.fullmatch(text) or ID.fullmatch(text))
        ]
        self._statement = _statement()
        self._owned = {model._meta.db_table for model in OWNED}
        self.before = self.state()

    def leaks(self, answer: Answer, who: Who) -> list[str]:
        """Return what stands in an answer that this person may not see and has not sent."""
        found = {*CANARY.findall(answer.text), *ID.findall(answer.text)} & self._telling.keys()
        found |= {text for text in self._plain if text in answer.text}
        hidden = {text: self._telling[text] for text in found if text not in answer.sent}
        return sorted(
            f"{one.company} {one.where}" for one in hidden.values() if not _may_see(who, one)
        )

    def of(self, company: str, answer: Answer) -> set[str]:
        """Return the canaries of one company in an answer."""
        found = set(CANARY.findall(answer.text)) & self._telling.keys()
        return {text for text in found if self._telling[text].company == company}

    def is_of_rival(self, table: str) -> bool:
        """Whether rows of Rival changed in a table that is named as `changed` names it."""
        company, name = table.split()
        return company == "Rival" and name in self._owned

    def state(self) -> dict[str, str]:
        """Return a hash over all rows of each table, by company and table."""
        found: dict[str, str] = {}
        for company in (self.companies.acme, self.companies.rival):
            with within(company.organisation), connection.cursor() as cursor:
                cursor.execute(self._statement)
                found |= {f"{company.name} {table}": hash_ for table, hash_ in cursor.fetchall()}
        return found

    @contextmanager
    def over(self, changed: list[str]) -> Iterator[None]:
        """Add to `changed` the tables that the block leaves different, as `Acme posture_scan`."""
        with statements() as writing:
            yield
        if writing:
            now = self.state()
            changed += sorted(name for name in self.before if now[name] != self.before[name])


def _may_see(who: Who, one: Telling) -> bool:
    if who.verbs is None or one.company != "Acme":
        return False
    return not who.account or one.account in {"", who.account}


def _statement() -> str:
    """SQL that gives each table with a hash over its rows, without what being recognised writes."""
    without = " ".join(f"- '{name}'" for name in NOT_A_CHANGE)
    return " UNION ALL ".join(
        f"SELECT '{name}', md5(coalesce(string_agg(one, '' ORDER BY one), '')) "  # noqa: S608 - names of our tables
        f"FROM (SELECT (to_jsonb(t) {without})::text AS one FROM {name} AS t {own}) AS rows"
        for name, own in ((model._meta.db_table, _own(model)) for model in tables())
    )


def _own(model: type[Model]) -> str:
    """The condition that a row is of the organisation of `within`, also where no wall says so."""
    owned = "organisation_id" if model in OWNED else ""
    column = "id" if model is Organisation else owned
    mine = "current_setting('app.organisation')::uuid"
    return f"WHERE t.{column} = {mine}" if column else ""


READS = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "WITH")
RECOGNISED = re.compile(r'UPDATE "posture_apitoken" SET "last_used_at"|\S+ \S* ?"django_session"')


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements that may write, without those by which somebody is recognised.

    A request without one has changed nothing, and the hash over all rows can be saved.
    """
    found: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not sql.lstrip().startswith(READS) and not RECOGNISED.match(sql):
            found.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield found
