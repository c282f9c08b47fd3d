"""The controls as a handbook: what each tests, how it decides, what it reads, how it is fixed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scanner.collect.sources import actions_for_facts
from scanner.control import Control
from scanner.controls import every_control
from scanner.remedy import PLACEHOLDER
from scanner.vocabulary import Topic

HEAD = """\
# Controls

What Seller Posture tests, one section per topic of the AWS Marketplace Seller Guide's security page.
This page is written by `bin/docs` out of `scanner/controls/`; a test fails when it is out of date.

Every control says *pass*, *fail*, *manual*, *not applicable* or *not assessed* for each resource. What
could not be read is not assessed and never counts as good. The severity given is the worst that the
control can return; milder cases say so in their finding. Names in angle brackets are filled in by a
finding.
"""


def actions_of(control: Control[Any]) -> tuple[str, ...]:
    """Give the IAM actions that read what a control looks at, sorted."""
    return actions_for_facts((*control.reads, *control.needs))


def decides(control: Control[Any]) -> str:
    """Say how a control decides: the first paragraph of its check's docstring, or the statement."""
    said = " ".join((control.check.__doc__ or "").partition("\n\n")[0].split())
    if control.attestation is None:
        return said
    return f"{said} A named person confirms: {control.attestation.statement}".lstrip()


def markdown() -> str:
    """Give docs/controls.md."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    controls = every_control()
    yield HEAD
    yield f"{len(controls)} controls:"
    yield ""
    for topic in Topic:
        number = sum(1 for one in controls if one.topic is topic)
        yield f"- [{topic.title}](#{_anchor(topic.title)}): {number}"
    for topic in Topic:
        yield f"\n## {topic.title}\n"
        for control in controls:
            if control.topic is topic:
                yield from _section(control)


def _section(control: Control[Any]) -> Iterator[str]:
    yield f"### {control.id}: {control.title}\n"
    kind = f"{control.severity} at worst"
    if control.attestation is not None:
        kind = f"{kind}, manual where only people can tell"
    yield f"*{kind}*. {control.risk}\n"
    yield f"- **Decides**: {decides(control)}"
    if control.attestation is not None:
        yield f"- **An answer holds**: {control.attestation.valid_days} days"
    yield f"- **Does not apply**: {control.not_applicable_because}"
    actions = ", ".join(f"`{action}`" for action in actions_of(control)) or "nothing"
    yield f"- **Reads**: {actions}"
    yield f"- **Fix** (about {control.remedy.minutes} min): {_open(control.remedy.summary)}"
    for text in control.remedy.breaks:
        yield f"- **Could break**: {_open(text)}"
    if control.remedy.way_back:
        yield f"- **Way back**: {_open(control.remedy.way_back)}"
    sources = (f"[{one.title}]({one.url})" if one.url else one.title for one in control.references)
    yield f"- **Stated by**: {'; '.join(sources)}\n"


def _open(text: str) -> str:
    """The text before it is filled: each name that a finding brings stands in angle brackets."""
    return PLACEHOLDER.sub(lambda found: f"\u2039{found['name'].replace('_', ' ')}\u203a", text)


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
