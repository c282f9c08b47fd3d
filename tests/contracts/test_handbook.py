"""The generated handbook is up to date, whole, and names what really reads each fact."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from scanner.collect.plan import ALL_ACTIONS, KINDS
from scanner.collect.sources import SOURCES, actions_for_facts
from scanner.control import Control
from scanner.controls import every_control
from scanner.handbook import actions_of, decides, markdown
from tests.contracts.test_controls import CONTROLS, is_fact

PAGE = Path(__file__).parents[2] / "docs" / "controls.md"


def test_the_page_is_what_the_controls_say_today() -> None:
    assert PAGE.read_text() == markdown(), "run bin/docs"


def test_every_fact_has_its_actions_and_no_action_is_forgotten() -> None:
    facts = {
        f"{service}.{field.name}"
        for service, kind in KINDS.items()
        for field in fields(kind)
        if is_fact(kind, field.name)
    }
    assert set(SOURCES) == facts
    assert set(actions_for_facts(SOURCES)) == set(ALL_ACTIONS)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda one: one.id)
def test_every_control_says_how_it_decides_and_what_it_reads(control: Control[Any]) -> None:
    assert decides(control).endswith(".")
    assert bool(actions_of(control)) == bool(control.reads)
    assert f"### {control.id}: {control.title}" in markdown()


def test_the_page_counts_all_controls() -> None:
    assert f"\n{len(every_control())} controls:\n" in markdown()
