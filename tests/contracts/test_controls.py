"""What holds for every control, found by walking: a new one needs its file and its twin only."""

from __future__ import annotations

import importlib
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any, cast, get_origin

import pytest

from scanner import controls
from scanner.collect.plan import ALL_ACTIONS, KINDS
from scanner.control import Control, Outcome, judge, outcomes_of
from scanner.controls import every_control
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import hints_of, may_be_unobserved, unread
from scanner.remedy import FORMS, fill
from scanner.vocabulary import Partial, Status, Topic, Unobserved, seen
from tests.builders import a_snapshot
from tests.cases import Case

CONTROLS = every_control()
HOME = Path(controls.__file__).parent
TWINS = Path(__file__).parents[1] / "scanner" / "controls"
GAP = Unobserved("iam:GetAccountSummary", "AccessDenied")
GUESTS = {"ctr": "ami", "saas": "mtr"}
"""Families of ids that live under another topic (design 2.4)."""

each_control = pytest.mark.parametrize("control", CONTROLS, ids=lambda one: one.id)


@cache
def cases_of(control: Control[Any]) -> tuple[Case, ...]:
    stem = control.module.rsplit(".", 1)[-1]
    twin = importlib.import_module(f"tests.scanner.controls.{control.topic}.test_{stem}")
    return tuple(twin.CASES)


@cache
def outcomes_in(control: Control[Any]) -> tuple[Outcome, ...]:
    return tuple(one for case in cases_of(control) for one in outcomes_of(control, case.snapshot))


def fails_of(control: Control[Any]) -> list[Outcome]:
    return [one for one in outcomes_in(control) if one.status is Status.FAIL]


def is_attested(control: Control[Any]) -> bool:
    """Whether no API decides and a person attests (controls.md section 10)."""
    return control.id.startswith("M-")


def test_there_are_controls_in_every_topic() -> None:
    assert {one.topic for one in CONTROLS} == set(Topic)


def test_every_file_is_a_control_and_has_a_twin_and_every_twin_a_file() -> None:
    files = {f"{one.parent.name}/{one.stem}" for one in HOME.glob("*/*.py")}
    twins = {f"{one.parent.name}/{one.stem[5:]}" for one in TWINS.glob("*/test_*.py")}
    files -= {f"{topic}/__init__" for topic in Topic}
    assert files == {"/".join(one.module.split(".")[-2:]) for one in CONTROLS}
    assert files == twins


def test_two_files_cannot_claim_one_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "__init__.py").write_text("")
    copied = Path(cast("str", importlib.import_module(CONTROLS[0].module).__file__)).read_text()
    (tmp_path / "again" / "ammp_01_copy.py").write_text(copied)
    monkeypatch.setattr(controls, "__path__", [*controls.__path__, str(tmp_path)])
    for name in ("again", "again.ammp_01_copy"):
        monkeypatch.setitem(sys.modules, f"scanner.controls.{name}", None)
        monkeypatch.delitem(sys.modules, f"scanner.controls.{name}")
    with pytest.raises(ValueError, match=r"again\.ammp_01_copy and .* both claim AMMP-01"):
        every_control.__wrapped__()


def test_titles_are_unique() -> None:
    titles = Counter(one.title.lower() for one in CONTROLS)
    assert [title for title, count in titles.items() if count > 1] == []


@each_control
def test_the_id_belongs_to_the_folder(control: Control[Any]) -> None:
    family = control.id.removeprefix("M-").split("-")[0].lower()
    assert GUESTS.get(family, family) == control.topic


@each_control
def test_it_says_what_it_is(control: Control[Any]) -> None:
    docstring = importlib.import_module(control.module).__doc__ or ""
    assert docstring.startswith(f"{control.id}: ")
    assert re.fullmatch(r"[A-Z].*[^.\s]", control.title)
    for text in (control.risk, control.not_applicable_because):
        assert re.fullmatch(r"[A-Z].*\.", text, re.DOTALL), text
    assert control.references
    assert all(one.title for one in control.references)
    assert all(one.url.startswith("https://") for one in control.references if one.url)


@each_control
def test_its_remedy_has_every_form_or_says_why_not(control: Control[Any]) -> None:
    remedy = control.remedy
    missing = dict(remedy.without)
    given = {form for form in FORMS if getattr(remedy, form)}
    assert given | missing.keys() == set(FORMS)
    assert not given & missing.keys()
    assert all(text.endswith(".") for text in missing.values())
    sentences = (remedy.summary, *remedy.console, *remedy.breaks, remedy.way_back)
    assert all(re.search(r"[.:]$", text) for text in sentences)
    assert remedy.breaks
    assert remedy.minutes > 0


@each_control
def test_its_table_has_every_verdict(control: Control[Any]) -> None:
    found = {one.status for one in outcomes_in(control)}
    wanted = {Status.PASS, Status.FAIL, Status.NOT_ASSESSED}
    assert found >= ({Status.MANUAL} if is_attested(control) else wanted)


@each_control
def test_its_table_reaches_the_ceiling_and_nothing_above(control: Control[Any]) -> None:
    ranks = {one.severity.rank for one in fails_of(control)}
    if control.attestation is not None:  # its ceiling is what an attested "no" is worth
        assert all(rank >= control.severity.rank for rank in ranks)
    else:
        assert min(ranks) == control.severity.rank


@each_control
def test_every_fail_gives_the_values_that_the_remedy_asks_for_and_no_others(
    control: Control[Any],
) -> None:
    for outcome in fails_of(control):
        filled = fill(control.remedy, outcome.values)
        assert outcome.values.keys() == control.remedy.placeholders()
        assert filled.placeholders() == set()
        assert filled.summary
        assert filled.console


@each_control
def test_reasons_are_sentences_and_actions_are_ours(control: Control[Any]) -> None:
    for outcome in outcomes_in(control):
        assert all(re.search(r"[.]$", reason) for reason in outcome.reasons), outcome.reasons
        read_by = {name for one in outcome.evidence for name in one.read_by.split(", ") if name}
        missing = {gap.action for gap in outcome.missing if gap.action}
        assert read_by | missing <= set(ALL_ACTIONS)


@each_control
def test_no_case_crashes_it(control: Control[Any]) -> None:
    assert [one.reason for one in outcomes_in(control) if "fault of ours" in one.reason] == []


@each_control
def test_resources_have_their_own_keys_and_the_account_stands_alone(control: Control[Any]) -> None:
    for case in cases_of(control):
        listed = control.resources(case.snapshot)
        keys = [one.key for one in seen(listed)]
        assert len(keys) == len(set(keys))
        assert all(key.startswith(f"arn:{case.snapshot.account.partition}:") for key in keys)
        assert case.snapshot.account.key not in keys or len(keys) == 1


def is_fact(kind: type[Any], name: str) -> bool:
    """Whether AWS may refuse the field; a note of the collector's own is none."""
    hint = hints_of(cast("Any", kind)).get(name)
    return may_be_unobserved(hint) or get_origin(hint) is Mapping


class Watched:
    """Stands for a snapshot's part and writes down which fields are looked at."""

    def __init__(self, part: Any, name: str, looked_at: set[str]) -> None:
        self._part, self._name, self._looked_at = part, name, looked_at

    def __getattr__(self, name: str) -> Any:
        derived = getattr(type(self._part), name, None)
        if isinstance(derived, property):
            return cast("Any", derived.fget)(self)
        if self._name and is_fact(type(self._part), name):
            self._looked_at.add(f"{self._name}.{name}")
        elif not self._name and name in KINDS:
            return Watched(getattr(self._part, name), name, self._looked_at)
        return getattr(self._part, name)


@each_control
def test_it_looks_at_what_it_declares_and_at_nothing_else(control: Control[Any]) -> None:
    looked_at: set[str] = set()
    for case in cases_of(control):
        outcomes_of(control, cast("Snapshot", Watched(case.snapshot, "", looked_at)))
    assert set(control.needs) <= set(control.reads)
    assert looked_at == set(control.reads)
    assert control.services <= KINDS.keys()


@pytest.mark.parametrize("gap", [GAP, Unobserved("", "NotRead")], ids=["refused", "not asked"])
@each_control
def test_it_never_passes_on_an_account_that_could_not_be_seen(
    control: Control[Any], gap: Unobserved
) -> None:
    blind = replace(a_snapshot(), **{name: unread(kind, gap) for name, kind in KINDS.items()})
    found = {one.status for one in judge([control], blind)}
    assert found == ({Status.MANUAL} if is_attested(control) else {Status.NOT_ASSESSED})


def with_less(snapshot: Snapshot, path: str) -> Iterator[Snapshot]:
    """The snapshot with one fact refused, or, for a list, cut with and without what was read."""
    service, name = path.split(".")
    facts = getattr(snapshot, service)
    value = getattr(facts, name)
    answers: list[Any] = []
    if may_be_unobserved(hints_of(cast("Any", type(facts)))[name]):
        answers = [GAP]
    if isinstance(value, tuple | Partial) and answers:
        answers += [Partial(seen(value), (GAP,)), Partial((), (GAP,))]
    if isinstance(value, dict):
        answers = [{}, dict.fromkeys(value, GAP)]
    for answer in answers:
        yield replace(snapshot, **{service: replace(facts, **{name: answer})})


@each_control
def test_refusing_a_read_never_makes_anything_look_better(control: Control[Any]) -> None:
    """Design section 3: denying any read raises neither the score nor the bound."""
    for case in cases_of(control):
        before = outcomes_of(control, case.snapshot)
        for path in control.reads:
            for less in with_less(case.snapshot, path):
                after = {one.resource: one for one in outcomes_of(control, less)}
                for outcome in before:
                    assert not looks_better(outcome, after, case.snapshot), (case, path)


def test_answers_hold_for_a_year_but_for_those_about_images_and_a_thing_done_once() -> None:
    days = {one.id: one.attestation.valid_days for one in CONTROLS if one.attestation}
    images = {f"M-AMI-{number}": 90 for number in range(1, 16)}
    assert {name: n for name, n in days.items() if n != 365} == images | {"M-PSC-1": 3650}


def looks_better(old: Outcome, after: dict[str, Outcome], snapshot: Snapshot) -> bool:
    """Whether a resource that failed or was not seen got away, or fails less badly."""
    if old.status not in {Status.FAIL, Status.NOT_ASSESSED}:
        return False
    new = after.get(old.resource)
    if new is None:
        gaps = [one for key, one in after.items() if key.startswith(snapshot.account.key)]
        return not any(one.status is Status.NOT_ASSESSED for one in gaps)
    if new.status is Status.FAIL and old.status is Status.FAIL:
        return new.severity.rank > old.severity.rank
    return new.status not in {Status.FAIL, Status.NOT_ASSESSED}


def test_the_facts_of_the_snapshot_are_those_that_collectors_read() -> None:
    names = {field.name for field in fields(Snapshot)}
    assert names >= KINDS.keys()
