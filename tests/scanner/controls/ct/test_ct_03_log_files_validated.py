"""CT-03: every trail that counts for CT-01 validates its log files."""

from __future__ import annotations

import pytest

from scanner.control import outcomes_of
from scanner.controls.ct.ct_03_log_files_validated import CONTROL
from scanner.facts.cloudtrail import Trail
from scanner.remedy import NOTHING_TO_SAY, Remedy, fill
from scanner.vocabulary import HOME_REGION, Partial, Severity
from tests.builders import STRANGER, a_snapshot, denied
from tests.builders_resources import a_trail
from tests.cases import Case, fails, not_applicable, not_assessed, passes

LIST = "cloudtrail:DescribeTrails"
STATUS = "cloudtrail:GetTrailStatus"
SAYS = "writes log files without digests"

CASES = (
    Case(
        "a trail that validates passes and says what that proves",
        a_snapshot(trails=(a_trail(),)),
        passes("seller-trail signs its log files", shows="only files written after"),
    ),
    Case(
        "a trail that does not validate fails",
        a_snapshot(trails=(a_trail(validates_files=False),)),
        fails(Severity.MEDIUM, f"Trail seller-trail {SAYS}", shows="Log file validation: off"),
    ),
    Case(
        "each counted trail has a verdict of its own",
        a_snapshot(trails=(a_trail("good"), a_trail("bad", validates_files=False))),
        {"good": passes(), "bad": fails(Severity.MEDIUM, SAYS)},
    ),
    Case(
        "a trail seen in two regions is judged once",
        a_snapshot(trails=(a_trail(), a_trail())),
        passes(),
    ),
    Case(
        "an organization trail names the account that can change it",
        a_snapshot(
            trails=(a_trail("org", account=STRANGER, organization=True, validates_files=False),)
        ),
        fails(Severity.MEDIUM, f"Only account {STRANGER}"),
    ),
    Case(
        "a trail of unknown status may not count",
        a_snapshot(trails=(a_trail(logging=denied(STATUS, HOME_REGION)),)),
        not_assessed(STATUS),
    ),
    Case(
        "an organization trail of unknown status never passes",
        a_snapshot(
            trails=(
                a_trail("org", account=STRANGER, organization=True, logging=denied(STATUS)),
                a_trail(),
            )
        ),
        {"org": not_assessed(STATUS), "seller-trail": passes()},
    ),
    Case(
        "without trails CT-01 has said it",
        a_snapshot(),
        not_applicable("CT-01 says so"),
    ),
    Case(
        "trails that are off or of one region do not count",
        a_snapshot(
            trails=(
                a_trail("off", logging=False, validates_files=False),
                a_trail("one", multi_region=False, validates_files=False),
            )
        ),
        not_applicable(),
    ),
    Case(
        "refused trails are not assessed",
        a_snapshot(trails=denied(LIST, HOME_REGION)),
        not_assessed(LIST),
    ),
    Case(
        "a refusal in us-east-1 may hide a trail that does not validate",
        a_snapshot(trails=Partial((a_trail(),), (denied(LIST, HOME_REGION),))),
        {"seller-trail": passes(), "Account 111122223333": not_assessed(LIST)},
    ),
    Case(
        "a refusal elsewhere hides none that counts",
        a_snapshot(trails=Partial((a_trail(),), (denied(LIST, "eu-north-1"),))),
        passes(),
    ),
    Case(
        "a hostile trail name stays text",
        a_snapshot(trails=(a_trail("'; rm -rf", validates_files=False),)),
        fails(Severity.MEDIUM, "Trail '; rm -rf writes"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_log_files_are_validated(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_for(trail: Trail) -> Remedy:
    (outcome,) = outcomes_of(CONTROL, a_snapshot(trails=(trail,)))
    return fill(CONTROL.remedy, outcome.values)


def test_our_own_trail_is_changed_in_its_home_region() -> None:
    remedy = remedy_for(a_trail(home_region="eu-north-1", validates_files=False))
    assert "--region eu-north-1 --name arn:aws:cloudtrail:eu-north-1:" in remedy.cli
    assert not any("Sign in" in step for step in remedy.console)


def test_a_trail_of_another_account_is_changed_there() -> None:
    remedy = remedy_for(a_trail("org", account=STRANGER, organization=True, validates_files=False))
    assert remedy.console[0].startswith(f"Sign in to account {STRANGER}")
    assert remedy.cli == ""
    assert dict(remedy.without)["cli"] == NOTHING_TO_SAY
