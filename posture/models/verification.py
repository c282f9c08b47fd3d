"""Looking again at one finding because somebody says that it is fixed."""

from django.db import models
from django.db.models import Q

from posture.models.leased import ACTIVE, Leased, LeaseState
from posture.models.scan import no_progress
from posture.models.tenancy import one_of, within_organisation


class Seen(models.TextChoices):
    """What was seen of the finding; empty until then, and when nobody could get in."""

    FIXED = "fixed"
    GONE = "gone"
    NOT_APPLICABLE = "not_applicable"
    FAILING = "failing"
    NOT_ASSESSED = "not_assessed"


class Verification(Leased):
    """One visit to an account that reads what one finding's control needs, and no more.

    done: it was seen; partial: it could not be seen; failed: nobody could look; cancelled: a scan
    of the whole account looks, or has looked, instead.
    """

    Seen = Seen

    account = within_organisation("posture.Account", related_name="+")
    finding = within_organisation("posture.Finding", related_name="verifications", db_index=False)
    requested_by = models.ForeignKey(
        "posture.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_by_token = within_organisation(
        "posture.ApiToken", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    seen = models.TextField(choices=Seen.choices, blank=True, default="")
    reason_code = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")
    """What was seen, or why nothing was; a sentence or more."""
    missing_action = models.TextField(blank=True, default="")
    progress = models.JSONField(default=no_progress)

    class Meta:
        constraints = (
            one_of(LeaseState, "state", "verification_state_known"),
            models.CheckConstraint(
                condition=Q(seen="") | Q(seen__in=Seen.values), name="verification_seen_known"
            ),
            models.UniqueConstraint(
                fields=("finding",),
                condition=Q(state__in=ACTIVE),
                name="one_active_verification_per_finding",
            ),
        )
        indexes = (
            models.Index(fields=("finding", "-queued_at"), name="verification_of_finding"),
            models.Index(
                fields=("state",), condition=Q(state__in=ACTIVE), name="verification_active"
            ),
        )

    def __str__(self) -> str:
        return f"verification of {self.finding_id}: {self.state}"

    @property
    def asker(self) -> str:
        """Who asked: a person's name, a token's, or nothing when both are gone."""
        if self.requested_by_token is not None:
            return f"token {self.requested_by_token.name}"
        return str(self.requested_by or "")
