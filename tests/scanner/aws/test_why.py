"""Every way in which an account cannot be reached has a code and advice that names a remedy."""

import pytest

from scanner.aws.trouble import Kind, Trouble
from scanner.aws.why import why_not_assumed, why_not_ours, why_unreachable

ARN = "arn:aws:iam::111122223333:role/SellerPostureScan"


@pytest.mark.parametrize(
    ("trouble", "code", "advice"),
    [
        (Trouble("AccessDenied", Kind.DENIED), "role_refused", "sts:ExternalId"),
        (
            Trouble(
                "AccessDenied", Kind.DENIED, "with an explicit deny in a service control policy"
            ),
            "denied_by_organization",
            "administrators",
        ),
        (Trouble("ValidationError", Kind.OTHER), "wrong_arn", "Copy both again"),
        (Trouble("PackedPolicyTooLarge", Kind.OTHER), "session_policy_too_large", "fewer topics"),
        (Trouble("RegionDisabledException", Kind.OTHER), "region_disabled", "Activate the region"),
        (Trouble("ExpiredToken", Kind.EXPIRED), "own_credentials_expired", "Renew them"),
        (Trouble("InvalidClientTokenId", Kind.OTHER), "own_credentials_invalid", "ACCESS_KEY"),
        (Trouble("SignatureDoesNotMatch", Kind.OTHER), "own_credentials_invalid", "clock"),
        (Trouble("NoCredentialsError", Kind.OTHER), "own_credentials_missing", "AWS_ACCESS_KEY_ID"),
        (Trouble("Throttling", Kind.THROTTLED), "throttled", "try again"),
        (Trouble("Unreachable", Kind.OTHER), "unreachable", "AWS_ENDPOINT_URL"),
        (Trouble("ConnectTimeout", Kind.OTHER), "unreachable", "proxy"),
        (Trouble("UntrustedCertificate", Kind.OTHER), "unreachable", "AWS_CA_BUNDLE"),
        (Trouble("503", Kind.UNWELL), "unwell", "Try again"),
        (Trouble("NeverSeen", Kind.OTHER), "refused", "access"),
    ],
)
def test_a_failed_assume_role_is_explained(trouble: Trouble, code: str, advice: str) -> None:
    reason = why_not_assumed(trouble, ARN)
    assert reason.code == code
    assert advice in reason.advice
    assert "{" not in reason.message


def test_a_refused_role_is_named_with_its_account() -> None:
    reason = why_not_assumed(Trouble("AccessDenied", Kind.DENIED), ARN)
    assert ARN in reason.message
    assert "account 111122223333" in reason.advice


def test_a_refused_first_call_names_the_code_of_aws() -> None:
    assert "Odd" in why_unreachable(Trouble("Odd", Kind.OTHER)).message


def test_a_missing_profile_is_told_from_missing_keys() -> None:
    assert "profile" in why_not_ours("ProfileNotFound").message
    assert "NoCredentialsError" in why_not_ours("NoCredentialsError").advice
