"""A connection is kept only if our external id opens the role and nothing else does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from scanner.aws import Limits
from scanner.connection import ConnectionResult, check_connection
from scanner.role import policy_document, trust_document

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws
    from sandbox.aws.faults import FaultKind

ACCOUNT = "777788889999"
EXTERNAL_ID = "seller-posture-0123456789abcdef"
SCANNER = "arn:aws:iam::999988887777:user/seller-posture"
QUICK = Limits(attempts=1, connect=2, read=5, slow_wait=0.0, slow_wait_most=0.0)

Document = dict[str, Any]


@pytest.fixture
def aws(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """An empty seller account and an environment in which we are the scanner."""
    fake_aws.seed("empty")
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    return fake_aws


def a_role(aws: FakeAws, *, trust: Document | None = None, policy: Document | None = None) -> str:
    return aws.create_scan_role(
        account=ACCOUNT,
        external_id=EXTERNAL_ID,
        policy_document=policy or policy_document(),
        trust_document=trust,
    )


def tried(role_arn: str, **changes: str) -> ConnectionResult:
    given = {"external_id": EXTERNAL_ID, "account": ACCOUNT, **changes}
    return check_connection(role_arn=role_arn, limits=QUICK, **given)


def test_the_role_of_our_template_is_connected_and_every_check_shown(aws: FakeAws) -> None:
    result = tried(a_role(aws))
    assert (result.ok, result.code, result.advice) == (True, "connected", "")
    assert [check.name for check in result.checks[:5]] == [
        "Role ARN", "Our own identity", "With the external id", "Without external id",
        "With a wrong external id",
    ]  # fmt: skip
    assert all(check.ok for check in result.checks)
    assert len(result.checks) == 11


def test_probing_calls_carry_our_name_and_could_do_nothing(aws: FakeAws) -> None:
    tried(a_role(aws))
    trials = aws.calls("sts:AssumeRole")
    assert [call.code for call in trials] == ["", *["AccessDenied"] * 6]
    assert {call.action for call in aws.calls() if not call.code} <= {
        "sts:AssumeRole", "sts:GetCallerIdentity", "iam:GetAccountSummary", "ec2:DescribeRegions",
        "cloudtrail:DescribeTrails", "sqs:ListQueues", "sns:ListSubscriptions",
        "aws-marketplace:ListEntities",
    }  # fmt: skip


def trusting(
    condition: Document | None,
    *,
    principal: object = SCANNER,
    more: tuple[Document, ...] = (),
) -> Document:
    statement: Document = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
    }
    if condition is not None:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement, *more]}


OURS: Document = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}


@pytest.mark.parametrize(
    ("trust", "code"),
    [
        (trusting(OURS), "connected"),
        (trusting(OURS, principal="arn:aws:iam::999988887777:root"), "connected"),
        (trusting({"StringEquals": {"STS:externalid": EXTERNAL_ID}}), "connected"),
        (trusting({"StringEquals": {"sts:ExternalId": ["another", EXTERNAL_ID]}}), "connected"),
        (trusting(None), "lax_role"),
        (trusting({"StringEqualsIfExists": {"sts:ExternalId": EXTERNAL_ID}}), "lax_role"),
        (trusting({"StringNotEquals": {"sts:ExternalId": "another"}}), "lax_role"),
        (trusting({"StringLike": {"sts:ExternalId": "*"}}), "lax_role"),
        (trusting({"StringLike": {"sts:ExternalId": "seller-posture-*"}}), "lax_role"),
        (trusting({"StringLike": {"sts:ExternalId": "?" * len(EXTERNAL_ID)}}), "lax_role"),
        (trusting({"StringLike": {"sts:ExternalId": f"{EXTERNAL_ID}*"}}), "lax_role"),
        (trusting({"StringLike": {"sts:ExternalId": f"{EXTERNAL_ID[:-1]}?"}}), "lax_role"),
        (trusting({"StringEqualsIgnoreCase": {"sts:ExternalId": EXTERNAL_ID}}), "lax_role"),
        (
            trusting(
                {
                    "StringNotLike": {"sts:ExternalId": "wrong-*"},
                    "Null": {"sts:ExternalId": "false"},
                }
            ),
            "lax_role",
        ),
        (trusting(OURS, more=tuple(trusting(None)["Statement"])), "lax_role"),
        (trusting({"StringEquals": {"sts:ExternalId": "another"}}), "role_refused"),
        (trusting(OURS, principal="arn:aws:iam::123456789012:root"), "role_refused"),
        (
            trusting(OURS, more=({**trusting(None)["Statement"][0], "Effect": "Deny"},)),
            "role_refused",
        ),
    ],
)
def test_a_trust_policy_is_judged_by_what_it_admits(
    aws: FakeAws, trust: Document, code: str
) -> None:
    assert tried(a_role(aws, trust=trust)).code == code


def test_a_lax_role_is_told_the_line_to_add(aws: FakeAws) -> None:
    result = tried(a_role(aws, trust=trusting(None)))
    assert not result.ok
    assert "without external id" in result.message
    assert SCANNER in result.advice
    (statement,) = trust_document(EXTERNAL_ID, SCANNER)["Statement"]
    line = json.dumps(statement["Condition"]).replace(EXTERNAL_ID, "<your ExternalId>")
    assert line in result.advice
    assert EXTERNAL_ID not in f"{result}"


def test_a_mismatch_names_every_cause_that_aws_does_not_tell_apart(aws: FakeAws) -> None:
    role = a_role(aws)
    for result in (tried(role, external_id="another-id"), tried(f"{role}Gone")):
        assert result.code == "role_refused"
        assert "exists in account 777788889999" in result.advice
        assert "sts:ExternalId" in result.advice
        assert SCANNER in result.advice


@pytest.mark.parametrize(
    ("arn", "changes", "code"),
    [
        ("SellerPostureScan", {}, "wrong_arn"),
        ("arn:aws:iam::777788889999:user/SellerPostureScan", {}, "wrong_arn"),
        ("<script>alert(1)</script>" * 400, {}, "wrong_arn"),
        ("arn:aws:iam::123412341234:role/SellerPostureScan", {}, "wrong_account"),
        ("arn:aws-cn:iam::777788889999:role/SellerPostureScan", {}, "wrong_partition"),
        (
            f"arn:aws:iam::{ACCOUNT}:role/SellerPostureScan",
            {"external_id": "a b"},
            "wrong_external_id",
        ),
    ],
)
def test_nonsense_is_refused_before_anyone_is_asked(
    aws: FakeAws, arn: str, changes: dict[str, str], code: str
) -> None:
    result = tried(arn, **changes)
    assert result.code == code
    assert result.message
    assert result.advice
    assert aws.calls() == []


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("deny", "PackedPolicyTooLarge", "session_policy_too_large"),
        ("deny", "RegionDisabledException", "region_disabled"),
        ("deny", "ExpiredToken", "own_credentials_expired"),
        ("deny", "ValidationError", "wrong_arn"),
        ("throttle", "", "throttled"),
        ("error", "", "unwell"),
        ("truncate", "", "unwell"),
        ("garbage", "", "unwell"),
        ("reset", "", "unreachable"),
    ],
)
def test_what_goes_wrong_with_assume_role_is_told_apart(
    aws: FakeAws, kind: FaultKind, error: str, code: str
) -> None:
    from sandbox.aws.faults import Fault

    role = a_role(aws)
    aws.inject(Fault(kind=kind, action="sts:AssumeRole", code=error))
    result = tried(role)
    assert result.code == code
    assert result.advice


def test_our_own_keys_that_aws_does_not_know_are_our_fault(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = a_role(aws)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSTHIS1")
    result = tried(role)
    assert result.code == "own_credentials_invalid"
    assert [check.name for check in result.checks] == ["Role ARN"]


def test_no_keys_at_all_are_our_fault(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    role = a_role(aws)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent/config")
    assert tried(role).code == "own_credentials_missing"


def test_an_endpoint_where_nobody_listens_is_unreachable(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    result = tried(a_role(aws))
    assert result.code == "unreachable"
    assert "AWS_ENDPOINT_URL" in result.advice


def test_a_doubtful_refusal_of_the_wrong_external_id_proves_nothing(aws: FakeAws) -> None:
    from sandbox.aws.faults import Fault

    role = a_role(aws)
    aws.inject(Fault(kind="throttle", action="sts:AssumeRole", after=1))
    assert tried(role).code == "throttled"


def test_a_role_that_may_read_nothing_is_not_connected(aws: FakeAws) -> None:
    nothing = {"Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
    result = tried(a_role(aws, policy=nothing))
    assert (result.ok, result.code) == (False, "nothing_readable")
    assert sum(not check.ok for check in result.checks) == 6


def test_a_missing_permission_is_shown_and_does_not_refuse_the_connection(aws: FakeAws) -> None:
    some = {"Statement": [{"Effect": "Allow", "Action": ["sqs:*", "iam:*"], "Resource": "*"}]}
    result = tried(a_role(aws, policy=some))
    assert result.ok
    assert "ec2:DescribeRegions" in result.advice
    assert "sqs:ListQueues" not in result.advice
    refused = next(check for check in result.checks if check.name == "ec2:DescribeRegions")
    assert "UnauthorizedOperation" in refused.detail
