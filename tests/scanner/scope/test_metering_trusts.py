"""Trust policies of metering roles without their misfits keep who was fine and add nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.facts.iam import Role
from scanner.policy import Policy
from scanner.scope.doubt import Doubt
from scanner.scope.metering_trusts import Misfit, advice, mended, misfits
from scanner.scope.mtr import metering_roles
from scanner.scope.trust_rewrites import NOBODY
from scanner.vocabulary import seen
from tests.builders import OWN, STRANGER, a_role, a_snapshot
from tests.documents import Document, a_policy, allow, trust

SOURCE = {"StringEquals": {"aws:SourceAccount": OWN}}
WHEN = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
EKS = f"arn:aws:iam::{OWN}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A"


def services(*names: str, when: Document | None = None, sid: str = "") -> Document:
    return trust({"Service": [f"{name}.amazonaws.com" for name in names]}, when=when, sid=sid)


def a_meter(*statements: Document, action: str = "BatchMeterUsage") -> Role:
    rights = {"p": allow(f"aws-marketplace:{action}")}
    return a_role("meter", trusted=a_policy(*statements), inline=rights)


def rewritten(*statements: Document, action: str = "BatchMeterUsage") -> list[Any]:
    snapshot = a_snapshot(roles=(a_meter(*statements, action=action),))
    (holder,) = seen(metering_roles(snapshot))
    trusted = holder.role.trust
    assert isinstance(trusted, Policy)
    found = list(misfits(holder, trusted, snapshot))
    assert not any(isinstance(one, Doubt) for one in found)
    faults = [one for one in found if isinstance(one, Misfit)]
    stated: list[Any] = json.loads(mended(holder, trusted, faults, snapshot.account))["Statement"]
    return stated


def test_what_fits_stays_letter_by_letter() -> None:
    fine = services("lambda", when=WHEN, sid="Meter")
    assert rewritten(fine, trust(STRANGER)) == [fine]


def test_another_service_is_tied_to_the_account_beside_its_conditions() -> None:
    compute, other = rewritten(services("lambda", "iot", when=WHEN, sid="Meter"))
    assert compute == services("lambda", when=WHEN, sid="Meter")
    both = {"StringEquals": WHEN["StringEquals"] | SOURCE["StringEquals"]}
    assert other == services("iot", when=both)


def test_a_service_that_says_for_whom_it_works_fits() -> None:
    fine = services("iot", when=SOURCE)
    assert rewritten(fine) == [fine]


@pytest.mark.parametrize("action", ["MeterUsage", "RegisterUsage"])
def test_of_an_images_role_only_instances_tasks_and_pods_are_left(action: str) -> None:
    pods = allow("sts:AssumeRoleWithWebIdentity", on=None, to={"Federated": EKS})
    kept = rewritten(services("ec2", "lambda", "pods.eks"), trust(OWN), action=action)
    assert kept == [services("ec2", "pods.eks")]
    assert rewritten(services("lambda"), pods, action=action) == [NOBODY]


def test_everyone_becomes_the_account_for_saas_and_nobody_for_images() -> None:
    (own,) = rewritten(trust("*"))
    assert own["Principal"] == {"AWS": f"arn:aws:iam::{OWN}:root"}
    assert rewritten(trust("*"), action="MeterUsage") == [NOBODY]


def test_tasks_are_advised_to_say_which() -> None:
    assert "ecs-tasks" in advice(a_policy(services("ecs-tasks", "ec2")))
    assert advice(a_policy(services("ecs-tasks", when=SOURCE))) == ""
    assert advice(a_policy(services("ec2"))) == ""
