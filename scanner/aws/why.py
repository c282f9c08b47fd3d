"""Why an account cannot be reached: one code, one sentence and one piece of advice per cause."""

from __future__ import annotations

from scanner.aws.trouble import EXPIRED, UNKNOWN_KEYS, CannotReach, Kind, Trouble

NO_CREDENTIALS = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"}
)

Cause = tuple[str, str, str]
"""Code, message in which {} is AWS's own code, advice."""

CAUSES: tuple[tuple[frozenset[str], Cause], ...] = (
    (
        EXPIRED,
        (
            "own_credentials_expired",
            "The scanner's own AWS credentials have expired.",
            "Renew them (aws sso login, or new keys) and check that this machine's clock is right.",
        ),
    ),
    (
        UNKNOWN_KEYS,
        (
            "own_credentials_invalid",
            "AWS does not know the scanner's own credentials ({}).",
            "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that this machine's clock "
            "is right.",
        ),
    ),
    (
        frozenset({"RegionDisabled", "RegionDisabledException"}),
        (
            "region_disabled",
            "STS is switched off in this region for the account.",
            "Activate the region in IAM > Account settings > Security Token Service.",
        ),
    ),
    (
        frozenset({"UntrustedCertificate"}),
        (
            "unreachable",
            "The certificate of the AWS endpoint is not trusted.",
            "Set AWS_CA_BUNDLE to the certificates of your proxy.",
        ),
    ),
    (
        frozenset(
            {
                "ConnectTimeout",
                "ConnectionBroken",
                "ConnectionClosed",
                "ProxyUnreachable",
                "ReadTimeout",
                "Unreachable",
            }
        ),
        (
            "unreachable",
            "No answer from AWS ({}).",
            "Check the network, the proxy settings and AWS_ENDPOINT_URL.",
        ),
    ),
)
KINDS: dict[Kind, Cause] = {
    Kind.THROTTLED: (
        "throttled",
        "AWS kept throttling us ({}).",
        "Nothing to change; try again in some minutes.",
    ),
    Kind.UNWELL: (
        "unwell",
        "AWS answered with an error of its own ({}).",
        "Try again in some minutes, and check AWS_ENDPOINT_URL if you set it.",
    ),
}
REFUSED: Cause = ("refused", "AWS refused us ({}).", "Check the scanner's own access.")


def why_not_ours(code: str) -> CannotReach:
    """Explain why botocore found no credentials of ours; `code` is its exception's name."""
    if code == "ProfileNotFound":
        return CannotReach(
            "own_credentials_missing",
            "The AWS profile does not exist.",
            "Check the name in ~/.aws/config, or set AWS_PROFILE.",
        )
    return CannotReach(
        "own_credentials_missing",
        "The scanner has no AWS credentials of its own.",
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile, or run where AWS "
        f"provides a role ({code}).",
    )


ASSUMING: tuple[tuple[frozenset[str], Cause], ...] = (
    (
        frozenset({"ValidationError"}),
        (
            "wrong_arn",
            "AWS does not accept this role ARN or external id.",
            "Copy both again; a role ARN looks like "
            "arn:aws:iam::111122223333:role/SellerPostureScan.",
        ),
    ),
    (
        frozenset({"PackedPolicyTooLarge", "PackedPolicyTooLargeException"}),
        (
            "session_policy_too_large",
            "AWS refused the session policy as too large once packed.",
            "Remove session tags from the scanner's own role, or scan fewer topics at once.",
        ),
    ),
    *CAUSES,
)


def why_not_assumed(trouble: Trouble, role_arn: str) -> CannotReach:
    """Explain a failed AssumeRole to the seller who owns the role."""
    for codes, (code, message, advice) in ASSUMING:
        if trouble.code in codes:
            return CannotReach(code, message.format(trouble.code), advice)
    if trouble.kind is not Kind.DENIED:
        return why_unreachable(trouble)
    if "service control policy" in trouble.detail:
        return CannotReach(
            "denied_by_organization",
            f"A service control policy of the organization forbids to assume {role_arn}.",
            "Ask the administrators of your AWS organization to exempt this role from it.",
        )
    return CannotReach(
        "role_refused",
        f"AWS did not let us assume {role_arn}.",
        "AWS gives the same answer for three causes, so check all three: a role of exactly "
        f"this name exists in account {role_arn.split(':')[4]}; its trust policy names our "
        "principal; and the sts:ExternalId in the trust policy is the external id of this "
        "connection. A role that was made a moment ago may need a minute.",
    )


def why_unreachable(trouble: Trouble) -> CannotReach:
    """Explain a failed first call that is not about the seller's role."""
    if trouble.code in NO_CREDENTIALS:
        return why_not_ours(trouble.code)
    for codes, (code, message, advice) in CAUSES:
        if trouble.code in codes:
            return CannotReach(code, message.format(trouble.code), advice)
    code, message, advice = KINDS.get(trouble.kind, REFUSED)
    return CannotReach(code, message.format(trouble.code), advice)
