"""PostgreSQL as a fault: cut off for a while, or a server of the test's own that is ended."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import psycopg
from django.db import connection
from psycopg import sql

from sandbox.databases import migrated_copy
from sandbox.postgres import Postgres, postgres

CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""


@contextmanager
def no_connections() -> Iterator[None]:
    """Within the block nobody reaches the test's own database; what was connected is cut off.

    That is what a server looks like while it is restarted, and what is left when others have
    taken every connection.
    """
    connection.close()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as mine:
        _allow(0)
        try:
            mine.execute(CUT)
            mine.close()
            yield
        finally:
            _allow(-1)


def _allow(connections: int) -> None:
    """Let the database have so many connections; -1 for as many as the server has."""
    elsewhere = psycopg.conninfo.make_conninfo(os.environ["DATABASE_OWNER_URL"], dbname="posture")
    statement = sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(
        sql.Identifier(connection.settings_dict["NAME"]), sql.Literal(connections)
    )
    with psycopg.connect(elsewhere, autocommit=True) as owner:
        owner.execute(statement)


@contextmanager
def own_server(folder: Path) -> Iterator[Postgres]:
    """A server whose data survives, migrated; within the block this process and its children use it."""
    connection.close()
    with postgres(folder) as server:
        urls = {"DATABASE_URL": server.url("app"), "DATABASE_OWNER_URL": server.url("owner")}
        here = {"HOST": str(server.sockets)}
        with patch.dict(os.environ, urls), patch.dict(connection.settings_dict, here):
            with migrated_copy(connection, "own"):
                yield server
            connection.close()
