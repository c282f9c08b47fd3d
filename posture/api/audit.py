"""The audit log for programs: what a log keeper fetches, by the filters of the page."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from posture import access
from posture.api.access import caller
from posture.api.moments import Moment
from posture.api.paging import NewestFirst
from posture.api.views import Listing
from posture.auditing import ACTIONS
from posture.models import AuditEvent
from posture.models.audit import Wanted
from posture.models.plain import storable


class AuditFilters(filters.FilterSet):
    """Filters of the audit log."""

    who = filters.CharFilter(
        method="by_who", max_length=200, help_text="Id of a person or token, or a part of a name."
    )
    action = filters.ChoiceFilter(choices=[(name, words) for name, words in ACTIONS.items()])
    target = filters.CharFilter(
        method="by_target", max_length=200, help_text="Id of what was changed, or a part of a name."
    )
    vars()["from"] = Moment(  # a keyword of Python, so it cannot be assigned
        field_name="at", lookup_expr="gte", help_text="ISO 8601 moment; events of then or later."
    )
    to = Moment(field_name="at", lookup_expr="lt", help_text="ISO 8601 moment; events before it.")

    class Meta:
        model = AuditEvent
        fields: list[str] = []

    def by_who(self, rows: QuerySet[AuditEvent], _name: str, value: str) -> QuerySet[AuditEvent]:
        """Keep what this person or program did."""
        return Wanted(who=storable(value)).among(rows)

    def by_target(self, rows: QuerySet[AuditEvent], _name: str, value: str) -> QuerySet[AuditEvent]:
        """Keep what was done to this."""
        return Wanted(target=storable(value)).among(rows)


class AuditRow(serializers.ModelSerializer[AuditEvent]):
    """One event; `hash` is the SHA-256 over `previous_hash` and the rest."""

    number = serializers.IntegerField(help_text="1, 2, 3 and so on, without gaps.")
    before = serializers.DictField(help_text="What changed, as it was.")
    after = serializers.DictField(help_text="What changed, as it is then.")

    class Meta:
        model = AuditEvent
        fields: tuple[str, ...] = (
            "id", "number", "at", "actor_kind", "actor_id", "actor_label", "action", "target_kind",
            "target_id", "target_label", "before", "after", "address", "request_id", "door",
            "previous_hash", "hash",
        )  # fmt: skip


class AuditEvents(Listing):
    """The audit log of the organisation, newest first.

    For tokens with the scope admin that are not kept to some accounts; others see no event.
    """

    queryset = AuditEvent.objects.none()
    serializer_class = AuditRow
    pagination_class = NewestFirst
    filterset_class = AuditFilters
    verbs: ClassVar[dict[str, access.Verb]] = {"GET": "manage"}

    def get_queryset(self) -> QuerySet[AuditEvent]:
        """Return what the caller may see."""
        return access.audit_events_of(caller(self.request))
