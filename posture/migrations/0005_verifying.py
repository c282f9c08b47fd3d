"""Verifications: their table and its tenant wall."""

import django.db.models.deletion
import django.db.models.functions.datetime
import posture.models.scan
import uuid
from django.conf import settings
from django.db import migrations, models


from posture.migrations import _walls

WALLS = "\n".join([
    _walls.wall("posture_verification"),
    _walls.same_organisation("posture_verification", "account_id", "posture_account"),
    _walls.same_organisation("posture_verification", "finding_id", "posture_finding"),
    _walls.same_organisation(
        "posture_verification", "requested_by_token_id", "posture_apitoken"
    ),
    _walls.question(
        "organisation_of_verification(verification uuid)", "uuid",
        "SELECT organisation_id FROM public.posture_verification WHERE id = verification",
    ),
    _walls.question(
        "overdue_verifications(unpublished_for interval)",
        "TABLE (organisation_id uuid, id uuid)",
        """SELECT v.organisation_id, v.id FROM public.posture_verification AS v
           WHERE (v.state = 'running' AND v.lease_until < statement_timestamp())
              OR (v.state = 'queued' AND coalesce(v.published_at, v.queued_at)
                  < statement_timestamp() - unpublished_for)
           ORDER BY v.queued_at, v.id
           LIMIT 100""",
    ),
])


class Migration(migrations.Migration):

    dependencies = [
        ('posture', '0004_scan_life'),
    ]

    operations = [
        migrations.CreateModel(
            name='Verification',
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
                ('seen', models.TextField(blank=True, choices=[('fixed', 'Fixed'), ('gone', 'Gone'), ('not_applicable', 'Not Applicable'), ('failing', 'Failing'), ('not_assessed', 'Not Assessed')], default='')),
                ('reason_code', models.TextField(blank=True, default='')),
                ('reason', models.TextField(blank=True, default='')),
                ('missing_action', models.TextField(blank=True, default='')),
                ('progress', models.JSONField(default=posture.models.scan.no_progress)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.account')),
                ('finding', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='verifications', to='posture.finding')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('requested_by_token', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='posture.apitoken')),
            ],
            options={
                'indexes': [models.Index(fields=['finding', '-queued_at'], name='verification_of_finding'), models.Index(condition=models.Q(('state__in', ('queued', 'running'))), fields=['state'], name='verification_active')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'done', 'partial', 'failed', 'cancelled'])), name='verification_state_known'), models.CheckConstraint(condition=models.Q(('seen', ''), ('seen__in', ['fixed', 'gone', 'not_applicable', 'failing', 'not_assessed']), _connector='OR'), name='verification_seen_known'), models.UniqueConstraint(condition=models.Q(('state__in', ('queued', 'running'))), fields=('finding',), name='one_active_verification_per_finding')],
            },
        ),
        migrations.RunSQL(WALLS),
    ]
