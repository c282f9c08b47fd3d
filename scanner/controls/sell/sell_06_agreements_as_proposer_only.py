"""SELL-06: without a condition the same actions show and change what the account bought."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.evidence import Excerpt, Fact, policy_excerpt
from scanner.facts.snapshot import Snapshot
from scanner.policy import AGREEMENTS, Statement
from scanner.remedy import Remedy
from scanner.scope import placement
from scanner.scope.holder import READ_BY
from scanner.scope.proposing import (
    PARTY,
    agreement_grants,
    agreement_policies,
    for_proposers,
    is_attached,
    is_for_proposers,
    names_a_type,
)
from scanner.scope.sell import Written
from scanner.scope.subtraction import without
from scanner.vocabulary import Severity, known

NOTE = "StringEquals aws-marketplace:PartyType = Proposer keeps agreements to what you sold."


def check(policy: Written, snapshot: Snapshot) -> Verdict:
    """Medium without the proposer's side, low without the type of agreement."""
    document = known(policy.document)
    title = f"Policy {policy.name}"
    wanting = {
        grant.statement.index: grant.statement
        for grant in agreement_grants(document)
        if not (is_for_proposers(grant.statement) and names_a_type(grant.statement))
    }
    statements = tuple(wanting.values())
    if not statements:
        return passed(f"{title} keeps agreements to those that the account proposed.")
    excerpt = policy_excerpt(title, document, statements, note=NOTE, read_by=READ_BY)
    if not is_attached(policy):
        remark = Fact("Attached to", "nobody; attached, it would fail", READ_BY)
        return passed(
            f"{title} reaches agreements of any side and is attached to nobody.", remark, excerpt
        )
    values = placement.place_of(policy)
    values |= {"document": without(document, statements, AGREEMENTS, for_proposers)}
    return all_faults(list(_faults(title, statements, excerpt, values)), passed(title))


def _faults(
    title: str, statements: tuple[Statement, ...], excerpt: Excerpt, values: dict[str, str]
) -> Iterator[Verdict]:
    for one in statements:
        what = f"{title}, {one.label},"
        if not is_for_proposers(one):
            said = ", ".join(
                f"{on.operator} {', '.join(on.values)}" for on in one.conditions_on(PARTY)
            )
            why = (
                f"its condition on the party is {said}" if said else "no condition names the party"
            )
            yield failed(f"{what} reaches agreements of any side: {why}.", excerpt, values=values)
        else:
            reason = f"{what} does not name the type of agreement."
            yield failed(reason, excerpt, severity=Severity.LOW, values=values)


REMEDY = Remedy(
    summary="Keep the agreement rights of [[policy_name]] to agreements that you proposed.",
    minutes=15,
    console=(
        "If the policy is for people who make offers, AWSMarketplaceSellerOfferManagement has these"
        " conditions already and can take its place.",
        *placement.STEPS,
    ),
    cli=placement.CLI,
    cloudformation=placement.CLOUDFORMATION,
    terraform=placement.TERRAFORM,
    breaks=(
        "Agreements in which the account is the buyer are no longer shown to the holders.",
        "A managed policy keeps five versions; delete the oldest if AWS refuses a sixth.",
    ),
    way_back="Set the earlier version of a managed policy as default. Save an inline policy before"
    " you replace it.",
)

CONTROL = Control(
    module=__name__,
    title="Agreement permissions are limited to the proposer side",
    severity=Severity.MEDIUM,
    risk="People who handle your offers also read and cancel what your company has bought.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Policies and permissions for sellers, example 2"),
        Reference(
            "Actions, resources, and condition keys for AWS Marketplace",
            "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsmarketplace.html",
        ),
    ),
    reads=("iam.policies", "iam.users", "iam.groups", "iam.roles"),
    not_applicable_because="No policy of the account grants agreement actions.",
    resources=agreement_policies,
    check=check,
)
