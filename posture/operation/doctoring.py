"""Looks at everything an installation stands on, and says in a line each what to do."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import redis
from django.conf import settings
from django.core import checks
from django.core.files.base import ContentFile
from django.db import Error as AnyDatabaseError
from django.db import connection
from django.utils import timezone

from posture.connections import check_principal
from posture.models import database_now, installation
from posture.models.crossing import stuck_scans
from posture.operation.rotating import keys_in_use
from posture.scans.stores import StoreError, at_the_store
from posture.sealing import active_key

Grade = Literal["ok", "warn", "fail"]

STUCK_SECONDS = 600
CLOCKS_MAY_DIFFER, CLOCKS_MUST_NOT_DIFFER = 2.0, 60.0
"""Seconds between our clock and the database's; AWS itself refuses signatures after five minutes."""
SHOWN = 5
FOLLOWS_FROM_SECURE = {f"security.W0{number}" for number in ("04", "08", "12", "16")}


class Seen(NamedTuple):
    """One thing that was looked at: how it is, and a line about it that says what to do."""

    grade: Grade
    said: str


Look = Callable[[], Iterator[Seen]]


def examine() -> Iterator[tuple[str, Seen]]:
    """Look at one thing after the other; outside of a transaction. What breaks is a failure."""
    for name, look in LOOKS:
        try:
            for seen in look():
                yield name, seen
        except (AnyDatabaseError, redis.RedisError, OSError) as error:
            yield name, Seen("fail", f"{type(error).__name__}: {_first_line(error)}")


def _settings() -> Iterator[Seen]:
    """Django's own list for production, beside the refusals with which a start ends."""
    found = [
        one
        for one in checks.run_checks(include_deployment_checks=True)
        if settings.SECURE or one.id not in FOLLOWS_FROM_SECURE
    ]
    for one in found:
        grade: Grade = "fail" if one.level >= checks.ERROR else "warn"
        yield Seen(grade, f"{one.id}: {_first_line(one.msg)}")
    if settings.DEMO:
        yield Seen("warn", "DEMO is on: the role templates trust nobody real. Unset it.")
    if not settings.SECURE:
        yield Seen("warn", "SECURE is off: cookies travel without TLS. Only for one machine alone.")
    if settings.SECURE and not settings.DEMO and not found:
        yield Seen("ok", "as they should be for production")


def _role() -> Iterator[Seen]:
    ((name, powerful, owns),) = _ask(
        """SELECT current_user, rolsuper OR rolbypassrls,
                  EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                          WHERE n.nspname = 'public' AND c.relowner = r.oid)
           FROM pg_roles r WHERE rolname = current_user"""
    )
    if powerful or owns:
        yield Seen(
            "fail",
            f"DATABASE_URL connects as {name}, whom row-level security does not hold. Connect as a "
            "role that is neither superuser nor owner (sandbox/postgres-init.sql makes app).",
        )
    else:
        yield Seen("ok", f"{name} owns no table and cannot pass row-level security")


def _walls() -> Iterator[Seen]:
    open_ones = [
        name
        for (name,) in _ask(
            """SELECT DISTINCT c.relname FROM pg_class c
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organisation_id'
               WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
                 AND NOT (c.relrowsecurity AND c.relforcerowsecurity
                          AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid
                                      AND p.polname = 'own_organisation'))
               ORDER BY 1"""
        )
    ]
    if open_ones:
        names = ", ".join(open_ones)
        yield Seen("fail", f"no row-level security on {names}. Restore the database or migrate.")
    else:
        yield Seen("ok", "row-level security is in force on every table of an organisation")


def _migrations() -> Iterator[Seen]:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        names = ", ".join(str(one) for one, _ in waiting[:SHOWN])
        yield Seen("fail", f"{len(waiting)} not applied ({names}). Run: manage.py migrate")
    else:
        yield Seen("ok", "all are applied")


def _keys() -> Iterator[Seen]:
    """A backup keeps secrets sealed, so a restored copy needs the keys of the original."""
    used = keys_in_use()
    missing = {
        f"{key} (for {name})"
        for name, keys in used.items()
        for key in keys - set(settings.SECRET_KEYS)
    }
    older = sorted(set().union(*used.values()) & set(settings.SECRET_KEYS) - {active_key()})
    if missing:
        names = ", ".join(sorted(missing))
        yield Seen("fail", f"SECRET_KEYS lacks {names}. Add it again behind the active key.")
    elif older:
        names = ", ".join(older)
        yield Seen("warn", f"still sealed by {names}. Run: manage.py rotate_secrets")
    else:
        yield Seen("ok", "every secret at rest is sealed by the active key")


def _redis() -> Iterator[Seen]:
    server = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2, retry=None
    )
    with server:
        memory: dict[str, Any] = server.info("memory")
    policy, most = memory.get("maxmemory_policy", "noeviction"), memory.get("maxmemory", 0)
    if most and policy != "noeviction":
        yield Seen(
            "fail",
            f"answers, but forgets messages when its memory is full ({policy}). Set its "
            "maxmemory-policy to noeviction, and give the cache a server of its own (CACHE_URL).",
        )
    else:
        yield Seen("ok", "answers, and forgets nothing by itself")


def _clock() -> Iterator[Seen]:
    apart = (timezone.now() - database_now()).total_seconds()
    said = f"{abs(apart):.1f} s {'ahead of' if apart > 0 else 'behind'} the database's"
    if abs(apart) > CLOCKS_MUST_NOT_DIFFER:
        yield Seen("fail", f"{said}. Let NTP set the clocks of both machines.")
    else:
        yield Seen("warn" if abs(apart) > CLOCKS_MAY_DIFFER else "ok", said)


def _snapshots() -> Iterator[Seen]:
    content = uuid.uuid4().hex.encode()
    try:
        with at_the_store() as store:
            name = store.save(f"doctor/{uuid.uuid4()}", ContentFile(content))
            try:
                with store.open(name) as file:
                    same = file.read() == content
            finally:
                store.delete(name)
    except StoreError as refusal:
        said = f"refuses or cannot be reached ({refusal}). Look at the disk, or at the bucket and "
        yield Seen("fail", f"{said}its permissions.")
        return
    if same:
        yield Seen("ok", "can be written, read and removed")
    else:
        yield Seen("fail", "gives back something else than was put in. Look at its disk.")


def _principal() -> Iterator[Seen]:
    known, said = check_principal()
    yield Seen("ok" if known else "fail", said)


def _beat() -> Iterator[Seen]:
    state = installation()
    remedy = "Look at the logs of beat and of the worker of the queue house, then at Redis."
    if state.tick_age is None:
        yield Seen("fail", f"no tick yet, so no scheduled scan starts. {remedy}")
    elif state.tick_is_late:
        yield Seen("fail", f"no tick for {state.tick_age:.0f} s. {remedy}")
    else:
        yield Seen("ok", f"last tick {state.tick_age:.0f} s ago")
    if state.locked:
        yield Seen("warn", f"locked: {state.locked} manage.py unlock ends that.")


def _scans() -> Iterator[Seen]:
    stuck = [str(place.id) for place in stuck_scans(STUCK_SECONDS)]
    if stuck:
        some = " ".join(stuck[:SHOWN])
        yield Seen(
            "fail",
            f"{len(stuck)} wait or lost their worker for more than {STUCK_SECONDS // 60} min. Look at "
            f"the workers of the queue scan, and at SCANS_PER_ORGANISATION if many are of one organisation; "
            f"then: manage.py requeue --apply {some}",
        )
    else:
        yield Seen("ok", "none is stuck")


LOOKS: tuple[tuple[str, Look], ...] = (
    ("settings", _settings),
    ("database role", _role),
    ("walls", _walls),
    ("migrations", _migrations),
    ("secret keys", _keys),
    ("redis", _redis),
    ("clock", _clock),
    ("snapshot store", _snapshots),
    ("scanner principal", _principal),
    ("beat", _beat),
    ("scans", _scans),
)


def _ask(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]
