"""Controls, remedies and the rules of the score, for display: a bridge to the scanner."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from posture.models import Finding
from scanner.collect.plan import ALL_ACTIONS
from scanner.control import Attestation, Control, Reference
from scanner.controls import every_control
from scanner.handbook import actions_of, decides
from scanner.remedy import Remedy, fill
from scanner.role import TEMPLATE_VERSION
from scanner.score import VERSION
from scanner.tally import WEIGHTS
from scanner.vocabulary import Topic

__all__ = [
    "ControlPage",
    "Remedy",
    "actions",
    "control",
    "controls",
    "described",
    "remedy_for",
    "score_explained",
    "template_version",
    "topics",
]


@dataclass(frozen=True, slots=True)
class ControlPage:
    """One control as people read about it."""

    id: str
    title: str
    topic: str
    topic_title: str
    severity: str
    risk: str
    references: tuple[Reference, ...]
    reads: tuple[str, ...]
    not_applicable_because: str
    decides: str
    """How the verdict is reached, in a sentence or two."""
    actions: tuple[str, ...]
    """The IAM actions that read its facts."""
    attestation: Attestation | None
    """What a person confirms; of manual controls only."""
    remedy: Remedy
    """With its placeholders; `remedy_for` fills them for one finding."""


@dataclass(frozen=True, slots=True)
class ScoreRules:
    """The numbers of the formula: percent that a failing control takes, by severity."""

    version: str
    taken: Mapping[str, int]
    most: Mapping[str, int]


@cache
def controls() -> tuple[ControlPage, ...]:
    """Return all controls, by topic and id."""
    return tuple(_page(one) for one in every_control())


@cache
def _by_id() -> Mapping[str, ControlPage]:
    return {page.id: page for page in controls()}


def control(control_id: str) -> ControlPage:
    """Return one control; raises KeyError for an id that does not exist (any more)."""
    return _by_id()[control_id]


def described(control_id: str) -> ControlPage:
    """Return one control, or a stand-in for one that old findings name but that was retired."""
    found = _by_id().get(control_id)
    if found is not None:
        return found
    return ControlPage(
        id=control_id,
        title=f"Control {control_id}, which is not judged any more",
        topic="",
        topic_title="",
        severity="info",
        risk="This control was retired; the next scan closes its findings.",
        references=(),
        reads=(),
        not_applicable_because="",
        decides="",
        actions=(),
        attestation=None,
        remedy=Remedy(summary="Nothing to do.", minutes=0, console=()),
    )


def topics() -> dict[str, str]:
    """Return the eight topics: code to title, in their order."""
    return {topic.value: topic.title for topic in Topic}


def actions() -> tuple[str, ...]:
    """Return the IAM actions that a scan of everything asks for, sorted."""
    return tuple(sorted(ALL_ACTIONS))


def template_version() -> int:
    """Return the version of the role template that asks for those actions."""
    return TEMPLATE_VERSION


def remedy_for(finding: Finding) -> Remedy:
    """Return what to do about a finding, filled with its real names.

    A finding recorded by an older control may lack a name; its remedy then keeps the placeholder.
    """
    remedy = described(finding.control).remedy
    unnamed = {name: f"[[{name}]]" for name in remedy.placeholders()}
    return fill(remedy, unnamed | {name: str(value) for name, value in finding.values.items()})


def score_explained() -> ScoreRules:
    """Return the rules of the score with the numbers that are in force (design section 3)."""
    taken = {severity.value: round(100 * weight) for severity, weight in WEIGHTS.items()}
    return ScoreRules(VERSION, taken, {severity: 2 * part for severity, part in taken.items()})


def _page(one: Control[Any]) -> ControlPage:
    return ControlPage(
        id=one.id,
        title=one.title,
        topic=one.topic.value,
        topic_title=one.topic.title,
        severity=one.severity.value,
        risk=one.risk,
        references=one.references,
        reads=one.reads,
        not_applicable_because=one.not_applicable_because,
        decides=decides(one),
        actions=actions_of(one),
        attestation=one.attestation,
        remedy=one.remedy,
    )
