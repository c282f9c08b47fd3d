"""Shapes of accounts, scans and controls: what goes out, and the little that may come in."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from posture.models import Account, Scan, ScorePoint


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
    """The score of one recorded scan, of its rejudgement, or (without either) of an answer."""

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
