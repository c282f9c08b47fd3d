"""SELL-01: `aws-marketplace:*` is seller, buyer, metering and entitlement in one."""

from __future__ import annotations

from collections.abc import Collection

from scanner.control import Control, Reference, Verdict, all_faults, failed, not_applicable, passed
from scanner.evidence import Fact, policy_excerpt
from scanner.facts.iam import InlinePolicy
from scanner.facts.snapshot import Snapshot
from scanner.policy import (
    BUYER_SPEND,
    FINANCE_WRITE,
    METER_AMI,
    METER_CONTAINER,
    METER_SAAS,
    PORTAL_MANAGEMENT,
    PORTAL_WRITE,
    Policy,
    Statement,
    administers,
    granted,
)
from scanner.remedy import Remedy
from scanner.scope import placement
from scanner.scope.holder import READ_BY
from scanner.scope.rewrites import without_wildcards
from scanner.scope.sell import Written, own_policies
from scanner.vocabulary import Severity, known

WHOLE = {
    "every change to listings": PORTAL_WRITE,
    "every payout, tax and identity setting": FINANCE_WRITE,
    "every page and setting of the portal": PORTAL_MANAGEMENT,
}
KINDS = {
    "changes to listings": PORTAL_WRITE,
    "payout, tax and identity settings": FINANCE_WRITE,
    "buying": BUYER_SPEND,
    "SaaS metering": METER_SAAS,
    "AMI metering": METER_AMI,
    "container metering": METER_CONTAINER,
}
TOO_MANY_KINDS = 3
REASONED = frozenset[str]().union(*WHOLE.values(), *KINDS.values())


def check(policy: Written, snapshot: Snapshot) -> Verdict:
    """Fail if one statement on `*` grants, by wildcard, a whole set or some of three kinds."""
    document = known(policy.document)
    total = {grant.statement.index for grant in administers((document,))}
    found = {one: text for one, text in _too_much(document).items() if one.index not in total}
    if not found and total:
        return not_applicable("The policy makes administrators; that is judged on its own.")
    if not found:
        return passed("No statement grants Marketplace actions by a wide wildcard.")
    note = "Wildcards, or NotAction, grant more of Marketplace than one job needs."
    title = f"Policy {policy.name}"
    excerpt = policy_excerpt(title, document, found, note=note, read_by=READ_BY)
    if not isinstance(policy, InlinePolicy) and policy.attachments == 0:
        remark = Fact("Attached to", "nobody; attached, it would fail", READ_BY)
        return passed(f"{title} is too wide and is attached to nobody.", remark, excerpt)
    values = placement.place_of(policy) | {"document": without_wildcards(document, found, REASONED)}
    faults = [failed(f"{title}, {text}.", excerpt, values=values) for text in found.values()]
    return all_faults(faults, passed(title))


def _too_much(document: Policy) -> dict[Statement, str]:
    """Say what statements grant by wildcard on everything, those left out that do so in bounds."""
    wide: dict[Statement, set[str]] = {}
    for action, grants in granted((document,), REASONED).grants.items():
        for grant in grants:
            if grant.by_wildcard and grant.statement.covers_everything():
                wide.setdefault(grant.statement, set()).add(action)
    found = {}
    for statement, names in wide.items():
        whole = [text for text, actions in WHOLE.items() if actions <= names]
        kinds = [text for text, actions in KINDS.items() if actions & names]
        if whole or len(kinds) >= TOO_MANY_KINDS:
            how = _patterns(statement) if statement.names_actions else "NotAction"
            what = _listed(whole or kinds)
            found[statement] = f"{statement.label}, grants {what} through {how}"
    return found


def _patterns(statement: Statement) -> str:
    return _listed([one for one in statement.actions if "*" in one or "?" in one])


def _listed(texts: Collection[str]) -> str:
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


REMEDY = Remedy(
    summary="Name the Marketplace actions that the holders of [[policy_name]] need.",
    minutes=45,
    console=(
        "In IAM look at Last accessed of the people and roles that hold [[policy_name]].",
        "If they look after products, attach AWSMarketplaceSellerProductsFullAccess instead. Give"
        " payouts and tax to the few people who handle them, in a group of their own.",
        *placement.STEPS,
    ),
    cli=placement.CLI,
    cloudformation=placement.CLOUDFORMATION,
    terraform=placement.TERRAFORM,
    breaks=(
        "Actions that the document does not name stop: compare with Last accessed first.",
        "A managed policy keeps five versions; delete the oldest if AWS refuses a sixth.",
    ),
    way_back="Set the earlier version of a managed policy as default. Save an inline policy before"
    " you replace it.",
)

CONTROL = Control(
    module=__name__,
    title="No wildcard grants on Marketplace actions",
    severity=Severity.HIGH,
    risk="Whoever edits listings can also change the bank account, buy, and bill your customers.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, AWS managed policies for sellers"),
        Reference(
            "Security best practices in IAM, least privilege",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        ),
    ),
    reads=("iam.policies", "iam.users", "iam.groups", "iam.roles"),
    not_applicable_because="The account has no policies of its own.",
    resources=own_policies,
    check=check,
)
