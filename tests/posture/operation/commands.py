"""Runs manage.py as its users do, in a process of its own with the roles of the environment."""

import os
import subprocess
from collections.abc import Mapping

from tests.posture.operation import preloaded


def manage(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; return what it printed and its exit code."""
    return preloaded.manage(arguments, _own(environment or {}))


def _own(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment without what only tests may set."""
    kept = {key: value for key, value in os.environ.items() if key != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return {**kept, **changes}


def printed(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a command that succeeds; return what it printed."""
    done = manage(*arguments, environment=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout
