"""Sealing everything that is kept under an older key once more, with the active one."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

from posture.entrance.sealing import PLACE, SECRETS
from posture.models.sealed import SealedTextField
from posture.operation.owning import require_owner
from posture.sealing import CannotOpenError, Place, Sealed, active_key, seal, unseal

BATCH = 500


@dataclass(slots=True)
class Rotated:
    """One column: secrets sealed anew (or to be), those of the active key, and what did not open."""

    table: str
    column: str
    changed: int = 0
    kept: int = 0
    unopened: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of sealed secrets, and whether its rows belong to an organisation."""

    table: str
    name: str
    owned: bool


def sealed_columns() -> list[Column]:
    """Return every column that holds sealed secrets."""
    return [
        Column(
            model._meta.db_table,
            str(one.column),
            any(other.column == "organisation_id" for other in model._meta.concrete_fields),
        )
        for model in apps.get_models()
        for one in model._meta.concrete_fields
        if isinstance(one, SealedTextField)
    ]


def rotate(*, apply: bool) -> Iterator[Rotated]:
    """Seal with the active key what an older one has sealed, as the role `owner`, column by column.

    In small transactions while everybody works, so it can be stopped and run again at any time.
    Without `apply` everything is opened and nothing changed. What cannot be opened is named and
    left as it is. Raises NotOwnerError.
    """
    require_owner()
    for column in sealed_columns():
        done = Rotated(column.table, column.name)
        last = uuid.UUID(int=0)
        while batch := _batch(column, last, done, apply=apply):
            last = batch
        yield done
    yield _factors(apply=apply)


def _factors(*, apply: bool) -> Rotated:
    """The same for second factors, whose secrets allauth keeps inside of JSON."""
    done = Rotated("mfa_authenticator", "data")
    last = 0
    while batch := _some_factors(last, done, apply=apply):
        last = batch
    return done


def _some_factors(after: int, done: Rotated, *, apply: bool) -> int:
    """Work some rows in the order of their ids; the last id of them, 0 when there are no more."""
    with transaction.atomic():
        rows = Authenticator.objects.filter(pk__gt=after, type__in=SECRETS).order_by("pk")
        batch = list((rows.select_for_update(no_key=True) if apply else rows)[:BATCH])
        for row in batch:
            name = SECRETS[row.type]
            anew = _anew(Sealed(row.data[name]), PLACE, done)
            if anew is not None and apply:
                row.data = {**row.data, name: str(anew)}
                row.save(update_fields=["data"])
    return batch[-1].pk if batch else 0


def _batch(column: Column, after: uuid.UUID, done: Rotated, *, apply: bool) -> uuid.UUID | None:
    """Work some rows in the order of their ids; the last id of them, None when there are no more."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_statement(SELECT + ("FOR NO KEY UPDATE" if apply else ""), column), [after])
        rows = cursor.fetchall()
        for row, organisation, text in rows:
            anew = _anew(Sealed(text), Place(column.table, column.name, row, organisation), done)
            if anew is not None and apply:
                cursor.execute(_statement(UPDATE, column), [str(anew), row])
    return rows[-1][0] if rows else None


def _anew(sealed: Sealed, place: Place, done: Rotated) -> Sealed | None:
    """The secret under the active key; None when it is that already, or does not open."""
    try:
        text = unseal(sealed, place)
    except CannotOpenError as error:
        done.unopened.append(str(error))
        return None
    if sealed.key_id == active_key():
        done.kept += 1
        return None
    done.changed += 1
    return seal(text, place)


SELECT = f"""
    SELECT id, {{organisation}}, {{column}} FROM {{table}}
    WHERE id > %s AND {{column}} <> '' ORDER BY id LIMIT {BATCH}
"""  # noqa: S608 - a number of ours  # nosec B608 # constants of ours
UPDATE = "UPDATE {table} SET {column} = %s WHERE id = %s"


def _statement(text: str, column: Column) -> sql.Composed:
    return sql.SQL(text).format(
        table=sql.Identifier(column.table),
        column=sql.Identifier(column.name),
        organisation=sql.Identifier("organisation_id") if column.owned else sql.SQL("NULL"),
    )


def keys_in_use() -> dict[str, set[str]]:
    """Return the ids of keys by which secrets of a column are sealed; all organisations, as `app`."""
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        for column in sealed_columns():
            function = sql.Identifier(f"keys_of_{column.table}_{column.name}")
            cursor.execute(sql.SQL("SELECT {}()").format(function))
            found[f"{column.table}.{column.name}"] = {key for (key,) in cursor.fetchall()}
    kept = Authenticator.objects.filter(type__in=SECRETS).values_list("type", "data")
    found["mfa_authenticator.data"] = {Sealed(data[SECRETS[kind]]).key_id for kind, data in kept}
    return found
