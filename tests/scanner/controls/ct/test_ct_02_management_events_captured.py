"""CT-02: reads and writes of every Marketplace service reach some trail that logs."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.ct.ct_02_management_events_captured import CONTROL
from scanner.facts.cloudtrail import (
    AdvancedSelector,
    BasicSelector,
    FieldSelector,
    Selectors,
    Trail,
)
from scanner.facts.snapshot import Snapshot
from scanner.remedy import NOTHING_TO_SAY, Remedy, fill
from scanner.vocabulary import HOME_REGION, Partial, Severity
from tests.builders import STRANGER, a_snapshot, denied
from tests.builders_resources import a_trail
from tests.cases import Case, fails, not_applicable, not_assessed, passes

LIST = "cloudtrail:DescribeTrails"
STATUS = "cloudtrail:GetTrailStatus"
SELECTORS = "cloudtrail:GetEventSelectors"
CATALOG = "marketplacecatalog.amazonaws.com"
KMS = "kms.amazonaws.com"


def basic(read_write: str = "All", *, management: bool = True, excluded: str = "") -> Selectors:
    left_out = (excluded,) if excluded else ()
    return Selectors(basic=(BasicSelector(read_write, management, left_out),))


def advanced(*more: FieldSelector, category: str = "Management") -> Selectors:
    fields = (FieldSelector("eventCategory", {"Equals": (category,)}), *more)
    return Selectors(advanced=(AdvancedSelector(fields),))


def only(value: str) -> FieldSelector:
    return FieldSelector("readOnly", {"Equals": (value,)})


def without(source: str) -> FieldSelector:
    return FieldSelector("eventSource", {"NotEquals": (source,)})


def taking(*selectors: Selectors) -> Snapshot:
    names = ("seller-trail", "second", "third")
    trails = [a_trail(name, selectors=one) for name, one in zip(names, selectors, strict=False)]
    return a_snapshot(trails=tuple(trails))


ORG = a_trail("org", account=STRANGER, organization=True, selectors=basic("WriteOnly"))

CASES = (
    Case(
        "all management events pass",
        taking(basic()),
        passes(
            "seller-trail takes reads and writes of every Marketplace service.",
            shows="Trail seller-trail takes: reads of all Marketplace services and writes",
        ),
    ),
    Case("without reads is low", taking(basic("WriteOnly")), fails(Severity.LOW, "leaves out reads of all")),
    Case("without writes is high", taking(basic("ReadOnly")), fails(Severity.HIGH, "leaves out writes")),
    Case(
        "without management events is high",
        taking(basic(management=False)),
        fails(Severity.HIGH, "leaves out reads of all Marketplace services and writes of all"),
    ),
    Case(
        "reads and writes may come from two selectors",
        taking(
            Selectors(
                basic=(
                    BasicSelector("ReadOnly", management=True),
                    BasicSelector("WriteOnly", management=True),
                )
            )
        ),
        passes(),
    ),
    Case("trails complement each other", taking(basic("ReadOnly"), basic("WriteOnly")), passes()),
    Case(
        "an organization trail may be the complement",
        a_snapshot(trails=(ORG, a_trail(selectors=basic("ReadOnly")))),
        passes("org, seller-trail takes"),
    ),
    Case(
        "a trail that is off complements nothing",
        a_snapshot(
            trails=(
                a_trail(selectors=basic("ReadOnly")),
                a_trail("off", logging=False),
                a_trail("one", multi_region=False),
            )
        ),
        fails(Severity.HIGH, "seller-trail leaves out writes"),
    ),
    Case("an advanced selector without filters passes", taking(advanced()), passes()),
    Case("advanced selectors of one half", taking(advanced(only("false"))), fails(Severity.LOW, "reads")),
    Case(
        "advanced selectors of both halves in two trails pass",
        taking(advanced(only("false")), advanced(only("true"))),
        passes(),
    ),
    Case(
        "advanced selectors of data events take nothing",
        taking(advanced(category="Data")),
        fails(Severity.HIGH, "writes of all", shows="no management events of Marketplace in full"),
    ),
    Case(
        "a filter that removes one source fails and names it",
        taking(advanced(without(CATALOG))),
        fails(Severity.HIGH, f"leaves out reads of {CATALOG} and writes of {CATALOG}."),
    ),
    Case(
        "a filter on event names takes nothing for sure",
        taking(advanced(FieldSelector("eventName", {"Equals": ("StartChangeSet",)}))),
        fails(Severity.HIGH, "leaves out reads of all"),
    ),
    Case(
        "advanced selectors replace basic ones",
        taking(Selectors(basic().basic, advanced(only("true")).advanced)),
        fails(Severity.HIGH, "leaves out writes"),
    ),
    Case(
        "without any selector the default holds, and that is said",
        taking(Selectors()),
        passes(shows="the default of a new trail"),
    ),
    Case(
        "leaving out KMS is harmless here and told",
        taking(basic(excluded=KMS)),
        passes(shows=f"leaves out: {KMS}: a failed decryption"),
    ),
    Case(
        "leaving out KMS in an advanced selector too",
        taking(advanced(without(KMS))),
        passes(shows=f"leaves out: {KMS}"),
    ),
    Case(
        "leaving out a Marketplace source in a basic selector fails",
        taking(basic(excluded=CATALOG)),
        fails(Severity.HIGH, f"writes of {CATALOG}"),
    ),
    Case(
        "selectors that cannot be read are not assessed",
        a_snapshot(trails=(a_trail(selectors=denied(SELECTORS, HOME_REGION)),)),
        not_assessed(SELECTORS, "of arn:aws:cloudtrail"),
    ),
    Case(
        "unread selectors may be the complement",
        a_snapshot(
            trails=(
                a_trail(selectors=basic("ReadOnly")),
                a_trail("org", selectors=denied(SELECTORS, HOME_REGION)),
            )
        ),
        not_assessed(SELECTORS),
    ),
    Case(
        "unread selectors beside a full trail do not matter",
        a_snapshot(trails=(a_trail(), a_trail("org", selectors=denied(SELECTORS, HOME_REGION)))),
        passes(),
    ),
    Case(
        "a trail of unknown status may be the complement",
        a_snapshot(
            trails=(
                a_trail(selectors=basic("ReadOnly")),
                a_trail("org", logging=denied(STATUS, HOME_REGION)),
            )
        ),
        not_assessed(STATUS),
    ),
    Case(
        "a trail of unknown status alone proves nothing",
        a_snapshot(trails=(a_trail(logging=denied(STATUS, HOME_REGION)),)),
        not_assessed(STATUS),
    ),
    Case("without trails CT-01 has said it", a_snapshot(), not_applicable("CT-01 says so")),
    Case(
        "refused trails are not assessed",
        a_snapshot(trails=denied(LIST, HOME_REGION)),
        not_assessed(LIST),
    ),
    Case(
        "a list cut in us-east-1 may hide the complement",
        a_snapshot(
            trails=Partial((a_trail(selectors=basic("ReadOnly")),), (denied(LIST, HOME_REGION),))
        ),
        not_assessed(LIST),
    ),
    Case(
        "a refusal elsewhere hides single-region trails only",
        a_snapshot(trails=Partial((a_trail(),), (denied(LIST, "eu-north-1"),))),
        passes(),
    ),
    Case(
        "a hostile trail name stays text",
        a_snapshot(trails=(a_trail("$(reboot)", selectors=basic("ReadOnly")),)),
        fails(Severity.HIGH, "$(reboot) leaves out"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_reads_and_writes_are_captured(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_for(*trails: Trail) -> Remedy:
    (outcome,) = outcomes_of(CONTROL, a_snapshot(trails=trails))
    return fill(CONTROL.remedy, outcome.values)


def document_of(remedy: Remedy) -> list[dict[str, object]]:
    document: list[dict[str, object]] = json.loads(
        remedy.cli.split("<<'JSON'\n")[1].split("\nJSON\n")[0]
    )
    return document


def test_basic_selectors_are_widened_and_stay_quiet_about_kms() -> None:
    remedy = remedy_for(a_trail(selectors=basic("ReadOnly", excluded=KMS)))
    assert " --event-selectors file://" in remedy.cli
    assert "--advanced-event-selectors" not in remedy.cli
    assert document_of(remedy) == [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "ExcludeManagementEventSources": [KMS],
        }
    ]


def test_advanced_selectors_are_widened_and_data_events_stay() -> None:
    both = Selectors(
        advanced=(*advanced(only("true")).advanced, *advanced(category="Data").advanced)
    )
    remedy = remedy_for(a_trail(selectors=both))
    assert "--advanced-event-selectors file://" in remedy.cli
    assert document_of(remedy) == [
        {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
        {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]},
    ]


def test_our_own_trail_is_repaired_rather_than_that_of_the_organisation() -> None:
    remedy = remedy_for(ORG, a_trail(selectors=basic("WriteOnly"), home_region="eu-north-1"))
    assert (
        "--region eu-north-1 --trail-name arn:aws:cloudtrail:eu-north-1:111122223333:" in remedy.cli
    )


def test_a_trail_of_another_account_is_changed_there() -> None:
    remedy = remedy_for(ORG)
    assert remedy.console[0].startswith(f"Sign in to account {STRANGER}")
    assert remedy.cli == remedy.terraform == ""
    assert dict(remedy.without)["cli"] == NOTHING_TO_SAY


def test_of_a_trail_of_which_nothing_is_known_one_gap_is_named() -> None:
    refused = [denied(one, HOME_REGION) for one in (STATUS, SELECTORS)]
    unseen = a_trail(logging=refused[0], selectors=refused[1])
    snapshot = a_snapshot(trails=(unseen, a_trail("org", selectors=basic("ReadOnly"))))
    (outcome,) = outcomes_of(CONTROL, snapshot)
    assert [gap.action for gap in outcome.missing] == [STATUS]
