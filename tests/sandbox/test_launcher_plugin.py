"""The pytest plugin brings servers to a test run and takes them away again, however it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from sandbox.postgres import postgres
from sandbox.valkey import valkey
from tests.sandbox.processes import eventually, is_running

_ROOT = Path(__file__).resolve().parents[2]
_INNER = """
import os, time
import psycopg, pytest, redis

@pytest.mark.parametrize("number", range(4))
def test_servers(number):
    with psycopg.connect(os.environ["DATABASE_URL"]) as app:
        assert app.execute("SELECT current_user").fetchone() == ("app",)
    assert redis.Redis.from_url(os.environ["REDIS_URL"]).ping()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    assert os.environ["REDIS_URL"] == os.environ["CACHE_URL"]
    assert os.environ["REDIS_URL"].endswith(f"/{worker}")
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {os.environ['TEST_RUN']}_{number}")
    with open("addresses", "a") as file:
        file.write(os.environ["DATABASE_URL"] + "\\n")

def test_wait():
    open("waiting", "w").close()
    time.sleep(600)

def test_nothing():
    assert os.environ["DATABASE_URL"] == "postgresql://app@127.0.0.1:1/posture"
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p sandbox.testing -p no:django\n")
    (tmp_path / "test_inner.py").write_text(_INNER)
    return tmp_path


def start(place: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith("_URL") and not name.startswith(("PYTEST_", "COV_", "TEST_RUN"))
    }
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-s", *arguments],
        cwd=place,
        env={**kept, "PYTHONPATH": str(_ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def children_of(process: subprocess.Popen[str]) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(child) for child in listed.split()]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_every_worker_meets_the_same_servers_with_a_valkey_database_of_its_own(
    place: Path, workers: str
) -> None:
    process = start(place, "-n", workers, "-k", "servers")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert "4 passed" in output
    addresses = (place / "addresses").read_text().splitlines()
    assert len(addresses) == 4
    assert len(set(addresses)) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_outlives_the_run(place: Path, number: signal.Signals) -> None:
    process = start(place, "-k", "wait")
    assert eventually((place / "waiting").exists)
    servers = children_of(process)
    assert len(servers) == 2
    process.send_signal(number)
    process.communicate(timeout=60)
    assert eventually(lambda: not any(map(is_running, servers)))


def test_servers_that_are_named_are_used_and_left_clean(place: Path) -> None:
    with postgres() as database, valkey() as broker:
        process = start(
            place,
            "-k",
            "servers",
            DATABASE_URL=database.url("app"),
            DATABASE_OWNER_URL=database.url("owner"),
            REDIS_URL=broker.url(),
        )
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
        assert set((place / "addresses").read_text().splitlines()) == {database.url("app")}
        with psycopg.connect(database.url("owner")) as owner:
            names = owner.execute("SELECT datname FROM pg_database ORDER BY 1").fetchall()
    assert names == [("postgres",), ("posture",), ("template0",), ("template1",)]


def test_no_services_starts_none(place: Path) -> None:
    process = start(place, "--no-services", "-k", "nothing")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "1 passed" in output


def test_a_server_that_cannot_start_is_a_usage_error(place: Path) -> None:
    process = start(place, PG_BINDIR="/nowhere")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.USAGE_ERROR
    assert "PG_BINDIR=/nowhere holds no initdb" in output
    assert "Traceback" not in output
