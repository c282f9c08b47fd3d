"""Attestations: their table and its tenant wall, and what results and accounts remember for them."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


from posture.migrations import _walls

WALLS = "\n".join([
    _walls.wall("posture_attestation"),
    _walls.same_organisation("posture_attestation", "account_id", "posture_account"),
    _walls.question(
        "expired_attestations()", "TABLE (organisation_id uuid, id uuid)",
        """SELECT a.organisation_id, a.id FROM public.posture_attestation AS a
           WHERE a.ended_at IS NULL AND a.valid_until <= statement_timestamp()
           ORDER BY a.valid_until, a.id""",
    ),
])


class Migration(migrations.Migration):

    dependencies = [
        ('posture', '0002_cache'),
    ]

    operations = [
        migrations.AddField(
            model_name='controlresult',
            name='asked',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='controlresult',
            name='evidence',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='controlresult',
            name='open_ended',
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name='scorepoint',
            name='scan',
            field=models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='score_point', to='posture.scan'),
        ),
        migrations.CreateModel(
            name='Attestation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('control', models.TextField()),
                ('resource', models.TextField()),
                ('answer', models.TextField(choices=[('yes', 'Yes'), ('no', 'No')])),
                ('statement', models.TextField()),
                ('note', models.TextField(blank=True)),
                ('evidence_url', models.TextField(blank=True)),
                ('evidence_name', models.TextField(blank=True)),
                ('evidence', models.BinaryField(null=True)),
                ('at', models.DateTimeField()),
                ('valid_until', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('end', models.TextField(blank=True, choices=[('expired', 'Expired'), ('replaced', 'Replaced'), ('withdrawn', 'Withdrawn')], default='')),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='attestations', to='posture.account')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['account', 'control', '-at'], name='attestation_history'), models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['valid_until'], name='attestation_to_expire')],
                'constraints': [models.CheckConstraint(condition=models.Q(('answer__in', ['yes', 'no'])), name='attestation_answer_known'), models.CheckConstraint(condition=models.Q(('valid_until__gt', models.F('at'))), name='attestation_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('end', ''), ('ended_at__isnull', True)), models.Q(('end__in', ['expired', 'replaced', 'withdrawn']), ('ended_at__isnull', False)), _connector='OR'), name='attestation_ends_with_reason'), models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('account', 'control', 'resource'), name='one_attestation_in_force')],
            },
        ),
        migrations.RunSQL(WALLS),
    ]
