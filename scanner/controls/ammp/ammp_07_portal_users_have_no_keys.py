"""AMMP-07: portal work needs no access keys, and keys leak through laptops and code."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.iam import AccessKey, ReportRow
from scanner.facts.snapshot import Snapshot
from scanner.policy import PORTAL_CORE
from scanner.remedy import Remedy
from scanner.scope.ammp import portal_users_with_passwords
from scanner.scope.credentials import READ_BY, Credentials
from scanner.scope.staleness import EVERY_ACTIVE_KEY, key_fact
from scanner.vocabulary import Listed, NotSeen, Severity, Unobserved, gaps, known, seen

LIST = "iam:ListAccessKeys"
WITH_THE_USER = timedelta(minutes=5)


def check(user: Credentials, snapshot: Snapshot) -> Verdict:
    """Any active key fails; inactive ones are remarks; keys the report hides are looked up."""
    known(user.password)
    row = known(user.row)
    hidden = _hidden(user, snapshot)
    active = [_fact(number, row) for number, _ in user.active_keys()]
    active += [Fact("Access key", f"{one.id}, active", LIST) for one in seen(hidden) if one.active]
    if not active:
        missing = (*gaps(hidden), *user.unconfirmed)
        if missing:
            raise NotSeen(*missing)
        return passed(f"User {user.name} has no active access key.", *_inactive(row, hidden))
    rights = user.holder.grants_or_raises(PORTAL_CORE)
    pieces = user.holder.excerpts(rights, note="These statements open the Management Portal.")
    number = "an active access key" if len(active) == 1 else "active access keys"
    return failed(
        f"User {user.name} signs in to the portal with a password and has {number}.",
        *active,
        *pieces,
        values={"user": user.name, "keys": EVERY_ACTIVE_KEY},
    )


def _hidden(user: Credentials, snapshot: Snapshot) -> Listed[AccessKey]:
    """All keys of a user of whom the report hides some; nothing when it hides none."""
    untold = user.hidden_keys()
    if not untold:
        return ()
    nobody_looked = Unobserved(LIST, untold[0].error, detail=untold[0].detail)
    return snapshot.iam.access_keys.get(user.name, nobody_looked)


def _fact(number: int, row: ReportRow) -> Fact:
    key = row.keys[number - 1]
    fact = key_fact(number, key)
    made_together = (
        row.created is not None
        and key.last_rotated is not None
        and key.last_rotated - row.created < WITH_THE_USER
    )
    return replace(fact, value=f"{fact.value}, created with the user") if made_together else fact


def _inactive(row: ReportRow, hidden: Listed[AccessKey]) -> list[Fact]:
    """Keys that were switched off and are still there to be switched on."""
    facts = [
        Fact(f"Access key {number}", f"inactive, made {key.last_rotated:%Y-%m-%d}", READ_BY)
        for number, key in enumerate(row.keys, 1)
        if key.last_rotated is not None
    ]
    return facts + [Fact("Access key", f"{one.id}, inactive", LIST) for one in seen(hidden)]


GONE = (
    "A template cannot take away a key that it did not make: remove the access key from the one"
    " that declares it."
)

REMEDY = Remedy(
    summary="Take the access keys from user [[user]].",
    minutes=20,
    console=(
        "Ask [[user]] what the keys are for, and move that work to a role.",
        "In IAM open Users, [[user]], Security credentials, Access keys, and choose Deactivate.",
        "Delete the keys when nothing has broken for a week.",
    ),
    cli="""\
for key in $(aws iam list-access-keys --user-name [[user]] --query [[keys]] --output text); do
  aws iam update-access-key --user-name [[user]] --access-key-id "$key" --status Inactive
done
""",
    breaks=("Scripts and tools of [[user]] that sign with the keys stop.",),
    way_back="aws iam update-access-key with --status Active, as long as the key is not deleted.",
    without=(("cloudformation", GONE), ("terraform", GONE)),
)

CONTROL = Control(
    module=__name__,
    title="Portal users have no access keys",
    severity=Severity.MEDIUM,
    risk="A key in a laptop's file or a repository opens the portal without password and MFA.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Management Portal user access"),
        Reference("CIS AWS Foundations Benchmark 3.0, 1.11"),
        Reference(
            "IAM user guide, security best practices",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.policies", "iam.report", "iam.access_keys"),
    not_applicable_because="No IAM user has a password and can use the Management Portal.",
    resources=portal_users_with_passwords,
    check=check,
)
