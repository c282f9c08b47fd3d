"""A seller's AWS account: how we reach it, and what the last recorded scan said about it."""

from django.db import models

from posture.models.sealed import SealedTextField
from posture.models.tenancy import OrganisationOwned, one_of, within_organisation


class AccountState(models.TextChoices):
    """Whether we can reach the account and may scan it."""

    PENDING = "pending"
    CONNECTED = "connected"
    PAUSED = "paused"
    DISCONNECTED = "disconnected"


class Account(OrganisationOwned):
    """An AWS account that we are allowed to look at, or are being allowed to.

    Everything below `score` is written by recording a scan only, so that lists need no joins.
    """

    State = AccountState

    aws_account = models.CharField(max_length=12)
    partition = models.TextField(default="aws")
    label = models.TextField()
    role_arn = models.TextField(blank=True)
    external_id = SealedTextField()
    state = models.TextField(choices=State.choices, default=State.PENDING)
    state_reason = models.TextField(blank=True)
    profile = models.JSONField(default=dict, blank=True)
    role_actions = models.JSONField(default=list, blank=True)
    """IAM actions that the role holds: those of the template we gave out, and what scans proved."""
    created_at = models.DateTimeField(auto_now_add=True)
    connected_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)

    score = models.PositiveSmallIntegerField(null=True)
    score_low = models.PositiveSmallIntegerField(null=True)
    coverage = models.PositiveSmallIntegerField(null=True)
    topics = models.JSONField(default=dict)
    formula = models.TextField(blank=True)
    scored_at = models.DateTimeField(null=True)
    """The moment of the newest recorded snapshot; an older report touches no finding."""
    open_critical = models.PositiveIntegerField(default=0)
    open_high = models.PositiveIntegerField(default=0)
    open_medium = models.PositiveIntegerField(default=0)
    open_low = models.PositiveIntegerField(default=0)
    waived = models.PositiveIntegerField(default=0)
    not_assessed = models.PositiveIntegerField(default=0)
    last_scan = within_organisation(
        "posture.Scan", null=True, related_name="+", on_delete=models.SET_NULL
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "aws_account"), name="one_account_per_organisation"
            ),
            models.CheckConstraint(
                condition=models.Q(aws_account__regex=r"^\d{12}$"), name="aws_account_has_12_digits"
            ),
            models.CheckConstraint(
                condition=models.Q(score__isnull=True) | models.Q(score__lte=100),
                name="account_score_to_100",
            ),
            one_of(AccountState, "state", "account_state_known"),
        )
        indexes = (models.Index(fields=("organisation", "score", "id"), name="account_by_score"),)

    def __str__(self) -> str:
        return f"{self.label} ({self.masked})"

    @property
    def masked(self) -> str:
        """The account number with its middle hidden, for places where it only has to be told apart."""
        return f"{self.aws_account[:4]}••••{self.aws_account[-4:]}"

    @property
    def key(self) -> str:
        """Resource key of account-wide outcomes (design 2.11)."""
        return f"arn:{self.partition}:iam::{self.aws_account}:root"
