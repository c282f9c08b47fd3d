"""External ids are sealed; nothing in clear is taken from then on."""

import uuid

from django.db import migrations

from posture.migrations import _walls
from posture.models.sealed import SealedTextField
from posture.sealing import Place, Sealed, seal, unseal

BATCH = 500
TABLE, COLUMN = "posture_account", "external_id"

REWRITE = f"ALTER TABLE {TABLE} ALTER COLUMN {COLUMN} TYPE text USING {COLUMN} || '';"
"""The former rows lie in the table's file until it is written anew, which this does."""


def _each(cursor, change):
    """Put what `change` makes of them in the place of all external ids, some at a time."""
    last = uuid.UUID(int=0)
    while True:
        cursor.execute(
            f"""SELECT id, organisation_id, {COLUMN} FROM {TABLE}
                WHERE id > %s ORDER BY id LIMIT {BATCH} FOR UPDATE""",
            [last],
        )
        rows = cursor.fetchall()
        if not rows:
            return
        cursor.executemany(
            f"UPDATE {TABLE} SET {COLUMN} = %s WHERE id = %s",
            [
                (str(change(text, Place(TABLE, COLUMN, row, organisation))), row)
                for row, organisation, text in rows
            ],
        )
        last = rows[-1][0]


def seal_all(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        _each(cursor, lambda text, place: text if not text or Sealed(text).key_id else seal(text, place))


def open_all(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        _each(cursor, lambda text, place: unseal(Sealed(text), place) if text else "")


class Migration(migrations.Migration):

    dependencies = [
        ('posture', '0008_searching'),
    ]

    operations = [
        migrations.RunPython(seal_all, open_all),
        migrations.RunSQL([REWRITE], migrations.RunSQL.noop),
        migrations.RunSQL([_walls.sealed(TABLE, COLUMN)], _walls.unsealed(TABLE, COLUMN)),
        migrations.AlterField(
            model_name='account',
            name='external_id',
            field=SealedTextField(),
        ),
    ]
