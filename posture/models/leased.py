"""Work that lives in the database: whoever holds the lease does it, and only their writes count.

One UPDATE on the database's clock claims it; the fence grows with every claim, so a worker that
was thought dead and comes back finds that its number no longer fits (design 2.8).
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import DateTimeField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Coalesce, Now

from posture.models.tenancy import OrganisationOwned

MAX_ATTEMPTS = 3


class LeaseState(models.TextChoices):
    """Where a piece of work is; the last four are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = (LeaseState.QUEUED, LeaseState.RUNNING)


class Leased(OrganisationOwned):
    """Abstract: a row that one worker at a time may work on, for as long as it keeps beating."""

    State: ClassVar = LeaseState

    state = models.TextField(choices=LeaseState.choices, default=LeaseState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    heartbeat = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_active(self) -> bool:
        """Whether somebody works on it or will."""
        return self.state in ACTIVE

    @classmethod
    def _rows(cls) -> models.QuerySet[Self]:
        return cls._default_manager.all()

    @classmethod
    def _waiting(cls) -> Q:
        """Which rows a worker may take: queued ones, and those whose worker was lost."""
        return Q(state=LeaseState.QUEUED) | Q(state=LeaseState.RUNNING, lease_until__lt=Now())

    def claim(self) -> bool:
        """Take this work for the calling worker; False when it is taken, over, or out of attempts.

        On True `attempt` and `fence` are those of the new lease.
        """
        taken = (
            self._rows()
            .filter(self._waiting(), pk=self.pk, attempt__lt=MAX_ATTEMPTS)
            .update(
                state=LeaseState.RUNNING,
                attempt=F("attempt") + 1,
                fence=F("fence") + 1,
                lease_until=lease_end(),
                heartbeat=Now(),
                started_at=Coalesce("started_at", Now()),
            )
        )
        if taken:
            self.refresh_from_db()
        return bool(taken)

    def held(self, fence: int) -> models.QuerySet[Self]:
        """Return this row if it still runs under `fence`, else nothing; for conditional updates."""
        return self._rows().filter(pk=self.pk, state=LeaseState.RUNNING, fence=fence)

    def beat(self, fence: int) -> bool:
        """Extend the lease; False means that somebody else has the work now and we must stop."""
        return bool(self.held(fence).update(lease_until=lease_end(), heartbeat=Now()))


def lease_end() -> "ExpressionWrapper[Any]":
    """Return the database's now plus the lease."""
    lease = Value(timedelta(seconds=settings.LEASE_SECONDS))
    return ExpressionWrapper(Now() + lease, output_field=DateTimeField())


def database_now() -> datetime:
    """Return the database's clock, the only one by which leases and schedules are judged."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
