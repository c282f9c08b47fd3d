"""What IAM says of the account itself: counters, password policy, MFA devices, hidden keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scanner.aws import Answer, Aws
from scanner.collect.reading import MALFORMED, bad_answer, facts_from, moment, unique
from scanner.facts.iam import (
    ROOT_ROW,
    AccessKey,
    AccountSummary,
    CredentialReport,
    PasswordPolicy,
    User,
    VirtualDevice,
)
from scanner.vocabulary import Listed, Observed, Unobserved, gaps, seen

SUMMARY = "iam:GetAccountSummary"
PASSWORDS = "iam:GetAccountPasswordPolicy"
DEVICES = "iam:ListVirtualMFADevices"
KEYS = "iam:ListAccessKeys"
ACTIONS = (SUMMARY, PASSWORDS, DEVICES, KEYS)

PAGE = 1_000
ABSENT = "NoSuchEntity"
"""No policy of the account's own; or a user that is gone since the report was made."""


def summary(aws: Aws) -> Observed[AccountSummary]:
    """The live counters of the account."""
    answer = aws.call("iam", "GetAccountSummary", region=aws.home, must=("SummaryMap",))
    if isinstance(answer, Unobserved):
        return answer
    try:
        said = answer["SummaryMap"]
        password = said.get("AccountPasswordPresent")
        return AccountSummary(
            mfa_enabled=int(said["AccountMFAEnabled"]),
            access_keys_present=int(said["AccountAccessKeysPresent"]),
            signing_certificates_present=int(said["AccountSigningCertificatesPresent"]),
            password_present=None if password is None else int(password),
        )
    except MALFORMED as fault:
        return bad_answer(SUMMARY, "", fault)


def password_policy(aws: Aws) -> Observed[PasswordPolicy | None]:
    """The account's own password policy; None when IAM's default applies."""
    answer = aws.find(
        "iam",
        "GetAccountPasswordPolicy",
        region=aws.home,
        absent=(ABSENT,),
        must=("PasswordPolicy",),
    )
    if answer is None or isinstance(answer, Unobserved):
        return answer
    try:
        said = answer["PasswordPolicy"]
        remembered = said.get("PasswordReusePrevention")
        return PasswordPolicy(
            minimum_length=int(said["MinimumPasswordLength"]),
            remembered=None if remembered is None else int(remembered),
        )
    except MALFORMED as fault:
        return bad_answer(PASSWORDS, "", fault)


def virtual_devices(aws: Aws) -> Listed[VirtualDevice]:
    """Virtual MFA devices that somebody uses, the root user among them."""
    listed = aws.pages(
        "iam",
        "ListVirtualMFADevices",
        "VirtualMFADevices",
        region=aws.home,
        AssignmentStatus="Assigned",
        MaxItems=PAGE,
    )

    def device(said: Answer) -> VirtualDevice:
        return VirtualDevice(serial=str(said["SerialNumber"]), user=str(said["User"]["Arn"]))

    return unique(facts_from(listed, device, action=DEVICES), lambda one: one.serial)


def hidden_keys(
    aws: Aws, report: Observed[CredentialReport], users: Listed[User]
) -> Mapping[str, Listed[AccessKey]]:
    """All keys, by user name, of users of whom the credential report shows some keys only."""
    if isinstance(report, Unobserved):
        return {}
    found = {name: _keys(aws, name) for name in _with_hidden_keys(report, users)}
    return {name: keys for name, keys in found.items() if not _is_gone(keys)}


def _with_hidden_keys(report: CredentialReport, users: Listed[User]) -> Iterator[str]:
    """Names of users with more credentials than a row has room for; nobody else can list root's."""
    known = {user.name for user in seen(users)}
    for row in report.rows:
        hides = row.additional_credentials.strip() not in {"", "N/A", "not_supported"}
        if hides and row.user != ROOT_ROW and (row.user in known or gaps(users)):
            yield row.user


def _keys(aws: Aws, user: str) -> Listed[AccessKey]:
    listed = aws.pages(
        "iam", "ListAccessKeys", "AccessKeyMetadata", region=aws.home, UserName=user, MaxItems=PAGE
    )

    def key(said: Answer) -> AccessKey:
        return AccessKey(
            id=str(said["AccessKeyId"]),
            active=_active(said["Status"]),
            created=moment(said.get("CreateDate")),
        )

    return facts_from(listed, key, action=KEYS)


def _active(status: str) -> bool:
    return {"Active": True, "Inactive": False, "Expired": False}[status]


def _is_gone(keys: Listed[AccessKey]) -> bool:
    return isinstance(keys, Unobserved) and keys.error == ABSENT
