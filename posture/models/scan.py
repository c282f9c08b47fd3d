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


class ScorePoint(OrganisationOwned):
    """The score of an account at one moment: of a recorded scan, else of an answer or second look."""

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
