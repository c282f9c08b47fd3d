"""Test databases: migrated once per run as `owner`, copied for each worker, used as `app`.

Tests thus run with the rights that web and worker have in production, row-level security in
force, and a worker's database is there after a copy of some tens of milliseconds.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

RUN = "TEST_RUN"
_PATIENCE = "-c lock_timeout=20s"  # a transaction that a test left open is an error, not a hang
_URLS = ("DATABASE_URL", "DATABASE_OWNER_URL")


@contextmanager
def migrated_copy(connection: "BaseDatabaseWrapper", worker: str) -> Iterator[None]:
    """Point `connection`, and the environment of child processes, at a fresh test database.

    `worker` tells the copies of one run apart. The run's name comes from the environment, where
    `sandbox.testing` puts it. Flushing after a transactional test goes through `owner`, because
    `app` may not truncate. Afterwards everything points where it did before.
    """
    owner_url = os.environ["DATABASE_OWNER_URL"]
    template = os.environ[RUN]
    copy = f"{template}_{worker}"
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("SELECT pg_advisory_lock(hashtext(%s))", [template])
        if not _exists(owner, template):
            _make_template(owner, connection, template)
        owner.execute(_name("DROP DATABASE IF EXISTS {}", copy))
        owner.execute(_name("CREATE DATABASE {} TEMPLATE {}", copy, template))
    before = {name: os.environ[name] for name in _URLS}
    os.environ.update({name: _in_database(url, copy) for name, url in before.items()})
    with _settings(connection, NAME=copy), _flushed_by_owner(connection):
        yield
    os.environ.update(before)


def drop_all(owner_url: str, run: str) -> None:
    """Drop the template of `run` and its copies; one that is still in use raises."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        names = owner.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [run]
        ).fetchall()
        for (name,) in names:
            owner.execute(_name("DROP DATABASE {}", name))


def _make_template(
    owner: psycopg.Connection[Any], connection: "BaseDatabaseWrapper", template: str
) -> None:
    """Migrate under another name first, so that a template that exists is complete."""
    from django.core.management import call_command

    attempt = f"{template}_attempt"
    owner.execute(_name("DROP DATABASE IF EXISTS {}", attempt))
    owner.execute(_name("CREATE DATABASE {}", attempt))
    role = urlsplit(os.environ["DATABASE_OWNER_URL"])
    as_owner = {"USER": role.username or "", "PASSWORD": role.password or ""}
    with _settings(connection, NAME=attempt, **as_owner):
        call_command("migrate", verbosity=0, interactive=False)
    owner.execute(_name("ALTER DATABASE {} RENAME TO {}", attempt, template))


@contextmanager
def _settings(connection: "BaseDatabaseWrapper", **changes: str) -> Iterator[None]:
    """Let `connection` connect with these settings inside the block, in every thread."""
    before = {name: connection.settings_dict[name] for name in changes}
    connection.close()
    connection.settings_dict.update(changes)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


@contextmanager
def _flushed_by_owner(connection: "BaseDatabaseWrapper") -> Iterator[None]:
    owner_url = os.environ["DATABASE_OWNER_URL"]

    def flush(_operations: object, statements: Iterable[str]) -> None:
        with psycopg.connect(owner_url, options=_PATIENCE) as owner:
            for statement in statements:
                owner.execute(statement.encode())

    # The class, because a browser's event loop gives its thread another connection object.
    with patch.object(type(connection.ops), "execute_sql_flush", flush):
        yield


def _exists(owner: psycopg.Connection[Any], database: str) -> bool:
    found = owner.execute("SELECT FROM pg_database WHERE datname = %s", [database])
    return found.fetchone() is not None


def _in_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _name(statement: str, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))
