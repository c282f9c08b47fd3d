"""Searching texts of findings by index; indexes that are built while everybody goes on working."""

import django.contrib.postgres.indexes
from django.db import migrations, models

from posture.migrations import _walls
from posture.migrations._indexes import BuildIndex, built

TRIGRAMS = """
    DO $$ BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
    EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
        RAISE EXCEPTION 'The extension pg_trgm cannot be made: %. It comes with PostgreSQL (contrib). '
            'Have somebody who may run CREATE EXTENSION pg_trgm in this database, then migrate again.',
            SQLERRM;
    END $$;
"""

TEXTS = r"upper(resource || E'\n' || resource_name)"
"""What a text is looked for in; a condition has to say exactly this to use the index."""

BEGINNING = 128
"""Characters of a resource in its index, because whole ones may be longer than an entry may be."""

LITERALLY = r"regexp_replace(words, '([\\%_])', '\\\1', 'g')"

LOOKED_AT, COMMON = 300, 5
"""Ids are random, so the lowest are a fair sample; in so many of them a text is no rare one."""

HOLDING = f"""
    DECLARE
        mine uuid := {_walls.MINE};
        pattern text := '%' || upper({LITERALLY}) || '%';
    BEGIN
        IF {COMMON} <= (
            SELECT count(*) FROM (
                SELECT resource, resource_name FROM public.posture_finding
                WHERE organisation_id = mine ORDER BY id LIMIT {LOOKED_AT}
            ) AS looked_at WHERE {TEXTS} LIKE pattern
        ) THEN
            RETURN NEXT NULL;
            RETURN;
        END IF;
        RETURN QUERY EXECUTE $$
            SELECT id FROM public.posture_finding
            WHERE organisation_id = $1 AND {TEXTS} LIKE $2 LIMIT $3
        $$ USING mine, pattern, most;
    END
"""  # nosec B608 # constants of ours
"""EXECUTE, because a plan for any pattern at all would not use the index."""

BELOW = f"""
    BEGIN
        RETURN QUERY EXECUTE $$
            SELECT id FROM public.posture_finding
            WHERE organisation_id = $1 AND left(resource, {BEGINNING}) LIKE $2 || '%'
                AND starts_with(resource, $3)
            LIMIT $4
        $$ USING {_walls.MINE},
            {LITERALLY.replace("words", f"left(words, {BEGINNING})")}, words, most;
    END
"""  # nosec B608 # constants of ours

SEARCHES = "\n".join([
    _walls.question(
        "findings_holding(words text, most integer)", "SETOF uuid", HOLDING, language="plpgsql"
    ),
    _walls.question(
        "findings_below(words text, most integer)", "SETOF uuid", BELOW, language="plpgsql"
    ),
])


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('posture', '0007_operation'),
    ]

    operations = [
        migrations.RunSQL([TRIGRAMS], migrations.RunSQL.noop),
        built("finding_texts", f"posture_finding USING gin (({TEXTS}) gin_trgm_ops)"),
        built(
            "finding_below",
            f"posture_finding (organisation_id, left(resource, {BEGINNING}) text_pattern_ops)",
        ),
        BuildIndex(
            model_name='finding',
            index=models.Index(fields=['account', 'control'], name='finding_of_control_in'),
        ),
        BuildIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('state', 'resolved')), fields=['organisation', 'severity_rank', '-last_changed', 'id'], name='finding_worst_resolved'),
        ),
        BuildIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('state', 'resolved'), _negated=True), fields=['organisation', '-points', 'severity_rank', 'id'], name='finding_by_points'),
        ),
        BuildIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('state', 'resolved'), _negated=True), fields=['organisation', 'first_seen', 'id'], name='finding_by_age'),
        ),
        BuildIndex(
            model_name='finding',
            index=models.Index(fields=['organisation', 'fingerprint'], name='finding_by_fingerprint'),
        ),
        BuildIndex(
            model_name='finding',
            index=django.contrib.postgres.indexes.HashIndex(fields=['resource'], name='finding_by_resource'),
        ),
        migrations.RemoveIndex(model_name='waiver', name='waiver_in_force'),
        BuildIndex(
            model_name='waiver',
            index=models.Index(fields=['account', 'control', 'ends_at'], name='waiver_on_control'),
        ),
        migrations.RunSQL([SEARCHES], "DROP FUNCTION findings_holding, findings_below;"),
    ]
