"""Runs the commands of a remedy as an administrator would at a shell, and compares two scans."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

from scanner.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scanner.control import Outcome
    from tests.sandbox.aws.remedies_account import Outcomes

HARMLESS = {Status.PASS, Status.NOT_APPLICABLE, Status.MANUAL}
NOWHERE = "http://127.0.0.1:9"


def run(
    script: str, folder: Path, keys: Mapping[str, str], typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run commands with bash, strictly, in a folder of their own; `typed` is what a person types."""
    shims, work = folder / "shims", folder / "work"
    shims.mkdir()
    work.mkdir()
    # The option as well as the variable: for SQS the AWS CLI overrides the latter by a name of its own.
    command = f'"{sys.executable}" -m awscli --endpoint-url "$AWS_ENDPOINT_URL"'
    _write(shims / "aws", f'exec {command} "$@"')
    _write(shims / "sleep", ":")
    environment = {
        "PATH": f"{shims}:{os.defpath}",
        "HOME": str(folder),
        "AWS_PAGER": "",
        # S3 Control writes the account in front of the host name, which here is an address.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        # Nothing may leave this machine.
        "HTTP_PROXY": NOWHERE,
        "HTTPS_PROXY": NOWHERE,
        "NO_PROXY": "127.0.0.1",
    }
    return subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", script],
        cwd=work,
        env=environment | dict(keys),
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _write(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def worse(before: Outcomes, after: Outcomes) -> list[str]:
    """What was spoilt between two scans: fine or not there, and now failing; or failing worse."""
    spoilt = [one for key, one in after.items() if _is_worse(before.get(key), one)]
    return [f"{one.control} {one.resource}: {one.status}, {one.reason}" for one in spoilt]


def _is_worse(then: Outcome | None, now: Outcome) -> bool:
    if now.status in HARMLESS:
        return False
    if then is None or then.status in HARMLESS:
        return True
    if now.status is Status.NOT_ASSESSED:
        return then.status is Status.FAIL
    return then.status is Status.FAIL and now.severity.rank < then.severity.rank
