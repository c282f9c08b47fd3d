"""Scans that are cancelled, tried again and taken in fair order."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from posture.migrations import _walls

DUE = """
    {0}.attempt < 3 AND {0}.cancel_requested_at IS NULL AND (
        ({0}.state = 'queued' AND ({0}.retry_at IS NULL OR {0}.retry_at <= statement_timestamp()))
        OR ({0}.state = 'running' AND {0}.lease_until < statement_timestamp()))
"""

FAIREST = f"""
    SELECT s.organisation_id, s.id
    FROM public.posture_scan AS s
    JOIN public.posture_organisation AS o ON o.id = s.organisation_id
    LEFT JOIN (
        SELECT r.organisation_id, count(*) AS scans FROM public.posture_scan AS r
        WHERE r.state = 'running' AND r.lease_until >= statement_timestamp()
        GROUP BY r.organisation_id
    ) AS busy ON busy.organisation_id = s.organisation_id
    WHERE s.state IN ('queued', 'running') AND {DUE.format("s")}
      AND coalesce(busy.scans, 0) < coalesce(o.scans_at_once, at_once)
      AND (named IS NULL OR EXISTS (
          SELECT 1 FROM public.posture_scan AS n WHERE n.id = named AND {DUE.format("n")}))
    ORDER BY coalesce(busy.scans, 0), o.scan_turn NULLS FIRST, s.queued_at, s.id
    LIMIT 1 FOR UPDATE OF s SKIP LOCKED
"""  # nosec B608 # constants of ours

OVERDUE = """
    SELECT s.organisation_id, s.id
    FROM public.posture_scan AS s,
         LATERAL (SELECT coalesce(s.published_at, s.queued_at) AS at) AS published
    WHERE s.state IN ('queued', 'running') AND (
        (s.state = 'running' AND s.lease_until < statement_timestamp()
            AND (s.attempt >= 3 OR s.cancel_requested_at IS NOT NULL
                 OR published.at < s.lease_until
                 OR published.at < statement_timestamp() - unpublished_for))
        OR (s.state = 'queued'
            AND (s.retry_at IS NULL OR s.retry_at <= statement_timestamp())
            AND (published.at < s.retry_at
                 OR published.at < statement_timestamp() - unpublished_for)))
    ORDER BY s.state DESC, published.at, s.id LIMIT 100
"""

OVERDUE_BEFORE = """
    SELECT s.organisation_id, s.id FROM public.posture_scan AS s
    WHERE (s.state = 'running' AND s.lease_until < statement_timestamp())
       OR (s.state = 'queued' AND coalesce(s.published_at, s.queued_at)
           < statement_timestamp() - unpublished_for)
    ORDER BY s.queued_at, s.id
"""

LOCATED = "TABLE (organisation_id uuid, id uuid)"

FORWARDS = "\n".join([
    _walls.same_organisation("posture_scan", "cancel_requested_by_token_id", "posture_apitoken"),
    _walls.question(
        "fairest_scan(named uuid, at_once integer)", LOCATED, FAIREST, volatility="VOLATILE"
    ),
    # organisation_of_scan stays: workers of the version before ask it while they are replaced
    "DROP FUNCTION overdue_scans;",
    _walls.question("overdue_scans(unpublished_for interval)", LOCATED, OVERDUE),
])

BACKWARDS = "\n".join([
    "DROP FUNCTION fairest_scan; DROP FUNCTION overdue_scans;",
    _walls.question("overdue_scans(unpublished_for interval)", LOCATED, OVERDUE_BEFORE),
])


class Migration(migrations.Migration):

    dependencies = [
        ('posture', '0003_attestations'),
    ]

    operations = [
        migrations.AddField(
            model_name='organisation',
            name='scan_turn',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='organisation',
            name='scans_at_once',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name='organisation',
            constraint=models.CheckConstraint(condition=models.Q(('scans_at_once__isnull', True), ('scans_at_once__gte', 1), _connector='OR'), name='one_scan_at_once_at_least'),
        ),
        migrations.AddField(
            model_name='scan',
            name='retry_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='scan',
            name='cancel_requested_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='scan',
            name='cancel_requested_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='scan',
            name='cancel_requested_by_token',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='posture.apitoken'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
