"""AMMP-09: a password that can be guessed opens the portal to whoever guesses it."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.control import (
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    not_applicable,
    passed,
    the_account,
)
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.iam import PasswordPolicy
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.vocabulary import NotSeen, Severity, Unobserved, known

READ = "iam:GetAccountPasswordPolicy"
REPORT = "iam:GetCredentialReport"
LENGTH = 14
REMEMBERED = 24


def check(_account: Account, snapshot: Snapshot) -> Verdict:
    """Length and memory are judged; IAM's own default, which applies without a policy, is weak."""
    people = _users_with_passwords(snapshot)
    if not people:
        return not_applicable("No IAM user has a password.")
    whom = Fact("IAM users with a password", str(len(people)), REPORT)
    policy = known(snapshot.iam.password_policy)
    values = {
        "length": str(max(LENGTH, policy.minimum_length if policy else 0)),
        "remembered": str(max(REMEMBERED, (policy.remembered or 0) if policy else 0)),
    }
    faults = [failed(reason, fact, whom, values=values) for reason, fact in _faults(policy)]
    return all_faults(faults, passed("Passwords are long and old ones do not come back.", whom))


def _users_with_passwords(snapshot: Snapshot) -> list[str]:
    """Names by the report, as it is the account that is judged; raises NotSeen if nobody knows."""
    report = known(snapshot.iam.report)
    rows = [row for row in report.rows if row is not report.root]
    people = [row.user for row in rows if row.password_enabled]
    blank = [row.user for row in rows if row.password_enabled is None]
    if not people and blank:
        raise NotSeen(Unobserved(REPORT, "NoValue", detail=f"password_enabled of {blank[0]}"))
    return people


def _faults(policy: PasswordPolicy | None) -> Iterator[tuple[str, Fact]]:
    if policy is None:
        default = Fact("Password policy", "none of the account's own", READ)
        yield (
            "The account has no password policy of its own: IAM's default asks for little.",
            default,
        )
        return
    if policy.minimum_length < LENGTH:
        length = Fact("MinimumPasswordLength", str(policy.minimum_length), READ)
        yield f"A password may have {policy.minimum_length} characters, less than {LENGTH}.", length
    if policy.remembered is None:
        memory = Fact("PasswordReusePrevention", "off", READ)
        yield "The last password may be used again at once.", memory
    elif policy.remembered < REMEMBERED:
        memory = Fact("PasswordReusePrevention", str(policy.remembered), READ)
        yield (
            f"A password may come back after {policy.remembered} others, not {REMEMBERED}.",
            memory,
        )


REMEDY = Remedy(
    summary="Ask for passwords of [[length]] characters that have not been used before.",
    minutes=5,
    console=(
        "In IAM open Account settings, Password policy, Edit, Custom.",
        "Set the minimum length to [[length]] and tick all four kinds of characters.",
        "Tick Prevent password reuse and remember [[remembered]] passwords. Let users change their"
        " own password. Expiry is not asked for.",
    ),
    cli="""\
# Whatever is not named here goes back to IAM's default. This keeps what was set:
aws iam get-account-password-policy --output json > password-policy-before.json || echo 'There was none.'
aws iam update-account-password-policy --minimum-password-length [[length]] \\
  --password-reuse-prevention [[remembered]] --require-symbols --require-numbers \\
  --require-uppercase-characters --require-lowercase-characters --allow-users-to-change-password
""",
    terraform="""\
resource "aws_iam_account_password_policy" "strong" {
  minimum_password_length        = [[length]]
  password_reuse_prevention      = [[remembered]]
  require_symbols                = true
  require_numbers                = true
  require_uppercase_characters   = true
  require_lowercase_characters   = true
  allow_users_to_change_password = true
}
""",
    breaks=(
        "It applies when a password is changed: ask for a change where passwords are old.",
        "The command sets every option of the policy anew; add --max-password-age and --hard-expiry"
        " if you had them.",
    ),
    way_back="Run the command with the values of password-policy-before.json, or delete the policy.",
    without=(("cloudformation", "CloudFormation has no type for the account's password policy."),),
)

CONTROL = Control(
    module=__name__,
    title="Password policy is strong",
    severity=Severity.MEDIUM,
    risk="Short and reused passwords are guessed, or found in a list that another site lost.",
    remedy=REMEDY,
    references=(
        Reference("CIS AWS Foundations Benchmark 3.0, 1.8 and 1.9"),
        Reference(
            "AWS Foundational Security Best Practices, IAM.7",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html",
        ),
    ),
    reads=("iam.password_policy", "iam.report"),
    not_applicable_because="No IAM user has a password.",
    resources=the_account,
    check=check,
)
