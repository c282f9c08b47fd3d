"""SELL-02: full seller access covers payouts and tax beside every listing."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.control import Control, Reference, Verdict, all_faults, failed, not_applicable, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import FINANCE_WRITE
from scanner.remedy import Remedy
from scanner.scope import taking
from scanner.scope.administrators import is_administrator
from scanner.scope.ammp import portal_principals
from scanner.scope.holder import READ_BY, Holder
from scanner.scope.natures import seen_workload
from scanner.scope.sell import (
    FULL_ACCESS,
    PRODUCTS,
    called,
    exemption,
    full_access_holders,
    has_full_access,
    ways,
)
from scanner.vocabulary import NotSeen, Severity, Unobserved, gaps, seen

REFUSAL = "no-seller-finance"


def check(holder: Holder, snapshot: Snapshot) -> Verdict:
    """A workload that holds it is high; a stranger to the list, or one of too many, is medium.

    A role that people assume beside a service is a workload too (R13).
    """
    who = called(holder)
    if is_administrator(holder):
        return not_applicable(exemption(holder, snapshot.profile))
    if not has_full_access(holder):
        if holder.gaps:
            raise NotSeen(*holder.gaps)
        return passed(f"{who} does not hold full seller access.")
    workload = seen_workload(holder, snapshot)
    reasons = [f"{who} holds full seller access{why}." for why in _faults(holder, snapshot)]
    if workload is True:
        reasons.insert(0, f"{who} is a workload and holds full seller access.")
    unknown = gaps(workload)
    missing = (*unknown, *gaps(full_access_holders(snapshot)))
    if not reasons and missing:
        raise NotSeen(*missing)
    if not reasons:
        return passed(f"{who} is one of few with full seller access.", *_facts(holder))
    grants = holder.grants(FINANCE_WRITE).of(FINANCE_WRITE)
    wrong = {FULL_ACCESS: PRODUCTS}
    values = taking.taken_away(holder, grants, FINANCE_WRITE, refusal=REFUSAL, wrong=wrong)
    note = "These statements reach payouts, tax and identity settings too."
    pieces = (*_facts(holder), *_unseen(unknown), *holder.excerpts(grants, note=note))
    severity = Severity.MEDIUM if workload is False else Severity.HIGH
    faults = [failed(one, *pieces, severity=severity, values=values) for one in reasons]
    return all_faults(faults, passed(who))


def _faults(holder: Holder, snapshot: Snapshot) -> Iterator[str]:
    approved, most = snapshot.profile.approved_admins, snapshot.profile.max_seller_admins
    if approved and holder.arn not in approved:
        yield " and is not among the approved administrators"
    number = len(seen(full_access_holders(snapshot)))
    if number > most:
        yield f", as do {number} in all; {most} may"


def _facts(holder: Holder) -> Iterator[Fact]:
    how = ways(holder, FULL_ACCESS)
    if how:
        yield Fact("AWSMarketplaceSellerFullAccess", how, READ_BY)
    if holder.kind == "role":
        yield Fact("Counted as", "one, however many may assume the role", READ_BY)


def _unseen(unknown: tuple[Unobserved, ...]) -> tuple[Fact, ...]:
    return tuple(Fact("May be a workload", gap.sentence()) for gap in unknown)


REMEDY = Remedy(
    summary="Leave products and offers to most, and payouts and tax to few.",
    minutes=30,
    console=(
        "Say who has to change payouts, tax and identity settings, and name them in the profile of"
        " the account as approved administrators.",
        *taking.STEPS,
        "Whoever only makes offers needs AWSMarketplaceSellerOfferManagement, whoever only reads"
        " AWSMarketplaceSellerProductsReadOnly.",
    ),
    cli=taking.CLI,
    cloudformation=taking.CLOUDFORMATION,
    terraform=taking.TERRAFORM,
    breaks=(
        "The settings, bank, tax and verification pages of the portal are closed to them.",
        "What is taken from a group, or written in a policy that others hold, changes all of them.",
    ),
    way_back="Attach AWSMarketplaceSellerFullAccess again, set the earlier version of the policy as"
    " default, or delete the inline policy no-seller-finance.",
)

CONTROL = Control(
    module=__name__,
    title="Full seller access is limited to few, approved principals",
    severity=Severity.HIGH,
    risk="One stolen sign-in changes listings, the bank account and the tax identity at once.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Policies and permissions for sellers"),
        Reference(
            "AWSMarketplaceSellerFullAccess",
            "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSMarketplaceSellerFullAccess.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies", "iam.report"),
    not_applicable_because="Nobody in the account can use the Management Portal.",
    resources=portal_principals,
    check=check,
)
