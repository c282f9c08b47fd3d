"""Health checks, as an orchestrator asks them."""

import pytest
import redis
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.test import Client

LIVE, READY = "/healthz/live", "/healthz/ready"


def test_being_alive_asks_nobody(db: None) -> None:
    def refuse(*_: object) -> object:
        raise OperationalError("connection refused")

    with connection.execute_wrapper(refuse):
        answer = Client().get(LIVE)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_database_migrations_and_redis_are() -> None:
    answer = Client().get(READY)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "redis": "ok"},
    }


@pytest.mark.django_db
def test_not_ready_without_the_database_and_says_which_part_failed() -> None:
    def refuse(*_: object) -> object:
        raise OperationalError("password of owner is hunter2")

    with connection.execute_wrapper(refuse):
        answer = Client().get(READY)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["checks"] == {
        "database": "failed",
        "migrations": "failed",
        "redis": "ok",
    }
    assert "hunter2" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis://:wrong@{server}/0"])
def test_not_ready_without_redis(settings: LazySettings, url: str) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        where = server.connection_pool.connection_kwargs
    settings.REDIS_URL = url.format(server=f"{where['host']}:{where['port']}")
    answer = Client().get(READY)
    assert answer.status_code == 503
    assert answer.json()["checks"]["redis"] == "failed"


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = pg_temp")
    answer = Client().get(READY)
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "failed"


@pytest.mark.parametrize("path", [LIVE, READY])
def test_health_cannot_be_posted_to(db: None, path: str) -> None:
    assert Client().post(path).status_code == 405
