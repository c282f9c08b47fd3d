"""Tests use the database with the rights of production, and meet it empty each time."""

import os
import socket
import subprocess
import sys

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_socket import SocketConnectBlockedError

_COUNT_SESSIONS = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as app:
    print(app.execute("SELECT current_user, count(*) FROM django_session").fetchone())
"""


def ask(question: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
        assert row is not None
        return row[0]


@pytest.mark.django_db
def test_a_test_is_the_role_app_and_owns_nothing() -> None:
    assert ask("SELECT current_user") == "app"
    assert ask("SELECT count(*) FROM pg_tables WHERE tableowner = 'app'") == 0
    assert ask("SELECT count(*) FROM pg_tables WHERE tableowner = 'owner'") != 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement", ["TRUNCATE django_session", "CREATE TABLE mine ()", "DROP TABLE django_session"]
)
def test_what_only_the_owner_may_do_is_refused(statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        ask(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("again", [1, 2])
def test_what_a_test_committed_is_gone_in_the_next_and_seen_by_its_children(again: int) -> None:
    assert Session.objects.count() == 0
    Session.objects.create(session_key="key", session_data="", expire_date=timezone.now())
    child = subprocess.run(
        [sys.executable, "-c", _COUNT_SESSIONS], capture_output=True, text=True, check=True
    )
    assert child.stdout == "('app', 1)\n"


@pytest.mark.django_db
def test_no_test_touches_the_database_of_another_run_or_worker() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    assert ask("SELECT current_database()") == f"{os.environ['TEST_RUN']}_{worker}"
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        assert owner.info.dbname == f"{os.environ['TEST_RUN']}_{worker}"


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "example.com"])
def test_no_test_leaves_this_machine(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as way_out, pytest.raises(SocketConnectBlockedError):
        way_out.connect((address, 443))
