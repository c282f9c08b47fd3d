"""The installation's tick and lock, and what its operators may ask across organisations."""

import django.db.models.functions.datetime
import uuid
from django.db import migrations, models

from posture.migrations import _walls

FIGURES = """
    WITH active AS (
        SELECT state, queued_at, lease_until FROM public.posture_scan
        WHERE state IN ('queued', 'running')
    ), ended AS (
        SELECT state, extract(epoch FROM finished_at - started_at)::float8 AS seconds,
               recording_seconds, progress
        FROM public.posture_scan WHERE finished_at > statement_timestamp() - since
    ), told AS (
        SELECT (progress ->> 'calls')::float8 AS calls, (progress ->> 'denied')::float8 AS denied,
               (progress ->> 'throttled')::float8 AS throttled
        FROM ended
    ), quantiles AS (SELECT unnest(ARRAY[0.5, 0.95, 1]::float8[]) AS q)
    SELECT 'active', state, count(*)::float8 FROM active GROUP BY state
    UNION ALL SELECT 'ended', state, count(*) FROM ended GROUP BY state
    UNION ALL SELECT 'oldest_queued', '',
        extract(epoch FROM statement_timestamp() - min(queued_at)) FROM active WHERE state = 'queued'
    UNION ALL SELECT 'lapsed', '', count(*) FROM active
        WHERE state = 'running' AND lease_until < statement_timestamp()
    UNION ALL SELECT 'seconds', q::text, percentile_cont(q) WITHIN GROUP (ORDER BY seconds)
        FROM ended, quantiles GROUP BY q
    UNION ALL SELECT 'recording', q::text,
        percentile_cont(q) WITHIN GROUP (ORDER BY recording_seconds) FROM ended, quantiles GROUP BY q
    UNION ALL SELECT 'calls', '', sum(calls) FROM told
    UNION ALL SELECT 'denied', '', sum(denied) FROM told
    UNION ALL SELECT 'throttled', '', sum(throttled) FROM told
"""

QUESTIONS = "\n".join([
    _walls.question(
        "operation_figures(since interval)", "TABLE (figure text, label text, value float8)",
        FIGURES,
    ),
    _walls.question(
        "stuck_scans(since interval)", "TABLE (organisation_id uuid, id uuid)",
        """SELECT s.organisation_id, s.id FROM public.posture_scan AS s
           WHERE (s.state = 'queued' AND greatest(s.queued_at, s.retry_at) < statement_timestamp() - since)
              OR (s.state = 'running' AND s.lease_until < statement_timestamp() - since)
           ORDER BY s.queued_at, s.id""",
    ),
    _walls.question(
        "failed_scans(code text, since timestamptz)", "TABLE (organisation_id uuid, id uuid)",
        """SELECT s.organisation_id, s.id FROM public.posture_scan AS s
           WHERE s.state = 'failed' AND s.reason_code = code AND s.finished_at >= since
           ORDER BY s.finished_at, s.id""",
    ),
])


class Migration(migrations.Migration):

    dependencies = [
        ('posture', '0006_snapshots'),
    ]

    operations = [
        migrations.CreateModel(
            name='Lock',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reason', models.TextField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Tick',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='scan',
            name='recording_seconds',
            field=models.FloatField(null=True),
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['finished_at'], name='scan_finished'),
        ),
        migrations.AddConstraint(
            model_name='tick',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='one_tick'),
        ),
        migrations.RunSQL(
            QUESTIONS,
            "DROP FUNCTION operation_figures, stuck_scans, failed_scans;",
        ),
    ]
