"""Health checks, as an orchestrator asks them."""

from datetime import timedelta

import pytest
import redis
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from posture.models import Tick, database_now, installation, note_tick
from posture.tasks import tick

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
    note_tick()
    answer = Client().get(READY)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "redis": "ok", "beat": "ok"},
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
        "beat": "unknown",
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


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "no tick yet"), (119, "ok"), (130, "no tick for 2 min"), (250, "no tick for 4 min"),
     (9000, "no tick for 2 h")],
)  # fmt: skip
def test_a_late_tick_is_said_and_takes_nothing_out_of_service(
    settings: LazySettings, seconds: int | None, said: str
) -> None:
    settings.TICK_LATE_SECONDS = 120
    if seconds is not None:
        Tick.objects.create(at=database_now() - timedelta(seconds=seconds))
    answer = Client().get(READY)
    assert answer.status_code == 200
    assert answer.json()["checks"]["beat"] == said
    assert answer.json()["status"] == ("ok" if said == "ok" else "degraded")


@pytest.mark.django_db
def test_the_work_of_a_tick_moves_its_mark() -> None:
    Tick.objects.create(at=database_now() - timedelta(hours=1))
    tick()
    age = installation().tick_age
    assert age is not None
    assert age < 1800
    assert Tick.objects.count() == 1


@pytest.mark.django_db
def test_a_probe_asks_the_database_three_things(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(3):
        Client().get(READY)


@pytest.mark.parametrize("path", [LIVE, READY])
def test_health_cannot_be_posted_to(db: None, path: str) -> None:
    assert Client().post(path).status_code == 405
