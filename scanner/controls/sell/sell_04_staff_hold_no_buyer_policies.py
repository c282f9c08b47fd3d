"""SELL-04: buyer policies can spend money, start instances and pass roles."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.control import Control, Reference, Verdict, all_faults, failed, not_applicable, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import BUYER_SPEND, PORTAL_CORE
from scanner.remedy import Remedy
from scanner.scope import taking
from scanner.scope.ammp import portal_principals
from scanner.scope.holder import READ_BY, Held, Holder
from scanner.scope.sell import (
    BUYERS,
    IMAGE_BUILD,
    NARROW_BUYERS,
    by_own_policies,
    called,
    exemption,
    not_by,
    ways,
)
from scanner.vocabulary import NotSeen, Severity

NOTE = "These statements let the principal buy, or end what was bought."
REFUSAL = "no-buying"


def check(holder: Holder, snapshot: Snapshot) -> Verdict:
    """Buyer policies of AWS and buying by own policies are medium; a withdrawn policy is low."""
    who = called(holder)
    exempt = exemption(holder, snapshot.profile)
    if exempt:
        return not_applicable(exempt)
    portal = holder.grants(PORTAL_CORE)
    is_staff = bool(not_by(holder, portal.of(portal.actions), NARROW_BUYERS))
    faults = list(_faults(holder)) if is_staff else []
    if not faults and holder.gaps:
        raise NotSeen(*holder.gaps)
    if not is_staff:
        return not_applicable(f"{who} reaches the portal by buyer policies alone, as buyers do.")
    return all_faults(faults, _passed(holder))


def _faults(holder: Holder) -> Iterator[Verdict]:
    who = called(holder)
    held = {one.key: one for one in holder.held}
    theirs = [one for arn, one in held.items() if arn in BUYERS or arn == IMAGE_BUILD]
    spending = by_own_policies(holder, holder.grants(BUYER_SPEND).of(BUYER_SPEND))
    for one in theirs:
        is_old = one.key == IMAGE_BUILD
        what = "which AWS has withdrawn" if is_old else "a buyer policy"
        yield failed(
            f"{who} uses the Management Portal and holds {one.name}, {what}.",
            Fact(one.name, ways(holder, one.key), READ_BY),
            severity=Severity.LOW if is_old else None,
            values=_detached(holder, one, theirs),
        )
    if spending:
        names = sorted({grant.action.partition(":")[2] for grant in spending})
        yield failed(
            f"{who} uses the Management Portal and can buy: {', '.join(names)}.",
            *holder.excerpts(spending, note=NOTE),
            values=taking.taken_away(holder, spending, BUYER_SPEND, refusal=REFUSAL),
        )


def _detached(holder: Holder, one: Held, theirs: list[Held]) -> dict[str, str]:
    """Values for the first policy; others, and other ways of the same, are named."""
    ways_in = [held for held in holder.held if held.key in {other.key for other in theirs}]
    first = next(held for held in ways_in if held.key == one.key)
    more = ", ".join(held.title for held in ways_in if held is not first)
    return taking.detached(holder, first) | {"more": more}


def _passed(holder: Holder) -> Verdict:
    """Policies of AWS that are made for neither may let somebody buy; they are told."""
    others = holder.grants(BUYER_SPEND).of(BUYER_SPEND)
    names = dict.fromkeys(held.name for held in taking.sources(holder, others))
    remarks = [Fact("Can buy by policies of AWS", ", ".join(names), READ_BY)] if names else []
    return passed(f"{called(holder)} holds no buyer policy.", *remarks)


REMEDY = Remedy(
    summary="Take buyer policies from those who look after listings.",
    minutes=20,
    console=(
        "If somebody has to test subscriptions, let them do it with an identity of its own.",
        *taking.STEPS,
    ),
    cli=taking.CLI,
    cloudformation=taking.CLOUDFORMATION,
    terraform=taking.TERRAFORM,
    breaks=(
        "Test subscriptions from the seller account need another identity.",
        "What is taken from a group, or written in a policy that others hold, changes all of them.",
    ),
    way_back="Attach the policy again, set its earlier version as default, or delete the inline"
    " policy no-buying.",
)

CONTROL = Control(
    module=__name__,
    title="Seller staff do not hold buyer policies",
    severity=Severity.MEDIUM,
    risk="Whoever takes over a seller's sign-in spends your money and starts instances too.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, AWS managed policies for sellers"),
        Reference(
            "AWSMarketplaceFullAccess",
            "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSMarketplaceFullAccess.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies"),
    not_applicable_because="Nobody in the account can use the Management Portal.",
    resources=portal_principals,
    check=check,
)
