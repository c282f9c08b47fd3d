"""Servers that are ended and started again at the same address, for tests of faults."""

from pathlib import Path

import psycopg
import pytest
import redis

from sandbox.postgres import postgres
from sandbox.valkey import valkey


def test_a_restarted_valkey_answers_at_its_address_and_remembers_nothing() -> None:
    with valkey() as server:
        before, pid = server.url(), server.child.pid
        with redis.Redis.from_url(before) as client:
            client.set("key", "value")
        server.restart()
        assert (server.url(), server.child.pid == pid) == (before, False)
        with redis.Redis.from_url(before) as client:
            assert client.get("key") is None


@pytest.mark.parametrize("crash", [False, True])
def test_a_restarted_postgresql_has_what_was_committed(tmp_path: Path, *, crash: bool) -> None:
    with postgres(tmp_path / "kept") as server:
        url = server.url("owner")
        with psycopg.connect(url) as before:
            before.execute("CREATE TABLE t AS SELECT 7 AS n")
        held = psycopg.connect(url)
        held.execute("INSERT INTO t VALUES (8)")
        server.restart(crash=crash)
        with pytest.raises(psycopg.OperationalError):
            held.execute("SELECT 1")
        with psycopg.connect(url) as after:
            assert after.execute("SELECT n FROM t").fetchall() == [(7,)]
