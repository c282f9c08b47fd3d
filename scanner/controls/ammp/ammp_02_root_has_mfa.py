"""AMMP-02: the root user owns payouts, tax data and every listing."""

from __future__ import annotations

from scanner.control import (
    Control,
    Reference,
    Verdict,
    failed,
    not_applicable,
    passed,
    the_account,
)
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.iam import AccountSummary, ReportRow
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.vocabulary import NotSeen, Severity, Unobserved, known

SUMMARY = "iam:GetAccountSummary"
REPORT = "iam:GetCredentialReport"
NO_ROW = Unobserved(REPORT, "NoRootRow", detail="the report does not list the root user")


def check(account: Account, snapshot: Snapshot) -> Verdict:
    """MFA passes; a root user without any credentials needs none; everything else fails."""
    values = {"account": account.id}
    summary = snapshot.iam.summary
    if isinstance(summary, Unobserved) and (told := _told_by_report(snapshot)):
        return failed("The root user can sign in without MFA.", *told, values=values)
    counters = known(summary)
    mfa = Fact("MFA of the root user", "on" if counters.mfa_enabled else "off", SUMMARY)
    if counters.mfa_enabled:
        return passed("The root user has MFA.", mfa)
    if counters.access_keys_present:
        keys = Fact("Access keys of the root user", str(counters.access_keys_present), SUMMARY)
        return failed("The root user has an access key and no MFA.", mfa, keys, values=values)
    password = _password(counters, snapshot)
    if password.value == "none":
        return not_applicable("The root user has no password and no access keys.", mfa, password)
    return failed("The root user has a password and no MFA.", mfa, password, values=values)


def _password(counters: AccountSummary, snapshot: Snapshot) -> Fact:
    """AWS may leave the counter out, which is not zero; "not supported" in the report is a yes."""
    label = "Password of the root user"
    if counters.password_present is not None:
        return Fact(label, "set" if counters.password_present else "none", SUMMARY)
    row = known(snapshot.iam.report).root
    if row is None:
        raise NotSeen(NO_ROW)
    return Fact(label, "none" if row.password_enabled is False else "set", REPORT)


def _told_by_report(snapshot: Snapshot) -> tuple[Fact, ...]:
    """What proves a fail without the summary: credentials, and MFA that is surely off."""
    report = snapshot.iam.report
    row = None if isinstance(report, Unobserved) else report.root
    if row is None or row.mfa_active is not False or not _has_credentials(row):
        return ()
    return (Fact("MFA of the root user", "off in the credential report", REPORT),)


def _has_credentials(row: ReportRow) -> bool:
    return row.password_enabled is not False or any(key.active for key in row.keys)


NO_RESOURCE = "AWS has no resource for the root user's MFA devices."

REMEDY = Remedy(
    summary="Register two MFA devices for the root user of account [[account]].",
    minutes=15,
    console=(
        "Sign in to account [[account]] as the root user.",
        "Open the account menu, Security credentials, Multi-factor authentication (MFA).",
        "Choose Assign MFA device and register a passkey or security key.",
        "Register a second device and keep it in another place; eight are allowed.",
        "Or, in an organization: IAM, Root access management, and delete the root user's"
        " credentials; a member account needs none.",
    ),
    breaks=("A lost only device means account recovery with AWS, which takes days.",),
    way_back="Security credentials, Multi-factor authentication, Remove.",
    without=(
        ("cli", "Only the root user can register its device, and it should have no keys to do so."),
        ("cloudformation", NO_RESOURCE),
        ("terraform", NO_RESOURCE),
    ),
)

CONTROL = Control(
    module=__name__,
    title="Root user has MFA",
    severity=Severity.CRITICAL,
    risk="One phished or reused password hands over payouts, tax data and every listing.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, SaaS integration checklist"),
        Reference("CIS AWS Foundations Benchmark 3.0, 1.5"),
        Reference(
            "AWS Foundational Security Best Practices, IAM.9",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html",
        ),
    ),
    reads=("iam.summary", "iam.report"),
    needs=("iam.summary",),
    not_applicable_because="The account has no root user.",
    resources=the_account,
    check=check,
)
