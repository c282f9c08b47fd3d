"""M-AMMP-2: how a first password reaches its owner is nothing that an API shows."""

from __future__ import annotations

from scanner.control import Reference
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.ammp import users_with_passwords
from scanner.vocabulary import Observed, gaps, seen


def applies(snapshot: Snapshot) -> Observed[bool]:
    """Whether anybody has a password in this account."""
    found = users_with_passwords(snapshot)
    missing = gaps(found)
    if seen(found) or not missing:
        return bool(seen(found))
    return missing[0]


CONTROL = attested(
    module=__name__,
    title="First passwords are handed over safely and changed at once",
    statement="New users get the account's sign-in address and a first password by separate, safe"
    " ways, and must change the password when they first sign in.",
    risk="A first password in a mailbox or chat opens the portal to whoever reads it later.",
    steps=(
        "When you create a user, tick that a new password must be set at the next sign-in.",
        "Give the account's sign-in address and the password by different ways, such as mail and"
        " telephone, never both in one message.",
        "Write this down where people who create users look.",
    ),
    references=(
        Reference("AWS Marketplace Seller Guide, Management Portal user access"),
        Reference(
            "IAM user guide, passwords of IAM users",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html",
        ),
    ),
    applies=applies,
    not_applicable_because="No IAM user has a password.",
    reads=("iam.users", "iam.groups", "iam.policies", "iam.report"),
)
