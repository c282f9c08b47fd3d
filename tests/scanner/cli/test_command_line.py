"""The command line keeps the contract of design 4.1: options, streams, files and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.aws.seeds import brightwater
from scanner.role import policy_document

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

ID = "seller-posture-0123456789abcdef"
ROLE = "arn:aws:iam::444455556666:role/SellerPostureScan"
KEYS = {
    "account", "taken_at", "engine", "score", "outcomes", "unobserved", "calls", "seconds",
}  # fmt: skip
OUTCOME = {
    "control", "resource", "status", "severity", "reason", "evidence", "missing_action",
}  # fmt: skip


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scanner", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def environment(fake_aws: FakeAws) -> dict[str, str]:
    fake_aws.seed("everything")
    fake_aws.create_scan_role(
        account=brightwater.ACCOUNT, external_id=ID, policy_document=policy_document()
    )
    return fake_aws.environment()


@pytest.fixture
def stored(environment: dict[str, str], tmp_path: Path) -> Path:
    file = tmp_path / "seller.json.zst"
    run("--role-arn", ROLE, "--external-id", ID, "--snapshot-out", str(file), **environment)
    return file


def test_the_report_is_on_stdout_and_progress_on_stderr(environment: dict[str, str]) -> None:
    ran = run("--role-arn", ROLE, "--external-id", ID, **environment)
    assert ran.returncode == 0
    report = json.loads(ran.stdout)
    assert set(report) >= KEYS
    assert set(report["score"]) >= {"value", "low", "coverage", "topics"}
    assert all(set(outcome) >= OUTCOME for outcome in report["outcomes"])
    assert report["calls"]["total"] == sum(report["calls"]["by_action"].values())
    assert set(report["seconds"]) >= {"collect", "judge"}
    assert "reading" in ran.stderr


def test_text_says_the_score_and_what_fails(environment: dict[str, str]) -> None:
    ran = run("--role-arn", ROLE, "--external-id", ID, "--format", "text", **environment)
    assert "Score 95, 100 % seen" in ran.stdout
    assert "CT-03" in ran.stdout


def test_a_topic_asks_only_for_what_it_needs(
    fake_aws: FakeAws, environment: dict[str, str]
) -> None:
    fake_aws.forget_calls()
    ran = run("--role-arn", ROLE, "--external-id", ID, "--topic", "sqs", **environment)
    controls = {outcome["control"] for outcome in json.loads(ran.stdout)["outcomes"]}
    assert {one.removeprefix("M-").split("-")[0] for one in controls} == {"SQS"}
    assert fake_aws.count_calls("ec2:*") == fake_aws.count_calls("s3:*") == {}


def test_our_own_credentials_need_no_role(fake_aws: FakeAws, tmp_path: Path) -> None:
    fake_aws.seed("everything")
    environment = fake_aws.admin_profile(brightwater.ACCOUNT, tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        environment[name] = ""
    ran = run("--profile", "default", **environment)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["account"] == brightwater.ACCOUNT


def test_controls_are_not_loaded_before_somebody_asks() -> None:
    code = (
        "import sys, scanner.__main__\n"
        "assert 'scanner.collect.plan' in sys.modules and 'botocore' not in sys.modules\n"
        "assert not [name for name in sys.modules if name.startswith('scanner.controls.')]"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_a_stored_snapshot_is_judged_again_without_aws(stored: Path) -> None:
    code = (
        "import sys, runpy; sys.argv = ['scanner', '--replay', sys.argv[1]]\n"
        "try: runpy.run_module('scanner', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "assert not {'boto3', 'botocore', 'django'} & set(sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(stored)],
        env={**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["score"]["value"] == 95


@pytest.mark.parametrize(("least", "code"), [("95", 0), ("96", 2)])
def test_a_score_below_the_limit_ends_with_2(stored: Path, least: str, code: int) -> None:
    assert run("--replay", str(stored), "--fail-under", least).returncode == code


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--external-id": "another"}, "ExternalId"),
        ({"--role-arn": "arn:aws:iam::444455556666:role/Missing"}, "role"),
        ({"--role-arn": "not-an-arn"}, "ARN"),
    ],
)
def test_an_account_that_cannot_be_reached_ends_with_3_and_one_line(
    environment: dict[str, str], changed: dict[str, str], said: str
) -> None:
    options = {"--role-arn": ROLE, "--external-id": ID, **changed}
    words = [word for pair in options.items() for word in pair]
    ran = run(*words, **environment)
    assert (ran.returncode, ran.stdout) == (3, "")
    line = ran.stderr.strip().splitlines()[-1]
    assert said.lower().replace(" ", "") in line.lower().replace(" ", "")
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--role-arn", ROLE],
        ["--external-id", ID],
        ["--replay", "x.json", "--role-arn", ROLE],
        ["--role-arn", ROLE, "--external-id", ID, "--topic", "s3"],
        ["--role-arn", ROLE, "--external-id", ID, "--region", "Mars"],
        ["--replay", "missing.json"],
        ["--replay", "x.json", "--fail-under", "101"],
        ["--nonsense"],
    ],
)
def test_wrong_options_end_with_64_and_one_line(words: list[str]) -> None:
    ran = run(*words)
    assert (ran.returncode, ran.stdout) == (64, "")
    assert len(ran.stderr.strip().splitlines()) == 1


def test_a_damaged_snapshot_is_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "cut.json"
    file.write_text('{"version": 1, "snapshot": {')
    ran = run("--replay", str(file))
    assert ran.returncode == 64
    assert "Traceback" not in ran.stderr
    assert "cut.json" in ran.stderr
