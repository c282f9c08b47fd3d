"""Which conditions keep strangers out (R9) and which do not (R10)."""

from __future__ import annotations

import pytest

from scanner.policy.conditions import Condition, read_operator
from scanner.policy.restrictions import restricts

OWN = "111122223333"


def condition(operator: str, key: str, *values: str) -> Condition:
    read = read_operator(operator)
    assert read is not None
    return Condition(*read, key, values)


RESTRICTIVE = [
    ("ArnEquals", "aws:SourceArn", f"arn:aws:sns:us-east-1:{OWN}:t"),
    ("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{OWN}:*"),
    ("StringLike", "AWS:SOURCEARN", f"arn:aws:sns:*:{OWN}:*"),
    ("ArnEquals", "aws:PrincipalArn", f"arn:aws:iam::{OWN}:role/*"),
    ("StringEquals", "aws:SourceAccount", OWN),
    ("StringEquals", "aws:SourceAccount", OWN, "999988887777"),
    ("StringEqualsIgnoreCase", "aws:PrincipalAccount", OWN),
    ("StringEquals", "AWS:SourceOwner", OWN),
    ("StringEquals", "s3:ResourceAccount", OWN),
    ("StringEquals", "kms:CallerAccount", OWN),
    ("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
    ("StringEquals", "aws:SourceOrgID", "o-a1b2c3d4e5"),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/ou-ab12-1/*"),
    ("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/"),
    ("StringEquals", "sts:ExternalId", "x1"),
    ("StringLike", "sts:ExternalId", "x*"),
    ("StringEquals", "aws:SourceVpce", "vpce-0a1b2c3d"),
    ("StringEquals", "aws:SourceVpc", "vpc-0a1b2c3d"),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("IpAddress", "aws:SourceIp", "203.0.113.7/24"),
    ("IpAddress", "aws:SourceIp", "203.0.113.7", "2001:db8::/32"),
]

LOOSE = [
    ("StringEqualsIfExists", "aws:SourceAccount", OWN),
    ("ForAllValues:StringEquals", "aws:SourceAccount", OWN),
    ("ForAnyValue:StringEqualsIfExists", "aws:SourceAccount", OWN),
    ("StringNotEquals", "aws:SourceAccount", OWN),
    ("ArnNotLike", "aws:SourceArn", f"arn:aws:sns:*:{OWN}:*"),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("Null", "aws:SourceArn", "false"),
    ("Bool", "aws:SecureTransport", "true"),
    ("StringEquals", "aws:UserAgent", "x"),
    ("StringLike", "aws:Referer", "https://x/*"),
    ("DateGreaterThan", "aws:CurrentTime", "2026-01-01"),
    ("NumericEquals", "aws:SourceAccount", OWN),
    ("StringEquals", "aws:SourceAccount"),
    ("StringEquals", "aws:SourceAccount", OWN, "*"),
    ("StringLike", "aws:SourceAccount", "1111*"),
    ("StringLike", "aws:SourceAccount", "*"),
    ("StringEquals", "aws:SourceAccount", "${aws:PrincipalAccount}"),
    ("ArnLike", "aws:SourceArn", "*"),
    ("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:*"),
    ("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:t"),
    ("ArnLike", "aws:SourceArn", "arn:aws:s3:::b"),
    ("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{OWN}:t", "arn:aws:s3:::b"),
    ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/admin"),
    ("StringLike", "aws:PrincipalOrgID", "o-*"),
    ("StringEquals", "aws:PrincipalOrgID", "o-"),
    ("StringEquals", "aws:PrincipalOrgID", "a1b2c3d4e5"),
    ("StringEquals", "aws:PrincipalOrgID", "*"),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-*/r-ab12/*"),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5*"),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5"),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "*"),
    ("ForAllValues:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*"),
    ("StringEquals", "sts:ExternalId", ""),
    ("StringLike", "sts:ExternalId", "*"),
    ("StringLike", "sts:ExternalId", "?*"),
    ("StringEquals", "sts:ExternalId", "x1", " "),
    ("StringLike", "aws:SourceVpce", "vpce-*"),
    ("StringEquals", "aws:SourceVpc", "vpc-"),
    ("StringEquals", "aws:SourceVpc", "vpce-0a1b2c3d"),
    ("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
    ("IpAddress", "aws:SourceIp", "203.0.113.7/0"),
    ("IpAddress", "aws:SourceIp", "::/0"),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24", "0.0.0.0/0"),
    ("IpAddress", "aws:SourceIp", "0.0.0.0/1", "128.0.0.0/1"),
    ("IpAddress", "aws:SourceIp", "8000::/1", "::/1"),
    ("IpAddress", "aws:SourceIp", "here"),
    ("StringEquals", "aws:PrincipalTag/team", "red"),
    ("StringEquals", "aws:PrincipalServiceName", "sns.amazonaws.com"),
]


@pytest.mark.parametrize("stated", RESTRICTIVE, ids=str)
def test_a_condition_that_names_who_may_pass_restricts(stated: tuple[str, ...]) -> None:
    assert restricts(condition(*stated), trust=True)


@pytest.mark.parametrize("stated", LOOSE, ids=str)
def test_a_condition_that_names_nobody_does_not(stated: tuple[str, ...]) -> None:
    assert not restricts(condition(*stated), trust=True)


def test_an_external_id_restricts_nothing_outside_a_trust() -> None:
    assert not restricts(condition("StringEquals", "sts:ExternalId", "x1"), trust=False)
    assert restricts(condition("StringEquals", "aws:SourceAccount", OWN), trust=False)
