"""Prowler and ScoutSuite over the medium account, beside ours, from the same replay with 80 ms.

Each has a virtual environment of its own in the folder that RIVALS_VENVS names, outside the
repository. To make them, with uv: uv venv FOLDER/prowler, uv pip install -p FOLDER/prowler prowler,
and the same with scoutsuite. Who is not installed is left out, and the table says so.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.replaying import Counted, Replaying, replay
from bench.scanning import RUNS, Ran, held, run, scan, section

FOLDER = "RIVALS_VENVS"
COMMAND = "RIVALS_VENVS=... python -m bench.rivals"
LATENCY = 0.08
BARS = {"prowler": 70.0, "scoutsuite": 20.0}
REGION = "us-east-1"

WHOLE = ("iam", "sqs", "sns", "cloudtrail")
"""Services of which Prowler runs all checks."""
CHOSEN = {
    "s3": ("s3_account_level", "bucket_acl", "bucket_cross_account", "bucket_default_encryption",
           "bucket_kms_encryption", "bucket_level", "bucket_lifecycle", "bucket_no_mfa",
           "bucket_object_lock", "bucket_object_versioning", "bucket_policy", "bucket_public",
           "bucket_secure_transport"),
    "kms": ("kms_key_not_publicly_accessible", "kms_cmk_are_used"),
    "ec2": ("ec2_ami_", "ec2_ebs_public_snapshot", "ec2_ebs_snapshot", "ec2_ebs_default"),
    "account": ("security_contact",),
    "cloudwatch": ("root_usage", "cloudtrail_configuration", "metric_filter_policy_changes"),
}  # fmt: skip
"""Of other services, its checks with these words in their names: what ours reads as well."""
SCOUT = ("iam", "sqs", "sns", "cloudtrail", "s3", "kms", "ec2", "cloudwatch")
"""ScoutSuite reads services as a whole; with ec2 that is also what is not about images."""

HOOKS = '''
"""Lets S3 Control's host names, with an account in front of an address, lead to the address."""
import socket

_ask = socket.getaddrinfo


def getaddrinfo(host, *rest, **named):
    return _ask("127.0.0.1" if str(host).endswith(".127.0.0.1") else host, *rest, **named)


socket.getaddrinfo = getaddrinfo
'''


def main() -> None:
    """Print the section."""
    section("Beside Prowler and ScoutSuite", COMMAND, table)


def table() -> str:
    """A row for each tool: the best of some runs of ours, one of each rival."""
    lines = [f"{'tool':11} {'calls':>6} {'seconds':>8} {'CPU s':>6} {'peak MB':>8} {'ratio':>7} {'bar':>5}  held\n"]  # fmt: skip
    with replay("medium") as served:
        runs = [scan(served, "--region", REGION, delay=LATENCY) for _ in range(RUNS)]
        ours = min(runs, key=lambda one: one.whole)
        lines.append(
            f"{'ours':11} {ours.counted.total:6} {ours.whole:8.2f} {ours.cpu:6.1f} {ours.peak:8.0f}\n"
        )
        lines += [_rival(served, name, ours.whole) for name in BARS]
    return "".join(lines)


def _rival(served: Replaying, name: str, ours: float) -> str:
    folder = Path(os.environ.get(FOLDER, ""), name)
    if not os.environ.get(FOLDER) or not (folder / "bin").is_dir():
        return f"{name:11} is not installed; {FOLDER} says where to look\n"
    with tempfile.TemporaryDirectory() as home:
        asked, environment = _command(name, folder, home), _environment(served, home)
        ran, counted = _measured(served, asked, environment)
        if counted.missed:  # the first time records what ours never asks
            ran, counted = _measured(served, asked, environment)
    ratio = ran.seconds / ours
    kept = held(BARS[name], ratio)
    row = f"{name:11} {counted.total:6} {ran.seconds:8.2f} {ran.cpu:6.1f} {ran.peak:8.0f} {ratio:6.1f}x {BARS[name]:4.0f}x  {kept}"
    return row + _remarks(ran, len(counted.missed)) + "\n"


def _measured(
    served: Replaying, asked: list[str], environment: Mapping[str, str]
) -> tuple[Ran, Counted]:
    served.begin(delay=LATENCY)
    return run(asked, environment), served.counted()


def _remarks(ran: Ran, missed: int) -> str:
    said = f"; ended with {ran.code}" if ran.code else ""
    return said + (f"; {missed} calls were not answered from records" if missed else "")


def _command(name: str, folder: Path, home: str) -> list[str]:
    if name == "prowler":
        return [
            str(folder / "bin" / "prowler"), "aws", "--checks", *prowler_checks(folder), "--region", REGION,
            "--output-formats", "json-ocsf", "--output-directory", home, "--no-banner", "--ignore-exit-code-3",
        ]  # fmt: skip
    return [
        str(folder / "bin" / "scout"), "aws", "--services", *SCOUT, "--regions", REGION,
        "--report-dir", home, "--no-browser", "--force",
    ]  # fmt: skip


def prowler_checks(folder: Path) -> list[str]:
    """Names of the checks that correspond to what ours looks at, as this Prowler has them.

    Without those that search the event history for attacks, which it runs only when told to.
    """
    (services,) = folder.glob("lib/python*/site-packages/prowler/providers/aws/services")
    found = []
    for service in (*WHOLE, *CHOSEN):
        words = CHOSEN.get(service, ("",))
        for one in sorted((services / service).glob(f"{service}_*/*.metadata.json")):
            check = one.parent.name
            if any(word in check for word in words) and "threat_detection" not in check:
                found.append(check)
    return found


def _environment(served: Replaying, home: str) -> Mapping[str, str]:
    """Nothing of ours but the path; a home of its own, and no way out of this machine."""
    Path(home, "sitecustomize.py").write_text(HOOKS)
    nowhere = "http://127.0.0.1:9"
    return {
        "PATH": os.environ["PATH"], "HOME": home, "PYTHONPATH": home, "LANG": "C.UTF-8",
        "HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere, "NO_PROXY": "127.0.0.1",
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **served.environment(),
    }  # fmt: skip


if __name__ == "__main__":
    main()
