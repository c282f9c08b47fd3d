"""Judgement: one folder per topic, one file per control, found by walking."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from scanner.control import Control


@cache
def every_control() -> tuple[Control[Any], ...]:
    """All controls, by topic, family and number; raises ValueError when two files claim one id."""
    found: dict[str, Control[Any]] = {}
    for module in pkgutil.walk_packages(__path__, prefix=f"{__name__}."):
        if module.ispkg:
            continue
        control = importlib.import_module(module.name).CONTROL
        if control.id in found:
            message = f"{control.module} and {found[control.id].module} both claim {control.id}"
            raise ValueError(message)
        found[control.id] = control
    return tuple(sorted(found.values(), key=_place))


def _place(control: Control[Any]) -> tuple[int, bool, str, int]:
    """By topic; what an API decides before what people do, and 2 before 10."""
    family, _, number = control.id.rpartition("-")
    topics = list(type(control.topic))
    return topics.index(control.topic), family.startswith("M-"), family, int(number)
