"""What holds for the whole installation and for no organisation: its last tick, and its lock."""

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, models
from django.db.models.functions import Now


class Tick(models.Model):
    """The last time that a worker did the work of a tick: one row, so that age is one look."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_tick"),)

    def __str__(self) -> str:
        return f"{self.at}"


class Lock(models.Model):
    """From `at` until it is ended nothing leaves this installation: no scan, mail or webhook.

    A restored copy starts with one, because the original may still be running.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reason = models.TextField()
    """A sentence that people see on every page."""
    at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Installation:
    """Why nothing may leave (empty: it may), and the seconds since the last tick (None: never)."""

    locked: str
    tick_age: float | None

    @property
    def tick_is_late(self) -> bool:
        """Whether ticks came once and have stopped coming."""
        return self.tick_age is not None and self.tick_age > settings.TICK_LATE_SECONDS


def installation() -> Installation:
    """Look at both, in one query, on the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce((SELECT reason FROM posture_lock
                                WHERE ended_at IS NULL ORDER BY at LIMIT 1), ''),
                      (SELECT extract(epoch FROM statement_timestamp() - at)::float8
                       FROM posture_tick)"""
        )
        return Installation(*cursor.fetchone())


def is_locked() -> bool:
    """Say whether nothing may leave this installation; ask before every step to the outside."""
    return Lock.objects.filter(ended_at__isnull=True).exists()


def unlock() -> int:
    """End every lock; return how many there were."""
    return Lock.objects.filter(ended_at__isnull=True).update(ended_at=Now())


def note_tick() -> None:
    """Remember that a tick has done its work."""
    Tick.objects.bulk_create(
        [Tick(at=Now())], update_conflicts=True, unique_fields=["id"], update_fields=["at"]
    )
