"""The audit log: its chain, kept in order by the database, and its tenant walls."""

import django.db.models.deletion
import uuid
from django.db import migrations, models

from posture.migrations import _walls

# Keys that wait for the end of the transaction would lock the rows that they name after the head,
# and so in another order than those who lock an account first: they are checked before the head.
CHAIN = "\n".join([
    _walls.wall("posture_auditevent"),
    _walls.append_only("posture_auditevent"),
    _walls.wall("posture_audithead"),
    "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON posture_audithead FROM app;",
    _walls.question(
        "all_organisations()", "SETOF uuid",
        "SELECT o.id FROM public.posture_organisation AS o ORDER BY o.created_at, o.id",
    ),
    _walls.question(
        "lock_audit_head(wanted uuid)", "TABLE (number bigint, hash text, at timestamptz)",
        """BEGIN
               IF wanted IS DISTINCT FROM MINE THEN
                   RAISE insufficient_privilege USING MESSAGE = 'not the organisation of this transaction';
               END IF;
               SET CONSTRAINTS ALL IMMEDIATE;
               SET CONSTRAINTS ALL DEFERRED;
               INSERT INTO public.posture_audithead (id, organisation_id, number, hash)
                   VALUES (gen_random_uuid(), wanted, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
               PERFORM FROM public.posture_audithead AS h
                   WHERE h.organisation_id = wanted FOR UPDATE;
               RETURN QUERY SELECT h.number, h.hash::text, clock_timestamp()
                   FROM public.posture_audithead AS h WHERE h.organisation_id = wanted;
           END""".replace("MINE", _walls.MINE),  # nosec B608 # constants of ours
        volatility="VOLATILE", language="plpgsql",
    ),
    _walls.question(
        "audit_event_follows()", "trigger",
        """BEGIN
               UPDATE public.posture_audithead AS h SET number = NEW.number, hash = NEW.hash
                   WHERE h.organisation_id = NEW.organisation_id
                     AND h.number = NEW.number - 1 AND h.hash = NEW.previous_hash;
               IF NOT FOUND THEN
                   RAISE check_violation USING MESSAGE = format(
                       'audit event %s does not follow the last one', NEW.number);
               END IF;
               RETURN NEW;
           END""",
        volatility="VOLATILE", language="plpgsql",
    ),
    """CREATE TRIGGER audit_event_follows BEFORE INSERT ON posture_auditevent
           FOR EACH ROW EXECUTE FUNCTION audit_event_follows();""",
])

UNCHAINED = """
    DROP TRIGGER audit_event_follows ON posture_auditevent;
    DROP FUNCTION audit_event_follows();
    DROP FUNCTION lock_audit_head(uuid);
    DROP FUNCTION all_organisations();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('posture', '0009_room_in_pages'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveBigIntegerField()),
                ('at', models.DateTimeField()),
                ('actor_kind', models.TextField(choices=[('person', 'Person'), ('program', 'Program'), ('system', 'System')])),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_label', models.TextField()),
                ('action', models.TextField()),
                ('target_kind', models.TextField(blank=True)),
                ('target_id', models.TextField(blank=True)),
                ('target_label', models.TextField(blank=True)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('address', models.TextField(blank=True)),
                ('request_id', models.TextField()),
                ('door', models.TextField(choices=[('page', 'Page'), ('api', 'Api'), ('command', 'Command'), ('task', 'Task')])),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'actor_id', '-number'], name='audit_by_actor'), models.Index(fields=['organisation', 'action', '-number'], name='audit_by_action'), models.Index(fields=['organisation', 'target_id', '-number'], name='audit_by_target'), models.Index(fields=['organisation', 'at'], name='audit_by_time')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'number'), name='audit_number_once'), models.CheckConstraint(condition=models.Q(('actor_kind__in', ['person', 'program', 'system'])), name='audit_actor_known'), models.CheckConstraint(condition=models.Q(('door__in', ['page', 'api', 'command', 'task'])), name='audit_door_known')],
            },
        ),
        migrations.CreateModel(
            name='AuditHead',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveBigIntegerField(default=0)),
                ('hash', models.CharField(default='0000000000000000000000000000000000000000000000000000000000000000', max_length=64)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation',), name='one_audit_head')],
            },
        ),
        migrations.RunSQL(CHAIN, UNCHAINED),
    ]
