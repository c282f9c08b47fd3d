"""The buckets of trails, and the policies that CloudTrail needs on them."""

from __future__ import annotations

import json

from scanner.facts.cloudtrail import Trail
from scanner.policy import Policy, Principal, parse
from scanner.scope.buckets import OTHER_ACCOUNT
from scanner.scope.trail_buckets import (
    SERVICE,
    is_elsewhere,
    log_bucket_named,
    log_buckets,
    needed_by,
    to_trails,
    with_delivery,
)
from scanner.vocabulary import Partial, Unobserved, seen
from tests.builders import OWN, a_snapshot, denied
from tests.builders_resources import a_trail
from tests.builders_storage import a_bucket
from tests.documents import a_policy, allow

NAME = "seller-trail-logs"
ARN = f"arn:aws:s3:::{NAME}"
TRAIL = a_trail()
GAP = denied("s3:ListAllMyBuckets")


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


def test_cloudtrail_alone_is_tied_to_the_trails_by_name() -> None:
    second = a_trail("second", bucket=NAME)
    pin = to_trails((TRAIL, second))
    assert (pin.key, pin.values) == ("aws:SourceArn", (second.arn, TRAIL.arn))
    assert pin.is_for(Principal("Service", SERVICE))
    assert not pin.is_for(Principal("Service", "config.amazonaws.com"))
    assert not pin.is_for(Principal("AWS", SERVICE))
