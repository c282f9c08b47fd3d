"""How far a statement lets somebody start change sets (controls.md SELL-03, SELL-07)."""

from __future__ import annotations

from collections.abc import Callable

from scanner.policy import Statement
from scanner.policy.context import opened
from scanner.policy.match import ARN_PARTS, covers, overlaps
from scanner.scope.stated import is_exact, named_values

START = frozenset({"aws-marketplace:StartChangeSet"})
CHANGE_TYPE = "catalog:ChangeType"
INTENT = "aws-marketplace:Intent"

SETTINGS = frozenset({"UpdateDisbursementPreferences", "UpdateInformation"})
"""Change types of payouts and of the seller's own profile."""

CHANGE_SETS = "arn:*:aws-marketplace:*:*:AWSMarketplace*/ChangeSet/*"
ANY_CHANGE_SET = "AWSMarketplace/ChangeSet/*"
SELLER = "arn:*:aws-marketplace:*:*:AWSMarketplace*/Seller/*"
ENTITY_PARTS = 3


def is_about_settings(statement: Statement) -> bool:
    """Whether it lets through changes of payouts and of the seller's profile only (SELL-03)."""
    types = named_values(statement, CHANGE_TYPE)
    if types is not None and types <= SETTINGS:
        return True
    return _all_are(statement, lambda one: covers(SELLER, opened(one)))


def is_scoped(statement: Statement) -> bool:
    """Whether it names entities, change types, or allows validation only (SELL-07)."""
    intents = named_values(statement, INTENT)
    if named_values(statement, CHANGE_TYPE) or (intents is not None and intents <= {"VALIDATE"}):
        return True
    return _all_are(statement, names_an_entity)


def names_an_entity(resource: str) -> bool:
    """Whether a resource is one product, offer or other entity of the catalog."""
    parts = resource.split(":", 5)[-1].split("/")
    return (
        resource.startswith("arn:")
        and len(parts) == ENTITY_PARTS
        and all(is_exact(part) for part in parts[1:])
    )


def is_change_set(resource: str) -> bool:
    """Whether a resource is a change set, which every call needs beside its entities."""
    return covers(CHANGE_SETS, opened(resource))


def reaches_change_sets(statement: Statement) -> bool:
    """Whether a statement reaches change sets at all.

    Only the last part of an ARN counts: Offer/* does not reach Offer/x/ChangeSet/y, which is none.
    """
    if not statement.names_resources:
        return statement.reaches(CHANGE_SETS)
    parts = (opened(one).split(":", ARN_PARTS - 1) for one in statement.resources)
    return any(len(one) < ARN_PARTS or overlaps(one[-1], ANY_CHANGE_SET) for one in parts)


def _all_are(statement: Statement, test: Callable[[str], bool]) -> bool:
    """Whether every resource passes the test or is a change set."""
    return statement.names_resources and all(
        test(one) or is_change_set(one) for one in statement.resources
    )
