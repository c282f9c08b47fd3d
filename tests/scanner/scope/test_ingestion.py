"""Roles that Marketplace's asset service may assume: what they may do, and who else may."""

from __future__ import annotations

import json

import pytest

from scanner.facts.ec2 import Grant
from scanner.facts.iam import ManagedPolicy, Role
from scanner.scope.holder import RoleHolder
from scanner.scope.ingestion import (
    INGESTION,
    asset_roles,
    beyond,
    intruders,
    removed_by_boundary,
    shared_with_marketplace,
    shares_images,
)
from scanner.scope.ingestion_rewrites import kept_rights, trusting_only_assets
from scanner.scope.principals import roles
from scanner.vocabulary import Listed, Partial, Severity, gaps, seen
from tests.builders import OWN, STRANGER, a_managed_policy, a_role, a_snapshot, an_arn, denied
from tests.builders_resources import MARKETPLACE, a_product, an_image
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny, trust

ASSETS = {"Service": "assets.marketplace.amazonaws.com"}
FIVE = allow(*INGESTION)
LIMIT = a_managed_policy("limit", allow("ec2:DescribeImages", "ec2:Modify*"))


def a_holder(
    *statements: Document, boundary: str = "", policies: Listed[ManagedPolicy] = (LIMIT,)
) -> RoleHolder:
    role = a_role(
        "ingest", trusted=trust(ASSETS), inline={"p": a_policy(*statements)}, boundary=boundary
    )
    (found,) = seen(roles(a_snapshot(roles=(role,), policies=policies)))
    return found


@pytest.mark.parametrize(
    ("statements", "entries"),
    [
        ([FIVE], []),
        ([FIVE, allow("EC2:copyfpgaimage")], []),
        ([FIVE, allow("ec2:ModifyImageAtt*")], []),
        ([FIVE, allow("ec2:ModifyImage*")], []),
        ([FIVE, allow("ec2:Modify*")], ["ec2:Modify*"]),
        ([FIVE, allow("new-service:*")], ["new-service:*"]),
        ([FIVE, allow("*")], ["*"]),
        ([FIVE, allow("iam:PassRole"), deny("iam:*")], []),
        ([FIVE, allow("s3:GetObject", on="arn:aws:s3:::templates/*")], []),
        ([FIVE, allow("s3:GetObject", on="arn:aws:s3:::*/*")], ["s3:GetObject"]),
        ([FIVE, allow("s3:GetObject", on=["arn:aws:s3:::a/*", "*"])], ["s3:GetObject"]),
        ([allow("s3:GetObject", "imagebuilder:GetComponent")], []),
        ([allow("s3:PutObject")], ["s3:PutObject"]),
        ([allow("s3:Get*")], []),
    ],
)
def test_what_is_beyond_sharing_images_or_reading_assets(
    statements: list[Document], entries: list[str]
) -> None:
    assert [one.action for one in beyond(a_holder(*statements))] == entries


def test_a_boundary_limits_and_takes_away() -> None:
    holder = a_holder(FIVE, boundary=LIMIT.arn)
    assert removed_by_boundary(holder) == (
        "ec2:DescribeImageAttribute",
        "ec2:DescribeSnapshotAttribute",
    )
    unread = a_holder(FIVE, boundary=LIMIT.arn, policies=denied("iam:GetPolicyVersion"))
    assert removed_by_boundary(unread) == ()
    assert shares_images(unread)


def test_roles_of_the_service_are_found_by_their_trust() -> None:
    listed: tuple[Role, ...] = (
        a_role("ingest", trusted=trust(ASSETS)),
        a_role("broken", trusted=a_malformed_policy()),
        a_role("worker"),
        a_role("linked", trusted=trust(ASSETS), path="/aws-service-role/x/"),
        a_role("scan", trusted=trust(ASSETS)),
    )
    snapshot = a_snapshot(roles=listed, scan_role=an_arn("role", "scan"))
    assert [one.name for one in seen(asset_roles(snapshot))] == ["ingest", "broken"]


def test_intruders_are_told_once_each() -> None:
    policy = a_policy(trust(ASSETS), trust("*"), trust({"AWS": [OWN, "999988887777"]}))
    found = list(intruders(policy, a_snapshot()))
    assert [(one.statement.index, one.severity) for one in found] == [
        (1, Severity.CRITICAL),
        (2, Severity.HIGH),
        (2, Severity.MEDIUM),
    ]


def test_shares_with_marketplace_are_found_with_what_hides_others() -> None:
    refused = denied("ec2:DescribeImageAttribute", "us-east-1")
    images = (
        an_image("ami-1", launch_permissions=Partial((MARKETPLACE,), (refused,))),
        an_image("ami-2", launch_permissions=()),
        an_image("ami-3", launch_permissions=(Grant(user=STRANGER),)),
    )
    snapshot = a_snapshot(images=images, products=(a_product("ami-1", "ami-2", "ami-3"),))
    found = shared_with_marketplace(snapshot)
    assert (seen(found), gaps(found)) == (("ami-1",), (refused,))


def test_only_the_service_is_left_in_the_trust_and_denies_stay() -> None:
    stop = {**trust("*"), "Effect": "Deny"}
    both = trust(ASSETS | {"AWS": OWN}, when={"StringEquals": {"aws:SourceAccount": OWN}})
    rewritten = json.loads(trusting_only_assets(a_policy(both, trust("*"), stop)))["Statement"]
    assert rewritten == [{**both, "Principal": ASSETS}, stop]


def test_kept_rights_are_those_beside_the_managed_policy() -> None:
    when = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    holder = a_holder(FIVE, allow("ec2:CopyFpgaImage", when=when), allow("iam:PassRole"))
    assert json.loads(kept_rights(holder))["Statement"] == [
        {"Effect": "Allow", "Action": "ec2:CopyFpgaImage", "Resource": "*", "Condition": when}
    ]
    assert kept_rights(a_holder(FIVE, allow("iam:PassRole"))) == ""
