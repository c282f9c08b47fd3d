"""All tables, their tenant walls and the rights of the role `app`, from the first moment on."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import posture.models.scan
import uuid
from django.conf import settings
from django.db import migrations, models

from posture.migrations import _walls


TENANT_TABLES = (
    "posture_account", "posture_apitoken", "posture_controlresult", "posture_finding",
    "posture_findingevent", "posture_membership", "posture_scan", "posture_schedule",
    "posture_scorepoint", "posture_storedsnapshot", "posture_ticket", "posture_tokenaccount",
    "posture_waiver",
)

TARGETS = (
    "posture_account", "posture_apitoken", "posture_finding", "posture_scan",
    "posture_storedsnapshot",
)

KEYS = (
    ("posture_account", "last_scan_id", "posture_scan"),
    ("posture_controlresult", "account_id", "posture_account"),
    ("posture_controlresult", "scan_id", "posture_scan"),
    ("posture_finding", "account_id", "posture_account"),
    ("posture_finding", "last_scan_id", "posture_scan"),
    ("posture_findingevent", "account_id", "posture_account"),
    ("posture_findingevent", "finding_id", "posture_finding"),
    ("posture_findingevent", "scan_id", "posture_scan"),
    ("posture_findingevent", "by_token_id", "posture_apitoken"),
    ("posture_scan", "account_id", "posture_account"),
    ("posture_scan", "snapshot_id", "posture_storedsnapshot"),
    ("posture_schedule", "account_id", "posture_account"),
    ("posture_scorepoint", "account_id", "posture_account"),
    ("posture_scorepoint", "scan_id", "posture_scan"),
    ("posture_storedsnapshot", "account_id", "posture_account"),
    ("posture_ticket", "finding_id", "posture_finding"),
    ("posture_ticket", "by_token_id", "posture_apitoken"),
    ("posture_tokenaccount", "account_id", "posture_account"),
    ("posture_tokenaccount", "token_id", "posture_apitoken"),
    ("posture_waiver", "account_id", "posture_account"),
)

QUESTIONS = (
    (
        "organisations_of_user(member uuid)", "SETOF uuid",
        """SELECT organisation_id FROM public.posture_membership
           WHERE user_id = member ORDER BY created_at, id""",
    ),
    (
        "organisation_of_scan(scan uuid)", "uuid",
        "SELECT organisation_id FROM public.posture_scan WHERE id = scan",
    ),
    (
        "token_with_key(public_key text)", "TABLE (organisation_id uuid, id uuid)",
        """SELECT t.organisation_id, t.id FROM public.posture_apitoken AS t
           WHERE t.key = public_key""",
    ),
    (
        "due_schedules()", "TABLE (organisation_id uuid, id uuid)",
        """SELECT s.organisation_id, s.id FROM public.posture_schedule AS s
           WHERE s.next_run <= statement_timestamp() ORDER BY s.next_run, s.id""",
    ),
    (
        "overdue_scans(unpublished_for interval)", "TABLE (organisation_id uuid, id uuid)",
        """SELECT s.organisation_id, s.id FROM public.posture_scan AS s
           WHERE (s.state = 'running' AND s.lease_until < statement_timestamp())
              OR (s.state = 'queued' AND coalesce(s.published_at, s.queued_at)
                  < statement_timestamp() - unpublished_for)
           ORDER BY s.queued_at, s.id""",
    ),
)

WALLS = "\n".join([
    _walls.APP_RIGHTS,
    _walls.wall("posture_organisation", "id"),
    *(_walls.wall(table) for table in TENANT_TABLES),
    *(_walls.addressable(table) for table in TARGETS),
    *(_walls.same_organisation(*key) for key in KEYS),
    *(_walls.question(*question) for question in QUESTIONS),
    _walls.append_only("posture_findingevent"),
    # every scan touches every open finding; room on the page keeps that off the indexes
    "ALTER TABLE posture_finding SET (fillfactor = 80);",
])


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('aws_account', models.CharField(max_length=12)),
                ('partition', models.TextField(default='aws')),
                ('label', models.TextField()),
                ('role_arn', models.TextField(blank=True)),
                ('external_id', models.TextField()),
                ('state', models.TextField(choices=[('pending', 'Pending'), ('connected', 'Connected'), ('paused', 'Paused'), ('disconnected', 'Disconnected')], default='pending')),
                ('state_reason', models.TextField(blank=True)),
                ('profile', models.JSONField(blank=True, default=dict)),
                ('role_actions', models.JSONField(blank=True, default=list)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('connected_at', models.DateTimeField(null=True)),
                ('checked_at', models.DateTimeField(null=True)),
                ('score', models.PositiveSmallIntegerField(null=True)),
                ('score_low', models.PositiveSmallIntegerField(null=True)),
                ('coverage', models.PositiveSmallIntegerField(null=True)),
                ('topics', models.JSONField(default=dict)),
                ('formula', models.TextField(blank=True)),
                ('scored_at', models.DateTimeField(null=True)),
                ('open_critical', models.PositiveIntegerField(default=0)),
                ('open_high', models.PositiveIntegerField(default=0)),
                ('open_medium', models.PositiveIntegerField(default=0)),
                ('open_low', models.PositiveIntegerField(default=0)),
                ('waived', models.PositiveIntegerField(default=0)),
                ('not_assessed', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.TextField(blank=True)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.TextField()),
                ('key', models.CharField(max_length=12, unique=True)),
                ('digest', models.CharField(max_length=64)),
                ('pepper', models.PositiveIntegerField()),
                ('scopes', models.JSONField(default=list)),
                ('networks', models.JSONField(default=list)),
                ('restricted', models.BooleanField(default=False)),
                ('expires_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(null=True)),
                ('enabled', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('control', models.TextField()),
                ('topic', models.TextField()),
                ('resource', models.TextField()),
                ('resource_name', models.TextField(blank=True)),
                ('region', models.TextField(blank=True)),
                ('severity', models.TextField(choices=[('critical', 'Critical'), ('high', 'High'), ('medium', 'Medium'), ('low', 'Low'), ('info', 'Info')])),
                ('severity_rank', models.PositiveSmallIntegerField()),
                ('state', models.TextField(choices=[('open', 'Open'), ('in_progress', 'In Progress'), ('resolved', 'Resolved')], default='open')),
                ('resolution', models.TextField(blank=True, choices=[('fixed', 'Fixed'), ('gone', 'Gone'), ('not_applicable', 'Not Applicable')], default='')),
                ('fingerprint', models.CharField(max_length=64)),
                ('content', models.CharField(max_length=64)),
                ('seen_as', models.CharField(default='', max_length=64)),
                ('reasons', models.JSONField(default=list)),
                ('evidence', models.JSONField(default=list)),
                ('values', models.JSONField(default=dict)),
                ('points', models.PositiveSmallIntegerField(default=0)),
                ('control_points', models.PositiveSmallIntegerField(default=0)),
                ('first_seen', models.DateTimeField()),
                ('last_seen', models.DateTimeField()),
                ('last_changed', models.DateTimeField()),
                ('resolved_at', models.DateTimeField(null=True)),
                ('not_rechecked_since', models.DateTimeField(null=True)),
                ('sequence', models.PositiveIntegerField(default=0)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='posture.account')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('role', models.TextField(choices=[('owner', 'Owner'), ('admin', 'Admin'), ('analyst', 'Analyst'), ('viewer', 'Viewer')])),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
        ),
        migrations.AddField(
            model_name='account',
            name='organisation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation'),
        ),
        migrations.CreateModel(
            name='Scan',
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
                ('trigger', models.TextField(choices=[('manual', 'Manual'), ('schedule', 'Schedule'), ('api', 'Api'), ('first', 'First')])),
                ('reason_code', models.TextField(blank=True)),
                ('reason', models.TextField(blank=True)),
                ('progress', models.JSONField(default=posture.models.scan.no_progress)),
                ('score', models.PositiveSmallIntegerField(null=True)),
                ('score_low', models.PositiveSmallIntegerField(null=True)),
                ('coverage', models.PositiveSmallIntegerField(null=True)),
                ('counts', models.JSONField(default=dict)),
                ('engine', models.TextField(blank=True)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='scans', to='posture.account')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='FindingEvent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sequence', models.PositiveIntegerField()),
                ('kind', models.TextField(choices=[('opened', 'Opened'), ('reopened', 'Reopened'), ('resolved', 'Resolved'), ('changed', 'Changed'), ('severity_changed', 'Severity Changed'), ('not_rechecked', 'Not Rechecked'), ('rechecked', 'Rechecked'), ('ticket_linked', 'Ticket Linked'), ('ticket_unlinked', 'Ticket Unlinked')])),
                ('at', models.DateTimeField()),
                ('data', models.JSONField(default=dict)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='posture.account')),
                ('by_token', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='posture.apitoken')),
                ('by_user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('finding', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='posture.finding')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
                ('scan', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='posture.scan')),
            ],
        ),
        migrations.AddField(
            model_name='finding',
            name='last_scan',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.scan'),
        ),
        migrations.CreateModel(
            name='ControlResult',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('control', models.TextField()),
                ('topic', models.TextField()),
                ('status', models.TextField(choices=[('pass', 'Pass'), ('fail', 'Fail'), ('manual', 'Manual'), ('not_applicable', 'Not Applicable'), ('not_assessed', 'Not Assessed')])),
                ('severity', models.TextField(choices=[('critical', 'Critical'), ('high', 'High'), ('medium', 'Medium'), ('low', 'Low'), ('info', 'Info')])),
                ('failing', models.PositiveIntegerField(default=0)),
                ('passing', models.PositiveIntegerField(default=0)),
                ('not_assessed', models.PositiveIntegerField(default=0)),
                ('reason', models.TextField(blank=True)),
                ('missing_action', models.TextField(blank=True)),
                ('share', models.FloatField(default=0)),
                ('stale_since', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='control_results', to='posture.account')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
                ('scan', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.scan')),
            ],
        ),
        migrations.AddField(
            model_name='account',
            name='last_scan',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='posture.scan'),
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('preset', models.TextField(choices=[('off', 'Off'), ('hourly', 'Hourly'), ('every_6_hours', 'Every 6 Hours'), ('daily', 'Daily'), ('weekly', 'Weekly'), ('custom', 'Custom')], default='daily')),
                ('cron', models.TextField(blank=True)),
                ('zone', models.TextField(default='UTC')),
                ('jitter_seconds', models.PositiveIntegerField(default=0)),
                ('quiet_from', models.TimeField(null=True)),
                ('quiet_until', models.TimeField(null=True)),
                ('next_run', models.DateTimeField(null=True)),
                ('last_run', models.DateTimeField(null=True)),
                ('account', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='schedule', to='posture.account')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='ScorePoint',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('score', models.PositiveSmallIntegerField(null=True)),
                ('low', models.PositiveSmallIntegerField(null=True)),
                ('coverage', models.PositiveSmallIntegerField(null=True)),
                ('topics', models.JSONField(default=dict)),
                ('formula', models.TextField()),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='score_points', to='posture.account')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
                ('scan', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='score_point', to='posture.scan')),
            ],
        ),
        migrations.CreateModel(
            name='StoredSnapshot',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64)),
                ('path', models.TextField()),
                ('bytes', models.PositiveBigIntegerField()),
                ('taken_at', models.DateTimeField()),
                ('engine', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='snapshots', to='posture.account')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
        ),
        migrations.AddField(
            model_name='scan',
            name='snapshot',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='scans', to='posture.storedsnapshot'),
        ),
        migrations.CreateModel(
            name='Ticket',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('system', models.TextField()),
                ('key', models.TextField()),
                ('url', models.TextField(blank=True)),
                ('status', models.TextField(blank=True)),
                ('linked_at', models.DateTimeField(auto_now_add=True)),
                ('by_token', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='posture.apitoken')),
                ('by_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('finding', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='ticket', to='posture.finding')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TokenAccount',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.account')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
                ('token', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.apitoken')),
            ],
        ),
        migrations.AddField(
            model_name='apitoken',
            name='accounts',
            field=models.ManyToManyField(related_name='+', through='posture.TokenAccount', to='posture.account'),
        ),
        migrations.CreateModel(
            name='Waiver',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('control', models.TextField()),
                ('resource', models.TextField(blank=True, default='')),
                ('kind', models.TextField(choices=[('accepted_risk', 'Accepted Risk'), ('false_positive', 'False Positive')])),
                ('reason', models.TextField()),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='waivers', to='posture.account')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='email_is_lower_case'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('organisation', 'user'), name='one_membership_each'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'admin', 'analyst', 'viewer'])), name='membership_role_known'),
        ),
        migrations.AddIndex(
            model_name='findingevent',
            index=models.Index(fields=['organisation', '-at', 'id'], name='event_newest'),
        ),
        migrations.AddIndex(
            model_name='findingevent',
            index=models.Index(fields=['account', '-at', 'id'], name='event_of_account'),
        ),
        migrations.AddConstraint(
            model_name='findingevent',
            constraint=models.UniqueConstraint(fields=('finding', 'sequence'), name='events_are_numbered'),
        ),
        migrations.AddConstraint(
            model_name='findingevent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['opened', 'reopened', 'resolved', 'changed', 'severity_changed', 'not_rechecked', 'rechecked', 'ticket_linked', 'ticket_unlinked'])), name='event_kind_known'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['organisation', '-last_changed', 'id'], name='finding_newest'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('state', 'resolved'), _negated=True), fields=['organisation', 'severity_rank', '-last_changed', 'id'], name='finding_worst'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('state', 'resolved'), _negated=True), fields=['account', 'severity_rank', '-last_changed', 'id'], name='finding_worst_of_account'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['organisation', 'control', '-last_changed'], name='finding_control'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['account', '-last_changed', 'id'], name='finding_of_account'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.UniqueConstraint(fields=('account', 'fingerprint'), name='one_finding_each'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('resolved_at__isnull', False), ('state', 'resolved'), ('resolution__in', ('fixed', 'gone', 'not_applicable'))), models.Q(('resolution', ''), ('resolved_at__isnull', True), ('state__in', ('open', 'in_progress'))), _connector='OR'), name='finding_resolved_with_reason'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(('severity__in', ['critical', 'high', 'medium', 'low', 'info'])), name='finding_severity_known'),
        ),
        migrations.AddConstraint(
            model_name='controlresult',
            constraint=models.UniqueConstraint(fields=('account', 'control'), name='one_result_per_control'),
        ),
        migrations.AddConstraint(
            model_name='controlresult',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pass', 'fail', 'manual', 'not_applicable', 'not_assessed'])), name='result_status_known'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(fields=['organisation', 'score', 'id'], name='account_by_score'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(fields=('organisation', 'aws_account'), name='one_account_per_organisation'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('aws_account__regex', '^\\d{12}$')), name='aws_account_has_12_digits'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('score__isnull', True), ('score__lte', 100), _connector='OR'), name='account_score_to_100'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'connected', 'paused', 'disconnected'])), name='account_state_known'),
        ),
        migrations.AddIndex(
            model_name='schedule',
            index=models.Index(condition=models.Q(('next_run__isnull', False)), fields=['next_run'], name='schedule_due'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('preset__in', ['off', 'hourly', 'every_6_hours', 'daily', 'weekly', 'custom'])), name='schedule_preset_known'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('quiet_from__isnull', True), ('quiet_until__isnull', True)), models.Q(('quiet_from__isnull', False), ('quiet_until__isnull', False)), _connector='OR'), name='quiet_hours_begin_and_end'),
        ),
        migrations.AddIndex(
            model_name='scorepoint',
            index=models.Index(fields=['account', '-at', 'id'], name='score_history'),
        ),
        migrations.AddConstraint(
            model_name='storedsnapshot',
            constraint=models.UniqueConstraint(fields=('organisation', 'sha256'), name='one_snapshot_per_content'),
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(fields=['organisation', '-queued_at', 'id'], name='scan_newest_first'),
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(fields=['account', '-queued_at'], name='scan_of_account'),
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(condition=models.Q(('state__in', ('queued', 'running'))), fields=['state'], name='scan_active'),
        ),
        migrations.AddConstraint(
            model_name='scan',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'done', 'partial', 'failed', 'cancelled'])), name='scan_state_known'),
        ),
        migrations.AddConstraint(
            model_name='scan',
            constraint=models.CheckConstraint(condition=models.Q(('trigger__in', ['manual', 'schedule', 'api', 'first'])), name='scan_trigger_known'),
        ),
        migrations.AddConstraint(
            model_name='scan',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('queued', 'running'))), fields=('account',), name='one_active_scan_per_account'),
        ),
        migrations.AddConstraint(
            model_name='tokenaccount',
            constraint=models.UniqueConstraint(fields=('token', 'account'), name='token_names_account_once'),
        ),
        migrations.AddIndex(
            model_name='waiver',
            index=models.Index(fields=['account', 'ends_at'], name='waiver_in_force'),
        ),
        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['accepted_risk', 'false_positive'])), name='waiver_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='waiver_ends_after_start'),
        ),
        migrations.RunSQL(WALLS),
    ]
