"""Judging leaves the process as it found it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from scanner.scan import judged
from tests.builders import a_snapshot


@pytest.fixture
def _collector() -> Iterator[None]:
    yield
    gc.enable()


@pytest.mark.usefixtures("_collector")
@pytest.mark.parametrize("was_on", [True, False])
def test_the_cycle_collector_is_as_it_was(*, was_on: bool) -> None:
    (gc.enable if was_on else gc.disable)()
    report = judged(a_snapshot())
    assert report.outcomes
    assert gc.isenabled() is was_on
