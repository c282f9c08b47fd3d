"""manage.py doctor: a sound installation passes, and each thing that is wrong is named with a remedy."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import redis
import time_machine
from django.conf import LazySettings, settings
from django.utils import timezone

from posture import migrations
from posture.models import Account, Tick, database_now, note_tick
from posture.models.installation import Lock
from posture.operation.doctoring import Seen, examine
from posture.scans.stores import AtomicFiles
from tests.posture.operation.commands import manage
from tests.posture.rows import a_scan
from tests.posture.store import a_store

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

OURS = "arn:aws:iam::999988887777:user/seller-posture"


@pytest.fixture(autouse=True)
def sound(
    settings: LazySettings, fake_aws: "FakeAws", monkeypatch: pytest.MonkeyPatch
) -> "FakeAws":
    """An installation with which nothing is wrong, but for cookies without TLS."""
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    settings.SCANNER_PRINCIPAL_ARN = OURS
    note_tick()
    return fake_aws


def look(name: str) -> list[Seen]:
    return [seen for one, seen in examine() if one == name]


def test_a_sound_installation_passes(sound: "FakeAws") -> None:
    done = manage("doctor", environment=sound.environment())
    assert done.returncode == 0, done.stdout
    grades = {line[6:23].strip(): line[:4].strip() for line in done.stdout.splitlines()}
    assert grades.pop("settings") == "warn"
    assert "SECURE is off" in done.stdout
    assert set(grades.values()) == {"ok"}
    assert len(grades) == 10


def test_a_failure_ends_with_1_and_prints_no_secret(sound: "FakeAws") -> None:
    broken = {**sound.environment(), "REDIS_URL": "redis://:hunter2hunter2@127.0.0.1:1/0"}
    done = manage("doctor", environment=broken)
    assert done.returncode == 1
    assert "fail  redis" in done.stdout
    assert "1 failed." in done.stdout
    names = ("SECRET_KEY", "SECRET_KEYS", "TOKEN_PEPPERS", "AWS_SECRET_ACCESS_KEY")
    secrets = [os.environ[name] for name in names]
    assert [one for one in (*secrets, "hunter2") if one in done.stdout + done.stderr] == []


def test_a_role_that_walls_do_not_hold_is_named() -> None:
    as_owner = {"DATABASE_URL": os.environ["DATABASE_OWNER_URL"]}
    done = manage("doctor", environment=as_owner)
    assert "fail  database role      DATABASE_URL connects as owner" in done.stdout


def test_a_table_without_a_wall_is_named() -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE TABLE leaky (organisation_id uuid)")
    try:
        assert [seen.grade for seen in look("walls")] == ["fail"]
        assert "leaky" in look("walls")[0].said
    finally:
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
            owner.execute("DROP TABLE leaky")


NEWEST = max(one.stem for one in Path(migrations.__file__).parent.glob("[0-9]*.py"))


def test_a_migration_that_is_missing_is_named() -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("DELETE FROM django_migrations WHERE name = %s", [NEWEST])
    try:
        (seen,) = look("migrations")
        assert (seen.grade, NEWEST in seen.said) == ("fail", True)
    finally:
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
            owner.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('posture', %s, now())",
                [NEWEST],
            )


@pytest.fixture
def forgetful() -> Iterator[None]:
    """A Redis that throws old keys away when it is full."""
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        before = server.config_get("maxmemory*")
        server.config_set("maxmemory", "1gb")
        server.config_set("maxmemory-policy", "allkeys-lru")
        yield
        server.config_set("maxmemory", before["maxmemory"])
        server.config_set("maxmemory-policy", before["maxmemory-policy"])


def test_a_redis_that_forgets_messages_is_named(forgetful: None) -> None:
    (seen,) = look("redis")
    assert (seen.grade, "noeviction" in seen.said) == ("fail", True)


@pytest.mark.parametrize(("seconds", "grade"), [(0, "ok"), (20, "warn"), (-300, "fail")])
def test_clocks_are_compared(seconds: int, grade: str) -> None:
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=True):
        assert [seen.grade for seen in look("clock")] == [grade]


def test_a_store_that_cannot_be_written_is_named(settings: LazySettings, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    changed: dict[str, Any] = dict(settings.STORAGES)
    changed["snapshots"] = {
        "BACKEND": changed["snapshots"]["BACKEND"], "OPTIONS": {"location": blocked}
    }  # fmt: skip
    settings.STORAGES = changed
    (seen,) = look("snapshot store")
    assert seen.grade == "fail"


class Bewildering(AtomicFiles):
    """A store whose library has errors of its own, as boto has."""

    def _save(self, name: str, content: object) -> str:
        error = RuntimeError("secret-bucket")
        error.response = {"Error": {"Code": "AccessDenied"}}  # type: ignore[attr-defined] # as boto
        raise error


def test_an_error_of_the_stores_own_library_stops_no_later_look(settings: LazySettings) -> None:
    a_store(settings, f"{__name__}.Bewildering")
    seen = dict(examine())
    assert seen["snapshot store"].grade == "fail"
    assert "(AccessDenied)" in seen["snapshot store"].said
    assert seen["scans"].grade == "ok"


@pytest.mark.parametrize(("minutes", "grade"), [(5, "ok"), (-5, "ok"), (-11, "fail")])
def test_a_scan_that_is_to_be_tried_later_is_not_stuck(
    account: Account, minutes: int, grade: str
) -> None:
    now = database_now()
    long_ago, retry = now - timedelta(hours=2), now + timedelta(minutes=minutes)
    a_scan(account, queued_at=long_ago, retry_at=retry)
    (seen,) = look("scans")
    assert (seen.grade, "SCANS_PER_ORGANISATION" in seen.said) == (grade, grade == "fail")


def test_looking_at_the_store_leaves_nothing_behind(settings: LazySettings) -> None:
    assert [seen.grade for seen in look("snapshot store")] == ["ok"]
    assert list(Path(settings.SNAPSHOT_DIR).glob("doctor/*")) == []


@pytest.mark.parametrize(
    ("arn", "grade"),
    [
        (OURS, "ok"),
        ("arn:aws:iam::999988887777:root", "ok"),
        ("arn:aws:iam::999988887777:user/somebody", "fail"),
        ("arn:aws:iam::999988887777:role/seller-posture", "fail"),
        ("arn:aws:iam::111122223333:root", "fail"),
    ],
)
def test_another_identity_than_the_templates_trust_is_named(
    settings: LazySettings, arn: str, grade: str
) -> None:
    settings.SCANNER_PRINCIPAL_ARN = arn
    (seen,) = look("scanner principal")
    assert (seen.grade, OURS in seen.said) == (grade, True)


def test_no_credentials_at_all_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    (seen,) = look("scanner principal")
    assert (seen.grade, "credentials" in seen.said) == ("fail", True)


def test_a_tick_that_is_late_or_never_came_is_named() -> None:
    Tick.objects.update(at=database_now() - timedelta(hours=1))
    (late,) = look("beat")
    Tick.objects.all().delete()
    (never,) = look("beat")
    assert (late.grade, late.said[:14]) == ("fail", "no tick for 36")  # 3,600 seconds and a few
    assert (never.grade, never.said[:11]) == ("fail", "no tick yet")


def test_a_lock_is_mentioned() -> None:
    Lock.objects.create(reason="Restored from a backup.")
    assert [seen.grade for seen in look("beat")] == ["ok", "warn"]


@pytest.mark.parametrize(
    ("state", "minutes", "grade"),
    [("queued", 11, "fail"), ("running", 11, "fail"), ("running", 1, "ok"), ("queued", 1, "ok")],
)
def test_stuck_scans_are_named_with_the_command_that_helps(
    account: Account, state: str, minutes: int, grade: str
) -> None:
    then = database_now() - timedelta(minutes=minutes)
    scan = a_scan(account, state=state, queued_at=then, lease_until=then)
    (seen,) = look("scans")
    assert seen.grade == grade
    assert (f"requeue --apply {scan.pk}" in seen.said) == (grade == "fail")
