"""AssumeRole opens a role only to whom its trust policy names, with the ExternalId, within its limits."""

from typing import Any

import pytest

from sandbox.aws.client import FakeAws
from sandbox.aws.principals import SCANNER_ACCOUNT, SCANNER_ARN
from sandbox.aws.roles import trust_with_external_id
from tests.sandbox.aws.clients import (
    ACCOUNT,
    EXTERNAL_ID,
    Keys,
    admin_keys,
    allow,
    assume,
    client,
    error_of,
    role_keys,
    scanner_keys,
    text,
)

READ = allow("iam:GetAccountSummary")


def trust(
    principal: object, condition: dict[str, Any] | None = None, effect: str = "Allow"
) -> dict[str, Any]:
    """A trust policy of one statement."""
    statement = {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Statement": [statement | ({"Condition": condition} if condition else {})]}


def with_id(operator: str, value: object = EXTERNAL_ID) -> dict[str, Any]:
    """A condition on the ExternalId."""
    return {operator: {"sts:ExternalId": value}}


ME = {"AWS": SCANNER_ARN}
BOTH = {
    "Statement": [
        *trust(ME)["Statement"],
        *trust("*", with_id("StringNotEquals"), "Deny")["Statement"],
    ]
}
CASES: list[tuple[str, dict[str, Any], str | None, bool]] = [
    ("right id", trust(ME, with_id("StringEquals")), EXTERNAL_ID, True),
    ("wrong id", trust(ME, with_id("StringEquals")), "another-id", False),
    ("no id", trust(ME, with_id("StringEquals")), None, False),
    ("id in other case", trust(ME, with_id("StringEquals")), EXTERNAL_ID.upper(), False),
    ("one id of a list", trust(ME, with_id("StringEquals", ["x", EXTERNAL_ID])), EXTERNAL_ID, True),
    ("any id", trust(ME, with_id("StringLike", "*")), "whatever", True),
    ("any id, none sent", trust(ME, with_id("StringLike", "*")), None, False),
    ("if exists, none sent", trust(ME, with_id("StringEqualsIfExists")), None, True),
    ("if exists, wrong", trust(ME, with_id("StringEqualsIfExists")), "another-id", False),
    ("no condition, an id sent", trust(ME), "another-id", True),
    ("no condition, none sent", trust(ME), None, True),
    ("whole account", trust({"AWS": f"arn:aws:iam::{SCANNER_ACCOUNT}:root"}), None, True),
    ("account number", trust({"AWS": [SCANNER_ACCOUNT]}), None, True),
    ("everyone", trust("*"), None, True),
    ("everyone as AWS", trust({"AWS": "*"}), None, True),
    ("another account", trust({"AWS": "111111111111"}), None, False),
    ("another user", trust({"AWS": f"{SCANNER_ARN}-two"}), None, False),
    ("a service", trust({"Service": "ec2.amazonaws.com"}), None, False),
    ("denied without the id", BOTH, None, False),
    ("not denied with it", BOTH, EXTERNAL_ID, True),
    ("a condition that cannot be decided", trust(ME, {"NumericLessThan": {"aws:Age": "5"}}), None, False),
    ("another action", {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:TagSession"}}, None, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "sent", "opens"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_role_opens_only_as_its_trust_policy_says(
    fake_aws: FakeAws, document: dict[str, Any], sent: str | None, opens: bool
) -> None:
    arn = fake_aws.create_scan_role(
        account=ACCOUNT, external_id=None, policy_document=READ, trust_document=document
    )
    sts = client(fake_aws, "sts", scanner_keys(fake_aws))
    code, status, message = error_of(
        sts.assume_role,
        RoleArn=arn,
        RoleSessionName="scan",
        **({"ExternalId": sent} if sent else {}),
    )
    if opens:
        assert code == ""
    else:
        refusal = (
            f"User: {SCANNER_ARN} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        )
        assert (code, status, message) == ("AccessDenied", 403, refusal)


def test_a_role_that_does_not_exist_is_refused_like_one_that_does_not_trust_us(
    fake_aws: FakeAws,
) -> None:
    sts = client(fake_aws, "sts", scanner_keys(fake_aws))
    missing = f"arn:aws:iam::{ACCOUNT}:role/Missing"
    assert error_of(sts.assume_role, RoleArn=missing, RoleSessionName="scan")[:2] == (
        "AccessDenied",
        403,
    )


@pytest.mark.parametrize(
    ("change", "code", "part"),
    [
        ({"RoleArn": "arn:aws:iam::12:role/TooShort-12345"}, "ValidationError", "is invalid"),
        ({"DurationSeconds": 899}, "ValidationError", "greater than or equal to 900"),
        ({"DurationSeconds": 43201}, "ValidationError", "less than or equal to 43200"),
        ({"DurationSeconds": 3601}, "ValidationError", "exceeds the MaxSessionDuration"),
        ({"RoleSessionName": None}, "ValidationError", "Value null at 'roleSessionName'"),
        ({"RoleSessionName": "two words"}, "ValidationError", "roleSessionName"),
        ({"ExternalId": "semi;colon"}, "ValidationError", "externalId"),
        ({"Policy": "{"}, "MalformedPolicyDocument", "invalid Json"),
        ({"Policy": text(allow("iam:Get" + "x" * 2048))}, "ValidationError", "2048"),
        (
            {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/NoSuchPolicy"}]},
            "MalformedPolicyDocument",
            "NoSuchPolicy",
        ),
    ],
)
def test_a_bad_request_is_refused_with_its_reason(
    fake_aws: FakeAws, change: dict[str, Any], code: str, part: str
) -> None:
    arn = fake_aws.create_scan_role(account=ACCOUNT, external_id=EXTERNAL_ID, policy_document=READ)
    sts = client(fake_aws, "sts", scanner_keys(fake_aws), checks=False)
    params = {"RoleArn": arn, "RoleSessionName": "scan", "ExternalId": EXTERNAL_ID} | change
    params = {name: value for name, value in params.items() if value is not None}
    seen, status, message = error_of(sts.assume_role, **params)
    assert (seen, status) == (code, 400)
    assert part in message


def test_a_role_may_allow_longer_sessions(fake_aws: FakeAws) -> None:
    arn = fake_aws.create_scan_role(
        account=ACCOUNT, external_id=EXTERNAL_ID, policy_document=READ, max_session=7200
    )
    assert assume(fake_aws, arn, ExternalId=EXTERNAL_ID, DurationSeconds=7200).token


def test_a_role_is_replaced_with_its_policies(fake_aws: FakeAws) -> None:
    fake_aws.create_scan_role(
        account=ACCOUNT, external_id="first-id", policy_document=allow("iam:*")
    )
    keys = role_keys(fake_aws, READ)
    assert error_of(client(fake_aws, "iam", keys).list_users)[0] == "AccessDenied"
    assert len(fake_aws.iam(ACCOUNT).roles) == 1


def test_the_session_acts_in_the_account_of_the_role(fake_aws: FakeAws) -> None:
    who = client(fake_aws, "sts", role_keys(fake_aws, READ)).get_caller_identity()
    assert who["Account"] == ACCOUNT
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/SellerPostureScan/tests"


def test_a_session_policy_narrows_and_never_widens(fake_aws: FakeAws) -> None:
    both = allow("iam:GetAccountSummary", "iam:ListUsers")
    narrowed = client(
        fake_aws,
        "iam",
        role_keys(fake_aws, both, Policy=text(allow("iam:GetAccountSummary", "iam:ListRoles"))),
    )
    assert error_of(narrowed.get_account_summary)[0] == ""
    code, _, message = error_of(narrowed.list_users)
    assert (code, message.split(" because ")[1]) == (
        "AccessDenied", "no session policy allows the iam:ListUsers action",
    )  # fmt: skip
    assert error_of(narrowed.list_roles)[2].endswith(
        "no identity-based policy allows the iam:ListRoles action"
    )


def test_a_session_of_a_deleted_role_may_do_nothing(fake_aws: FakeAws) -> None:
    iam = client(fake_aws, "iam", role_keys(fake_aws, READ))
    assert error_of(iam.get_account_summary)[0] == ""
    fake_aws.iam(ACCOUNT).roles.clear()
    assert error_of(iam.get_account_summary)[0] == "AccessDenied"


def test_a_chained_session_is_at_most_an_hour_long(fake_aws: FakeAws) -> None:
    first = role_keys(fake_aws, allow("sts:AssumeRole"))
    second = fake_aws.create_scan_role(
        account=ACCOUNT, external_id=None, policy_document=READ, role_name="Second", max_session=7200,
        trust_document=trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/SellerPostureScan"}),
    )  # fmt: skip
    assert assume(fake_aws, second, first).token
    sts = client(fake_aws, "sts", first)
    assert (
        "role chaining"
        in error_of(sts.assume_role, RoleArn=second, RoleSessionName="scan", DurationSeconds=3601)[
            2
        ]
    )


def test_a_session_whose_role_may_not_assume_is_refused_although_trusted(fake_aws: FakeAws) -> None:
    first = role_keys(fake_aws, READ)
    second = fake_aws.create_scan_role(
        account=ACCOUNT,
        external_id=None,
        policy_document=READ,
        role_name="Second",
        trust_document=trust("*"),
    )
    sts = client(fake_aws, "sts", first)
    assert error_of(sts.assume_role, RoleArn=second, RoleSessionName="scan")[0] == "AccessDenied"


# The codes with which each protocol refuses a token that has expired and a key that nobody holds.
PROTOCOLS = [
    ("iam", "get_account_summary", {}, ("ExpiredToken", 403), ("InvalidClientTokenId", 403)),
    ("ec2", "describe_regions", {}, ("RequestExpired", 400), ("AuthFailure", 401)),
    ("cloudtrail", "describe_trails", {}, ("ExpiredTokenException", 400), ("UnrecognizedClientException", 400)),
    ("sqs", "list_queues", {}, ("ExpiredToken", 403), ("InvalidClientTokenId", 403)),
    ("marketplace-catalog", "list_entities", {"Catalog": "AWSMarketplace", "EntityType": "AmiProduct"},
     ("ExpiredTokenException", 403), ("UnrecognizedClientException", 403)),
    ("s3", "list_buckets", {}, ("ExpiredToken", 400), ("InvalidAccessKeyId", 403)),
]  # fmt: skip


@pytest.mark.parametrize(("service", "call", "params", "expired", "_unknown"), PROTOCOLS)
def test_a_session_ends_when_it_is_told_to(
    fake_aws: FakeAws,
    service: str,
    call: str,
    params: dict[str, Any],
    expired: tuple[str, int],
    _unknown: object,
) -> None:
    asked = getattr(client(fake_aws, service, role_keys(fake_aws, allow("*"))), call)
    assert error_of(asked, **params)[0] == ""
    fake_aws.shorten_sessions(0)
    assert error_of(asked, **params)[:2] == expired
    assert error_of(client(fake_aws, "sts", scanner_keys(fake_aws)).get_caller_identity)[0] == ""


@pytest.mark.parametrize(("service", "call", "params", "_expired", "unknown"), PROTOCOLS)
def test_a_key_that_nobody_holds_is_refused(
    fake_aws: FakeAws,
    service: str,
    call: str,
    params: dict[str, Any],
    _expired: object,
    unknown: tuple[str, int],
) -> None:
    asked = getattr(client(fake_aws, service, Keys("AKIANOBODYNOBODY2345", "secret")), call)
    assert error_of(asked, **params)[:2] == unknown


def test_a_session_without_its_token_is_refused(fake_aws: FakeAws) -> None:
    keys = role_keys(fake_aws, READ)
    without = client(fake_aws, "iam", Keys(keys.access, keys.secret))
    assert error_of(without.get_account_summary)[0] == "InvalidClientTokenId"


def test_the_scanner_itself_may_only_ask_who_it_is_and_assume_roles(fake_aws: FakeAws) -> None:
    mine = scanner_keys(fake_aws)
    assert client(fake_aws, "sts", mine).get_caller_identity()["Arn"] == SCANNER_ARN
    assert error_of(client(fake_aws, "iam", mine).list_users)[:2] == ("AccessDenied", 403)
    assert error_of(client(fake_aws, "sqs", mine).list_queues)[0] == "AccessDenied"


def test_the_administrator_of_an_account_may_do_everything_in_it(fake_aws: FakeAws) -> None:
    keys = admin_keys(fake_aws)
    client(fake_aws, "iam", keys).create_user(UserName="new")
    assert client(fake_aws, "sts", keys).get_caller_identity()["Account"] == ACCOUNT
    assert list(fake_aws.iam(ACCOUNT).users) == ["new"]


def test_a_trust_policy_for_another_principal_keeps_the_scanner_out(fake_aws: FakeAws) -> None:
    arn = fake_aws.create_scan_role(
        account=ACCOUNT,
        external_id=EXTERNAL_ID,
        policy_document=READ,
        principal_arn="arn:aws:iam::111111111111:user/x",
    )
    sts = client(fake_aws, "sts", scanner_keys(fake_aws))
    assert (
        error_of(sts.assume_role, RoleArn=arn, RoleSessionName="scan", ExternalId=EXTERNAL_ID)[0]
        == "AccessDenied"
    )
    assert trust_with_external_id(SCANNER_ARN, None) == {
        "Version": "2012-10-17", "Statement": trust(ME)["Statement"],
    }  # fmt: skip
