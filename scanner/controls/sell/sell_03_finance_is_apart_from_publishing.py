"""SELL-03: one sign-in must not both redirect payouts and hide it in a listing change."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.control import Control, Reference, Verdict, all_faults, failed, not_applicable, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import FINANCE_WRITE, Grant
from scanner.remedy import Remedy
from scanner.scope import taking
from scanner.scope.holder import READ_BY, Holder
from scanner.scope.publishing import START, is_about_settings
from scanner.scope.sell import FULL_ACCESS, PRODUCTS, called, exemption, sellers
from scanner.vocabulary import NotSeen, Severity

NOTE = "Payouts, tax or identity settings, or change sets of any kind."
NO_FINANCE = "no-seller-finance"
NO_PUBLISHING = "no-publishing"


def check(holder: Holder, snapshot: Snapshot) -> Verdict:
    """Fail on both in one hand, and on finance in a hand that the profile does not name."""
    exempt = exemption(holder, snapshot.profile)
    if exempt:
        return not_applicable(exempt)
    finance = holder.grants(FINANCE_WRITE).of(FINANCE_WRITE)
    changes = tuple(
        one for one in holder.grants(START).of(START) if not is_about_settings(one.statement)
    )
    reasons = tuple(_faults(holder, snapshot, finance, changes))
    if not reasons and holder.gaps:
        raise NotSeen(*holder.gaps)
    if not reasons:
        return _passed(holder, finance, changes)
    pieces = holder.excerpts((*finance, *changes), note=NOTE)
    values = _values(holder, snapshot, finance, changes)
    return all_faults([failed(one, *pieces, values=values) for one in reasons], passed(""))


def _faults(
    holder: Holder,
    snapshot: Snapshot,
    finance: tuple[Grant, ...],
    changes: tuple[Grant, ...],
) -> Iterator[str]:
    if not finance:
        return
    names = sorted({grant.action for grant in finance})
    what = ", ".join(names[:MOST_NAMES]) + (" and more" if len(names) > MOST_NAMES else "")
    if changes:
        yield f"{called(holder)} can start change sets of any kind, and has {what}."
    named = snapshot.profile.finance_principals
    if named and holder.arn not in named:
        yield f"{called(holder)} has {what} and is not among the finance principals."


MOST_NAMES = 3


def _passed(holder: Holder, finance: tuple[Grant, ...], changes: tuple[Grant, ...]) -> Verdict:
    if finance:
        return passed(f"{called(holder)} has finance rights and does not publish.")
    if not changes:
        return passed(f"{called(holder)} neither publishes nor has finance rights.")
    remark = "StartChangeSet of any kind also changes disbursement preferences and the profile"
    return passed(
        f"{called(holder)} publishes and has no right of finance by name.",
        Fact("Change sets", remark, READ_BY),
    )


def _values(
    holder: Holder,
    snapshot: Snapshot,
    finance: tuple[Grant, ...],
    changes: tuple[Grant, ...],
) -> dict[str, str]:
    """Who is named for finance keeps it and stops publishing; all others keep publishing."""
    if holder.arn in snapshot.profile.finance_principals:
        return taking.taken_away(holder, changes, START, refusal=NO_PUBLISHING)
    wrong = {FULL_ACCESS: PRODUCTS}
    return taking.taken_away(holder, finance, FINANCE_WRITE, refusal=NO_FINANCE, wrong=wrong)


REMEDY = Remedy(
    summary="Let one group publish and another change payouts, tax and identity settings.",
    minutes=45,
    console=(
        "Say who handles payouts and tax, and name them in the profile of the account as finance"
        " principals. Put them into a group of their own with a managed policy that has only the"
        " finance actions of the evidence.",
        *taking.STEPS,
    ),
    cli=taking.CLI,
    cloudformation=taking.CLOUDFORMATION,
    terraform=taking.TERRAFORM,
    breaks=(
        "It takes two people to change the registration: one who publishes and one for finance.",
        "What is taken from a group, or written in a policy that others hold, changes all of them.",
    ),
    way_back="Attach the policy again, set its earlier version as default, or delete the inline"
    " policy whose name starts with no-.",
)

CONTROL = Control(
    module=__name__,
    title="Finance and identity settings are separated from product publishing",
    severity=Severity.HIGH,
    risk="One stolen sign-in redirects your payouts and hides that behind a listing change.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Policies and permissions for sellers"),
        Reference("Separation of duties, NIST SP 800-53 AC-5"),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies"),
    not_applicable_because="Nobody in the account publishes or changes payouts and tax.",
    resources=sellers,
    check=check,
)
