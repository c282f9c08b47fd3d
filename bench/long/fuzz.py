"""Hostile and malformed policies, many more of them than a test run tries."""

from __future__ import annotations

import os
import subprocess
import sys

from bench.long import suite
from bench.long.ledger import Measured

POLICIES = 10_000
PASSED, FAILED = 0, 1
TEST = "tests/scanner/policy/test_hostile_policies.py"


def measure() -> Measured:
    """Run the test with 10,000 policies; raises CalledProcessError if it cannot be run."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "--no-services", TEST],
        cwd=suite.ROOT,
        env=os.environ | {"FUZZ_POLICIES": str(POLICIES)},
        check=False,
    )
    if ran.returncode not in {PASSED, FAILED}:
        raise subprocess.CalledProcessError(ran.returncode, ran.args)
    held = ran.returncode == PASSED
    return Measured(
        what=f"{POLICIES:,} hostile or malformed policies, judged by every control",
        figure="no crash, no pass" if held else "a crash or a pass: see the output",
        bar="no crash, no pass",
        held=held,
    )
