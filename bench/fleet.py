"""A fleet in a real database: 2,000 accounts with any number of findings, filled by SQL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from typing import Any

import psycopg
from psycopg import sql

from posture.sealing import Place, seal

ACCOUNTS = 2_000
SCANS_EACH = 20
BATCH = 100_000
FILLED = ("posture_finding", "posture_findingevent", "posture_scan", "posture_scorepoint",
          "posture_controlresult", "posture_waiver", "posture_ticket", "posture_account")  # fmt: skip

ORGANISATION = (
    "INSERT INTO posture_organisation (id, name, created_at) VALUES (%(org)s, 'Fleet', now())"
)

ACCOUNT = """
    INSERT INTO posture_account (id, organisation_id, aws_account, partition, label, role_arn,
        external_id, state, state_reason, profile, role_actions, created_at, connected_at,
        score, score_low, coverage, topics, formula, scored_at, open_critical, open_high,
        open_medium, open_low, waived, not_assessed)
    SELECT md5('account' || a)::uuid, %(org)s, lpad(a::text, 12, '0'), 'aws', 'Seller ' || a,
        'arn:aws:iam::' || lpad(a::text, 12, '0') || ':role/SellerPostureScan', (%(external_ids)s::text[])[a],
        'connected', '', '{}', '[]', now(), now(), (a * 7) %% 101, (a * 5) %% (1 + (a * 7) %% 101),
        90, '{}', '1', now() - interval '1 hour', 9, 30, 60, 40, 1, 3
    FROM generate_series(1, %(accounts)s) AS a
"""

SCAN = """
    INSERT INTO posture_scan (id, organisation_id, account_id, state, attempt, fence, queued_at,
        started_at, finished_at, trigger, reason_code, reason, progress, score, score_low, coverage,
        counts, engine)
    SELECT md5('scan' || a || '-' || s)::uuid, %(org)s, md5('account' || a)::uuid, 'done', 1, 1,
        t, t, t + interval '40 seconds', 'schedule', '', '',
        '{"services": [], "calls": 300, "denied": 0, "throttled": 0, "phase": "recording"}',
        60, 40, 90, '{"opened": 1, "resolved": 2, "reopened": 0, "not_assessed": 3}', 'seller-posture 0.1.0'
    FROM generate_series(1, %(accounts)s) AS a, generate_series(1, %(scans)s) AS s,
        LATERAL (SELECT now() - make_interval(days => s, secs => a) AS t) AS at
"""

LAST_SCAN = """
    UPDATE posture_account AS a SET last_scan_id = s.id FROM posture_scan AS s
    WHERE s.account_id = a.id AND s.queued_at > now() - interval '36 hours'
"""

POINT = """
    INSERT INTO posture_scorepoint
        (id, organisation_id, account_id, scan_id, at, score, low, coverage, topics, formula)
    SELECT gen_random_uuid(), organisation_id, account_id, id, queued_at, 60, 40, 90, '{}', '1'
    FROM posture_scan
"""

RESULT = """
    INSERT INTO posture_controlresult (id, organisation_id, account_id, control, topic, status,
        severity, failing, passing, not_assessed, reason, missing_action, asked, evidence,
        open_ended, share, scan_id)
    SELECT gen_random_uuid(), %(org)s, md5('account' || a)::uuid, c.id, c.topic,
        CASE WHEN c.n %% 3 = 0 THEN 'fail' ELSE 'pass' END, 'medium', 4, 10, 0, 'Seen.', '',
        false, '[]', false, 0.01, md5('scan' || a || '-1')::uuid
    FROM generate_series(1, %(accounts)s) AS a,
        unnest(%(controls)s::text[], %(topics)s::text[]) WITH ORDINALITY AS c (id, topic, n)
"""

FINDING = """
    WITH found AS (INSERT INTO posture_finding (id, organisation_id, account_id, control, topic, resource,
        resource_name, region, severity, severity_rank, state, resolution, fingerprint, content,
        seen_as, reasons, evidence, values, points, control_points, first_seen, last_seen,
        last_changed, resolved_at, last_scan_id, sequence)
    SELECT md5('finding' || n)::uuid, %(org)s, md5('account' || a)::uuid,
        (%(controls)s::text[])[c], (%(topics)s::text[])[c],
        'arn:aws:sqs:us-east-1:' || lpad(a::text, 12, '0') || ':queue-' || n, 'queue-' || n,
        (ARRAY['us-east-1', 'us-east-1', 'eu-west-1', 'ap-south-1'])[1 + n %% 4],
        (ARRAY['critical', 'high', 'medium', 'low'])[1 + r], r,
        CASE WHEN o < 8 THEN 'open' WHEN o = 8 THEN 'in_progress' ELSE 'resolved' END,
        CASE WHEN o > 8 THEN 'fixed' ELSE '' END,
        md5(n::text) || md5('x' || n), md5('content') || md5('content'), md5('seen') || md5('seen'),
        jsonb_build_array('Anybody may read queue-' || n || '.'),
        jsonb_build_array(jsonb_build_object('kind', 'fact', 'label', 'Queue', 'value',
            'queue-' || n, 'read_by', 'sqs:GetQueueAttributes'), jsonb_build_object('kind',
            'excerpt', 'title', 'Queue policy', 'text', repeat('{"Statement": "..."} ', 12),
            'faults', '[[1, 1]]'::jsonb, 'note', '', 'read_by', 'sqs:GetQueueAttributes')),
        '{}', n %% 20, n %% 30, t - interval '90 days', now() - interval '1 day', t,
        CASE WHEN o > 8 THEN t END, md5('scan' || a || '-1')::uuid, 2
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n,
        LATERAL (SELECT 1 + n %% %(accounts)s AS a, 1 + (n / 7) %% %(many)s AS c,
            (ARRAY[0, 1, 1, 1, 2, 2, 2, 2, 3, 3])[1 + (n / 3) %% 10] AS r, (n / 11) %% 20 AS o,
            now() - make_interval(secs => 60 + n %% 7776000) AS t) AS v
    RETURNING *)
    INSERT INTO posture_findingevent
        (id, organisation_id, finding_id, account_id, sequence, kind, at, scan_id, data)
    SELECT gen_random_uuid(), f.organisation_id, f.id, f.account_id, k.number, k.kind,
        CASE k.number WHEN 1 THEN f.first_seen ELSE f.last_changed END, f.last_scan_id,
        '{"reasons": ["Anybody may read it."], "severity": "high"}'
    FROM found AS f, (VALUES (1, 'opened'), (2, 'changed')) AS k (number, kind)
"""

TICKET = """
    INSERT INTO posture_ticket (id, organisation_id, finding_id, system, key, url, status, linked_at)
    SELECT gen_random_uuid(), organisation_id, id, 'jira', 'SEC-' || row_number() OVER (), '', '',
        now() FROM posture_finding WHERE points = 7 AND state <> 'resolved'
"""

WAIVER = """
    INSERT INTO posture_waiver (id, organisation_id, account_id, control, resource, kind, reason,
        owner_id, starts_at, ends_at, created_by_id, created_at)
    SELECT gen_random_uuid(), organisation_id, account_id, control, resource, 'accepted_risk',
        'Known', %(owner)s, now() - interval '1 day', now() + interval '1 year', %(owner)s, now()
    FROM posture_finding WHERE points = 11 AND state = 'open' AND control_points = 11
"""


def fill(owner_url: str, findings: int, parameters: dict[str, Any]) -> None:
    """Fill an empty database; `parameters` has org, owner, controls and topics (lists alike)."""
    told = parameters | {
        "accounts": ACCOUNTS,
        "scans": SCANS_EACH,
        "many": len(parameters["controls"]),
        "external_ids": _external_ids(parameters["org"]),
    }
    with psycopg.connect(owner_url, autocommit=True) as owner, _bare(owner):
        for statement in (ACCOUNT, SCAN, LAST_SCAN, POINT, RESULT):
            owner.execute(statement, told)
        for first in range(1, findings + 1, BATCH):
            some = told | {"first": first, "last": min(first + BATCH - 1, findings)}
            owner.execute(FINDING, some)
        owner.execute(TICKET, told)
        owner.execute(WAIVER, told)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        for table in FILLED:
            owner.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))


def _external_ids(organisation: uuid.UUID) -> list[str]:
    """Sealed as the database asks for; the rows' ids are those of ACCOUNT."""
    rows = [uuid.UUID(md5(f"account{a}".encode()).hexdigest()) for a in range(1, ACCOUNTS + 1)]  # noqa: S324 - as in SQL
    places = [Place("posture_account", "external_id", row, organisation) for row in rows]
    return [str(seal(f"external-{place.row}", place)) for place in places]


@contextmanager
def _bare(owner: psycopg.Connection[Any]) -> Iterator[None]:
    """Drop foreign keys and plain indexes inside the block: made at once they take much less."""
    keys = owner.execute(
        """SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
                  format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                         pg_get_constraintdef(oid))
           FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)""",
        [list(FILLED)],
    ).fetchall()
    indexes = owner.execute(
        """SELECT format('DROP INDEX %%s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
           FROM pg_index AS i WHERE NOT i.indisunique AND i.indrelid::regclass::text = ANY(%s)""",
        [list(FILLED)],
    ).fetchall()
    for drop, _ in (*keys, *indexes):
        owner.execute(drop)
    yield
    for _, make in (*indexes, *keys):
        owner.execute(make)


def owner_url() -> str:
    """Where `owner` reaches the database in use."""
    return os.environ["DATABASE_OWNER_URL"]
