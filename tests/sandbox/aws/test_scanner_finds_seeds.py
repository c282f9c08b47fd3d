"""The scanner, run as a seller would run it, finds the seeded faults and nothing else."""

import json
import os
import subprocess
import sys
from types import ModuleType

import pytest

from sandbox.aws.client import FakeAws
from sandbox.aws.seeds import brightwater, larkfield, larkfield_demo
from sandbox.aws.seeds.seeded import SeededFault, seeded_faults
from scanner.role import policy_document

EXTERNAL_ID = "an-external-id-of-ours"


@pytest.mark.parametrize(
    ("module", "seed"),
    [(larkfield, "everything"), (larkfield_demo, "demo"), (brightwater, "demo")],
    ids=["larkfield", "larkfield_demo", "brightwater"],
)
def test_the_findings_are_those_of_the_table(
    fake_aws: FakeAws, module: ModuleType, seed: str
) -> None:
    fake_aws.seed(seed)
    role = fake_aws.create_scan_role(
        account=module.ACCOUNT, external_id=EXTERNAL_ID, policy_document=policy_document()
    )
    command = [sys.executable, "-m", "scanner", "--role-arn", role, "--external-id", EXTERNAL_ID]
    ran = subprocess.run(
        [*command, "--format", "json"],
        env=os.environ | fake_aws.environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    outcomes = json.loads(ran.stdout)["outcomes"]
    assert [one for one in outcomes if one["status"] == "not_assessed"] == []
    found = [
        (one["control"], one["severity"], one["resource"])
        for one in outcomes
        if one["status"] == "fail"
    ]
    expected = list(seeded_faults(module))
    surprising = [fault for fault in found if not _take(expected, *fault)]
    assert (surprising, expected) == ([], [])
    refused = [call for call in fake_aws.calls() if call.code.startswith("AccessDenied")]
    # Exactly the scanner's own trials of the role without its ExternalId and with a wrong one.
    assert {call.action for call in refused} <= {"sts:AssumeRole"}


def _take(expected: list[SeededFault], control: str, severity: str, resource: str) -> bool:
    for row in expected:
        if (row.control, row.severity) == (control, severity) and resource.endswith(
            row.resource_end
        ):
            expected.remove(row)
            return True
    return False
