"""PostgreSQL has no connection left for us: 503 with Retry-After everywhere, and then it passes."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client
from psycopg import sql

from posture import tokens
from posture.models import Organisation
from posture.models.tenancy import within
from tests.posture.rows import a_member, an_organisation

pytestmark = pytest.mark.django_db(transaction=True)

CONNECTIONS = 3
PASSWORD = "correct horse battery staple"


def allow(connections: int) -> None:
    """Let the test's own database have so many connections; -1 for as many as the server has."""
    statement = sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(
        sql.Identifier(connection.settings_dict["NAME"]), sql.Literal(connections)
    )
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(statement)


@pytest.fixture
def larkfield() -> Organisation:
    return an_organisation("Larkfield")


@pytest.fixture
def member(larkfield: Organisation) -> Client:
    """Somebody who was signed in before."""
    client = Client(raise_request_exception=False)
    client.force_login(a_member(larkfield, password=PASSWORD))
    return client


@pytest.fixture
def bearer(larkfield: Organisation) -> dict[str, str]:
    """A token that was made before."""
    with within(larkfield):
        _, text = tokens.issue(
            organisation=larkfield, by=None, name="t", scopes=["findings:read", "scans:run"],
            accounts=[], networks=[], days=1,
        )  # fmt: skip
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def used_up(member: Client, bearer: dict[str, str]) -> Iterator[ExitStack]:
    """Hold every connection there is; closing the stack gives them back."""
    connection.close()
    with ExitStack() as held:
        for _ in range(CONNECTIONS):
            held.enter_context(psycopg.connect(os.environ["DATABASE_URL"]))
        allow(CONNECTIONS)
        yield held
    allow(-1)


def test_every_kind_of_request_is_answered_with_503_and_works_again_later(
    used_up: ExitStack, member: Client, bearer: dict[str, str]
) -> None:
    def ask() -> list[int]:
        answers = [
            member.get("/"),
            member.get("/findings"),
            Client(raise_request_exception=False).post(
                "/sign-in", {"login": "alice@larkfield.example", "password": PASSWORD}
            ),
            Client(raise_request_exception=False).get("/api/v1/findings", headers=bearer),
            Client(raise_request_exception=False).get("/healthz/ready"),
        ]
        connection.close()
        statuses = [answer.status_code for answer in answers]
        waits = [answer.get("Retry-After") for answer in answers]
        assert waits == ["5" if status == 503 else None for status in statuses]
        return statuses

    assert ask() == [503] * 5
    assert Client().get("/healthz/live").status_code == 200
    used_up.close()
    assert ask() == [200, 200, 302, 200, 200]


def test_a_connection_lost_while_the_session_is_saved_is_a_503_too(member: Client) -> None:
    """The session is saved outside of the view, where no handler of views sees the failure."""

    def refuse(execute: Any, statement: str, *rest: Any) -> Any:
        if statement.startswith('UPDATE "django_session"'):
            raise OperationalError("too many connections")
        return execute(statement, *rest)

    stranger = Client(raise_request_exception=False)
    with connection.execute_wrapper(refuse):
        answer = stranger.post(
            "/sign-in", {"login": "alice@larkfield.example", "password": PASSWORD}
        )
    assert (answer.status_code, answer.get("Retry-After")) == (503, "5")
