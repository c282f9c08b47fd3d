"""A scan leaves no connection open, also while Python has not looked for cycles yet."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.scan import scan
from tests.scanner.scan.test_scan import LIMITS, NOW, a_visit, aws

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

__all__ = ["aws"]


def open_sockets() -> int:
    """How many sockets this process has open."""
    found = 0
    for one in Path("/proc/self/fd").iterdir():
        try:
            found += str(one.readlink()).startswith("socket:")
        except FileNotFoundError:  # the folder itself, which was open while it was listed
            continue
    return found


def test_connections_end_with_the_scan(aws: FakeAws) -> None:
    visit = a_visit(aws)
    gc.collect()
    gc.disable()
    try:
        before = open_sockets()
        report = scan(visit, now=NOW, limits=LIMITS)
        left = open_sockets() - before
    finally:
        gc.enable()
    assert report.calls.total > 50
    assert left <= 3, "the clients of STS, which is asked first and again when keys are renewed"
