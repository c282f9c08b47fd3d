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


def all_organisations() -> list[uuid.UUID]:
    """Return every organisation, the oldest first."""
    return [row[0] for row in _ask("SELECT * FROM all_organisations()")]


def organisations_named(user: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """Return id and name of each organisation of a user, by name."""
    return [(row[0], row[1]) for row in _ask("SELECT * FROM organisations_named(%s)", user)]


def organisation_of_scan(scan: uuid.UUID) -> uuid.UUID | None:
    """Return the organisation of a scan; None when there is no such scan."""
    return next((row[0] for row in _ask("SELECT organisation_of_scan(%s)", scan)), None)


def invitation_with_digest(digest: str) -> Located | None:
    """Return the invitation whose link has this digest and still opens; None for any other."""
    rows = _ask("SELECT * FROM invitation_with_digest(%s)", digest)
    return next((Located(*row) for row in rows), None)


CLAIMING = 0x5CA7
"""The advisory lock of whoever looks for a scan to run; any number that nobody else takes."""


def fairest_scan(named: uuid.UUID | None, at_once: int) -> Located | None:
    """Return the scan that a worker is to take next, locked, in a transaction; None for none.

    It is due, and of the organisation with the fewest running scans; among those of the one whose
    turn was longest ago; its oldest. Organisations that run as many as they may, by their own number or
    else `at_once`, are left out. None, too, when the scan that is `named` is not due itself.
    One caller at a time, until its transaction ends: two would both see the same free slot.
    """
    _ask("SELECT pg_advisory_xact_lock(%s)", CLAIMING)
    rows = _ask("SELECT * FROM fairest_scan(%s, %s)", named, at_once)
    return Located(*rows[0]) if rows else None


def token_with_key(key: str) -> Located | None:
    """Return where the token with this public key is; None when there is none."""
    rows = _ask("SELECT * FROM token_with_key(%s)", key)
    return Located(*rows[0]) if rows else None


def organisation_of_account(account: uuid.UUID) -> uuid.UUID | None:
    """Return the organisation of an account; None when there is no such account."""
    return next((row[0] for row in _ask("SELECT organisation_of_account(%s)", account)), None)


def due_rechecks() -> list[Located]:
    """Return connected accounts whose role is to be looked at again, a hundred at most."""
    return [Located(*row) for row in _ask("SELECT * FROM due_rechecks()")]


def is_proved_elsewhere(aws_account: str, partition: str) -> bool:
    """Say whether an organisation other than that of the transaction has proved an AWS account.

    One caller per account at a time, until its transaction ends: two that prove it at the same
    moment would both be the first.
    """
    _ask("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", f"{partition}:{aws_account}")
    return bool(_ask("SELECT is_proved_elsewhere(%s, %s)", aws_account, partition)[0][0])


def provider_with_slug(slug: str) -> Located | None:
    """Return where the identity provider with this name is; None when there is none."""
    rows = _ask("SELECT * FROM provider_with_slug(%s)", slug)
    return Located(*rows[0]) if rows else None


def due_schedules() -> list[Located]:
    """Return the schedules whose next run has come, the longest due first."""
    return [Located(*row) for row in _ask("SELECT * FROM due_schedules()")]


def overdue_scans(republish_seconds: float) -> list[Located]:
    """Return scans that the tick has to do something about, a hundred at most.

    Running ones whose lease is over and that are to end or have not been published since; queued
    ones that are due and were last published that long ago, or before their next try.
    """
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


def organisation_of_verification(verification: uuid.UUID) -> uuid.UUID | None:
    """Return the organisation of a verification; None when there is no such one."""
    found = _ask("SELECT organisation_of_verification(%s)", verification)
    return next((row[0] for row in found), None)


def overdue_verifications(republish_seconds: float) -> list[Located]:
    """Return running ones whose lease is over, and queued ones last published that long ago.

    A hundred at most, the longest waiting first.
    """
    rows = _ask("SELECT * FROM overdue_verifications(make_interval(secs => %s))", republish_seconds)
    return [Located(*row) for row in rows]


def organisations_to_prune(scanned_before: datetime, unused_before: datetime) -> list[uuid.UUID]:
    """Return the organisations that have snapshots of scans, or unused ones, from before then."""
    rows = _ask("SELECT * FROM organisations_to_prune(%s, %s)", scanned_before, unused_before)
    return [row[0] for row in rows]


def organisation_of_rejudgement(rejudgement: uuid.UUID) -> uuid.UUID | None:
    """Return the organisation of a rejudgement; None when there is no such."""
    rows = _ask("SELECT organisation_of_rejudgement(%s)", rejudgement)
    return next((row[0] for row in rows), None)


def accounts_judged_by_older(version: list[int], engine: str, most: int) -> list[Located]:
    """Return accounts whose last scan an engine of a lower version judged, and nobody since.

    `version` is that of `engine`, in parts. No more than leave `most` rejudgements by that engine
    under way; one that was cancelled does not count.
    """
    rows = _ask("SELECT * FROM accounts_judged_by_older(%s, %s, %s)", version, engine, most)
    return [Located(*row) for row in rows]


def rejudgements_left_behind(version: list[int]) -> list[Located]:
    """Return rejudgements meant for an engine of a lower version that no worker has, at most 100."""
    rows = _ask("SELECT * FROM rejudgements_left_behind(%s)", version)
    return [Located(*row) for row in rows]


def scanned_accounts(aws_account: str = "") -> list[Located]:
    """Return the accounts with a last scan, all of them or those with this number."""
    return [Located(*row) for row in _ask("SELECT * FROM scanned_accounts(%s)", aws_account)]


def due_rejudgements(engine: str, republish_seconds: float, most: int) -> list[Located]:
    """Return rejudgements by an engine to publish, as many as leave `most` of them with workers."""
    statement = "SELECT * FROM due_rejudgements(%s, make_interval(secs => %s), %s)"
    return [Located(*row) for row in _ask(statement, engine, republish_seconds, most)]


def _ask(
    statement: str, *parameters: uuid.UUID | str | float | datetime | list[int] | None
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            statement, [str(one) if isinstance(one, uuid.UUID) else one for one in parameters]
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
