"""The named sets of actions."""

from __future__ import annotations

import pytest

from scanner.policy import actions


def sets() -> list[tuple[str, frozenset[str]]]:
    return [(name, value) for name, value in vars(actions).items() if isinstance(value, frozenset)]


def test_every_action_is_spelled_as_service_and_name() -> None:
    assert len(sets()) > 10
    for _, names in sets():
        for name in names - {actions.PORTAL_PATTERN}:
            service, colon, verb = name.partition(":")
            assert colon
            assert service.replace("-", "").isalnum()
            assert verb.isalnum()


def test_writing_publishing_and_paying_are_apart() -> None:
    apart = (actions.PORTAL_WRITE, actions.FINANCE_WRITE, actions.BUYER_SPEND, actions.METER)
    assert len(frozenset().union(*apart)) == sum(len(one) for one in apart)


def test_the_portal_is_known_by_every_action_of_its_service() -> None:
    finance = {one for one in actions.FINANCE_WRITE if one.startswith("aws-marketplace-man")}
    assert finance < actions.PORTAL_MANAGEMENT < actions.PORTAL_CORE
    assert actions.LEGACY < actions.PORTAL_MANAGEMENT
    assert actions.PORTAL_PATTERN in actions.PORTAL_CORE


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("aws-marketplace:BatchMeterUsage", False),
        ("AWS-Marketplace:getentitlements", False),
        ("aws-marketplace:StartChangeSet", True),
        ("aws-marketplace-management:viewReports", False),
        ("aws-marketplace-management:SomethingNew", False),
        ("marketplacecommerceanalytics:GenerateDataSet", False),
        ("marketplacecommerceanalytics:StartSupportDataExport", False),
        ("iam:PassRole", True),
        ("new:Thing", True),
    ],
)
def test_actions_without_resources_are_known(action: str, expected: bool) -> None:
    assert actions.has_resource_types(action) == expected
