"""Runs manage.py as its users do, in a process of its own with the roles of the environment."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def manage(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; return what it printed and its exit code."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=_own(environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )


def _own(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment without what only tests may set."""
    kept = {key: value for key, value in os.environ.items() if key != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return {**kept, **changes}


def printed(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a command that succeeds; return what it printed."""
    done = manage(*arguments, environment=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout
