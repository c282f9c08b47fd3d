"""A copy of bin/ to try commands in, with stand-ins for what they would start or install."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.children import User, as_user

TOOLS = (
    *("bash", "cat", "cmp", "cp", "diff", "dirname", "env", "find", "flock", "grep", "id", "mkdir"),
    *("mktemp", "rm", "sh", "sleep", "tail", "touch"),
)
RECORDER = """#!/bin/sh
echo "${0##*/} $*" >>"$RECORD"
"""
UV = '#!/bin/sh\necho "uv $*" >>"$RECORD"\nsleep "${UV_SECONDS:-0}"\nexit "${UV_EXIT:-0}"\n'
PYTHON = """#!/bin/sh
case "$*" in
  -c*version_info*) exit 0 ;;
esac
echo "python $*" >>"$RECORD"
case "$*" in
  "-m pytest"*) echo "3 passed in 0.1s"; exit "${PYTEST_EXIT:-0}" ;;
  *"${FAILING:-nothing fails}"*) echo "the trouble"; exit 1 ;;
  *spectacular*) for file; do :; done; cp docs/openapi.yaml "$file" ;;
esac
"""


@dataclass
class Checkout:
    """A copy of bin/ with small lock files, and a PATH that holds only what we put there."""

    home: Path
    tools: Path

    def run(self, *command: str, **variables: str) -> tuple[int, str, str]:
        """Return exit code, output and errors of a command of bin/."""
        return self.run_as(None, *command, **variables)

    def run_as(self, user: User | None, *command: str, **variables: str) -> tuple[int, str, str]:
        """Do the same as another user."""
        ran = subprocess.run(
            self.argv(*command),
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **as_user(user),
        )
        return ran.returncode, ran.stdout, ran.stderr

    def argv(self, command: str, *arguments: str) -> list[str]:
        return [str(self.home / command), *arguments]

    def environment(self, **variables: str) -> dict[str, str]:
        record = {"RECORD": str(self.home / "record"), "PYTHON": sys.executable}
        return {"PATH": str(self.tools), "HOME": str(self.home), **record, **variables}

    def recorded(self) -> list[str]:
        record = self.home / "record"
        return record.read_text().splitlines() if record.exists() else []

    def lock(self, name: str, text: str) -> None:
        (self.home / f"requirements/{name}.txt").write_text(text)

    def stand_in(self, path: Path, script: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(script)
        path.chmod(0o755)
