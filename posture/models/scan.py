"""Visits to an account, what they saw and how the account scored."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from posture.models.leased import ACTIVE, Leased, LeaseState
from posture.models.tenancy import OrganisationOwned, one_of, within_organisation


def no_progress() -> dict[str, Any]:
    """The progress of a scan that has not begun; the shape of the scan page's rows."""
    counts = {"calls": 0, "denied": 0, "throttled": 0}
    return {"services": [], "ceilings": [], "phase": "connecting", **counts}


class StoredSnapshot(OrganisationOwned):
    """A snapshot in the store, found by the SHA-256 of its JSON (design 2.10)."""

    account = within_organisation("posture.Account", related_name="snapshots")
    sha256 = models.CharField(max_length=64)
    path = models.TextField()
    bytes = models.PositiveBigIntegerField()
    stored_bytes = models.PositiveBigIntegerField(default=0)
    """What it takes in the store, compressed."""
    taken_at = models.DateTimeField()
    engine = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    unused_since = models.DateTimeField(null=True, db_default=Now())
    """Since when no scan has referred to it; null while one does."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "sha256"), name="one_snapshot_per_content"
            ),
        )
        indexes = (
            models.Index(
                fields=("organisation", "unused_since"),
                condition=Q(unused_since__isnull=False),
                name="snapshot_unused",
            ),
        )

    def __str__(self) -> str:
        return self.sha256


class Trigger(models.TextChoices):
    """Who or what asked for the scan."""

    MANUAL = "manual"
    SCHEDULE = "schedule"
    API = "api"
    FIRST = "first"


class Scan(Leased):
    """One visit to an account at one moment."""

    Trigger = Trigger

    account = within_organisation("posture.Account", related_name="scans")
    trigger = models.TextField(choices=Trigger.choices)
    requested_by = models.ForeignKey(
        "posture.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason_code = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    """A sentence a seller can act on: why it failed, or what it could not see."""
    progress = models.JSONField(default=no_progress)
    snapshot = within_organisation(
        "posture.StoredSnapshot", null=True, related_name="scans", on_delete=models.SET_NULL
    )
    score = models.PositiveSmallIntegerField(null=True)
    score_low = models.PositiveSmallIntegerField(null=True)
    coverage = models.PositiveSmallIntegerField(null=True)
    counts = models.JSONField(default=dict)
    engine = models.TextField(blank=True)
    retry_at = models.DateTimeField(null=True)
    """When a queued scan that failed through something that may pass is tried again."""
    cancel_requested_at = models.DateTimeField(null=True)
    """Since when it is to end; whatever ends it from then on makes it cancelled."""
    cancel_requested_by = models.ForeignKey(
        "posture.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    cancel_requested_by_token = within_organisation(
        "posture.ApiToken", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    recording_seconds = models.FloatField(null=True)

    class Meta:
        constraints = (
            one_of(LeaseState, "state", "scan_state_known"),
            one_of(Trigger, "trigger", "scan_trigger_known"),
            models.UniqueConstraint(
                fields=("account",),
                condition=Q(state__in=ACTIVE),
                name="one_active_scan_per_account",
            ),
        )
        indexes = (
            models.Index(fields=("organisation", "-queued_at", "id"), name="scan_newest_first"),
            models.Index(fields=("account", "-queued_at"), name="scan_of_account"),
            models.Index(fields=("state",), condition=Q(state__in=ACTIVE), name="scan_active"),
            models.Index(
                fields=("account", "-finished_at", "-id"),
                condition=Q(snapshot__isnull=False),
                name="scan_with_snapshot",
            ),
            models.Index(
                fields=("finished_at",),
                condition=Q(finished_at__isnull=False),
                name="scan_finished",
            ),
        )

    def __str__(self) -> str:
        return f"scan of {self.account_id}: {self.state}"

    @classmethod
    def _waiting(cls) -> Q:
        """Not before the next try, and not what somebody cancelled; as `fairest_scan` has it."""
        due = Q(retry_at__isnull=True) | Q(retry_at__lte=Now()) | ~Q(state=LeaseState.QUEUED)
        return super()._waiting() & due & Q(cancel_requested_at__isnull=True)

    @property
    def cancelled_by(self) -> str:
        """Who asked for the end: a person's or a token's name, or "somebody" who is gone."""
        if self.cancel_requested_by_token_id:
            return f"the token {self.cancel_requested_by_token.name}"
        return str(self.cancel_requested_by or "somebody")


class Rejudgement(Leased):
    """The snapshot of a scan, judged again by newer controls, with no call to AWS.

    It is for one engine: the same snapshot is not judged twice by the same controls. `counts` says
    what it changed; `reason` why it could not, or why it changed nothing.
    """

    account = within_organisation("posture.Account", related_name="rejudgements")
    scan = within_organisation("posture.Scan", related_name="rejudgements")
    engine = models.TextField()
    """What judges; a worker of another version leaves it."""
    engine_before = models.TextField(blank=True)
    reason_code = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        constraints = (
            one_of(LeaseState, "state", "rejudgement_state_known"),
            models.UniqueConstraint(
                fields=("scan", "engine"),
                condition=~Q(state__in=(LeaseState.FAILED, LeaseState.CANCELLED)),
                name="one_rejudgement_per_engine",
            ),
        )
        indexes = (
            models.Index(
                fields=("queued_at", "id"),
                condition=Q(state__in=ACTIVE),
                name="rejudgement_active",
            ),
            models.Index(fields=("account", "-queued_at"), name="rejudgement_of_account"),
        )

    def __str__(self) -> str:
        return f"{self.scan_id} by {self.engine}: {self.state}"


class ScorePoint(OrganisationOwned):
    """The score of an account at one moment: of a recorded scan, else of an answer or second look.

    With a rejudgement and no scan it is that of the last scan, judged again by newer controls.
    """

    account = within_organisation("posture.Account", related_name="score_points")
    scan = within_organisation(
        "posture.Scan", one_to_one=True, null=True, related_name="score_point"
    )
    rejudgement = within_organisation(
        "posture.Rejudgement", one_to_one=True, null=True, related_name="score_point"
    )
    at = models.DateTimeField()
    score = models.PositiveSmallIntegerField(null=True)
    low = models.PositiveSmallIntegerField(null=True)
    coverage = models.PositiveSmallIntegerField(null=True)
    topics = models.JSONField(default=dict)
    formula = models.TextField()

    class Meta:
        indexes = (models.Index(fields=("account", "-at", "id"), name="score_history"),)

    def __str__(self) -> str:
        return f"{self.score} ({self.low})"
