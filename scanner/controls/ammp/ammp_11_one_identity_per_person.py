"""AMMP-11: behind a shared login nobody can tell who changed a listing or a payout."""

from __future__ import annotations

import re

from scanner.control import Attestation, Control, Reference, Verdict, failed, manual, passed
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ammp import users_with_passwords
from scanner.scope.credentials import READ_BY, Credentials, credentials
from scanner.vocabulary import Listed, NotSeen, Partial, Severity, derived, gaps, known, seen

SHARED = re.compile(
    r"(admin|root|shared|team|marketplace|seller|sales|support|test|demo|office|info)[-_.0-9]*",
    re.IGNORECASE | re.ASCII,
)
MOST_NAMES = 5
STATEMENT = "Each IAM user with a password belongs to one person, and nobody else signs in with it."


def shared_names_or_the_account(snapshot: Snapshot) -> Listed[Credentials | Account]:
    """Users named after a team or job, if any may have a password; else the account to ask about.

    A name is never proof that a login is not shared, so without such names people have to say it.
    """
    everybody = credentials(snapshot)
    named = derived(everybody, lambda user: [user] if SHARED.fullmatch(user.name) else [])
    if any(user.password is not False for user in seen(named)):
        return derived(named, lambda user: [user])
    people = users_with_passwords(snapshot)
    missing = gaps(people)
    if missing:
        return Partial((), missing)
    return (snapshot.account,) if people else ()


def check(resource: Credentials | Account, snapshot: Snapshot) -> Verdict:
    """A team's name with a password looks shared, low; for everybody else a person answers."""
    if isinstance(resource, Account):
        names = sorted(user.name for user in seen(users_with_passwords(snapshot)))
        users = Fact("IAM users with a password", _some(names), READ_BY)
        return manual(f"No API shows who knows a password. To confirm: {STATEMENT}", users)
    name = resource.name
    if not known(resource.password):
        if resource.unconfirmed:
            raise NotSeen(*resource.unconfirmed)
        return passed(f"User {name} has no password: nobody can share its login.")
    used = known(resource.row).password_last_used
    last = f"enabled, last used {used:%Y-%m-%d}" if used else "enabled, never used"
    return failed(
        f"User {name} looks shared: it is named after a team or job and has a password.",
        Fact("User name", name, READ_BY),
        Fact("Password", last, READ_BY),
        severity=Severity.LOW,
        values={"user": name},
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


GONE = (
    "A template cannot take away a password that it did not set: remove the LoginProfile from the"
    " one that declares the user, and give each person a user or a permission set of their own."
)

REMEDY = Remedy(
    summary="Give each person behind user [[user]] an own identity, then take its password away.",
    minutes=60,
    console=(
        "Ask who signs in as [[user]]. If it is one person, accept this finding as a false positive"
        " or name the user after the person.",
        "In IAM Identity Center assign each person a permission set. Or in IAM create a user for"
        " each person, with MFA, in the group that has the rights of [[user]].",
        "Let each of them sign in once.",
        "Open Users, [[user]], Security credentials, Manage console access, Disable.",
    ),
    cli="""\
# When each person has signed in with an own identity:
aws iam delete-login-profile --user-name [[user]]
""",
    breaks=(
        "Whoever still signs in as [[user]] cannot do so any more.",
        "Saved links to reports are those of the person who made them: hand them over first.",
    ),
    way_back="In IAM open Users, [[user]], Security credentials, and enable console access with a"
    " new password.",
    without=(("cloudformation", GONE), ("terraform", GONE)),
)

CONTROL = Control(
    module=__name__,
    title="One identity per person",
    severity=Severity.MEDIUM,
    risk="Nobody can tell who did what, and a password that many know outlives those who leave.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Management Portal user access"),
        Reference("AWS Marketplace Seller Guide, SaaS integration checklist"),
        Reference(
            "IAM user guide, security best practices",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.policies", "iam.report"),
    not_applicable_because="No IAM user has a password.",
    resources=shared_names_or_the_account,
    check=check,
    attestation=Attestation(STATEMENT),
)
