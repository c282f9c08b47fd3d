"""Shapes of the API: what goes out, and the little that may come in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from posture import catalogue
from posture.models import Account, Finding, FindingEvent, Scan, ScorePoint, Ticket


class Strict(serializers.Serializer[Any]):
    """Refuses fields that it does not know, so that a typing error is not taken for success."""

    def to_internal_value(self, data: Any) -> Any:
        """Check for unknown names before anything else."""
        if isinstance(data, dict):
            unknown = sorted(str(name) for name in data.keys() - self.fields.keys())
            if unknown:
                text = serializers.ErrorDetail("This field is unknown or read-only.", "unknown")
                raise serializers.ValidationError({name: [text] for name in unknown})
        return super().to_internal_value(data)


class OpenCounts(serializers.Serializer[Any]):
    """Open findings by severity."""

    critical = serializers.IntegerField()
    high = serializers.IntegerField()
    medium = serializers.IntegerField()
    low = serializers.IntegerField()


class ScoreShape(serializers.Serializer[Any]):
    """A score with its certainty; all three are null when nothing was assessed."""

    value = serializers.IntegerField(allow_null=True, help_text="0 to 100.")
    low = serializers.IntegerField(
        allow_null=True, help_text="What is left if everything unread were as bad as it can be."
    )
    coverage = serializers.IntegerField(
        allow_null=True,
        help_text="Percent of the applicable controls, by weight, that was assessed.",
    )


class AccountScore(ScoreShape):
    """The account's score and the version of the formula that made it."""

    formula = serializers.CharField(help_text="Version of the score formula.")


class TopicScore(serializers.Serializer[Any]):
    """One of the eight topics."""

    score = serializers.IntegerField(allow_null=True)
    low = serializers.IntegerField(allow_null=True)
    coverage = serializers.IntegerField(allow_null=True)
    open = OpenCounts()
    waived = serializers.IntegerField()
    not_assessed = serializers.IntegerField()
    manual = serializers.IntegerField()
    applicable = serializers.BooleanField()


class AccountRow(serializers.ModelSerializer[Account]):
    """An account as a row of the list."""

    score = serializers.SerializerMethodField()
    open = serializers.SerializerMethodField()
    next_scan = serializers.SerializerMethodField()
    last_scan = serializers.UUIDField(source="last_scan_id", allow_null=True)

    class Meta:
        model = Account
        fields: tuple[str, ...] = (
            "id", "aws_account", "partition", "label", "state", "state_reason", "role_arn",
            "connected_at", "checked_at", "scored_at", "last_scan", "next_scan",
            "score", "open", "waived", "not_assessed",
        )  # fmt: skip

    @extend_schema_field(AccountScore)
    def get_score(self, account: Account) -> dict[str, Any]:
        """Value, bound, coverage and formula version."""
        return {
            "value": account.score,
            "low": account.score_low,
            "coverage": account.coverage,
            "formula": account.formula,
        }

    @extend_schema_field(OpenCounts)
    def get_open(self, account: Account) -> dict[str, int]:
        """Open findings by severity."""
        return {
            "critical": account.open_critical,
            "high": account.open_high,
            "medium": account.open_medium,
            "low": account.open_low,
        }

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_scan(self, account: Account) -> Any:
        """When the schedule starts the next scan; null when it is off."""
        schedule = getattr(account, "schedule", None)
        return schedule.next_run if schedule else None


class AccountDetail(AccountRow):
    """An account with its topics."""

    topics = serializers.SerializerMethodField()

    class Meta(AccountRow.Meta):
        fields = (*AccountRow.Meta.fields, "topics")

    @extend_schema_field(serializers.DictField(child=TopicScore()))
    def get_topics(self, account: Account) -> dict[str, Any]:
        """Topic code to score."""
        topics: dict[str, Any] = account.topics
        return topics


class ScoreRow(serializers.ModelSerializer[ScorePoint]):
    """The score of one recorded scan."""

    value = serializers.IntegerField(source="score", allow_null=True)
    scan = serializers.UUIDField(source="scan_id")

    class Meta:
        model = ScorePoint
        fields = ("at", "scan", "value", "low", "coverage", "formula", "topics")


class ServiceProgress(serializers.Serializer[Any]):
    """How far one service in one region is."""

    service = serializers.CharField()
    region = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=("waiting", "reading", "read", "gaps", "failed"))
    calls = serializers.IntegerField()
    denied = serializers.IntegerField()


class Progress(serializers.Serializer[Any]):
    """How far a scan is."""

    phase = serializers.CharField()
    calls = serializers.IntegerField()
    denied = serializers.IntegerField()
    throttled = serializers.IntegerField()
    services = ServiceProgress(many=True)


class ScanRow(serializers.ModelSerializer[Scan]):
    """One visit to an account."""

    account = serializers.UUIDField(source="account_id")
    progress = Progress()
    score = serializers.SerializerMethodField()

    class Meta:
        model = Scan
        fields: tuple[str, ...] = (
            "id", "account", "trigger", "state", "reason_code", "reason", "attempt",
            "queued_at", "started_at", "finished_at", "progress", "score", "counts", "engine",
        )  # fmt: skip

    @extend_schema_field(ScoreShape)
    def get_score(self, scan: Scan) -> dict[str, Any]:
        """Value, bound and coverage."""
        return {"value": scan.score, "low": scan.score_low, "coverage": scan.coverage}


class NewScan(Strict):
    """Ask for a scan of an account."""

    account = serializers.UUIDField(help_text="Account id of this API.")


class TicketShape(serializers.ModelSerializer[Ticket]):
    """The reference to the work in somebody else's tracker."""

    class Meta:
        model = Ticket
        fields = ("system", "key", "url", "status", "linked_at")


class TicketInput(Strict):
    """The reference that a ticketing tool sets; plain text, and an http(s) address."""

    system = serializers.RegexField(r"^[a-z0-9][a-z0-9_-]{0,39}$", help_text="For example jira.")
    key = serializers.CharField(max_length=200, help_text="For example SEC-1482.")
    url = serializers.URLField(max_length=2000, required=False, allow_blank=True, default="")
    status = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")

    def validate_url(self, value: str) -> str:
        """Pages link to it, so nothing but the web's own schemes may stand there."""
        if value and not value.startswith(("https://", "http://")):
            message = "Give an address that begins with https:// or http://."
            raise serializers.ValidationError(message, "scheme")
        return value


class FindingPatch(Strict):
    """What may be changed of a finding; null unlinks the ticket."""

    ticket = TicketInput(allow_null=True)


class FindingAccount(serializers.ModelSerializer[Account]):
    """The account a finding is in."""

    class Meta:
        model = Account
        fields = ("id", "aws_account", "label")


class FindingRow(serializers.ModelSerializer[Finding]):
    """A finding as a row of the list."""

    account = FindingAccount()
    title = serializers.SerializerMethodField()
    summary = serializers.SerializerMethodField()
    ticket = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()

    class Meta:
        model = Finding
        fields: tuple[str, ...] = (
            "id", "fingerprint", "account", "control", "title", "topic", "severity", "state",
            "resolution", "resource", "resource_name", "region", "summary", "points",
            "control_points", "first_seen", "last_seen", "last_changed", "resolved_at",
            "not_rechecked_since", "ticket", "page",
        )  # fmt: skip

    def get_title(self, finding: Finding) -> str:
        """The control's requirement."""
        return catalogue.described(finding.control).title

    def get_summary(self, finding: Finding) -> str:
        """What was seen, in one text."""
        return " ".join(finding.reasons)

    @extend_schema_field(TicketShape(allow_null=True))
    def get_ticket(self, finding: Finding) -> Any:
        """The linked ticket, or null."""
        ticket = getattr(finding, "ticket", None)
        return TicketShape(ticket).data if ticket else None

    @extend_schema_field(serializers.URLField())
    def get_page(self, finding: Finding) -> str:
        """Address of the finding's page, for people."""
        return settings.BASE_URL + reverse("finding", args=[finding.id])


class EvidencePiece(serializers.Serializer[Any]):
    """A fact (label, value) or an excerpt of a document (title, text, faults as line ranges)."""

    kind = serializers.ChoiceField(choices=("fact", "excerpt"))
    read_by = serializers.CharField(help_text="IAM action that read it.", allow_blank=True)
    label = serializers.CharField(required=False)  # type: ignore[assignment] # a field of that name
    value = serializers.CharField(required=False)
    title = serializers.CharField(required=False)
    text = serializers.CharField(required=False)
    note = serializers.CharField(required=False)
    faults = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()), required=False
    )


class Remediation(serializers.Serializer[Any]):
    """The fix in up to four forms, filled with the account's names."""

    summary = serializers.CharField()
    minutes = serializers.IntegerField()
    console = serializers.ListField(child=serializers.CharField())
    cli = serializers.CharField(allow_blank=True)
    cloudformation = serializers.CharField(allow_blank=True)
    terraform = serializers.CharField(allow_blank=True)
    without = serializers.DictField(
        child=serializers.CharField(), help_text="Why a form does not exist for this control."
    )
    breaks = serializers.ListField(
        child=serializers.CharField(), help_text="What applying it could break."
    )
    way_back = serializers.CharField(allow_blank=True, help_text="How to undo it.")


PLAIN_PARTS = (
    "summary", "minutes", "console", "cli", "cloudformation", "terraform", "breaks", "way_back",
)  # fmt: skip


class EventRow(serializers.ModelSerializer[FindingEvent]):
    """One change of a finding."""

    scan = serializers.UUIDField(source="scan_id", allow_null=True)

    class Meta:
        model = FindingEvent
        fields = ("sequence", "kind", "at", "scan", "data")


class FindingDetail(FindingRow):
    """A finding with its evidence, why it matters, the fix and its latest changes."""

    reasons = serializers.ListField(child=serializers.CharField())
    evidence = EvidencePiece(many=True)
    why = serializers.SerializerMethodField()
    remediation = serializers.SerializerMethodField()
    history = serializers.SerializerMethodField()

    class Meta(FindingRow.Meta):
        fields = (*FindingRow.Meta.fields, "reasons", "evidence", "why", "remediation", "history")

    def get_why(self, finding: Finding) -> str:
        """Why it matters to a seller."""
        return catalogue.described(finding.control).risk

    @extend_schema_field(Remediation)
    def get_remediation(self, finding: Finding) -> dict[str, Any]:
        """The filled remedy."""
        remedy = catalogue.remedy_for(finding)
        return {
            **{name: getattr(remedy, name) for name in PLAIN_PARTS},
            "without": dict(remedy.without),
        }

    @extend_schema_field(EventRow(many=True))
    def get_history(self, finding: Finding) -> Any:
        """The latest 50 changes, newest first."""
        events = finding.events.order_by("-sequence")[:50]
        return EventRow(events, many=True).data


class ReferenceShape(serializers.Serializer[Any]):
    """Where a requirement comes from."""

    title = serializers.CharField()
    url = serializers.CharField(allow_blank=True)


class ControlShape(serializers.Serializer[Any]):
    """One requirement we can judge."""

    id = serializers.CharField()
    title = serializers.CharField()
    topic = serializers.CharField()
    severity = serializers.CharField(help_text="The worst that the control can return.")
    risk = serializers.CharField()
    references = ReferenceShape(many=True)


class ControlList(serializers.Serializer[Any]):
    """All controls on one page."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ControlShape(many=True)
