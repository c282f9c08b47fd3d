"""The servers of the launcher are real, closed to strangers, and leave nothing behind."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sandbox.children import CannotStartError, unprivileged
from sandbox.postgres import ROLES, forget, postgres
from sandbox.scratch import scratch
from sandbox.valkey import valkey
from tests.sandbox.processes import is_running

_KILLED = """
import os
from sandbox.scratch import scratch
with scratch() as home:
    os.write(1, str(home).encode())
    os.kill(os.getpid(), 9)
"""


def test_app_has_no_rights_beyond_its_tables() -> None:
    with postgres() as server, psycopg.connect(server.url("app")) as app:
        role = app.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
        assert role == (False, False, False, False)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("CREATE TABLE mine ()")


def test_owner_makes_tables_and_databases_but_is_no_superuser() -> None:
    with (
        postgres() as server,
        psycopg.connect(server.url("owner"), autocommit=True) as owner,
    ):
        owner.execute("CREATE TABLE accounts ()")
        owner.execute("CREATE DATABASE another")
        found = owner.execute(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert found == (False, False)


def test_the_roles_get_the_passwords_of_the_environment_however_often_that_runs() -> None:
    with postgres() as server:
        environment = {"PGHOST": str(server.sockets), "PGUSER": "postgres"}
        environment |= {"OWNER_PASSWORD": "it's", "APP_PASSWORD": 'a "quote"'}
        psql = (server.binaries / "psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", ROLES)
        for _ in range(2):
            subprocess.run(psql, env=environment, check=True, capture_output=True)
        with psycopg.connect(server.url("postgres")) as superuser:
            hashed = superuser.execute(
                "SELECT rolname FROM pg_authid WHERE rolpassword LIKE 'SCRAM-SHA-256$%' ORDER BY 1"
            ).fetchall()
    assert hashed == [("app",), ("owner",)]


def test_a_database_that_is_kept_is_there_again(tmp_path: Path) -> None:
    keep = tmp_path / "postgres"
    with postgres(keep) as server, psycopg.connect(server.url("owner")) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with postgres(keep) as server, psycopg.connect(server.url("owner")) as owner:
        assert owner.execute("SELECT answer FROM kept").fetchone() == (42,)
    forget(keep)


def test_a_directory_that_only_root_can_enter_keeps_its_mode(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with postgres(closed / "postgres") as server, psycopg.connect(server.url("app")) as app:
        assert app.execute("SELECT current_user").fetchone() == ("app",)
    assert closed.stat().st_mode & 0o777 == 0o700
    real = (closed / "postgres").resolve()
    assert (real / "data/PG_VERSION").exists()
    assert real.is_relative_to(closed) == (unprivileged() is None)
    forget(closed / "postgres")
    assert not real.exists()
    assert list(closed.iterdir()) == []


def test_an_interrupted_first_start_is_repaired(tmp_path: Path) -> None:
    keep = tmp_path / "postgres"
    with postgres(keep):
        files = keep.resolve()
    (files / "data").rename(files / "initdb-interrupted")
    with postgres(keep) as server, psycopg.connect(server.url("app")) as app:
        assert app.execute("SELECT current_database()").fetchone() == ("posture",)
    assert [entry.name for entry in files.iterdir()] == ["data"]
    forget(keep)


def test_nobody_else_may_enter_the_socket_directory_and_it_vanishes() -> None:
    with postgres() as server:
        assert server.sockets.stat().st_mode & 0o077 == 0
        pid = server.child.pid
    assert not server.sockets.exists()
    assert not is_running(pid)


def test_a_wrong_directory_of_programs_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PG_BINDIR", str(tmp_path))
    with pytest.raises(CannotStartError, match=f"PG_BINDIR={tmp_path} holds no initdb"), postgres():
        pass


def test_valkey_asks_for_its_password() -> None:
    with valkey() as server:
        ours = redis.Redis.from_url(server.url(database=3))
        assert ours.set("key", "value") is True
        with pytest.raises(redis.AuthenticationError):
            redis.Redis("127.0.0.1", server.port, retry=Retry(NoBackoff(), 0)).get("key")
        assert server.password not in Path(f"/proc/{server.child.pid}/cmdline").read_text()
        pid = server.child.pid
    assert not is_running(pid)


def test_a_server_that_does_not_start_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "server"
    broken.write_text("#!/bin/sh\necho out of luck\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("VALKEY_SERVER", str(broken))
    with pytest.raises(CannotStartError, match="out of luck"), valkey():
        pass


def test_a_temporary_directory_of_a_killed_run_is_swept_and_one_in_use_is_not() -> None:
    with scratch() as ours:
        killed = subprocess.run(
            [sys.executable, "-c", _KILLED], capture_output=True, text=True, check=False
        )
        left = Path(killed.stdout)
        assert left.exists()
        with scratch():
            assert not left.exists()
            assert ours.exists()
    assert not ours.exists()
