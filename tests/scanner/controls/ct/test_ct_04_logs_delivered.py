"""CT-04: every trail that is meant to log delivers its files, in time and without errors."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.ct.ct_04_logs_delivered import CONTROL
from scanner.facts.cloudtrail import Trail
from scanner.facts.profile import Profile
from scanner.facts.s3 import Bucket
from scanner.facts.snapshot import Snapshot
from scanner.remedy import NOTHING_TO_SAY, Remedy, fill
from scanner.vocabulary import HOME_REGION, Partial, Severity
from tests.builders import OWN, STRANGER, a_snapshot, days_ago, denied
from tests.builders_resources import a_delivery, a_trail
from tests.builders_storage import a_bucket
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes
from tests.documents import allow

LIST = "cloudtrail:DescribeTrails"
STATUS = "cloudtrail:GetTrailStatus"
BUCKETS = "s3:ListAllMyBuckets"
POLICY = "s3:GetBucketPolicy"
UNKNOWN = denied(STATUS, HOME_REGION)
HOUR = 1 / 24
BUCKET = a_bucket(
    "seller-trail-logs",
    policy=allow("s3:GetObject", on="arn:aws:s3:::seller-trail-logs/*", to={"AWS": OWN}, sid="own"),
)


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


def with_trails(*trails: Trail, buckets: tuple[Bucket, ...] = (BUCKET,)) -> Snapshot:
    return a_snapshot(trails=trails, buckets=buckets)


CASES = (
    Case(
        "a trail that delivers passes",
        with_trails(a_trail()),
        passes("seller-trail delivers to bucket seller-trail-logs", shows="LatestDeliveryTime: 2026-11-24 08:40"),
    ),
    Case(
        "a trail that is switched off fails and says since when",
        with_trails(a_trail(logging=False, delivery=a_delivery(stopped=days_ago(30)))),
        medium("switched off since 2026-10-25, and no other trail logs.", shows="IsLogging: false"),
    ),
    Case(
        "a trail that was never started fails",
        with_trails(a_trail(logging=False, delivery=a_delivery(started=None, latest=None))),
        medium("seller-trail is switched off, and no other trail logs."),
    ),
    Case(
        "a trail that is off is not meant to log while another does it all",
        with_trails(a_trail("old", logging=False), a_trail()),
        {"old": not_applicable("seller-trail logs in its place"), "seller-trail": passes()},
    ),
    Case(
        "a trail of one region replaces none that is off",
        with_trails(a_trail("old", logging=False), a_trail("one", multi_region=False)),
        {"old": medium("old is switched off"), "one": passes()},
    ),
    Case(
        "a trail that may be off replaces none",
        with_trails(a_trail("old", logging=False), a_trail(logging=UNKNOWN)),
        {"old": medium("old is switched off"), "seller-trail": not_assessed(STATUS)},
    ),
    Case(
        "a delivery error fails",
        with_trails(a_trail(delivery=a_delivery(error="AccessDenied"))),
        medium("cannot write log files to bucket seller-trail-logs: AccessDenied.", shows="LatestDeliveryError: AccessDenied"),
    ),
    Case(
        "a bucket that is gone fails",
        with_trails(a_trail(delivery=a_delivery(error="NoSuchBucket")), buckets=()),
        medium("NoSuchBucket"),
    ),
    Case(
        "deliveries older than a day fail",
        with_trails(a_trail(delivery=a_delivery(latest=days_ago(2)))),
        medium("its last log file 48 hours ago, more than 24."),
    ),
    Case(
        "exactly a day is in time",
        with_trails(a_trail(delivery=a_delivery(latest=days_ago(1)))),
        passes(),
    ),
    Case(
        "the profile says how late is too late",
        a_snapshot(
            profile=Profile(delivery_lag_hours=72),
            trails=(a_trail(delivery=a_delivery(latest=days_ago(2))),),
            buckets=(BUCKET,),
        ),
        passes(),
    ),
    Case(
        "no delivery ever fails",
        with_trails(a_trail(delivery=a_delivery(latest=None))),
        medium("has never delivered a log file", shows="LatestDeliveryTime: never"),
    ),
    Case(
        "an unknown start is no new trail",
        with_trails(a_trail(delivery=a_delivery(latest=None, started=None))),
        medium("has never delivered"),
    ),
    Case(
        "a trail of the last hour has not delivered yet",
        with_trails(a_trail(delivery=a_delivery(latest=None, started=days_ago(HOUR / 2)))),
        not_assessed(STATUS, "began to log less than an hour ago"),
    ),
    Case(
        "a trail that was started again has an hour too",
        with_trails(
            a_trail(delivery=a_delivery(latest=days_ago(9), started=days_ago(HOUR / 2)))
        ),
        not_assessed(STATUS, "began to log less than an hour ago"),
    ),
    Case(
        "a new trail that delivered already passes",
        with_trails(a_trail(delivery=a_delivery(started=days_ago(HOUR / 2)))),
        passes(),
    ),
    Case(
        "after an hour no delivery is a fault",
        with_trails(a_trail(delivery=a_delivery(latest=None, started=days_ago(HOUR)))),
        medium("has never delivered"),
    ),
    Case(
        "a new trail with an error is at fault at once",
        with_trails(
            a_trail(
                delivery=a_delivery(latest=None, started=days_ago(HOUR / 2), error="AccessDenied")
            )
        ),
        medium("AccessDenied"),
    ),
    Case(
        "a digest error is low",
        with_trails(a_trail(delivery=a_delivery(digest_error="AccessDenied"))),
        fails(Severity.LOW, "cannot write digest files to bucket"),
    ),
    Case(
        "a CloudWatch error is low",
        with_trails(
            a_trail(log_group="arn:g", delivery=a_delivery(cloudwatch_error="ResourceNotFound"))
        ),
        fails(Severity.LOW, "cannot write to its log group: ResourceNotFound."),
    ),
    Case(
        "the worst of several errors counts and all are told",
        with_trails(a_trail(delivery=a_delivery(error="AccessDenied", digest_error="SlowDown"))),
        medium("AccessDenied. Trail seller-trail cannot write digest files", shows="SlowDown"),
    ),
    Case(
        "an organization trail is repaired in its own account",
        with_trails(
            a_trail("org", account=STRANGER, organization=True, delivery=a_delivery(error="X"))
        ),
        medium("Trail org cannot write"),
    ),
    Case(
        "a bucket of another account is repaired there",
        with_trails(a_trail(delivery=a_delivery(error="AccessDenied")), buckets=()),
        medium("AccessDenied"),
    ),
    Case(
        "a policy that cannot be read does not hide the fault",
        with_trails(
            a_trail(delivery=a_delivery(error="AccessDenied")),
            buckets=(a_bucket("seller-trail-logs", policy=denied(POLICY)),),
        ),
        medium("AccessDenied"),
    ),
    Case(
        "buckets that cannot be listed do not hide the fault",
        a_snapshot(
            trails=(a_trail(delivery=a_delivery(error="NoSuchBucket")),), buckets=denied(BUCKETS)
        ),
        medium("NoSuchBucket"),
    ),
    Case(
        "an unknown status is not assessed",
        with_trails(a_trail(logging=UNKNOWN, delivery=UNKNOWN)),
        not_assessed(STATUS),
    ),
    Case(
        "unknown deliveries are not assessed",
        with_trails(a_trail(delivery=UNKNOWN)),
        not_assessed(STATUS),
    ),
    Case(
        "unknown deliveries do not hide that the trail is off",
        with_trails(a_trail(logging=False, delivery=UNKNOWN)),
        medium("switched off, and"),
    ),
    Case("without trails CT-01 has said it", a_snapshot(), not_applicable("CT-01 says so")),
    Case(
        "refused trails are not assessed",
        a_snapshot(trails=denied(LIST, HOME_REGION)),
        not_assessed(LIST),
    ),
    Case(
        "trails of a region that was refused are not assessed",
        a_snapshot(
            trails=Partial((a_trail(),), (denied(LIST, "eu-north-1"),)), buckets=(BUCKET,)
        ),
        {"seller-trail": passes(), f"Account {OWN}": not_assessed(LIST)},
    ),
    Case(
        "a hostile trail name stays text",
        with_trails(a_trail("$(reboot)", logging=False)),
        medium("Trail $(reboot) is switched off"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_logs_are_delivered(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_for(trail: Trail, *buckets: Bucket) -> Remedy:
    (outcome,) = outcomes_of(CONTROL, with_trails(trail, buckets=buckets))
    return fill(CONTROL.remedy, outcome.values)


def policy_of(remedy: Remedy) -> list[dict[str, object]]:
    document = json.loads(remedy.cli.split("<<'JSON'\n")[1].split("\nJSON\n")[0])
    statements: list[dict[str, object]] = document["Statement"]
    return statements


def test_a_stopped_trail_is_started_where_it_lives() -> None:
    remedy = remedy_for(a_trail(home_region="eu-north-1", logging=False), BUCKET)
    assert "start-logging --region eu-north-1 --name arn:aws:cloudtrail:eu-north-1:" in remedy.cli
    assert "create-bucket" not in remedy.cli


def test_only_what_is_at_fault_is_repaired() -> None:
    (outcome,) = outcomes_of(CONTROL, with_trails(a_trail(logging=False), buckets=(BUCKET,)))
    told = {name: text for name, text in outcome.values.items() if text and name != "policy"}
    assert told == {
        "trail": "seller-trail",
        "region": "us-east-1",
        "bucket": "seller-trail-logs",
        "policy_bucket": "seller-trail-logs",
        "stopped": "seller-trail",
        "stopped_arn": a_trail().arn,
        "repairs": "seller-trail",
    }


def test_the_policy_keeps_what_is_there_and_lets_this_trail_write() -> None:
    trail = a_trail(prefix="mp", delivery=a_delivery(error="AccessDenied"))
    remedy = remedy_for(trail, BUCKET)
    own, check_acl, write = policy_of(remedy)
    assert own["Sid"] == "own"
    assert check_acl["Condition"] == {"StringEquals": {"aws:SourceArn": trail.arn}}
    assert write["Resource"] == f"arn:aws:s3:::seller-trail-logs/mp/AWSLogs/{OWN}/*"
    assert "start-logging" not in remedy.cli


def test_a_bucket_that_is_gone_is_made_again() -> None:
    remedy = remedy_for(a_trail(delivery=a_delivery(error="NoSuchBucket")))
    assert "create-bucket --region us-east-1 --bucket seller-trail-logs" in remedy.cli
    assert len(policy_of(remedy)) == 2


def test_a_bucket_elsewhere_is_left_alone() -> None:
    remedy = remedy_for(a_trail(delivery=a_delivery(error="AccessDenied")))
    assert remedy.cli == ""
    assert dict(remedy.without)["cli"] == NOTHING_TO_SAY


def test_a_trail_of_another_account_is_repaired_there() -> None:
    remedy = remedy_for(
        a_trail("org", account=STRANGER, organization=True, delivery=a_delivery(error="X")),
        a_bucket("org-logs"),
    )
    assert remedy.console[0].startswith(f"Sign in to account {STRANGER}")
    assert remedy.cli == ""


def test_a_log_group_is_named_only_when_copies_fail() -> None:
    remedy = remedy_for(a_trail(log_group="arn:g", delivery=a_delivery(cloudwatch_error="X")))
    assert any("arn:g" in step for step in remedy.console)
    assert remedy.cli == ""
