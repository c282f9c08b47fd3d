"""Snapshots: what they take, since when nobody uses them; judging them again."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
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

def _older(engine):
    """Return a condition: this engine's version is lower than the one that is asked with."""
    return rf"""CASE WHEN {engine} ~ '^[a-z-]+ [0-9]{{1,6}}([.][0-9]{{1,6}}){{0,5}}$'
        THEN string_to_array(split_part({engine}, ' ', 2), '.')::integer[] < version
        ELSE false END"""


WALLS = "\n".join([
    _walls.wall("posture_rejudgement"),
    _walls.addressable("posture_rejudgement"),
    _walls.same_organisation("posture_rejudgement", "account_id", "posture_account"),
    _walls.same_organisation("posture_rejudgement", "scan_id", "posture_scan"),
    _walls.same_organisation("posture_findingevent", "rejudgement_id", "posture_rejudgement"),
    _walls.same_organisation("posture_scorepoint", "rejudgement_id", "posture_rejudgement"),
    _walls.question(
        "organisation_of_rejudgement(rejudgement uuid)", "uuid",
        "SELECT organisation_id FROM public.posture_rejudgement WHERE id = rejudgement",
    ),
    _walls.question(
        "scanned_accounts(number text)", "TABLE (organisation_id uuid, id uuid)",
        """SELECT a.organisation_id, a.id FROM public.posture_account AS a
           WHERE a.last_scan_id IS NOT NULL AND number IN ('', a.aws_account)
           ORDER BY a.scored_at, a.id""",
    ),
    _walls.question(
        "accounts_judged_by_older(version integer[], by_engine text, most integer)",
        "TABLE (organisation_id uuid, id uuid)",
        f"""SELECT a.organisation_id, a.id
            FROM public.posture_account AS a JOIN public.posture_scan AS s ON s.id = a.last_scan_id
            WHERE a.state IN ('connected', 'paused') AND s.snapshot_id IS NOT NULL
              AND {_older("s.engine")}
              AND NOT EXISTS (SELECT FROM public.posture_rejudgement AS r
                  WHERE r.scan_id = s.id AND r.engine = by_engine AND r.state <> 'cancelled')
            ORDER BY a.scored_at, a.id
            LIMIT greatest(0, most - (SELECT count(*) FROM public.posture_rejudgement AS w
                WHERE w.engine = by_engine AND w.state IN ('queued', 'running')))""",  # nosec B608 # constants of ours
    ),
    _walls.question(
        "rejudgements_left_behind(version integer[])", "TABLE (organisation_id uuid, id uuid)",
        f"""SELECT r.organisation_id, r.id FROM public.posture_rejudgement AS r
            WHERE (r.state = 'queued'
                OR (r.state = 'running' AND r.lease_until < statement_timestamp()))
              AND {_older("r.engine")}
            ORDER BY r.queued_at, r.id
            LIMIT 100""",  # nosec B608 # constants of ours
    ),
    _walls.question(
        "due_rejudgements(by_engine text, unpublished_for interval, most integer)",
        "TABLE (organisation_id uuid, id uuid)",
        """SELECT r.organisation_id, r.id FROM public.posture_rejudgement AS r
           WHERE r.engine = by_engine
             AND ((r.state = 'running' AND r.lease_until < statement_timestamp())
              OR (r.state = 'queued' AND (r.published_at IS NULL
                  OR r.published_at < statement_timestamp() - unpublished_for)))
           ORDER BY r.queued_at, r.id
           LIMIT greatest(0, most - (SELECT count(*) FROM public.posture_rejudgement AS w
               WHERE w.engine = by_engine
                 AND ((w.state = 'running' AND w.lease_until >= statement_timestamp())
                  OR (w.state = 'queued'
                      AND w.published_at >= statement_timestamp() - unpublished_for))))""",
    ),
])


class Migration(migrations.Migration):

    dependencies = [
        ('posture', '0005_verifying'),
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
        migrations.CreateModel(
            name='Rejudgement',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.TextField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('partial', 'Partial'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued')),
                ('attempt', models.PositiveSmallIntegerField(default=0)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('heartbeat', models.DateTimeField(null=True)),
                ('queued_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('published_at', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('engine', models.TextField()),
                ('engine_before', models.TextField(blank=True)),
                ('reason_code', models.TextField(blank=True)),
                ('reason', models.TextField(blank=True)),
                ('counts', models.JSONField(default=dict)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='rejudgements', to='posture.account')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
                ('scan', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='rejudgements', to='posture.scan')),
            ],
        ),
        migrations.AddField(
            model_name='findingevent',
            name='rejudgement',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='posture.rejudgement'),
        ),
        migrations.AddField(
            model_name='scorepoint',
            name='rejudgement',
            field=models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='score_point', to='posture.rejudgement'),
        ),
        migrations.AddIndex(
            model_name='rejudgement',
            index=models.Index(condition=models.Q(('state__in', ('queued', 'running'))), fields=['queued_at', 'id'], name='rejudgement_active'),
        ),
        migrations.AddIndex(
            model_name='rejudgement',
            index=models.Index(fields=['account', '-queued_at'], name='rejudgement_of_account'),
        ),
        migrations.AddConstraint(
            model_name='rejudgement',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'done', 'partial', 'failed', 'cancelled'])), name='rejudgement_state_known'),
        ),
        migrations.AddConstraint(
            model_name='rejudgement',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('failed', 'cancelled')), _negated=True), fields=('scan', 'engine'), name='one_rejudgement_per_engine'),
        ),
        migrations.RunSQL(WALLS),
    ]
