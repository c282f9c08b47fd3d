"""AMMP-05: a phished password opens listings, payouts and buyer data."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ammp import PORTAL, users_with_passwords
from scanner.scope.credentials import READ_BY, Credentials
from scanner.vocabulary import NotSeen, Severity, known

MOST_ACTIONS = 5
LOWER = {Severity.HIGH: Severity.MEDIUM, Severity.MEDIUM: Severity.LOW}


def check(user: Credentials, snapshot: Snapshot) -> Verdict:
    """High for people of the portal, medium for others, one less if a policy insists on MFA."""
    known(user.password)
    password = Fact("Password", "enabled", READ_BY)
    if known(user.mfa):
        if user.unconfirmed:
            raise NotSeen(*user.unconfirmed)
        mfa = Fact("MFA", "on", READ_BY)
        return passed(f"User {user.name} has a password and MFA.", password, mfa)
    rights = user.holder.grants(PORTAL)
    severity = Severity.HIGH if user.holder.may_grant(PORTAL) else Severity.MEDIUM
    reason = f"User {user.name} has a password and no MFA"
    evidence = [password, Fact("MFA", "off", READ_BY)]
    if rights:
        reason += "; it can use the Management Portal"
        evidence.append(Fact("Portal actions", _some(sorted(rights.actions))))
    elif user.holder.gaps:
        reason += "; whether it can use the Management Portal could not be read"
        evidence += [Fact("Not read", gap.sentence(), gap.action) for gap in user.holder.gaps]
    if user.holder.is_mfa_gated(PORTAL):
        severity = LOWER[severity]
        evidence.append(Fact("Policy", "denies portal work to sessions without MFA"))
    serial = f"arn:{snapshot.account.partition}:iam::{snapshot.account.id}:mfa/{user.name}"
    values = {"user": user.name, "serial": serial}
    pieces = user.holder.excerpts(rights, note="These statements open the Management Portal.")
    return failed(f"{reason}.", *evidence, *pieces, severity=severity, values=values)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_ACTIONS} more" if len(names) > MOST_ACTIONS else ""
    return ", ".join(names[:MOST_ACTIONS]) + more


SEED = "The device's seed would stand in {where}, and only the person can enter the two codes."

REMEDY = Remedy(
    summary="Give user [[user]] an MFA device.",
    minutes=10,
    console=(
        "Sit with the person: the codes come from their device.",
        "In IAM open Users, [[user]], Security credentials, Assign MFA device.",
        "Choose a passkey or security key if there is one, else an authenticator app.",
        "Let them sign in once with it, then register a second device.",
    ),
    cli="""\
aws iam create-virtual-mfa-device --virtual-mfa-device-name [[user]] \\
  --outfile mfa-code.png --bootstrap-method QRCodePNG
echo 'Scan mfa-code.png with the authenticator app, then delete it.'
read -rp 'First code: ' first
read -rp 'Next code: ' second
aws iam enable-mfa-device --user-name [[user]] --serial-number [[serial]] \\
  --authentication-code1 "$first" --authentication-code2 "$second"
""",
    breaks=(
        "Scripts that sign in as [[user]] need a session with MFA as soon as a policy asks for it.",
        "A lost device locks the person out until an administrator removes it.",
    ),
    way_back="In IAM open Users, [[user]], Security credentials, and remove the device.",
    without=(
        ("cloudformation", SEED.format(where="the stack")),
        ("terraform", SEED.format(where="the state file")),
    ),
)

CONTROL = Control(
    module=__name__,
    title="Everyone who signs in to the portal with a password has MFA",
    severity=Severity.HIGH,
    risk="One phished password opens listings, payouts and buyer data.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Management Portal user access"),
        Reference("CIS AWS Foundations Benchmark 3.0, 1.10"),
        Reference(
            "AWS Foundational Security Best Practices, IAM.5",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.policies", "iam.report"),
    not_applicable_because="No IAM user has a password: people sign in through federation, whose"
    " MFA the account does not show.",
    resources=users_with_passwords,
    check=check,
)
