"""External ids are sealed, can be renewed and are proved every week; one company per AWS account."""

import uuid

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

from posture.migrations import _walls
from posture.models.sealed import SealedTextField
from posture.sealing import Place, Sealed, seal, unseal

BATCH = 500
TABLE, COLUMN = "posture_account", "external_id"
NEXT = "next_external_id"
DECISION = "posture_accountdecision"

FIRST_WEEK = """
    UPDATE posture_account SET recheck_at = now() + random() * interval '7 days'
    WHERE state = 'connected';
    UPDATE posture_account SET state_code = 'lax_role'
    WHERE state = 'paused' AND state_reason LIKE 'The role can also be assumed%';
"""

QUESTIONS = "\n".join([
    _walls.question(
        "organisation_of_account(account uuid)", "uuid",
        "SELECT organisation_id FROM public.posture_account WHERE id = account",
    ),
    _walls.question(
        "due_rechecks()", "TABLE (organisation uuid, id uuid)",
        """SELECT a.organisation_id, a.id FROM public.posture_account a
           WHERE a.state = 'connected' AND a.recheck_at <= statement_timestamp()
           ORDER BY a.recheck_at LIMIT 100""",
    ),
    _walls.question(
        "is_proved_elsewhere(number text, part text)", "boolean",
        f"""SELECT EXISTS (SELECT FROM public.posture_account a
            WHERE a.aws_account = number AND a.partition = part AND a.connected_at IS NOT NULL
              AND a.organisation_id <> {_walls.MINE})""",  # nosec B608 # constants of ours
    ),
])

REWRITE = f"ALTER TABLE {TABLE} ALTER COLUMN {COLUMN} TYPE text USING {COLUMN} || '';"
"""The former rows lie in the table's file until it is written anew, which this does."""


def _each(cursor, change):
    """Put what `change` makes of them in the place of all external ids, some at a time."""
    last = uuid.UUID(int=0)
    while True:
        cursor.execute(
            f"""SELECT id, organisation_id, {COLUMN} FROM {TABLE}
                WHERE id > %s ORDER BY id LIMIT {BATCH} FOR UPDATE""",  # nosec B608 # constants of ours
            [last],
        )
        rows = cursor.fetchall()
        if not rows:
            return
        cursor.executemany(
            f"UPDATE {TABLE} SET {COLUMN} = %s WHERE id = %s",  # nosec B608 # constants of ours
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
        ('posture', '0011_sign_in'),
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
        migrations.AddField(
            model_name='account',
            name='next_external_id',
            field=SealedTextField(blank=True, db_default='', default=''),
        ),
        migrations.RunSQL([_walls.sealed(TABLE, NEXT)], _walls.unsealed(TABLE, NEXT)),
        migrations.AddField(
            model_name='account',
            name='recheck_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='account',
            name='state_code',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.RemoveConstraint(
            model_name='account',
            name='account_state_known',
        ),
        migrations.AlterField(
            model_name='account',
            name='state',
            field=models.TextField(choices=[('pending', 'Pending'), ('connected', 'Connected'), ('paused', 'Paused'), ('disputed', 'Disputed'), ('disconnected', 'Disconnected')], default='pending'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'connected', 'paused', 'disputed', 'disconnected'])), name='account_state_known'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('state', 'connected')), fields=['recheck_at'], name='account_to_recheck'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('connected_at__isnull', False)), fields=['aws_account'], name='account_proved'),
        ),
        migrations.RunSQL([FIRST_WEEK], migrations.RunSQL.noop),
        migrations.CreateModel(
            name='AccountDecision',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('allowed', models.BooleanField()),
                ('reason', models.TextField()),
                ('decided_by', models.TextField()),
                ('decided_at', models.DateTimeField(db_default=Now())),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.account')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RunSQL(
            [
                _walls.wall(DECISION),
                _walls.same_organisation(DECISION, "account_id", TABLE),
                _walls.append_only(DECISION),
            ],
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            [QUESTIONS],
            "DROP FUNCTION organisation_of_account, due_rechecks, is_proved_elsewhere;",
        ),
    ]
