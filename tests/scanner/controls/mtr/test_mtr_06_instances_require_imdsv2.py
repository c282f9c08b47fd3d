"""MTR-06 on instances with the profile of a metering role, and on others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.controls.mtr.mtr_06_instances_require_imdsv2 import CONTROL
from scanner.facts.ec2 import Instance
from scanner.facts.iam import Role
from scanner.remedy import fill
from scanner.vocabulary import Listed, Partial, Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    a_managed_policy,
    a_role,
    a_snapshot,
    denied,
)
from tests.builders_resources import an_instance
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import allow

MEDIUM = Severity.MEDIUM
READ = "ec2:DescribeInstances"
GAP = denied(AUTHORIZATION_DETAILS)
REFUSED = denied(READ, "eu-west-1")
PROFILE = f"arn:aws:iam::{OWN}:instance-profile/meters"
OTHER = f"arn:aws:iam::{OWN}:instance-profile/web"
METERS = a_role(
    "meter",
    inline={"p": allow("aws-marketplace:BatchMeterUsage")},
    instance_profiles=(PROFILE,),
)
WEB = a_role("web", instance_profiles=(OTHER,))
ROLES = (METERS, WEB)
OPEN = an_instance(http_tokens="optional")
ACCOUNT = f"Account {OWN}"


def running(
    sentence: str, expected: Expected, instance: Instance, roles: Listed[Role] = ROLES
) -> Case:
    snapshot = a_snapshot(roles=roles, instances=(instance,))
    return Case(sentence, snapshot, {"i-0meters": expected})


FAILS = fails(
    MEDIUM,
    "i-0meters answers to IMDSv1 and runs as role meter, which can meter (BatchMeterUsage).",
    shows="HttpTokens: optional",
)

CASES = (
    running("Tokens are required", passes("i-0meters requires IMDSv2."), an_instance()),
    running("Tokens are optional", FAILS, OPEN),
    *(
        running(f"So it is for one that is {state}", FAILS, replace(OPEN, state=state))
        for state in ("pending", "stopping", "stopped")
    ),
    running(
        "The service is off",
        passes("is switched off"),
        replace(OPEN, http_endpoint="disabled"),
    ),
    running(
        "Off is off, whatever was left out",
        passes(),
        replace(OPEN, http_endpoint="disabled", http_tokens=""),
    ),
    running(
        "Answers that travel far are a remark",
        passes(shows="Remark: answers travel more than 2 hops"),
        an_instance(hop_limit=3),
    ),
    running("Two hops are fine", passes(shows="HopLimit: 2"), an_instance(hop_limit=2)),
    running("The evidence names the profile", fails(MEDIUM, "", shows=PROFILE), OPEN),
    running("So it does the policy", fails(MEDIUM, "", shows="Inline policy p"), OPEN),
    running(
        "Tokens that were left out",
        not_assessed(READ, "MetadataOptions of i-0meters"),
        replace(OPEN, http_tokens="", hop_limit=None),
    ),
    running("An endpoint that was left out", not_assessed(READ), replace(OPEN, http_endpoint="")),
    Case(
        "Instances that ended, and those of other profiles, are left out",
        a_snapshot(
            roles=ROLES,
            instances=(
                replace(OPEN, state="terminated"),
                an_instance("i-2", state="shutting-down"),
                an_instance("i-3", profile=OTHER, http_tokens="optional"),
            ),
        ),
        not_applicable("No instance has a profile with metering rights."),
    ),
    Case("No instances", a_snapshot(roles=ROLES), not_applicable()),
    Case(
        "Each instance is judged, in every region",
        a_snapshot(
            roles=ROLES,
            instances=(OPEN, an_instance("i-2", region="eu-west-1")),
        ),
        {"i-0meters": FAILS, "i-2": passes()},
    ),
    running(
        "Rights that were not read may be none",
        not_assessed(GAP.action),
        OPEN,
        (a_role("meter", inline={"p": GAP}, instance_profiles=(PROFILE,)),),
    ),
    running(
        "They do not matter where tokens are required",
        passes(),
        an_instance(),
        (a_role("meter", inline={"p": GAP}, instance_profiles=(PROFILE,)),),
    ),
    Case(
        "A managed policy that was not read",
        a_snapshot(
            roles=(a_role("meter", managed=[a_managed_policy("M")], instance_profiles=(PROFILE,)),),
            policies=GAP,
            instances=(OPEN,),
        ),
        {"i-0meters": not_assessed(GAP.action)},
    ),
    Case(
        "Profiles that were not read may be anybody's",
        a_snapshot(
            roles=(replace(METERS, instance_profiles=GAP),),
            instances=(OPEN, an_instance("i-2")),
        ),
        {
            "i-0meters": not_assessed(GAP.action),
            "i-2": passes(),
            ACCOUNT: not_assessed(GAP.action),
        },
    ),
    Case(
        "Roles that were not listed may hold the profile",
        a_snapshot(roles=Partial((WEB,), (GAP,)), instances=(OPEN,)),
        {"i-0meters": not_assessed(GAP.action), ACCOUNT: not_assessed(GAP.action)},
    ),
    Case(
        "A role that was listed holds it",
        a_snapshot(roles=Partial(ROLES, (GAP,)), instances=(OPEN,)),
        {"i-0meters": FAILS, ACCOUNT: not_assessed(GAP.action)},
    ),
    Case(
        "A region that was refused",
        a_snapshot(roles=ROLES, instances=Partial((OPEN,), (REFUSED,))),
        {"i-0meters": FAILS, ACCOUNT: not_assessed(READ)},
    ),
    Case(
        "Instances that were refused", a_snapshot(instances=denied(READ)), not_assessed(READ)
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_instances_require_imdsv2(case: Case) -> None:
    case.holds_for(CONTROL)


def test_the_command_is_for_the_instance_in_its_region() -> None:
    snapshot = a_snapshot(
        roles=ROLES, instances=(an_instance(region="eu-west-1", http_tokens="optional"),)
    )
    (outcome,) = judged(CONTROL, snapshot).values()
    assert "--region eu-west-1 --instance-id i-0meters" in fill(CONTROL.remedy, outcome.values).cli
