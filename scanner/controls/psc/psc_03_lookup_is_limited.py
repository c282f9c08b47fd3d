"""PSC-03: the support page shows the subscriptions of any buyer to whoever may open it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact, some_of
from scanner.facts.snapshot import Snapshot
from scanner.policy import PORTAL_CORE
from scanner.remedy import Remedy
from scanner.scope import placement
from scanner.scope.administrators import is_administrator
from scanner.scope.ammp import portal_principals
from scanner.scope.holder import READ_BY, Holder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.natures import is_workload
from scanner.vocabulary import Listed, NotSeen, Severity, Unobserved, derived, gaps, seen

LOOKUP = "aws-marketplace-management:viewSupport"
POLICY_NAME = "deny-support-lookup"
CROWD = 3
DOCUMENT = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Sid": "NoLookup", "Effect": "Deny", "Action": LOOKUP, "Resource": "*"}],
})  # fmt: skip


def people(snapshot: Snapshot) -> Listed[Holder]:
    """Who can use the portal, or may by policies that were not read; administrators left out."""
    return derived(portal_principals(snapshot), lambda one: [] if is_administrator(one) else [one])


def check(holder: Holder, snapshot: Snapshot) -> Verdict:
    """A program has no buyers to support; where everybody has the page, nobody chose who.

    A role that people assume beside a service has the page for both (R13).
    """
    who = f"{holder.kind.capitalize()} {holder.name}"
    grants = holder.grants_or_raises({LOOKUP}).of({LOOKUP})
    if not grants:
        return passed(f"{who} uses the portal and cannot look up customers.")
    pieces = holder.excerpts(grants, note="The marked statements open the support page.")
    values = placement.inline_of(holder, POLICY_NAME)
    values |= {"document": DOCUMENT, "subject": holder.name}
    everyone = _if_all_may(snapshot)
    if everyone:
        fact = Fact("May look up customers", some_of(everyone), READ_BY)
        reason = (
            f"{who} may look up any customer, as may all {len(everyone)} that use the portal:"
            " nobody chose who."
        )
        return failed(reason, fact, *pieces, values=values)
    if is_workload(holder, snapshot):
        reason = f"{who} is a workload and may look up any customer."
        return failed(reason, *pieces, values=values)
    if everyone is None:
        raise NotSeen(*_unsure(snapshot))
    return passed(f"{who} is one of some that may look up customers.", *pieces)


@once_per_snapshot
def _if_all_may(snapshot: Snapshot) -> Sequence[str] | None:
    """Everybody's names if all may, and they are three or more; None when that is not known."""
    listed = people(snapshot)
    sure = [one for one in seen(listed) if one.grants(PORTAL_CORE)]
    if any(not one.gaps and not one.grants({LOOKUP}) for one in sure):
        return []
    if _unsure(snapshot):
        return None
    return sorted(one.name for one in sure) if len(sure) >= CROWD else []


@once_per_snapshot
def _unsure(snapshot: Snapshot) -> tuple[Unobserved, ...]:
    """What hides further portal principals, or what those that are known may do."""
    listed = people(snapshot)
    unread = [gap for one in seen(listed) if not one.grants({LOOKUP}) for gap in one.gaps]
    return tuple(dict.fromkeys((*gaps(listed), *unread)))


REMEDY = Remedy(
    summary="Leave the support page to those who support customers, and take it from [[subject]].",
    minutes=15,
    console=(
        "In IAM make a group for support staff whose policy allows"
        " aws-marketplace-management:viewSupport and nothing else, and put them in.",
        "Take the action out of the policies shown above. Where others share them, deny it to"
        " [[subject]] with [[policy_name]] instead:",
        *placement.STEPS,
    ),
    cli=placement.CLI,
    cloudformation=placement.CLOUDFORMATION,
    terraform=placement.TERRAFORM,
    breaks=("Whoever supports customers as [[subject]] can no longer look them up.",),
    way_back="Delete the inline policy.",
)

CONTROL = Control(
    module=__name__,
    title="Customer support lookup is limited",
    severity=Severity.LOW,
    risk="The page shows what any buyer subscribed to, by the id of the buyer's account.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Policies and permissions for sellers"),
        Reference("AWS Marketplace Seller Guide of June 2023, Product Support Connection"),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies", "iam.report"),
    not_applicable_because="Nobody but administrators can use the portal.",
    resources=people,
    check=check,
)
