"""The buckets of trails, and the policies that CloudTrail needs on them."""

from __future__ import annotations

import json

from scanner.facts.cloudtrail import Trail
from scanner.policy import Policy, parse
from scanner.scope.buckets import OTHER_ACCOUNT
from scanner.scope.trail_buckets import (
    SERVICE,
    is_elsewhere,
    log_bucket_named,
    log_buckets,
    needed_by,
    tightened,
    with_delivery,
)
from scanner.vocabulary import Partial, Unobserved, seen
from tests.builders import OWN, STRANGER, a_snapshot, denied
from tests.builders_resources import a_trail
from tests.builders_storage import a_bucket
from tests.documents import a_policy, allow

NAME = "seller-trail-logs"
ARN = f"arn:aws:s3:::{NAME}"
TRAIL = a_trail()
GAP = denied("s3:ListAllMyBuckets")
TO_CLOUDTRAIL = {"Service": SERVICE}


def write_place(trail: Trail) -> str:
    place = needed_by(trail, a_snapshot())[1]["Resource"]
    assert isinstance(place, str)
    return place


def test_a_bucket_stands_once_with_all_its_trails() -> None:
    second = a_trail("second", bucket=NAME, logging=False)
    snapshot = a_snapshot(trails=(TRAIL, second), buckets=(a_bucket(NAME),))
    (log,) = seen(log_buckets(snapshot))
    assert (log.key, log.region, log.trails) == (ARN, "us-east-1", (TRAIL, second))


def test_trails_that_cannot_be_read_cut_the_list() -> None:
    gap = denied("cloudtrail:DescribeTrails")
    assert log_buckets(a_snapshot(trails=gap)) == gap
    listed = log_buckets(a_snapshot(trails=Partial((TRAIL,), (gap,))))
    assert isinstance(listed, Partial)
    assert [one.name for one in listed.items] == [NAME]


def test_a_bucket_that_is_not_listed_is_elsewhere_and_one_that_may_be_is_not() -> None:
    assert is_elsewhere(log_bucket_named(NAME, a_snapshot()))
    gap = Unobserved("s3:GetBucketPolicy", OTHER_ACCOUNT)
    foreign = a_snapshot(buckets=(a_bucket(NAME, policy=gap),))
    assert is_elsewhere(log_bucket_named(NAME, foreign))
    hidden = log_bucket_named(NAME, a_snapshot(buckets=GAP))
    assert not is_elsewhere(hidden)
    assert not isinstance(hidden, Unobserved)
    assert hidden.policy == GAP


def test_logs_lie_where_the_trail_puts_them() -> None:
    assert write_place(TRAIL) == f"{ARN}/AWSLogs/{OWN}/*"
    assert write_place(a_trail(prefix="mp")) == f"{ARN}/mp/AWSLogs/{OWN}/*"
    assert write_place(a_trail(organization=True)) == f"{ARN}/AWSLogs/*"


def test_what_is_needed_is_added_once() -> None:
    once = with_delivery(None, TRAIL, a_snapshot())
    again = with_delivery(a_policy(*json.loads(once)["Statement"]), TRAIL, a_snapshot())
    assert json.loads(again)["Statement"] == json.loads(once)["Statement"]


def test_a_single_statement_may_stand_without_a_list() -> None:
    stated = {"Statement": allow("s3:GetObject", to={"AWS": OWN})}
    policy = parse(stated, source="s3:GetBucketPolicy")
    assert isinstance(policy, Policy)
    assert len(json.loads(with_delivery(policy, TRAIL, a_snapshot()))["Statement"]) == 3


def test_other_kinds_of_principals_stay_and_strangers_of_any_kind_go() -> None:
    mixed = allow(
        "s3:PutObject",
        to={
            "AWS": [STRANGER, f"arn:aws:iam::{STRANGER}:role/x", OWN],
            "CanonicalUser": "abc",
            "Service": "logs.amazonaws.com",
        },
    )
    text = tightened(a_policy(mixed), (), {0: (STRANGER, "abc")}, (TRAIL,))
    (left,) = json.loads(text)["Statement"]
    assert left["Principal"] == {"AWS": OWN, "Service": "logs.amazonaws.com"}


def test_a_statement_for_all_but_some_goes_as_a_whole() -> None:
    everyone = {**allow("s3:PutObject"), "NotPrincipal": {"AWS": OWN}}
    assert tightened(a_policy(everyone), (), {0: ("",)}, (TRAIL,)) == ""


def test_what_was_said_of_other_sources_gives_way() -> None:
    loose = allow(
        "s3:PutObject",
        to=TO_CLOUDTRAIL,
        when={
            "StringEquals": {"aws:SourceAccount": STRANGER},
            "StringLike": {"AWS:SourceArn": "*", "s3:x-amz-acl": "bucket-*"},
        },
    )
    (tied,) = json.loads(tightened(a_policy(loose), (0,), {}, (TRAIL,)))["Statement"]
    assert tied["Condition"] == {
        "StringLike": {"s3:x-amz-acl": "bucket-*"},
        "StringEquals": {"aws:SourceArn": TRAIL.arn},
    }
