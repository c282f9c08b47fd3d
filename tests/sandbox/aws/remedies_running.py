"""Runs the commands of a remedy as an administrator would at a shell, and compares two scans."""

from __future__ import annotations

import os
import subprocess
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
    script: str, folder: Path, aws: Path, keys: Mapping[str, str], typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run commands with bash, strictly, in a new folder; `typed` is what a person types.

    `aws` is the program of that name that the commands find.
    """
    programs, work = folder / "programs", folder / "work"
    programs.mkdir(parents=True)
    work.mkdir()
    (programs / "aws").symlink_to(aws)
    (programs / "sleep").symlink_to("/bin/true")
    environment = {
        "PATH": f"{programs}:{os.defpath}",
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
