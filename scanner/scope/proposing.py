"""Agreement rights, and whether a statement keeps them to the proposer's side (SELL-06)."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.facts.iam import ManagedPolicy
from scanner.facts.snapshot import Snapshot
from scanner.policy import AGREEMENTS, Grant, Policy, Statement, administers, granted
from scanner.scope.memory import once_per_snapshot
from scanner.scope.sell import Written, own_policies
from scanner.scope.stated import is_exact, named_values
from scanner.scope.subtraction import Stated, on_condition
from scanner.vocabulary import Listed, Unobserved, derived

PARTY = "aws-marketplace:PartyType"
TYPE = "aws-marketplace:AgreementType"
PROPOSER = "Proposer"
GUIDE: Mapping[str, Mapping[str, object]] = {
    "StringEquals": {PARTY: PROPOSER},
    "ForAllValues:StringEquals": {TYPE: ["PurchaseAgreement"]},
}
"""The conditions of the guide and of AWS's seller policies."""


@once_per_snapshot
def agreement_policies(snapshot: Snapshot) -> Listed[Written]:
    """The account's own policies with agreement rights, or that were not read."""

    def chosen(policy: Written) -> list[Written]:
        unread = isinstance(policy.document, Unobserved)
        return [policy] if unread or agreement_grants(policy.document) else []

    return derived(own_policies(snapshot), chosen)


def agreement_grants(policy: object) -> tuple[Grant, ...]:
    """Grants of agreement rights, those to administrators left out; nothing of what was not read.

    Only a statement on everything grants them, as the actions know no resources.
    """
    if not isinstance(policy, Policy):
        return ()
    found = granted((policy,), AGREEMENTS)
    if not found:
        return ()
    total = {grant.statement.index for grant in administers((policy,))}
    return tuple(
        grant
        for grant in found.of(found.actions)
        if grant.statement.covers_everything() and grant.statement.index not in total
    )


def is_attached(policy: Written) -> bool:
    """Whether anybody holds the policy; inline ones always have an owner."""
    return not isinstance(policy, ManagedPolicy) or policy.attachments > 0


def is_for_proposers(statement: Statement) -> bool:
    """Whether it surely applies to agreements that the account proposed, and to no others."""
    return named_values(statement, PARTY) == frozenset({PROPOSER})


def names_a_type(statement: Statement) -> bool:
    """Whether it names the types of agreements; here ForAllValues counts, as AWS itself uses it."""
    return any(
        one.base in ("StringEquals", "StringLike", "StringEqualsIgnoreCase")
        and not one.if_exists
        and bool(one.values)
        and all(is_exact(value) for value in one.values)
        for one in statement.conditions_on(TYPE)
    )


def for_proposers(_statement: Statement, stated: Stated) -> Stated:
    """The statement with the conditions of the guide."""
    return on_condition(stated, GUIDE)
