"""Indexes that are built while others read and write, for migrations with `atomic = False`."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

PATIENTLY = "SET lock_timeout = 0"
"""Building waits for every transaction that began before, longer than we wait for a lock."""


def built(name, on):
    """Return an operation that builds an index Django has no words for; `on` follows ON."""
    removed = f"DROP INDEX CONCURRENTLY IF EXISTS {name}"
    made = f"CREATE INDEX CONCURRENTLY {name} ON {on}"
    return migrations.RunSQL(
        [PATIENTLY, removed, made, "RESET lock_timeout"],
        [PATIENTLY, removed, "RESET lock_timeout"],
    )


class BuildIndex(AddIndexConcurrently):
    """Build an index beside everybody's work; again from the start if it was interrupted.

    PostgreSQL leaves an index that was not finished behind, unusable, under the same name.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        """Build it."""
        name = schema_editor.quote_name(self.index.name)
        schema_editor.execute(PATIENTLY)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor.execute("RESET lock_timeout")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        """Remove it."""
        schema_editor.execute(PATIENTLY)
        super().database_backwards(app_label, schema_editor, from_state, to_state)
        schema_editor.execute("RESET lock_timeout")
