"""Shapes of accounts, scans and controls: what goes out, and the little that may come in."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from posture.models import Account, Scan, Schedule, ScorePoint
from posture.scans import WaitsFor, waits_for


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


class ScheduleShape(serializers.ModelSerializer[Schedule]):
    """When an account is scanned."""

    next_runs = serializers.SerializerMethodField()

    class Meta:
        model = Schedule
        fields = (
            "preset", "cron", "zone", "quiet_from", "quiet_until", "last_run", "next_run", "next_runs",
        )  # fmt: skip
        extra_kwargs: ClassVar = {
            "preset": {"help_text": "The rhythm; off for none, custom for that of `cron`."},
            "cron": {"help_text": "Five fields; empty unless the preset is custom."},
            "zone": {"help_text": "IANA name of the time zone in which all of this is meant."},
            "quiet_from": {"help_text": "A run in quiet hours waits for their end."},
        }

    @extend_schema_field(serializers.ListField(child=serializers.DateTimeField()))
    def get_next_runs(self, schedule: Schedule) -> list[Any]:
        """The next three runs; none while it is off. A paused account leaves them out."""
        return schedule.next_runs()


class SchedulePatch(Strict):
    """A change of the schedule: what is left out stays."""

    preset = serializers.ChoiceField(choices=Schedule.Preset.choices, required=False)
    cron = serializers.CharField(required=False, allow_blank=True, max_length=200)
    zone = serializers.CharField(required=False, max_length=100)
    quiet_from = serializers.TimeField(required=False, allow_null=True)
    quiet_until = serializers.TimeField(required=False, allow_null=True)


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
    """The score of a recorded scan, of its rejudgement, or of an answer or a second look."""

    value = serializers.IntegerField(source="score", allow_null=True)
    scan = serializers.UUIDField(source="scan_id", allow_null=True)
    rejudgement = serializers.UUIDField(source="rejudgement_id", allow_null=True)

    class Meta:
        model = ScorePoint
        fields = ("at", "scan", "rejudgement", "value", "low", "coverage", "formula", "topics")


class ServiceProgress(serializers.Serializer[Any]):
    """How far one service in one region is."""

    service = serializers.CharField()
    region = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=("waiting", "reading", "read", "gaps", "failed"))
    calls = serializers.IntegerField()
    denied = serializers.IntegerField()
    held = serializers.FloatField(
        required=False, help_text="Seconds in which a call waited for our own ceiling."
    )


class CeilingShape(serializers.Serializer[Any]):
    """A ceiling of ours for calls to the account, shared by all workers, and what it cost."""

    name = serializers.CharField(help_text="AWS service, or service:Operation.")
    region = serializers.CharField()
    rate = serializers.FloatField(help_text="Calls per second.")
    burst = serializers.IntegerField(help_text="Calls at once after a rest.")
    shared = serializers.BooleanField(
        help_text="False when Redis was away and the worker kept to a part of it alone."
    )
    held = serializers.FloatField(help_text="Seconds in which a call waited for it.")


class Progress(serializers.Serializer[Any]):
    """How far a scan is."""

    phase = serializers.CharField()
    calls = serializers.IntegerField()
    denied = serializers.IntegerField()
    throttled = serializers.IntegerField()
    services = ServiceProgress(many=True)
    ceilings = CeilingShape(many=True, required=False)


class ScanRow(serializers.ModelSerializer[Scan]):
    """One visit to an account."""

    account = serializers.UUIDField(source="account_id")
    progress = Progress()
    score = serializers.SerializerMethodField()
    waiting_for = serializers.SerializerMethodField()
    cancelled_by = serializers.SerializerMethodField()

    class Meta:
        model = Scan
        fields: tuple[str, ...] = (
            "id", "account", "trigger", "state", "reason_code", "reason", "attempt", "waiting_for",
            "queued_at", "started_at", "retry_at", "cancel_requested_at", "cancelled_by",
            "finished_at", "progress", "score", "counts", "engine",
        )  # fmt: skip
        extra_kwargs: ClassVar = {
            "reason_code": {
                "help_text": "Why it failed, is tried again, or what it lacks; stable."
            },
            "retry_at": {"help_text": "When a queued scan is tried again, after a pause."},
            "cancel_requested_at": {"help_text": "Since when a running scan is to end."},
        }

    @extend_schema_field(serializers.ChoiceField(choices=WaitsFor.choices, allow_null=True))
    def get_waiting_for(self, scan: Scan) -> str | None:
        """What keeps a queued scan: its next try, a free slot of the organisation, or a worker."""
        found = waits_for(scan, full=self.context["slots_full"])
        return found.value if found else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_cancelled_by(self, scan: Scan) -> str | None:
        """Who asked for its end: a person's name, or "the token" and the token's."""
        return scan.cancelled_by if scan.cancel_requested_at else None

    @extend_schema_field(ScoreShape)
    def get_score(self, scan: Scan) -> dict[str, Any]:
        """Value, bound and coverage."""
        return {"value": scan.score, "low": scan.score_low, "coverage": scan.coverage}


class NewScan(Strict):
    """Ask for a scan of an account."""

    account = serializers.UUIDField(help_text="Account id of this API.")


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
