"""People and programs: members who see some accounts, invitations, service accounts of tokens."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import uuid
from django.conf import settings
from django.db import migrations, models

from posture.migrations import _walls

WALLS = "\n".join([
    _walls.addressable("posture_membership"),
    _walls.wall("posture_memberaccount"),
    _walls.same_organisation("posture_memberaccount", "membership_id", "posture_membership"),
    _walls.same_organisation("posture_memberaccount", "account_id", "posture_account"),
    _walls.addressable("posture_invitation"),
    _walls.wall("posture_invitation"),
    _walls.wall("posture_invitationaccount"),
    _walls.same_organisation("posture_invitationaccount", "invitation_id", "posture_invitation"),
    _walls.same_organisation("posture_invitationaccount", "account_id", "posture_account"),
    _walls.question(
        "organisations_named(member uuid)", "TABLE (id uuid, name text)",
        """SELECT o.id, o.name FROM public.posture_membership AS m
           JOIN public.posture_organisation AS o ON o.id = m.organisation_id
           WHERE m.user_id = member ORDER BY o.name, o.id""",
    ),
    _walls.question(
        "invitation_with_digest(given text)", "TABLE (organisation_id uuid, id uuid)",
        """SELECT i.organisation_id, i.id FROM public.posture_invitation AS i
           WHERE i.digest = given AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL
             AND i.expires_at > statement_timestamp()""",
    ),
])

UNWALLED = """
    DROP FUNCTION organisations_named, invitation_with_digest;
    ALTER TABLE posture_membership DROP CONSTRAINT posture_membership_in_organisation CASCADE;
"""
"""Everything else goes with its table."""

FROM_BEFORE = """
    INSERT INTO posture_serviceaccount (id, organisation_id, name, purpose, active)
    SELECT gen_random_uuid(), t.organisation_id, 'Tokens from before',
           'Tokens that were made before there were service accounts.', true
    FROM (SELECT DISTINCT organisation_id FROM posture_apitoken) AS t;
    UPDATE posture_apitoken AS t SET service_account_id = s.id
    FROM posture_serviceaccount AS s WHERE s.organisation_id = t.organisation_id;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
"""
SERVICE_ACCOUNT = "\n".join([
    _walls.addressable("posture_serviceaccount"),
    _walls.wall("posture_serviceaccount"),
    FROM_BEFORE,
])
TOKEN_KEYS = "\n".join([
    _walls.same_organisation("posture_apitoken", "service_account_id", "posture_serviceaccount"),
    _walls.same_organisation("posture_apitoken", "replaces_id", "posture_apitoken"),
])


class Migration(migrations.Migration):

    dependencies = [
        ('posture', '0012_sealing'),
    ]

    operations = [
        migrations.AddField(
            model_name='membership',
            name='restricted',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='MemberAccount',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.account')),
                ('membership', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.membership')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('membership', 'account'), name='member_names_account_once')],
            },
        ),
        migrations.AddField(
            model_name='membership',
            name='accounts',
            field=models.ManyToManyField(related_name='+', through='posture.MemberAccount', to='posture.account'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('restricted', False), models.Q(('role', 'owner'), _negated=True), _connector='OR'), name='owner_sees_all_accounts'),
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254)),
                ('role', models.TextField(choices=[('owner', 'Owner'), ('admin', 'Admin'), ('analyst', 'Analyst'), ('viewer', 'Viewer')])),
                ('restricted', models.BooleanField(default=False)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('sent_at', models.DateTimeField()),
                ('times_sent', models.PositiveIntegerField(default=1)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('accepted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='InvitationAccount',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.account')),
                ('invitation', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.invitation')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
        ),
        migrations.AddField(
            model_name='invitation',
            name='accounts',
            field=models.ManyToManyField(related_name='+', through='posture.InvitationAccount', to='posture.account'),
        ),
        migrations.AddConstraint(
            model_name='invitationaccount',
            constraint=models.UniqueConstraint(fields=('invitation', 'account'), name='invitation_names_account_once'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'admin', 'analyst', 'viewer'])), name='invitation_role_known'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='invited_email_is_lower_case'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('restricted', False), models.Q(('role', 'owner'), _negated=True), _connector='OR'), name='invited_owner_sees_all_accounts'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('accepted_at__isnull', True), ('withdrawn_at__isnull', True), _connector='OR'), name='invitation_ends_once'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(condition=models.Q(('accepted_at__isnull', True), ('withdrawn_at__isnull', True)), fields=('organisation', 'email'), name='one_open_invitation_each'),
        ),
        migrations.RunSQL(WALLS, UNWALLED),
        migrations.CreateModel(
            name='ServiceAccount',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.TextField()),
                ('purpose', models.TextField(blank=True)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'name'), name='service_account_named_once')],
            },
        ),
        migrations.AddField(
            model_name='apitoken',
            name='service_account',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='posture.serviceaccount'),
        ),
        migrations.RunSQL(SERVICE_ACCOUNT, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='apitoken',
            name='service_account',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='posture.serviceaccount'),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='replaces',
            field=models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='successor', to='posture.apitoken'),
        ),
        migrations.RunSQL(TOKEN_KEYS, migrations.RunSQL.noop),
    ]
