"""Whom a log bucket's policy lets write, statement by statement."""

from __future__ import annotations

from scanner.scope.log_writers import Writers
from scanner.scope.trail_buckets import LogBucket
from scanner.vocabulary import Severity
from tests.builders import ORGANIZATION, STRANGER, a_snapshot, denied
from tests.builders_resources import a_trail
from tests.builders_storage import a_bucket
from tests.documents import a_policy, allow

TRAIL = a_trail()
BUCKET = a_bucket(TRAIL.bucket)
LOG = LogBucket(BUCKET.name, BUCKET.arn, BUCKET, (TRAIL,))
TO_CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}


def test_without_a_policy_nobody_writes() -> None:
    assert list(Writers.of(None, LOG, a_snapshot()).faults()) == []


def test_each_statement_has_a_sentence_and_a_severity() -> None:
    policy = a_policy(
        allow("s3:PutObject", to=TO_CLOUDTRAIL, sid="loose"),
        allow("s3:DeleteObject", to={"AWS": STRANGER}, sid="foreign"),
        allow("s3:PutObject", to="*", sid="everyone"),
    )
    found = Writers.of(policy, LOG, a_snapshot())
    assert [(worst, why.split()[2]) for why, worst in found.faults()] == [
        (Severity.HIGH, "foreign"),
        (Severity.MEDIUM, "loose"),
    ]
    assert found.strangers == {1: (STRANGER,)}


def test_an_unread_organisation_leaves_a_doubt() -> None:
    gap = denied("organizations:DescribeOrganization")
    when = {"StringEquals": {"aws:SourceOrgID": ORGANIZATION.id}}
    policy = a_policy(allow("s3:PutObject", to=TO_CLOUDTRAIL, when=when))
    found = Writers.of(policy, LOG, a_snapshot(organization=gap))
    assert (found.unpinned, found.unsure) == ((), (gap,))
