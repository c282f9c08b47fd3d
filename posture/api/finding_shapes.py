"""Shapes of findings and their tickets: what goes out, and the little that may come in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from posture import catalogue
from posture.api.serializers import Progress, Strict
from posture.models import Account, Finding, FindingEvent, Ticket, Verification


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
    """One change of a finding; with a rejudgement, newer controls found it in stored facts."""

    scan = serializers.UUIDField(source="scan_id", allow_null=True)
    rejudgement = serializers.UUIDField(source="rejudgement_id", allow_null=True)

    class Meta:
        model = FindingEvent
        fields = ("sequence", "kind", "at", "scan", "rejudgement", "data")


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


class VerificationRow(serializers.ModelSerializer[Verification]):
    """A second look at one finding."""

    finding = serializers.UUIDField(source="finding_id")
    account = serializers.UUIDField(source="account_id")
    seen = serializers.ChoiceField(
        choices=Verification.Seen.choices,
        allow_blank=True,
        help_text="What became of the finding; empty until it was looked at.",
    )
    missing_action = serializers.CharField(
        allow_blank=True, help_text="IAM actions that were refused, when nothing could be seen."
    )
    progress = Progress()

    class Meta:
        model = Verification
        fields = (
            "id", "finding", "account", "state", "seen", "reason_code", "reason",
            "missing_action", "attempt", "queued_at", "started_at", "finished_at", "progress",
        )  # fmt: skip
