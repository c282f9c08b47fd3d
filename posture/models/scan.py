"""Visits to an account, what they saw and how the account scored."""

from typing import Any

from django.db import models
from django.db.models import Q

from posture.models.leased import ACTIVE, Leased, LeaseState
from posture.models.tenancy import OrganisationOwned, one_of, within_organisation


def no_progress() -> dict[str, Any]:
    """The progress of a scan that has not begun; the shape of the scan page's rows."""
    return {"services": [], "calls": 0, "denied": 0, "throttled": 0, "phase": "connecting"}


class StoredSnapshot(OrganisationOwned):
    """A snapshot in the store, found by the SHA-256 of its JSON (design 2.10)."""

    account = within_organisation("posture.Account", related_name="snapshots")
    sha256 = models.CharField(max_length=64)
    path = models.TextField()
    bytes = models.PositiveBigIntegerField()
    taken_at = models.DateTimeField()
    engine = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "sha256"), name="one_snapshot_per_content"
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
                fields=("finished_at",),
                condition=Q(finished_at__isnull=False),
                name="scan_finished",
            ),
        )

    def __str__(self) -> str:
        return f"scan of {self.account_id}: {self.state}"


class ScorePoint(OrganisationOwned):
    """The score of an account at one moment: of a recorded scan, or (without one) of an answer."""

    account = within_organisation("posture.Account", related_name="score_points")
    scan = within_organisation(
        "posture.Scan", one_to_one=True, null=True, related_name="score_point"
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
