"""Sealing everything that is kept under an older key once more, with the active one."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

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
            one.column,
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
"""  # noqa: S608 - a number of ours
UPDATE = "UPDATE {table} SET {column} = %s WHERE id = %s"


def _statement(text: str, column: Column) -> sql.Composed:
    return sql.SQL(text).format(  # type: ignore[arg-type] # constants of this module
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
    return found
