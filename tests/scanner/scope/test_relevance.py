"""What collectors ask about is what roles, policies, trails and the profile name."""

from __future__ import annotations

import pytest

from scanner.facts.iam import Role
from scanner.facts.messaging import Topic
from scanner.facts.profile import CAS_ACCOUNT, Profile
from scanner.facts.s3 import Encryption
from scanner.scope.relevance import (
    KeyName,
    log_groups,
    metering_profiles,
    named_keys,
    named_topics,
    region_of_topic,
    wanted_buckets,
)
from scanner.vocabulary import Partial, Unobserved
from tests.builders import OWN, STRANGER, a_role, a_snapshot, denied
from tests.builders_resources import a_queue, a_topic, a_trail
from tests.builders_storage import a_bucket, a_key_arn
from tests.documents import Document, allow, trust

HOME, IRELAND = "us-east-1", "eu-west-1"
FEEDS = {"Service": "reports.marketplace.amazonaws.com"}
REFUSED = denied("iam:GetAccountAuthorizationDetails")


def delivering(*statements: Document, account: str = CAS_ACCOUNT) -> Role:
    """A role that the account of Commerce Analytics, or another one, may assume."""
    inline = {f"delivery-{number}": one for number, one in enumerate(statements)}
    return a_role("cas", trusted=trust(f"arn:aws:iam::{account}:root"), inline=inline)


def writing(*resources: str, account: str = CAS_ACCOUNT) -> Role:
    return delivering(allow("s3:PutObject", on=resources), account=account)


def publishing(*resources: str) -> Role:
    return delivering(allow("sns:Publish", on=resources))


def test_buckets_of_delivery_roles_matter_and_may_hold_contacts() -> None:
    role = writing("arn:aws:s3:::reports/*", "arn:aws:s3:::more/cas/*")
    wanted = wanted_buckets(a_snapshot(roles=(role,), buckets=(a_bucket("invoices"),)))
    assert wanted.settings == wanted.contacts == {"reports", "more"}


@pytest.mark.parametrize(
    "resource", ["*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:aws:s3:::a-*/*"]
)
def test_a_role_that_may_write_to_any_bucket_names_none(resource: str) -> None:
    snapshot = a_snapshot(roles=(writing(resource),), buckets=(a_bucket("a-b"),))
    assert wanted_buckets(snapshot).settings == frozenset()


def test_a_role_that_others_assume_names_no_bucket() -> None:
    role = writing("arn:aws:s3:::reports/*", account=STRANGER)
    assert wanted_buckets(a_snapshot(roles=(role,))).settings == frozenset()


def test_buckets_of_feeds_trails_and_the_profile_matter_without_contacts() -> None:
    feed = a_bucket("feed", policy=allow("s3:PutObject", on="arn:aws:s3:::feed/*", to=FEEDS))
    snapshot = a_snapshot(
        buckets=(feed, a_bucket("invoices")),
        trails=(a_trail(bucket="trail"),),
        profile=Profile(feed_buckets=("fed",)),
    )
    wanted = wanted_buckets(snapshot)
    assert wanted.settings == {"feed", "fed", "trail"}
    assert wanted.contacts == frozenset()


def test_buckets_that_the_profile_names_for_reports_may_hold_contacts() -> None:
    profile = Profile(cas_buckets=("reports",), psc_buckets=("contacts",))
    wanted = wanted_buckets(a_snapshot(profile=profile))
    assert wanted.settings == wanted.contacts == {"reports", "contacts"}


def test_nothing_read_is_nothing_wanted() -> None:
    snapshot = a_snapshot(roles=REFUSED, buckets=denied("s3:ListAllMyBuckets"), trails=REFUSED)
    assert wanted_buckets(snapshot).settings == frozenset()
    assert named_topics(snapshot) == frozenset()
    assert log_groups(snapshot) == ()


def test_topics_are_named_by_delivery_roles_and_the_profile() -> None:
    here, there, theirs = (
        f"arn:aws:sns:{HOME}:{OWN}:reports",
        f"arn:aws:sns:{IRELAND}:{OWN}:reports",
        f"arn:aws:sns:{HOME}:{STRANGER}:reports",
    )
    role = publishing(here, theirs, f"arn:aws:sns:{HOME}:{OWN}:*", "*")
    profile = Profile(cas_topics=(there, "nonsense", here))
    assert named_topics(a_snapshot(roles=(role,), profile=profile)) == {here, there}


def test_a_topic_says_where_it_is() -> None:
    assert region_of_topic(f"arn:aws:sns:{IRELAND}:{OWN}:reports") == IRELAND
    with pytest.raises(ValueError, match="nonsense"):
        region_of_topic("nonsense")


def test_keys_are_named_by_queues_topics_trails_and_buckets() -> None:
    snapshot = a_snapshot(
        queues=(a_queue(kms_key="alias/queues"), a_queue("b", region=IRELAND, kms_key="an-id")),
        sns_topics=(a_topic(kms_key="alias/topics"),),
        trails=(a_trail(kms_key=a_key_arn(), home_region=IRELAND),),
        buckets=(
            a_bucket(encryption=Encryption("aws:kms", "alias/buckets"), region=IRELAND),
            a_bucket("b", encryption=Encryption("aws:kms")),
            a_bucket("c", encryption=None),
        ),
    )
    assert named_keys(snapshot) == (
        KeyName("alias/queues", HOME),
        KeyName("an-id", IRELAND),
        KeyName("alias/topics", HOME),
        KeyName(a_key_arn(), HOME),
        KeyName("alias/buckets", IRELAND),
    )


def test_a_key_that_several_name_is_one_where_it_is_the_same() -> None:
    arn = a_key_arn(region=IRELAND)
    queues = (a_queue(kms_key=arn), a_queue("b", region=IRELAND, kms_key=arn))
    assert named_keys(a_snapshot(queues=queues)) == (KeyName(arn, IRELAND),)


@pytest.mark.parametrize(
    "reference", ["", "alias/aws/sqs", f"arn:aws:kms:us-east-1:{OWN}:alias/aws/sqs"]
)
def test_keys_that_aws_manages_are_left_out(reference: str) -> None:
    assert named_keys(a_snapshot(queues=(a_queue(kms_key=reference),))) == ()


def test_what_could_not_be_read_names_no_key() -> None:
    hidden: Topic = a_topic(refused=denied("sns:GetTopicAttributes"))
    bucket = a_bucket(encryption=denied("s3:GetEncryptionConfiguration"))
    queue = a_queue(refused=denied("sqs:GetQueueAttributes"))
    snapshot = a_snapshot(queues=(queue,), sns_topics=(hidden,), buckets=(bucket,))
    assert named_keys(snapshot) == ()


def test_log_groups_are_those_of_trails_once() -> None:
    group = f"arn:aws:logs:{HOME}:{OWN}:log-group:trail:*"
    trails = (a_trail(log_group=group), a_trail("b", log_group=group), a_trail("c"))
    assert log_groups(a_snapshot(trails=trails)) == (group,)


METERING = allow("aws-marketplace:MeterUsage")
PROFILE = f"arn:aws:iam::{OWN}:instance-profile/meter"


def test_profiles_of_roles_that_may_meter_are_told() -> None:
    meter = a_role("meter", inline={"meter": METERING}, instance_profiles=(PROFILE,))
    other = a_role("other", instance_profiles=(f"{PROFILE}-not",))
    assert metering_profiles(a_snapshot(roles=(meter, other))) == (PROFILE,)


def test_what_hides_a_profile_is_told() -> None:
    gap = Unobserved("iam:GetAccountAuthorizationDetails", "BadAnswer")
    meter = a_role(
        "meter", inline={"meter": METERING}, instance_profiles=Partial((PROFILE,), (gap,))
    )
    assert metering_profiles(a_snapshot(roles=(meter,))) == Partial((PROFILE,), (gap,))
    assert metering_profiles(a_snapshot(roles=REFUSED)) == REFUSED
    cut = a_snapshot(roles=Partial((meter,), (REFUSED,)))
    assert metering_profiles(cut) == Partial((PROFILE,), (REFUSED, gap))
