"""Searching findings inside the organisation of the transaction, where a plain condition is slow.

Row-level security lets no index help with LIKE, because LIKE is not leakproof: PostgreSQL has to
hide rows first and compare afterwards, all of them. So functions of `owner` (migration 0008,
decision 012) look into the index and answer with ids of the organisation that `within` set.
"""

import uuid
from collections.abc import Iterable

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

MOST = 10_000
"""Ids that are worth passing around; a text that more findings hold is soon met by walking."""

WAIVED_NOW = """
    WITH in_force AS (
        SELECT account_id, control, resource FROM posture_waiver
        WHERE starts_at <= statement_timestamp() AND ends_at > statement_timestamp()
    )
    SELECT f.id FROM in_force AS w JOIN posture_finding AS f
        ON f.resource = w.resource AND f.account_id = w.account_id AND f.control = w.control
    WHERE w.resource <> ''
    UNION ALL
    SELECT f.id FROM in_force AS w JOIN posture_finding AS f
        ON f.account_id = w.account_id AND f.control = w.control
    WHERE w.resource = ''
"""
"""Begins at the waivers; asked whether one exists for it, PostgreSQL would visit every finding."""


def holding(text: str, also: Iterable[uuid.UUID] = ()) -> Q:
    """Return the condition that a finding's resource or its name holds the text, case ignored.

    Or that it is one of `also`: one list of ids is read by index, two conditions may not be.
    """
    found = _found("SELECT * FROM findings_holding(%s, %s)", text)
    if found is None:
        return Q(resource__icontains=text) | Q(resource_name__icontains=text) | Q(pk__in=list(also))
    return Q(pk__in={*found, *also})


def below(arn: str) -> Q:
    """Return the condition that a finding's resource is this ARN or begins with it."""
    found = _found("SELECT * FROM findings_below(%s, %s)", arn)
    return Q(resource__startswith=arn) if found is None else Q(pk__in=found)


def waived_now() -> Q:
    """Return the condition that a waiver on the finding is in force."""
    return Q(pk__in=RawSQL(WAIVED_NOW, []))  # noqa: S611 - our own text  # nosec B611 # our own text


def _found(statement: str, text: str) -> list[uuid.UUID] | None:
    """Ids of what was found; None when they are too many, or the text is a common one."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [text, MOST + 1])
        rows = cursor.fetchall()
    too_many = len(rows) > MOST or (None,) in rows
    return None if too_many else [row[0] for row in rows]
