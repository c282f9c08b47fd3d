"""AMMP-03: the seed of a virtual MFA device can be copied, a security key cannot."""

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
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.root_user import SUMMARY, credentials_of_root
from scanner.vocabulary import Severity, complete, known, seen

DEVICES = "iam:ListVirtualMFADevices"


def check(account: Account, snapshot: Snapshot) -> Verdict:
    """One virtual device is enough to fail: a hardware key beside it does not help."""
    values = {"account": account.id}
    listed = snapshot.iam.virtual_devices
    virtual = [one.serial for one in seen(listed) if one.user == account.key]
    if virtual:
        facts = [Fact("Virtual MFA device of the root user", one, DEVICES) for one in virtual]
        return failed("The root user has a virtual MFA device.", *facts, values=values)
    summary = known(snapshot.iam.summary)
    mfa = Fact("MFA of the root user", "on" if summary.mfa_enabled else "off", SUMMARY)
    if summary.mfa_enabled:
        complete(listed)
        none = Fact("Virtual MFA devices of the root user", "none", DEVICES)
        return passed("The root user's MFA is a hardware or FIDO device.", mfa, none)
    credentials = credentials_of_root(summary, snapshot)
    if not credentials:
        return not_applicable("The root user has no password and no access keys.", mfa)
    return failed("The root user has no MFA device at all.", mfa, *credentials, values=values)


NO_RESOURCE = "AWS has no resource for the root user's MFA devices."

REMEDY = Remedy(
    summary="Give the root user of account [[account]] security keys in place of virtual MFA.",
    minutes=20,
    console=(
        "Sign in to account [[account]] as the root user.",
        "Open the account menu, Security credentials, Multi-factor authentication (MFA).",
        "Choose Assign MFA device and register a security key, then a second one for the safe.",
        "Sign in once with each of them.",
        "Select the virtual device and choose Remove.",
    ),
    breaks=(
        "Whoever used the authenticator app needs one of the keys from now on: plan for travel.",
        "Without any key left, account recovery with AWS takes days.",
    ),
    way_back="Security credentials, Multi-factor authentication, and assign a virtual device again.",
    without=(
        ("cli", "Only the root user can change its devices, and it should have no keys to do so."),
        ("cloudformation", NO_RESOURCE),
        ("terraform", NO_RESOURCE),
    ),
)

CONTROL = Control(
    module=__name__,
    title="Root MFA is a hardware or FIDO device",
    severity=Severity.MEDIUM,
    risk="Whoever sees the seed of a virtual device once can make the root user's codes for ever.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, SaaS integration checklist"),
        Reference("CIS AWS Foundations Benchmark 3.0, 1.6"),
        Reference(
            "AWS Foundational Security Best Practices, IAM.6",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html",
        ),
    ),
    reads=("iam.summary", "iam.report", "iam.virtual_devices"),
    not_applicable_because="The account has no root user.",
    resources=the_account,
    check=check,
)
