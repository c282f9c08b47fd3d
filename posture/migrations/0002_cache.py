"""The table in which the cache lives while Redis is away (posture/cache.py)."""

from django.db import migrations

TABLE = """
    CREATE TABLE posture_cache (
        cache_key varchar(255) PRIMARY KEY,
        value text NOT NULL,
        expires timestamptz NOT NULL
    );
    CREATE INDEX posture_cache_expires ON posture_cache (expires);
"""


class Migration(migrations.Migration):

    dependencies = [("posture", "0001_initial")]

    operations = [migrations.RunSQL(TABLE, "DROP TABLE posture_cache;")]
