"""PSC-01 on rights and calls of the retired export."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from scanner.controls.psc.psc_01_retired_export_is_gone import CONTROL
from scanner.facts.cloudtrail import TrailEvent
from scanner.remedy import fill
from scanner.scope.psc import EVENT
from scanner.vocabulary import Listed, Partial, Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    a_group,
    a_role,
    a_snapshot,
    a_user,
    days_ago,
    denied,
)
from tests.cases import Case, Expected, fails, judged, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, allow_all_but, deny

MEDIUM, LOW = Severity.MEDIUM, Severity.LOW
LOOKUP = denied("cloudtrail:LookupEvents", "us-east-1")
GAP = denied(AUTHORIZATION_DETAILS)
CALLS = f"{EVENT} calls"
QUIET = {CALLS: passes("in the last 90 days")}
EXACT = allow("marketplacecommerceanalytics:StartSupportDataExport")


def a_call(user: str = "alice", age: float = 3) -> TrailEvent:
    return TrailEvent("1", EVENT, "marketplacecommerceanalytics.amazonaws.com", days_ago(age), user)


def called(sentence: str, events: Listed[TrailEvent], expected: Expected) -> Case:
    return Case(sentence, a_snapshot(events={EVENT: events}), {CALLS: expected})


def holding(sentence: str, expected: Expected | None, *statements: Document) -> Case:
    user = a_user(inline={"p": a_policy(*statements)})
    said: Mapping[str, Expected] = {"deploy": expected} if expected else {}
    return Case(sentence, a_snapshot(users=(user,)), {**QUIET, **said})


MAY = fails(LOW, f"User deploy may call the retired {EVENT}.", shows="Inline policy p")

CASES = (
    Case("An account without leftovers passes", a_snapshot(), QUIET),
    called(
        "A call in the window is medium and names the caller",
        (a_call(), a_call("bob"), a_call("bob")),
        fails(MEDIUM, "was called 3 times in the last 90 days, by alice, bob.", shows="2026-11-21"),
    ),
    called("One call is told as one", (a_call(),), fails(MEDIUM, "was called once")),
    called("A call without a name is somebody's", (a_call(""),), fails(MEDIUM, "somebody unknown")),
    called("Without the event history calls are not assessed", LOOKUP, not_assessed(LOOKUP.action)),
    called(
        "A cut event history that shows a call fails",
        Partial((a_call(),), (LOOKUP,)),
        fails(MEDIUM, "once"),
    ),
    called(
        "A cut event history without a call proves nothing",
        Partial((), (LOOKUP,)),
        not_assessed(LOOKUP.action),
    ),
    holding("The exact name fails as low", MAY, EXACT),
    holding(
        "Case does not matter", MAY, allow("MarketplaceCommerceAnalytics:startsupportdataexport")
    ),
    holding("The whole service fails", MAY, allow("marketplacecommerceanalytics:*")),
    holding("A part of the name fails", MAY, allow("marketplacecommerceanalytics:Start*")),
    holding("NotAction that forgets it fails", MAY, allow_all_but("iam:*")),
    holding("Administrators are left alone", None, allow("*")),
    holding("Administrators by another spelling are left alone", None, allow("*:*")),
    holding("An administrator who also names it is not", MAY, allow("*"), EXACT),
    holding(
        "The other call of the service is fine", None, allow("marketplacecommerceanalytics:Gen*")
    ),
    holding("A named resource grants nothing", None, {**EXACT, "Resource": "arn:aws:s3:::b"}),
    holding("A Deny takes it away", None, EXACT, deny("marketplacecommerceanalytics:*")),
    Case(
        "Roles and members of groups are judged too",
        a_snapshot(
            users=(a_user(groups=["people"]),),
            groups=(a_group(inline={"p": EXACT}),),
            roles=(a_role(inline={"p": EXACT}), a_role("other")),
        ),
        {**QUIET, "deploy": MAY, "worker": fails(LOW, "Role worker may call")},
    ),
    Case(
        "A malformed policy is not assessed for its holder alone",
        a_snapshot(users=(a_user(inline={"p": a_malformed_policy()}), a_user("other"))),
        {**QUIET, "deploy": not_assessed(AUTHORIZATION_DETAILS, "policy p")},
    ),
    Case(
        "Without the event history rights are still judged",
        a_snapshot(users=(a_user(inline={"p": EXACT}),), events={EVENT: LOOKUP}),
        {CALLS: not_assessed(LOOKUP.action), "deploy": MAY},
    ),
    Case(
        "Without principals the calls are still judged",
        a_snapshot(users=GAP, roles=GAP, groups=GAP, policies=GAP, events={EVENT: (a_call(),)}),
        {CALLS: fails(MEDIUM, "once"), f"Account {OWN}": not_assessed(GAP.action)},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_retired_export_is_gone(case: Case) -> None:
    case.holds_for(CONTROL)


def test_events_that_nobody_asked_for_are_not_a_pass() -> None:
    outcomes = judged(CONTROL, a_snapshot(events={}))
    assert outcomes[CALLS].status == "not_assessed"
    assert outcomes[CALLS].resource == f"arn:aws:iam::{OWN}:root#event/{EVENT}"


@pytest.mark.parametrize(
    ("case", "name", "command"),
    [
        (CASES[1], CALLS, "aws cloudtrail lookup-events"),
        (CASES[7], "deploy", "put-user-policy --user-name deploy"),
    ],
)
def test_the_commands_are_about_what_was_found(case: Case, name: str, command: str) -> None:
    outcome = judged(CONTROL, case.snapshot)[name]
    filled = fill(CONTROL.remedy, outcome.values)
    assert command in filled.cli
    assert ("policy.json" in filled.cli) == (name == "deploy")
    assert ("Ask alice, bob what" in filled.console[0]) == (name == CALLS)
