"""Health checks: is this process alive, and can it do its work."""

import logging
from collections.abc import Callable
from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from posture.models import installation

log = logging.getLogger(__name__)

_MINUTE, _HOUR = 60, 3600


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process answers at all; touches nothing else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database and Redis answer and all migrations are applied, else 503.

    `beat` says when the last tick was. A late one makes the status `degraded` and nothing more:
    taking the web processes out of service would not bring the tick back, and would take the
    dashboard from people who can use it.
    """
    works = {"database": _works("database", _database)}
    works["migrations"] = works["database"] and _works("migrations", _migrations)
    works["redis"] = _works("redis", _redis)
    beat = _beat() if works["database"] else "unknown"
    ok = all(works.values())
    body = {
        "status": "unavailable" if not ok else "ok" if beat == "ok" else "degraded",
        "checks": {name: "ok" if one else "failed" for name, one in works.items()} | {"beat": beat},
    }
    response = JsonResponse(body, status=200 if ok else 503)
    if not ok:
        response["Retry-After"] = "5"
    return response


def _works(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, redis.RedisError) as error:
        log.warning("not ready", extra={"check": name, "error": str(error)})
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


@cache
def _newest() -> frozenset[tuple[str, str]]:
    """The last migration of each application; read from disk once, for probes come every second."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def _migrations() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return _newest() <= set(cursor.fetchall())


def _redis() -> bool:
    server = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1, retry=None
    )
    with server:
        return bool(server.ping())


def _beat() -> str:
    """Say ok, or for how long no tick has done its work."""
    try:
        state = installation()
    except DatabaseError as error:
        log.warning("not ready", extra={"check": "beat", "error": str(error)})
        return "unknown"
    if state.tick_age is None:
        return "no tick yet"
    return f"no tick for {_span(state.tick_age)}" if state.tick_is_late else "ok"


def _span(seconds: float) -> str:
    if seconds < 2 * _MINUTE:
        return f"{int(seconds)} s"
    if seconds < 2 * _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    return f"{int(seconds // _HOUR)} h"
