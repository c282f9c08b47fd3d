"""MTR-05 on identities with the metering rights of one and of several product types."""

from __future__ import annotations

import json

import pytest

from scanner.controls.mtr.mtr_05_one_product_type_each import CONTROL
from scanner.facts.catalog import Product
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import Listed, Severity, Status
from tests.builders import (
    AUTHORIZATION_DETAILS,
    a_group,
    a_role,
    a_snapshot,
    a_user,
    denied,
)
from tests.builders_resources import a_product
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny

LOW = Severity.LOW
GAP = denied(AUTHORIZATION_DETAILS)
CATALOG = denied("aws-marketplace:ListEntities", "us-east-1")
BATCH, METER, REGISTER = (
    f"aws-marketplace:{name}" for name in ("BatchMeterUsage", "MeterUsage", "RegisterUsage")
)
CONTAINERS = (a_product(type="ContainerProduct"),)


def account(*statements: Document, products: Listed[Product] = ()) -> Snapshot:
    return a_snapshot(
        roles=(a_role("meter", inline={"p": a_policy(*statements)}),), products=products
    )


def holding(
    sentence: str, expected: Expected, *statements: Document, products: Listed[Product] = ()
) -> Case:
    return Case(sentence, account(*statements, products=products), {"meter": expected})


CASES = (
    holding(
        "SaaS alone passes",
        passes("Role meter has the metering rights of one product type: SaaS."),
        allow(BATCH, "aws-marketplace:ResolveCustomer", "aws-marketplace:GetEntitlements"),
    ),
    holding("Images alone pass", passes("AMI."), allow(METER)),
    holding("Containers alone pass", passes("container."), allow(REGISTER)),
    holding(
        "SaaS and images are low",
        fails(
            LOW,
            "Role meter has the metering rights of SaaS and AMI products: BatchMeterUsage,"
            " MeterUsage.",
            shows="Inline policy p",
        ),
        allow(BATCH),
        allow(METER),
    ),
    holding(
        "To read entitlements is SaaS",
        fails(LOW, "SaaS and container"),
        allow("aws-marketplace:GetEntitlements", REGISTER),
    ),
    holding("A wildcard is all", fails(LOW, "SaaS, AMI and container"), allow("aws-marketplace:*")),
    holding("Images and containers are two", fails(LOW, "AMI and container"), allow(METER, REGISTER)),
    holding(
        "They are one where containers are sold",
        passes("container."),
        allow(METER, REGISTER),
        products=CONTAINERS,
    ),
    holding(
        "All three are never one",
        fails(LOW, "SaaS, AMI"),
        allow(BATCH, METER, REGISTER),
        products=CONTAINERS,
    ),
    holding(
        "Without the catalog nobody knows",
        not_assessed(CATALOG.action),
        allow(METER, REGISTER),
        products=CATALOG,
    ),
    holding("SaaS and images are two anyway", fails(LOW, "SaaS and AMI"), allow(BATCH, METER), products=CATALOG),
    holding("A Deny takes one away", passes(), allow(BATCH, METER), deny(METER)),
    Case(
        "Administrators are judged on their own",
        account(allow("*")),
        not_applicable("Nobody but administrators"),
    ),
    Case(
        "Groups count",
        a_snapshot(
            users=(a_user("bot", groups=["robots"], inline={"q": allow(BATCH)}),),
            groups=(a_group("robots", inline={"p": allow(METER)}),),
        ),
        {"bot": fails(LOW, "User bot", shows="of group robots")},
    ),
    Case(
        "A policy that was not read may bring another type",
        a_snapshot(roles=(a_role("meter", inline={"p": allow(BATCH), "q": a_malformed_policy()}),)),
        {"meter": not_assessed(AUTHORIZATION_DETAILS, "policy q")},
    ),
    Case(
        "What was read proves two",
        a_snapshot(roles=(a_role("meter", inline={"p": allow(BATCH, METER), "q": GAP}),)),
        {"meter": fails(LOW, "SaaS and AMI")},
    ),
    Case(
        "Policies that were not listed",
        a_snapshot(roles=(a_role("meter", inline={"p": GAP}),), policies=GAP),
        {"meter": not_assessed(GAP.action)},
    ),
    Case("Roles that were not listed", a_snapshot(roles=GAP), not_assessed(GAP.action)),
    Case("Nobody meters", a_snapshot(roles=(a_role(),)), not_applicable()),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_product_type_each(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize(
    ("statements", "left"),
    [
        ([allow(BATCH, METER)], "SaaS."),
        ([allow("aws-marketplace:*")], "SaaS."),
        ([allow(METER, REGISTER)], "AMI."),
    ],
)
def test_the_document_of_the_remedy_leaves_one(statements: list[Document], left: str) -> None:
    (before,) = judged(CONTROL, account(*statements)).values()
    assert "put-role-policy --role-name meter" in fill(CONTROL.remedy, before.values).cli
    written = json.loads(before.values["document"])["Statement"]
    (after,) = judged(CONTROL, account(*written)).values()
    assert after.status is Status.PASS
    assert left in after.reason


def test_a_policy_of_the_other_type_alone_goes_as_a_whole() -> None:
    snapshot = a_snapshot(roles=(a_role("meter", inline={"p": allow(BATCH), "q": allow(METER)}),))
    (outcome,) = judged(CONTROL, snapshot).values()
    script = fill(CONTROL.remedy, outcome.values).cli
    assert script == "aws iam delete-role-policy --role-name meter --policy-name q"
