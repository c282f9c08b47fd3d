"""Snapshots: what they take, since when nobody uses them, and who has some to remove."""

import django.db.models.functions.datetime
from django.db import migrations, models

from posture.migrations import _walls

IN_USE = """
    UPDATE posture_storedsnapshot AS p SET unused_since = NULL
    WHERE EXISTS (SELECT FROM posture_scan AS s WHERE s.snapshot_id = p.id);
"""

QUESTION = _walls.question(
    "organisations_to_prune(scanned_before timestamptz, unused_before timestamptz)", "SETOF uuid",
    """SELECT s.organisation_id FROM public.posture_scan AS s
       WHERE s.snapshot_id IS NOT NULL AND s.finished_at < scanned_before
       UNION
       SELECT p.organisation_id FROM public.posture_storedsnapshot AS p
       WHERE p.unused_since < unused_before""",
)


class Migration(migrations.Migration):

    dependencies = [
        ('posture', '0003_attestations'),
    ]

    operations = [
        migrations.AddField(
            model_name='storedsnapshot',
            name='stored_bytes',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='storedsnapshot',
            name='unused_since',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), null=True),
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(condition=models.Q(('snapshot__isnull', False)), fields=['account', '-finished_at', '-id'], name='scan_with_snapshot'),
        ),
        migrations.AddIndex(
            model_name='storedsnapshot',
            index=models.Index(condition=models.Q(('unused_since__isnull', False)), fields=['organisation', 'unused_since'], name='snapshot_unused'),
        ),
        migrations.RunSQL(IN_USE, migrations.RunSQL.noop),
        migrations.RunSQL(QUESTION, "DROP FUNCTION organisations_to_prune;"),
    ]
