"""The rate ceilings of a scan as its page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def ceilings_of(progress: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return all `ceilings` that were asked, and those that `held` calls back longest first."""
    told = progress.get("ceilings", [])
    rows = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    shown = [{**one, "rate": f"{float(one.get('rate', 0)):g}"} for one in rows]
    held = [one for one in shown if one.get("held")]
    return {
        "ceilings": sorted(shown, key=lambda one: (str(one.get("name")), str(one.get("region")))),
        "held": sorted(held, key=lambda one: -float(one["held"])),
    }
