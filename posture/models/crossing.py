"""The only questions that may be asked across organisations: they answer with ids.

Each calls a function of the database that belongs to `owner` (migration 0001); the role `app` can
execute these functions and cannot read the tables behind them.
"""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection


class Located(NamedTuple):
    """A row and the organisation inside which it can be read."""

    organisation: uuid.UUID
    id: uuid.UUID


def organisations_of_user(user: uuid.UUID) -> list[uuid.UUID]:
    """Return the organisations of a user, the oldest membership first."""
    return [row[0] for row in _ask("SELECT * FROM organisations_of_user(%s)", user)]


def organisation_of_scan(scan: uuid.UUID) -> uuid.UUID | None:
    """Return the organisation of a scan; None when there is no such scan."""
    return next((row[0] for row in _ask("SELECT organisation_of_scan(%s)", scan)), None)


def token_with_key(key: str) -> Located | None:
    """Return where the token with this public key is; None when there is none."""
    rows = _ask("SELECT * FROM token_with_key(%s)", key)
    return Located(*rows[0]) if rows else None


def due_schedules() -> list[Located]:
    """Return the schedules whose next run has come, the longest due first."""
    return [Located(*row) for row in _ask("SELECT * FROM due_schedules()")]


def overdue_scans(republish_seconds: float) -> list[Located]:
    """Return running scans whose lease is over, and queued ones last published that long ago."""
    rows = _ask("SELECT * FROM overdue_scans(make_interval(secs => %s))", republish_seconds)
    return [Located(*row) for row in rows]


def expired_attestations() -> list[Located]:
    """Return attestations in force whose last day is over."""
    return [Located(*row) for row in _ask("SELECT * FROM expired_attestations()")]


def stuck_scans(seconds: float) -> list[Located]:
    """Return scans that waited, or that no worker kept alive, for longer than that."""
    rows = _ask("SELECT * FROM stuck_scans(make_interval(secs => %s))", seconds)
    return [Located(*row) for row in rows]


def failed_scans(code: str, since: datetime) -> list[Located]:
    """Return scans that failed for this reason at an aware moment or later, oldest first."""
    rows = _ask("SELECT * FROM failed_scans(%s, %s)", code, since)
    return [Located(*row) for row in rows]


def _ask(statement: str, *parameters: uuid.UUID | str | float | datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            statement, [str(one) if isinstance(one, uuid.UUID) else one for one in parameters]
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
