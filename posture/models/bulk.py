"""Writing many rows in one statement: they travel as one JSON document, which PostgreSQL unpacks.

Django's bulk_create sends an array per column, and quoting thousands of JSON texts for arrays took
most of a second for 5,000 findings; one document costs a tenth of that.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models

from posture.models.plain import storable_document


def write_rows(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    unique: Sequence[str] = (),
    update: Sequence[str] = (),
) -> None:
    """Insert rows, given as column name to value; where `unique` columns match, update instead.

    Every row has the same columns, and every column of the model without a default of the database.
    """
    if not rows:
        return
    quote = connection.ops.quote_name
    columns = list(rows[0])
    types = {field.column: field.db_type(connection) for field in model._meta.concrete_fields}
    names = ", ".join(quote(column) for column in columns)
    record = ", ".join(f"{quote(column)} {types[column]}" for column in columns)
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({names}) "  # noqa: S608 - names of our models
        f"SELECT {names} FROM json_to_recordset(%s::json) AS r ({record})"  # nosec B608 # constants of ours
    )
    if unique:
        changes = ", ".join(f"{quote(column)} = EXCLUDED.{quote(column)}" for column in update)
        statement += f" ON CONFLICT ({', '.join(map(quote, unique))}) DO UPDATE SET {changes}"  # nosec B608 # constants of ours
    with connection.cursor() as cursor:
        cursor.execute(statement, [storable_document(rows)])
