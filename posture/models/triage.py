"""What people add to findings: the ticket they are worked on in, and waivers."""

from django.db import models

from posture.models.tenancy import OrganisationOwned, one_of, within_organisation


class Ticket(OrganisationOwned):
    """The reference to remediation work in somebody else's tracker."""

    finding = within_organisation("posture.Finding", one_to_one=True, related_name="ticket")
    system = models.TextField()
    key = models.TextField()
    url = models.TextField(blank=True)
    status = models.TextField(blank=True)
    linked_at = models.DateTimeField(auto_now_add=True)
    by_user = models.ForeignKey(
        "posture.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_token = within_organisation(
        "posture.ApiToken", null=True, related_name="+", on_delete=models.SET_NULL
    )

    def __str__(self) -> str:
        return f"{self.system} {self.key}"


class WaiverKind(models.TextChoices):
    """Why it leaves the score."""

    ACCEPTED_RISK = "accepted_risk"
    FALSE_POSITIVE = "false_positive"


class Waiver(OrganisationOwned):
    """A named person accepts a finding, or all of a control's, until a date.

    It is in force from `starts_at` until before `ends_at`; an empty resource means all.
    """

    Kind = WaiverKind

    account = within_organisation("posture.Account", related_name="waivers")
    control = models.TextField()
    resource = models.TextField(blank=True, default="")
    kind = models.TextField(choices=Kind.choices)
    reason = models.TextField()
    owner = models.ForeignKey("posture.User", on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_by = models.ForeignKey("posture.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            one_of(WaiverKind, "kind", "waiver_kind_known"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="waiver_ends_after_start",
            ),
        )
        indexes = (
            models.Index(fields=("account", "control", "ends_at"), name="waiver_on_control"),
        )

    def __str__(self) -> str:
        return f"{self.control} waived: {self.kind}"
