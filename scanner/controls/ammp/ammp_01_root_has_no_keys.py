"""AMMP-01: a leaked key of the root user bypasses every policy."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.control import Control, Reference, Verdict, failed, passed, the_account
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.iam import AccountSummary, CredentialReport, ReportRow
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.vocabulary import Severity, Unobserved, known

SUMMARY = "iam:GetAccountSummary"
REPORT = "iam:GetCredentialReport"


def check(account: Account, snapshot: Snapshot) -> Verdict:
    """The live summary decides; the report, up to four hours old, may only prove a fail without it."""
    values = {"account": account.id}
    report = snapshot.iam.report
    told = [] if isinstance(report, Unobserved) else list(_reported(report))
    summary = snapshot.iam.summary
    if isinstance(summary, Unobserved) and told:
        return failed("The root user has access keys or certificates.", *told, values=values)
    counted = _counted(known(summary))
    facts = [Fact(f"Root user's {what}", str(number), SUMMARY) for what, number in counted.items()]
    held = [what for what, number in counted.items() if number]
    if held:
        return failed(f"The root user has {' and '.join(held)}.", *facts, *told, values=values)
    lag = [Fact("Report lags", "it still shows what the summary no longer counts", REPORT)]
    return passed("The root user has no access keys.", *facts, *(told + lag if told else []))


def _counted(summary: AccountSummary) -> dict[str, int]:
    return {
        "access keys": summary.access_keys_present,
        "signing certificates": summary.signing_certificates_present,
    }


def _reported(report: CredentialReport) -> Iterator[Fact]:
    row = report.root
    if row is None:
        return
    made = f"in the report of {report.generated:%Y-%m-%d %H:%M} UTC"
    for number, key in enumerate(row.keys, 1):
        if key.active:
            used = f"last used {key.last_used:%Y-%m-%d}" if key.last_used else "never used"
            place = f" for {key.last_used_service}" if key.last_used_service else ""
            yield Fact(f"Access key {number}", f"active {made}, {used}{place}", REPORT)
    for number, active in enumerate(_certificates(row), 1):
        if active:
            yield Fact(f"Signing certificate {number}", f"active {made}", REPORT)


def _certificates(row: ReportRow) -> tuple[bool, bool]:
    return row.cert_1_active, row.cert_2_active


NO_RESOURCE = (
    "AWS has no resource for the root user's keys. A service control policy that denies everything"
    " where aws:PrincipalArn is arn:aws:iam::*:root keeps a key from being used."
)

REMEDY = Remedy(
    summary="Delete the access keys and signing certificates of the root user of [[account]].",
    minutes=20,
    console=(
        "Sign in to account [[account]] as the root user.",
        "Open the account menu, Security credentials, Access keys. Note what used each key last.",
        "Move that work to a role, then choose Actions, Deactivate and wait a day.",
        "Choose Actions, Delete. Delete X.509 signing certificates on the same page.",
    ),
    cli="""\
# In the organization's management account, with central root access switched on:
session=$(aws sts assume-root --region us-east-1 --target-principal [[account]] \\
  --task-policy-arn arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials \\
  --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text)
read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<<"$session"
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
for key in $(aws iam list-access-keys --query 'AccessKeyMetadata[].AccessKeyId' --output text); do
  aws iam delete-access-key --access-key-id "$key"
done
for certificate in $(aws iam list-signing-certificates --query 'Certificates[].CertificateId' --output text); do
  aws iam delete-signing-certificate --certificate-id "$certificate"
done
""",
    breaks=(
        "Whatever still signs with the key stops. The credential report names its last use.",
        "The service control policy does not bind the root user of the management account.",
    ),
    way_back="A deleted key cannot be restored; a deactivated one can be activated again.",
    without=(("cloudformation", NO_RESOURCE), ("terraform", NO_RESOURCE)),
)

CONTROL = Control(
    module=__name__,
    title="Root user has no access keys",
    severity=Severity.CRITICAL,
    risk="Whoever finds the key owns listings, payouts and buyer data, and no policy can stop them.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, SaaS integration checklist"),
        Reference("CIS AWS Foundations Benchmark 3.0, 1.4"),
        Reference(
            "AWS Foundational Security Best Practices, IAM.4",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html",
        ),
    ),
    reads=("iam.summary", "iam.report"),
    needs=("iam.summary",),
    not_applicable_because="The account has no root user.",
    resources=the_account,
    check=check,
)
