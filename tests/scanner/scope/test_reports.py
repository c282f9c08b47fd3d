"""Which buckets and topics take reports, and what hides others."""

from __future__ import annotations

import pytest

from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.scope.buckets import OTHER_ACCOUNT
from scanner.scope.reports import ANY, Kind, bucket_in, report_buckets, report_topics, topic_in
from scanner.vocabulary import Partial, Unobserved, gaps, seen
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    STRANGER,
    a_managed_policy,
    a_role,
    a_snapshot,
    denied,
)
from tests.builders_cas import BUCKET, CAS, REPORTS, TOPIC, TOPIC_NAME, a_delivery, a_delivery_role
from tests.builders_resources import a_topic
from tests.builders_storage import a_bucket
from tests.documents import a_malformed_policy, a_policy, allow, deny, trust

IAM = denied(AUTHORIZATION_DETAILS)
FEED_POLICY = allow("s3:PutObject", to=REPORTS)
NO_POLICY = denied("s3:GetBucketPolicy")
NO_LIST = denied("s3:ListAllMyBuckets")


def buckets_of(snapshot: Snapshot) -> dict[str, set[Kind]]:
    return {one.name: set(one.kinds) for one in seen(report_buckets(snapshot))}


def told(snapshot: Snapshot) -> str:
    return " ".join(gap.sentence() for gap in gaps(report_buckets(snapshot)))


@pytest.mark.parametrize(
    ("resource", "bucket"),
    [
        ("arn:aws:s3:::larkfield/*", "larkfield"),
        ("arn:aws:s3:::larkfield", "larkfield"),
        ("arn:aws:s3:::larkfield/2026/*", "larkfield"),
        ("arn:aws:s3:::*", ANY),
        ("arn:aws:s3:::larkfield*", ANY),
        ("arn:aws:s3:::${aws:username}/*", ANY),
        ("*", ANY),
        ("arn:aws:s*", ANY),
        ("arn:aws:sns:us-east-1:1:x", ""),
    ],
)
def test_a_resource_names_a_bucket(resource: str, bucket: str) -> None:
    assert bucket_in(resource) == bucket


@pytest.mark.parametrize(
    ("resource", "topic"),
    [
        (TOPIC, TOPIC),
        (f"arn:aws:sns:us-east-1:{OWN}:*", ANY),
        ("arn:aws:sns:*:*:*", ANY),
        ("arn:aws:sns:*", ANY),
        ("*", ANY),
        ("arn:aws:s3:::larkfield/*", ""),
    ],
)
def test_a_resource_names_a_topic(resource: str, topic: str) -> None:
    assert topic_in(resource) == topic


def test_the_delivery_role_names_its_bucket_and_topic() -> None:
    snapshot = a_snapshot(
        roles=(a_delivery_role(),),
        buckets=(a_bucket(), a_bucket("assets")),
        sns_topics=(a_topic(), a_topic("other")),
    )
    assert buckets_of(snapshot) == {BUCKET: {Kind.CAS}}
    (topic,) = seen(report_topics(snapshot))
    assert (topic.key, topic.kinds) == (TOPIC, frozenset({Kind.CAS}))
    assert gaps(report_buckets(snapshot)) == gaps(report_topics(snapshot)) == ()


def test_one_statement_may_name_both() -> None:
    both = allow("s3:PutObject", "sns:Publish", on=[f"arn:aws:s3:::{BUCKET}/*", TOPIC])
    snapshot = a_snapshot(
        roles=(a_delivery_role(both),), buckets=(a_bucket(),), sns_topics=(a_topic(),)
    )
    assert list(buckets_of(snapshot)) == [BUCKET]
    assert [one.name for one in seen(report_topics(snapshot))] == [TOPIC_NAME]


def test_a_role_that_nobody_at_aws_assumes_names_nothing() -> None:
    role = a_role("MarketplaceCommerceAnalyticsRole", inline={"p": a_policy(*a_delivery())})
    assert report_buckets(a_snapshot(roles=(role,), buckets=(a_bucket(),))) == ()


def test_what_a_deny_takes_away_is_not_delivered_to() -> None:
    role = a_delivery_role(*a_delivery(), deny("s3:*"))
    assert report_buckets(a_snapshot(roles=(role,), buckets=(a_bucket(),))) == ()


@pytest.mark.parametrize("on", ["*", "arn:aws:s3:::*", "arn:aws:s3:::larkfield-*"])
def test_a_role_that_may_write_anywhere_leaves_it_open(on: str) -> None:
    role = a_delivery_role(allow("s3:PutObject", on=on))
    snapshot = a_snapshot(roles=(role,), buckets=(a_bucket(),))
    assert buckets_of(snapshot) == {}
    assert f"role cas has s3:PutObject on {on}" in told(snapshot)
    named = a_snapshot(roles=(role,), buckets=(a_bucket(),), profile=Profile(cas_buckets=(BUCKET,)))
    assert buckets_of(named) == {BUCKET: {Kind.CAS}}
    assert told(named) == ""


def test_not_resource_is_anywhere() -> None:
    anywhere = {"Effect": "Allow", "Action": "sns:Publish", "NotResource": "arn:aws:sns:x:1:y"}
    (gap,) = gaps(report_topics(a_snapshot(roles=(a_delivery_role(anywhere),))))
    assert "sns:Publish on *" in gap.detail


def test_the_profile_adds_to_what_is_found() -> None:
    profile = Profile(cas_buckets=("a",), psc_buckets=("b", "a"), feed_buckets=("c",))
    owned = tuple(map(a_bucket, (BUCKET, "a", "b", "c")))
    snapshot = a_snapshot(roles=(a_delivery_role(),), buckets=owned, profile=profile)
    assert buckets_of(snapshot) == {
        BUCKET: {Kind.CAS},
        "a": {Kind.CAS, Kind.PSC},
        "b": {Kind.PSC},
        "c": {Kind.FEED},
    }


def test_a_policy_that_names_the_reports_service_makes_a_feed() -> None:
    owned = (
        a_bucket("feed", policy=FEED_POLICY),
        a_bucket("malformed", policy=a_malformed_policy(f'{{"x": "{REPORTS["Service"]}"}}')),
        a_bucket("denied", policy=deny("s3:PutObject", to=REPORTS)),
        a_bucket("other", policy=allow("s3:PutObject", to={"Service": "x.amazonaws.com"})),
    )
    topics = (a_topic("feed", policy=allow("sns:Publish", to=REPORTS)), a_topic("other"))
    snapshot = a_snapshot(buckets=owned, sns_topics=topics)
    assert buckets_of(snapshot) == {"feed": {Kind.FEED}, "malformed": {Kind.FEED}}
    assert [one.name for one in seen(report_topics(snapshot))] == ["feed"]
    assert told(snapshot) == ""


def test_policies_that_were_not_read_may_hide_feeds() -> None:
    owned = tuple(a_bucket(f"b{n}", policy=NO_POLICY) for n in range(7))
    topics = (a_topic("x", refused=denied("sns:GetTopicAttributes", "us-east-1")),)
    snapshot = a_snapshot(buckets=owned, sns_topics=topics)
    assert "policy of buckets b0, b1, b2, b3, b4 and 2 more" in told(snapshot)
    (gap,) = gaps(report_topics(snapshot))
    assert (gap.action, gap.region) == ("sns:GetTopicAttributes", "us-east-1")
    assert gap.detail == "policy of topics x"


def test_what_may_be_there_stays_in_sight() -> None:
    snapshot = a_snapshot(roles=(a_delivery_role(),), buckets=NO_LIST, sns_topics=IAM)
    (bucket,) = seen(report_buckets(snapshot))
    assert (bucket.name, bucket.region, bucket.bucket.policy) == (BUCKET, "", NO_LIST)
    (topic,) = seen(report_topics(snapshot))
    assert (topic.name, topic.region, topic.topic.attributes) == (TOPIC_NAME, "us-east-1", IAM)


def test_what_is_gone_is_left_out() -> None:
    snapshot = a_snapshot(roles=(a_delivery_role(),))
    assert report_buckets(snapshot) == report_topics(snapshot) == ()


def test_a_topic_of_another_account_cannot_be_read() -> None:
    foreign = TOPIC.replace(OWN, STRANGER)
    snapshot = a_snapshot(roles=(a_delivery_role(*a_delivery(topic=foreign)),))
    (topic,) = seen(report_topics(snapshot))
    assert isinstance(topic.topic.attributes, Unobserved)
    assert topic.topic.attributes.error == OTHER_ACCOUNT


def test_a_topic_that_the_profile_misspells_is_told() -> None:
    snapshot = a_snapshot(profile=Profile(cas_topics=("mp-reports",)))
    (gap,) = gaps(report_topics(snapshot))
    assert gap.detail == "mp-reports is no topic's ARN"


def test_roles_and_policies_that_were_not_read_may_hide_buckets() -> None:
    assert IAM in gaps(report_buckets(a_snapshot(roles=IAM)))
    cut = a_snapshot(roles=Partial((a_delivery_role(),), (IAM,)), buckets=(a_bucket(),))
    assert buckets_of(cut) == {BUCKET: {Kind.CAS}}
    assert IAM in gaps(report_buckets(cut))
    unread = a_role("x", trusted=IAM, inline={"p": a_policy(*a_delivery())})
    assert "trust of role x" in told(a_snapshot(roles=(unread,)))
    policy = a_managed_policy("deliver")
    attached = a_role("y", trusted=trust(CAS), managed=(policy,))
    assert "policy deliver" in told(a_snapshot(roles=(attached,), policies=IAM))


def test_the_profile_is_believed_when_it_says_that_there_is_something() -> None:
    enrolled = a_snapshot(profile=Profile(cas_enrolled=True, data_feeds=True))
    assert "no role trusts account 452565589796" in told(enrolled)
    assert "no bucket policy names reports.marketplace.amazonaws.com" in told(enrolled)
    assert gaps(report_topics(enrolled))
    found = a_snapshot(
        roles=(a_delivery_role(),),
        buckets=(a_bucket(), a_bucket("feed", policy=FEED_POLICY)),
        profile=Profile(cas_enrolled=True, data_feeds=True),
    )
    assert told(found) == ""
