"""What scans found: one row per control and resource, its events, ticket and waivers."""

import hashlib

from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Q

from posture.models.tenancy import OrganisationOwned, one_of, within_organisation
from scanner.vocabulary import Severity, Status


class SeverityChoice(models.TextChoices):
    """The scanner's severities, as choices of a column."""

    CRITICAL = Severity.CRITICAL.value
    HIGH = Severity.HIGH.value
    MEDIUM = Severity.MEDIUM.value
    LOW = Severity.LOW.value
    INFO = Severity.INFO.value


class StatusChoice(models.TextChoices):
    """The scanner's statuses, as choices of a column."""

    PASS = Status.PASS.value
    FAIL = Status.FAIL.value
    MANUAL = Status.MANUAL.value
    NOT_APPLICABLE = Status.NOT_APPLICABLE.value
    NOT_ASSESSED = Status.NOT_ASSESSED.value


class ControlResult(OrganisationOwned):
    """What the last recorded scan of an account says about one control as a whole."""

    account = within_organisation("posture.Account", related_name="control_results")
    control = models.TextField()
    topic = models.TextField()
    status = models.TextField(choices=StatusChoice.choices)
    severity = models.TextField(choices=SeverityChoice.choices)
    failing = models.PositiveIntegerField(default=0)
    passing = models.PositiveIntegerField(default=0)
    not_assessed = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True)
    missing_action = models.TextField(blank=True)
    asked = models.BooleanField(default=False)
    """Whether the scan left it to people: only then an answer counts."""
    evidence = models.JSONField(default=list)
    """What an API can show whoever answers."""
    open_ended = models.BooleanField(default=False)
    """Whether a list that was cut may hide more resources."""
    share = models.FloatField(default=0)
    stale_since = models.DateTimeField(null=True)
    """Since when a part of `share` is only remembered, because nobody could look again."""
    scan = within_organisation("posture.Scan", related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("account", "control"), name="one_result_per_control"),
            one_of(StatusChoice, "status", "result_status_known"),
        )

    def __str__(self) -> str:
        return f"{self.control}: {self.status}"

    @property
    def is_refused(self) -> bool:
        """Whether people are asked because AWS refused a call, not because no API shows it."""
        return self.asked and bool(self.missing_action)

    @property
    def is_attested(self) -> bool:
        """Whether somebody's answer stands for what was refused; the counts are of what was seen."""
        answered = {StatusChoice.PASS, StatusChoice.FAIL}
        return self.is_refused and self.status in answered


class FindingState(models.TextChoices):
    """Where the work on it is; only a scan resolves."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"


class Resolution(models.TextChoices):
    """Why it is resolved; empty while it is not."""

    FIXED = "fixed"
    GONE = "gone"
    NOT_APPLICABLE = "not_applicable"


class Finding(OrganisationOwned):
    """The lasting record of a failing, or once failing, control on a resource (design 2.11).

    Uniqueness is by fingerprint, because resource keys may be longer than an index entry.
    """

    State = FindingState

    Resolution = Resolution

    account = within_organisation("posture.Account", related_name="findings", db_index=False)
    control = models.TextField()
    topic = models.TextField()
    resource = models.TextField()
    resource_name = models.TextField(blank=True)
    region = models.TextField(blank=True)
    severity = models.TextField(choices=SeverityChoice.choices)
    severity_rank = models.PositiveSmallIntegerField()
    """0 for critical to 4 for info, so that lists can sort by harm."""
    state = models.TextField(choices=State.choices, default=State.OPEN)
    resolution = models.TextField(choices=Resolution.choices, blank=True, default="")
    fingerprint = models.CharField(max_length=64)
    content = models.CharField(max_length=64)
    """SHA-256 over what makes a change worth an event; ages in days do not."""
    seen_as = models.CharField(max_length=64, default="")
    """SHA-256 over all that the last outcome said, so that what is the same need not be written."""
    reasons = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    values = models.JSONField(default=dict)
    points = models.PositiveSmallIntegerField(default=0)
    control_points = models.PositiveSmallIntegerField(default=0)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    last_changed = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    not_rechecked_since = models.DateTimeField(null=True)
    last_scan = within_organisation("posture.Scan", related_name="+", db_index=False)
    sequence = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("account", "fingerprint"), name="one_finding_each"),
            models.CheckConstraint(
                condition=(
                    Q(state="resolved", resolved_at__isnull=False)
                    & Q(resolution__in=("fixed", "gone", "not_applicable"))
                )
                | (Q(state__in=("open", "in_progress"), resolution="", resolved_at__isnull=True)),
                name="finding_resolved_with_reason",
            ),
            one_of(SeverityChoice, "severity", "finding_severity_known"),
        )
        indexes = (
            models.Index(fields=("organisation", "-last_changed", "id"), name="finding_newest"),
            models.Index(
                fields=("organisation", "severity_rank", "-last_changed", "id"),
                condition=~Q(state="resolved"),
                name="finding_worst",
            ),
            models.Index(
                fields=("organisation", "severity_rank", "-last_changed", "id"),
                condition=Q(state="resolved"),
                name="finding_worst_resolved",
            ),
            models.Index(
                fields=("organisation", "-points", "severity_rank", "id"),
                condition=~Q(state="resolved"),
                name="finding_by_points",
            ),
            models.Index(
                fields=("organisation", "first_seen", "id"),
                condition=~Q(state="resolved"),
                name="finding_by_age",
            ),
            models.Index(fields=("organisation", "fingerprint"), name="finding_by_fingerprint"),
            HashIndex(fields=("resource",), name="finding_by_resource"),
            models.Index(
                fields=("account", "severity_rank", "-last_changed", "id"),
                condition=~Q(state="resolved"),
                name="finding_worst_of_account",
            ),
            models.Index(
                fields=("organisation", "control", "-last_changed"), name="finding_control"
            ),
            models.Index(fields=("account", "-last_changed", "id"), name="finding_of_account"),
            models.Index(fields=("account", "control"), name="finding_of_control_in"),
        )

    def __str__(self) -> str:
        return f"{self.control} on {self.resource_name or self.resource}"

    @property
    def is_open(self) -> bool:
        """Whether the last scan that could look still saw the fault."""
        return self.state != self.State.RESOLVED


class EventKind(models.TextChoices):
    """What changed."""

    OPENED = "opened"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    CHANGED = "changed"
    SEVERITY_CHANGED = "severity_changed"
    NOT_RECHECKED = "not_rechecked"
    RECHECKED = "rechecked"
    TICKET_LINKED = "ticket_linked"
    TICKET_UNLINKED = "ticket_unlinked"


class FindingEvent(OrganisationOwned):
    """One change of one finding; rows are added and never touched again.

    Whoever notifies tells each row once, by its id, unless its data has `tell` false. An event
    with a rejudgement was found by judging the stored facts of `scan` again with newer controls:
    its data names the engine, the one before, and `taken_at`, the moment of those facts; only
    what opened, reopened, resolved or changed severity is to be told, as newly known, not as new.
    A later scan that sees the same adds no event, so nothing is told twice.
    """

    Kind = EventKind

    finding = within_organisation(
        "posture.Finding", related_name="events", on_delete=models.DO_NOTHING, db_index=False
    )
    account = within_organisation(
        "posture.Account", related_name="+", on_delete=models.DO_NOTHING, db_index=False
    )
    sequence = models.PositiveIntegerField()
    kind = models.TextField(choices=Kind.choices)
    at = models.DateTimeField()
    scan = within_organisation(
        "posture.Scan", null=True, related_name="+", on_delete=models.DO_NOTHING
    )
    rejudgement = within_organisation(
        "posture.Rejudgement",
        null=True,
        related_name="+",
        on_delete=models.DO_NOTHING,
        db_index=False,
    )
    by_user = models.ForeignKey(
        "posture.User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    by_token = within_organisation(
        "posture.ApiToken", null=True, related_name="+", on_delete=models.DO_NOTHING, db_index=False
    )
    data = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("finding", "sequence"), name="events_are_numbered"),
            one_of(EventKind, "kind", "event_kind_known"),
        )
        indexes = (
            models.Index(fields=("organisation", "-at", "id"), name="event_newest"),
            models.Index(fields=("account", "-at", "id"), name="event_of_account"),
        )

    def __str__(self) -> str:
        return f"{self.kind} ({self.sequence})"


def fingerprint(*, partition: str, aws_account: str, control: str, resource: str) -> str:
    """Return the hex SHA-256 that names a finding everywhere, and is the correlation_id of tickets.

    `resource` is the key exactly as AWS gave it, even where it cannot be stored as it is.
    """
    text = "\0".join((partition, aws_account, control, resource))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
