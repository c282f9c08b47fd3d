"""CT-09: only administrators can switch off what records this account."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.ct.ct_09_few_switch_logging_off import CONTROL
from scanner.facts.cloudtrail import EventDataStore, Trail
from scanner.facts.iam import Role
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy, fill
from scanner.vocabulary import HOME_REGION, Listed, Partial, Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    STRANGER,
    a_group,
    a_managed_policy,
    a_role,
    a_snapshot,
    a_user,
    denied,
)
from tests.builders_resources import a_data_store, a_trail
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes
from tests.documents import a_malformed_policy, allow, allow_all_but, deny

LIST = "cloudtrail:DescribeTrails"
STATUS = "cloudtrail:GetTrailStatus"
STORE = "cloudtrail:GetEventDataStore"
STOP = "cloudtrail:StopLogging"
TRAIL = a_trail()
ORG = a_trail("org", account=STRANGER, organization=True)
ADMIN = a_managed_policy("AdministratorAccess", allow("*"), aws=True)
FULL_ACCESS = a_managed_policy("AWSCloudTrail_FullAccess", allow("cloudtrail:*"), aws=True)
SELLER = allow("aws-marketplace:StartChangeSet", sid="sell")


def role_with(*statements: dict[str, object] | object, name: str = "deploy") -> Role:
    inline = {f"policy-{number}": one for number, one in enumerate(statements)}
    return a_role(name, inline=inline)  # type: ignore[arg-type]  # statements, policies and gaps


def seen_with(
    *roles: Role,
    trails: Listed[Trail] = (TRAIL,),
    stores: Listed[EventDataStore] = (),
) -> Snapshot:
    return a_snapshot(roles=roles, trails=trails, data_stores=stores)


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


CASES = (
    Case(
        "a role that can stop any trail fails",
        seen_with(role_with(allow(STOP))),
        medium("Role deploy can switch logging off: StopLogging.", shows=STOP),
    ),
    Case(
        "with rights on listings it is high",
        seen_with(role_with(allow(STOP), SELLER)),
        fails(Severity.HIGH, "It can also change what is sold", shows="aws-marketplace:StartChangeSet"),
    ),
    Case(
        "with policies that were not read it may be, so it is high",
        seen_with(role_with(allow(STOP), denied(AUTHORIZATION_DETAILS))),
        fails(Severity.HIGH, "StopLogging.", shows="Not read: iam:GetAccountAuthorizationDetails"),
    ),
    Case(
        "all of CloudTrail fails and names each way",
        a_snapshot(
            users=(a_user(managed=(FULL_ACCESS,)),), policies=(FULL_ACCESS,), trails=(TRAIL,)
        ),
        medium(
            "User deploy can switch logging off: DeleteEventDataStore, DeleteTrail,"
            " PutEventSelectors, StopLogging, UpdateTrail.",
            shows="Policy AWSCloudTrail_FullAccess",
        ),
    ),
    Case(
        "NotAction grants it too",
        seen_with(role_with(allow_all_but("iam:*"))),
        fails(Severity.HIGH, "can switch logging off"),
    ),
    Case(
        "a group brings it",
        a_snapshot(
            users=(a_user(groups=("people",)),),
            groups=(a_group(inline={"trails": allow(STOP)}),),
            trails=(TRAIL,),
        ),
        medium("User deploy", shows="Inline policy trails of group people"),
    ),
    Case(
        "conditions do not excuse, but are told",
        seen_with(
            role_with(allow(STOP, when={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
        ),
        medium("StopLogging", shows="every grant has some"),
    ),
    Case(
        "a role that can stop a trail that counts fails",
        seen_with(role_with(allow("cloudtrail:UpdateTrail", on=TRAIL.arn))),
        medium("UpdateTrail."),
    ),
    Case(
        "a pattern over own trails fails",
        seen_with(role_with(allow(STOP, on=f"arn:aws:cloudtrail:*:{OWN}:trail/*"))),
        medium("StopLogging."),
    ),
    Case(
        "another trail does not count",
        seen_with(
            role_with(allow(STOP, on=f"arn:aws:cloudtrail:us-east-1:{OWN}:trail/test")),
            trails=(TRAIL, a_trail("test", multi_region=False)),
        ),
        passes("Role deploy can change no trail or store"),
    ),
    Case(
        "every trail is too much even without any",
        seen_with(role_with(allow(STOP)), trails=()),
        medium("StopLogging."),
    ),
    Case(
        "a store that records counts",
        seen_with(
            role_with(allow("cloudtrail:DeleteEventDataStore", on=a_data_store().arn)),
            stores=(a_data_store(),),
        ),
        medium("DeleteEventDataStore."),
    ),
    Case(
        "a store that does not record does not",
        seen_with(
            role_with(allow("cloudtrail:DeleteEventDataStore", on=a_data_store().arn)),
            stores=(a_data_store(management_events=False),),
        ),
        passes(),
    ),
    Case(
        "a trail of the organisation cannot be changed from here",
        seen_with(role_with(allow("cloudtrail:*")), trails=(ORG,)),
        medium("switch logging off: DeleteEventDataStore."),
    ),
    Case(
        "so rights on trails alone are told, not held against it",
        seen_with(role_with(allow(STOP)), trails=(ORG,)),
        passes("can change no trail", shows="another account owns them"),
    ),
    Case(
        "beside a trail of our own they count",
        seen_with(role_with(allow(STOP)), trails=(ORG, TRAIL)),
        medium("StopLogging."),
    ),
    Case(
        "an administrator is SELL-09's",
        a_snapshot(
            roles=(a_role("admin", managed=(ADMIN,)),), policies=(ADMIN,), trails=(TRAIL,)
        ),
        passes("Role admin is an administrator"),
    ),
    Case(
        "a boundary that leaves no trail takes it away",
        a_snapshot(
            roles=(
                a_role(
                    managed=(ADMIN,),
                    boundary=f"arn:aws:iam::{OWN}:policy/limits",
                ),
            ),
            policies=(ADMIN, a_managed_policy("limits", allow("s3:*"))),
            trails=(TRAIL,),
        ),
        not_applicable(),
    ),
    Case(
        "a Deny takes it away",
        seen_with(role_with(allow(STOP), deny("cloudtrail:*"))),
        not_applicable("No user or role can change a trail"),
    ),
    Case(
        "a Deny with conditions does not",
        seen_with(
            role_with(
                allow(STOP),
                deny("cloudtrail:*", when={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
            )
        ),
        medium("StopLogging.", shows="Deny with conditions, not counted"),
    ),
    Case("reading trails is harmless", seen_with(role_with(allow("cloudtrail:Get*"))), not_applicable()),
    Case(
        "policies that cannot be read are not assessed",
        seen_with(role_with(denied(AUTHORIZATION_DETAILS))),
        not_assessed(AUTHORIZATION_DETAILS),
    ),
    Case(
        "a malformed policy is not assessed",
        seen_with(role_with(a_malformed_policy())),
        not_assessed(AUTHORIZATION_DETAILS, "MalformedPolicy"),
    ),
    Case(
        "a harmless grant beside an unread policy is not assessed",
        seen_with(
            role_with(
                allow(STOP, on=f"arn:aws:cloudtrail:us-east-1:{OWN}:trail/test"),
                denied(AUTHORIZATION_DETAILS),
            )
        ),
        not_assessed(AUTHORIZATION_DETAILS),
    ),
    Case(
        "users that cannot be listed are not assessed",
        a_snapshot(users=denied(AUTHORIZATION_DETAILS), trails=(TRAIL,)),
        not_assessed(AUTHORIZATION_DETAILS),
    ),
    Case(
        "a trail that cannot be read may be the one",
        seen_with(role_with(allow(STOP, on=TRAIL.arn)), trails=denied(LIST, HOME_REGION)),
        not_assessed(LIST),
    ),
    Case(
        "a trail of unknown status may be the one",
        seen_with(
            role_with(allow(STOP, on=TRAIL.arn)),
            trails=(a_trail(logging=denied(STATUS, HOME_REGION)),),
        ),
        not_assessed(STATUS, "status of arn:aws:cloudtrail"),
    ),
    Case(
        "a trail of unknown status is nobody's excuse",
        seen_with(role_with(allow(STOP)), trails=(a_trail(logging=denied(STATUS, HOME_REGION)),)),
        medium("StopLogging."),
    ),
    Case(
        "stores that cannot be read may hold the one",
        seen_with(
            role_with(allow("cloudtrail:DeleteEventDataStore", on=a_data_store().arn)),
            stores=(a_data_store(refused=denied(STORE, HOME_REGION)),),
        ),
        not_assessed(STORE),
    ),
    Case(
        "a cut list of trails hides a trail of our own",
        seen_with(
            role_with(allow(STOP)), trails=Partial((ORG,), (denied(LIST, HOME_REGION),))
        ),
        medium("StopLogging."),
    ),
    Case(
        "a hostile name stays text",
        seen_with(role_with(allow(STOP), name="$(reboot)")),
        medium("Role $(reboot) can"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_only_administrators_switch_logging_off(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_for(role: Role) -> Remedy:
    (outcome,) = outcomes_of(CONTROL, seen_with(role))
    return fill(CONTROL.remedy, outcome.values)


def test_the_remedy_denies_all_ways_to_the_principal_itself() -> None:
    remedy = remedy_for(role_with(allow(STOP)))
    assert "put-role-policy --role-name deploy --policy-name keep-logging-on" in remedy.cli
    document = json.loads(remedy.cli.split("<<'POLICY'\n")[1].split("\nPOLICY\n")[0])
    (statement,) = document["Statement"]
    assert statement["Effect"] == "Deny"
    assert len(statement["Action"]) == 5


def test_with_the_remedy_applied_nothing_is_left_to_judge() -> None:
    remedy = remedy_for(role_with(allow("cloudtrail:*")))
    assert "--policy-name keep-logging-on " in remedy.cli
    document = json.loads(remedy.cli.split("<<'POLICY'\n")[1].split("\nPOLICY\n")[0])
    after = role_with(allow("cloudtrail:*"), document["Statement"][0])
    (outcome,) = outcomes_of(CONTROL, seen_with(after))
    assert outcome.status == "not_applicable"


def test_a_role_of_identity_center_is_changed_in_its_permission_set() -> None:
    role = a_role(
        "AWSReservedSSO_Ops_0a1b",
        path="/aws-reserved/sso.amazonaws.com/",
        inline={"ops": allow(STOP)},
    )
    remedy = remedy_for(role)
    assert any("permission set behind AWSReservedSSO_Ops_0a1b" in step for step in remedy.console)
    assert "put-role-policy" not in remedy.cli
