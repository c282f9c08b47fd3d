"""What the pages for security reviewers promise is what the code does, and what they name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scanner.collect.plan import ALL_ACTIONS
from scanner.role import NEVER

ROOT = Path(__file__).resolve().parents[2]
REVIEW = (ROOT / "docs/security-review.md").read_text()
PAGES = ("SECURITY.md", "docs/security-review.md", "docs/threat-model.md")
ACTION = re.compile(r"`([a-z0-9-]+:[A-Z]\w+)`")
PATH = re.compile(r"`((?:tests|posture|scanner|docs)/[\w/.]+)`")
LINK = re.compile(r"\]\(([^)#]+)")


def test_the_reviewer_sees_each_action_of_the_role_and_what_it_denies() -> None:
    can, never = REVIEW.split("## What it can never do")
    assert set(ACTION.findall(can)) == set(ALL_ACTIONS)
    assert set(ACTION.findall(never)) == set(NEVER)


@pytest.mark.parametrize("name", PAGES)
def test_tests_modules_and_pages_that_are_named_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    folder = (ROOT / name).parent
    named = [ROOT / path for path in PATH.findall(text)]
    linked = [folder / path for path in LINK.findall(text)]
    assert [str(path) for path in named + linked if not path.exists()] == []
    assert named + linked
