"""AMMP-04 on every sign of use, near and far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from scanner.controls.ammp.ammp_04_root_not_used import CONTROL
from scanner.facts.cloudtrail import ROOT, TrailEvent
from scanner.facts.iam import CredentialReport, ReportKey
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import Listed, Severity
from tests.builders import NOW, a_key, a_report, a_root_row, a_snapshot, days_ago, denied
from tests.builders_resources import an_event
from tests.cases import Case, fails, judged, not_assessed, passes

HIGH = Severity.HIGH
REPORT = denied("iam:GetCredentialReport")
EVENTS = denied("cloudtrail:LookupEvents")


def used(
    password: float | None = None,
    *keys: ReportKey,
    events: Listed[TrailEvent] = (),
    profile: Profile | None = None,
) -> Snapshot:
    last = None if password is None else days_ago(password)
    row = replace(a_root_row(keys=keys), password_last_used=last)
    return a_snapshot(report=a_report(root=row), events={ROOT: events}, profile=profile)


def calls(*ages: float, caller_type: str = "Root", error: str = "") -> Sequence[TrailEvent]:
    return tuple(
        an_event(
            "StartChangeSet",
            id=f"e{age}",
            time=days_ago(age),
            user="root",
            caller_type=caller_type,
            error=error,
        )
        for age in ages
    )


CASES = (
    Case("A root user that was never used passes", used(), passes(shows="password: none")),
    Case("A sign-in 91 days ago passes", used(91), passes("within 90 days", shows="2026-08-25")),
    Case(
        "A sign-in 90 days ago fails",
        used(90),
        fails(HIGH, "The root user's password was used 90 days ago.", shows="2026-08-26"),
    ),
    Case("A sign-in today fails", used(0), fails(HIGH, "was used 0 days ago.")),
    Case(
        "A key fails like a password",
        used(None, a_key(used=None), a_key(used=days_ago(3))),
        fails(HIGH, "The root user's access key 2 was used 3 days ago."),
    ),
    Case(
        "A key that is no longer active was used all the same",
        used(200, a_key(active=False, used=days_ago(10))),
        fails(HIGH, "access key 1 was used 10 days ago."),
    ),
    Case("The latest use is told", used(20, a_key(used=days_ago(4))), fails(HIGH, "4 days ago.")),
    Case(
        "The profile's window counts",
        used(31, profile=Profile(root_use_window_days=30)),
        passes("within 30 days"),
    ),
    Case(
        "Calls show what was done, and how many more there were",
        used(1, events=tuple(calls(1, 2, 3, 4, 5, 6, 7, 99))),
        fails(HIGH, "1 days ago.", shows="More calls by the root user: 2"),
    ),
    Case(
        "Calls are not needed where the report tells",
        used(5, events=EVENTS),
        fails(HIGH, "5 days ago"),
    ),
    Case("A report without use passes without calls", used(events=EVENTS), passes()),
    Case(
        "Without the report calls still prove a fail",
        a_snapshot(report=REPORT, events={ROOT: tuple(calls(5))}),
        fails(HIGH, "worked within 90 days", shows="StartChangeSet, 2026-11-19 08:40 UTC"),
    ),
    Case(
        "Without the report old calls, refused ones and those of a user named root prove nothing",
        a_snapshot(
            report=REPORT,
            events={
                ROOT: (
                    *calls(91),
                    *calls(1, error="AccessDenied"),
                    *calls(2, caller_type="IAMUser"),
                )
            },
        ),
        not_assessed(REPORT.action),
    ),
    Case(
        "Neither source is not assessed",
        a_snapshot(report=REPORT, events={ROOT: EVENTS}),
        not_assessed(REPORT.action),
    ),
    Case(
        "A scan that did not look calls up is judged by the report",
        a_snapshot(report=a_report(), events={}),
        passes(),
    ),
    Case(
        "A report that does not list the root user is not assessed",
        a_snapshot(report=CredentialReport(NOW, ())),
        not_assessed(REPORT.action, "does not list the root user"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_root_user_is_not_used(case: Case) -> None:
    case.holds_for(CONTROL)


def test_no_more_calls_are_not_told() -> None:
    five = judged(CONTROL, used(1, events=tuple(calls(1, 2, 3, 4, 5))))
    (outcome,) = five.values()
    assert "StartChangeSet" in str(outcome.evidence)
    assert "More calls" not in str(outcome.evidence)
