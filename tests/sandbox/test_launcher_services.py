"""A command gets servers and test settings of its own, and ends with them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.services import own_environment
from tests.sandbox.processes import eventually, is_running, pids_in

_REPORT = """
import json, os, psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"]) as app:
    role = app.execute("SELECT current_user").fetchone()[0]
with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
    owner = owner.execute("SELECT current_user").fetchone()[0]
print(json.dumps([role, owner, redis.Redis.from_url(os.environ["REDIS_URL"]).ping()]))
raise SystemExit(7)
"""
_WAIT = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
open(sys.argv[1], "w").write(f"{os.getpid()}\\n")
time.sleep(600)
"""


def in_services(*command: str, **environment: str) -> tuple[list[str], dict[str, str]]:
    argv = [sys.executable, "-m", "sandbox.services", *command]
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    return argv, {**kept, **environment}


def test_a_command_meets_both_roles_and_valkey_and_its_exit_code_is_ours() -> None:
    argv, environment = in_services("--", sys.executable, "-c", _REPORT)
    ran = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 7, ran.stderr
    assert json.loads(ran.stdout) == ["app", "owner", True]


def test_a_signal_goes_to_the_command_and_the_servers_end_after_it(tmp_path: Path) -> None:
    argv, environment = in_services("--", sys.executable, "-c", _WAIT, str(tmp_path / "pid"))
    process = subprocess.Popen(argv, env=environment)
    assert eventually(lambda: len(pids_in(tmp_path / "pid")) == 1)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 3
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 5
    assert not any(is_running(int(child)) for child in children)


@pytest.mark.parametrize(
    ("command", "environment", "said"),
    [
        ((), {}, "usage: python -m sandbox.services -- COMMAND...\n"),
        (("--",), {}, "usage: python -m sandbox.services -- COMMAND...\n"),
        (("true",), {}, "usage: python -m sandbox.services -- COMMAND...\n"),
        (
            ("--", "true"),
            {"DATABASE_URL": "postgresql://app@db/posture"},
            "DATABASE_URL is set but DATABASE_OWNER_URL is not: name the role that migrates "
            "(sandbox/postgres-init.sql makes both), or unset DATABASE_URL.\n",
        ),
        (
            ("--", "/no/such/program"),
            {},
            "/no/such/program cannot be run: No such file or directory\n",
        ),
    ],
)
def test_what_cannot_start_is_said_in_one_line(
    command: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    argv, whole = in_services(*command, **environment)
    ran = subprocess.run(argv, env=whole, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (2, said)


def test_a_proxy_never_stands_between_us_and_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "intranet")
    assert own_environment()["NO_PROXY"] == "intranet,127.0.0.1,localhost"
