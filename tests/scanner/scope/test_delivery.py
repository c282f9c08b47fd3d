"""What delivering takes, and who delivers where."""

from __future__ import annotations

import json

import pytest

from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.scope.cas import deliverers
from scanner.scope.delivery import PUBLISH, PUT, deliverers_to, delivery_policy, excesses
from scanner.scope.holder import RoleHolder
from scanner.scope.reports import bucket_in, topic_in
from scanner.vocabulary import NotSeen, Partial, Severity, seen
from tests.builders import AUTHORIZATION_DETAILS, a_snapshot, denied
from tests.builders_cas import BUCKET, TOPIC, a_delivery, a_delivery_role
from tests.builders_storage import a_key_arn
from tests.documents import Document, a_malformed_policy, allow

GAP = denied(AUTHORIZATION_DETAILS)
KEY = allow("kms:Decrypt", on=a_key_arn())


def holder_of(snapshot: Snapshot) -> RoleHolder:
    (role,) = seen(deliverers(snapshot))
    return role


def enrolled(*statements: Document, profile: Profile | None = None) -> Snapshot:
    return a_snapshot(roles=(a_delivery_role(*statements),), profile=profile)


def test_delivering_is_no_excess() -> None:
    snapshot = enrolled()
    assert excesses(holder_of(snapshot), snapshot) == ([], [])


def test_excess_has_a_severity() -> None:
    snapshot = enrolled(*a_delivery(), allow("s3:*"), allow("iam:GetRolePolicy"))
    found, unsure = excesses(holder_of(snapshot), snapshot)
    assert {one.right.action: one.severity for one in found} == {
        "s3:*": Severity.HIGH,
        "iam:GetRolePolicy": Severity.LOW,
    }
    assert unsure == []


def test_a_key_is_judged_only_when_the_buckets_key_is_known() -> None:
    role = a_delivery_role(*a_delivery(), KEY)
    unread = a_snapshot(roles=(role,), buckets=GAP)
    assert excesses(holder_of(unread), unread)[0] == []
    assert GAP in excesses(holder_of(unread), unread)[1]
    whole = enrolled(*a_delivery(), KEY)
    assert [one.right.action for one in excesses(holder_of(whole), whole)[0]] == ["kms:Decrypt"]


def test_the_policy_names_what_the_role_named() -> None:
    snapshot = enrolled(*a_delivery(), KEY)
    role = holder_of(snapshot)
    statements = json.loads(delivery_policy(role, snapshot))["Statement"]
    assert [one["Resource"] for one in statements] == [
        [f"arn:aws:s3:::{BUCKET}/*"],
        [f"arn:aws:s3:::{BUCKET}"],
        [TOPIC],
        [a_key_arn()],
        [role.arn],
    ]
    found, _ = excesses(role, snapshot)
    assert "kms" not in delivery_policy(role, snapshot, without=found)


@pytest.mark.parametrize(
    ("statement", "profile", "expected"),
    [
        (allow("s3:PutObject"), Profile(), ""),
        (allow("sns:*"), Profile(cas_buckets=("b",)), ""),
        (allow("s3:PutObject"), Profile(cas_buckets=("b",)), "arn:aws:s3:::b/*"),
    ],
)
def test_the_profile_says_where_when_the_role_does_not(
    statement: Document, profile: Profile, expected: str
) -> None:
    snapshot = enrolled(statement, profile=profile)
    policy = delivery_policy(holder_of(snapshot), snapshot)
    assert expected in policy
    assert bool(policy) == bool(expected)


def test_who_delivers_to_a_bucket_or_topic() -> None:
    snapshot = a_snapshot(
        roles=(
            a_delivery_role(name="here"),
            a_delivery_role(allow("s3:*"), name="anywhere"),
            a_delivery_role(*a_delivery("other", TOPIC), name="other"),
        )
    )
    to_bucket = deliverers_to(BUCKET, PUT, bucket_in, snapshot)
    assert [one.name for one in to_bucket] == ["here", "anywhere"]
    to_topic = deliverers_to(TOPIC, PUBLISH, topic_in, snapshot)
    assert [one.name for one in to_topic] == ["here", "other"]


@pytest.mark.parametrize(
    "roles",
    [
        GAP,
        Partial((a_delivery_role(),), (GAP,)),
        (a_delivery_role(inline={"p": a_malformed_policy()}),),
    ],
)
def test_nobody_says_who_delivers_without_all_roles(roles: object) -> None:
    snapshot = a_snapshot(roles=roles)  # type: ignore[arg-type]
    with pytest.raises(NotSeen):
        deliverers_to(BUCKET, PUT, bucket_in, snapshot)
