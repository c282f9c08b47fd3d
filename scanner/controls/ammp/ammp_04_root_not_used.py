"""AMMP-04: what the root user does cannot be attributed to a person or limited by a policy."""

from __future__ import annotations

from datetime import timedelta

from scanner.control import Control, Reference, Verdict, failed, passed, the_account
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.root_user import REPORT, calls_by_root, root_row, uses_of_root
from scanner.vocabulary import Severity, Unobserved, seen

LOOKUP = "cloudtrail:LookupEvents"
MOST_CALLS = 5


def check(account: Account, snapshot: Snapshot) -> Verdict:
    """The report decides, with calls as evidence; without a report calls may prove a fail."""
    values = {"account": account.id}
    days = snapshot.profile.root_use_window_days
    since = snapshot.now - timedelta(days=days)
    listed = calls_by_root(snapshot, since)
    calls = [
        Fact("Call by the root user", f"{one.name}, {one.time:%Y-%m-%d %H:%M} UTC", LOOKUP)
        for one in seen(listed)
    ]
    shown = [*calls[:MOST_CALLS], *_more(len(calls) - MOST_CALLS)]
    if isinstance(snapshot.iam.report, Unobserved) and calls:
        return failed(f"The root user worked within {days} days.", *shown, values=values)
    uses = uses_of_root(root_row(snapshot))
    facts = [
        Fact(f"Last use of the {what}", f"{when:%Y-%m-%d}" if when else "none", REPORT)
        for what, when in uses
    ]
    recent = [(what, when) for what, when in uses if when is not None and when >= since]
    if not recent:
        return passed(f"The root user was not used within {days} days.", *facts)
    what, last = max(recent, key=lambda use: use[1])
    reason = f"The root user's {what} was used {(snapshot.now - last).days} days ago."
    return failed(reason, *facts, *shown, values=values)


def _more(number: int) -> list[Fact]:
    return [Fact("More calls by the root user", str(number), LOOKUP)] if number > 0 else []


PEOPLE = "It is a habit of people. The alarm of CT-08 tells when the root user is used again."

REMEDY = Remedy(
    summary="Work in account [[account]] with roles and put the root user away.",
    minutes=45,
    console=(
        "Find out who used the root user and for what; the evidence names days and calls.",
        "In IAM, or IAM Identity Center, give that person a role that can do it.",
        "Lock the root user's password and security keys away, with a note who may open them.",
        "Let CloudTrail raise an alarm at each use (CT-08).",
        "If only the root user could do the task, accept this finding until the window of days is"
        " over and write down the task.",
    ),
    breaks=("A few tasks need the root user, such as closing the account: keep it reachable.",),
    way_back="The root user can sign in again at any time.",
    without=(("cli", PEOPLE), ("cloudformation", PEOPLE), ("terraform", PEOPLE)),
)

CONTROL = Control(
    module=__name__,
    title="Root user is not used for portal work",
    severity=Severity.HIGH,
    risk="Nobody can tell who changed a listing or payout, and no policy could have stopped it.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, account considerations and on-boarding guide"),
        Reference("CIS AWS Foundations Benchmark 3.0, 1.7"),
        Reference(
            "IAM user guide, tasks that require root user credentials",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html",
        ),
    ),
    reads=("iam.report", "cloudtrail.events"),
    not_applicable_because="The account has no root user.",
    resources=the_account,
    check=check,
)
