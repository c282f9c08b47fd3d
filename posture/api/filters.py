"""Query filters; one that we do not know is refused, because a silent ignore shows too much."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from posture.api.moments import Moment
from posture.models import Finding, LeaseState, Scan, SeverityChoice, Ticket
from posture.models.searching import holding

PAGING = {"cursor", "page_size"}


class StrictFilters(filters.DjangoFilterBackend):
    """django-filter that answers 400 to parameters that the endpoint does not know."""

    def filter_queryset(self, request: Any, queryset: QuerySet[Any], view: APIView) -> Any:
        """Refuse unknown parameters, then filter."""
        refuse_unknown(request, {*PAGING, *self._names(view, queryset)})
        return super().filter_queryset(request, queryset, view)

    def _names(self, view: APIView, queryset: QuerySet[Any]) -> set[str]:
        filterset = self.get_filterset_class(view, queryset)
        return set(filterset.base_filters) if filterset else set()


def refuse_unknown(request: Request, known: set[str]) -> None:
    """Raise ValidationError when the query has a parameter that is not among the known ones."""
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        says = f"Known are: {', '.join(sorted(known))}." if known else "There are none here."
        text = f"Unknown parameter. {says}"
        raise ValidationError({name: [ErrorDetail(text, "unknown")] for name in unknown})


class Words(filters.BaseInFilter, filters.ChoiceFilter):
    """Comma-separated words out of a list of choices."""


class Texts(filters.BaseInFilter, filters.CharFilter):
    """Comma-separated texts."""


class Ids(filters.BaseInFilter, filters.UUIDFilter):
    """Comma-separated ids."""


class FindingFilters(filters.FilterSet):
    """Filters of the finding list."""

    account = Ids(field_name="account_id", help_text="Account ids of this API.")
    aws_account = Texts(field_name="account__aws_account", help_text="12-digit AWS account ids.")
    severity = Words(field_name="severity", choices=SeverityChoice.choices)
    state = Words(field_name="state", choices=Finding.State.choices)
    topic = Texts(field_name="topic", help_text="ammp, sell, cas, psc, sqs, mtr, ami, ct.")
    control = Texts(field_name="control", help_text="Control ids such as SQS-03.")
    region = Texts(field_name="region")
    resource = filters.CharFilter(field_name="resource", help_text="Exact resource key, an ARN.")
    fingerprint = Texts(field_name="fingerprint")
    changed_since = Moment(
        field_name="last_changed",
        lookup_expr="gte",
        help_text="ISO 8601 moment; findings that changed then or later. Poll with the newest "
        "last_changed that you have seen.",
    )
    first_seen_since = Moment(field_name="first_seen", lookup_expr="gte")
    ticket = filters.ChoiceFilter(
        method="by_ticket",
        choices=(("none", "without a ticket"), ("any", "with a ticket")),
        help_text="none: without an external ticket; any: with one.",
    )
    q = filters.CharFilter(method="by_text", help_text="Text in resource, name or control.")

    class Meta:
        model = Finding
        fields: list[str] = []

    def by_ticket(self, rows: QuerySet[Finding], _name: str, value: str) -> QuerySet[Finding]:
        """Keep findings with or without a linked ticket."""
        tickets = Exists(Ticket.objects.filter(finding=OuterRef("pk")))
        return rows.filter(tickets if value == "any" else ~tickets)

    def by_text(self, rows: QuerySet[Finding], _name: str, value: str) -> QuerySet[Finding]:
        """Keep findings whose resource, name or control holds the text."""
        return rows.filter(holding(value) | Q(control=value.upper()))


class ScanFilters(filters.FilterSet):
    """Filters of the scan list."""

    account = Ids(field_name="account_id", help_text="Account ids of this API.")
    state = Words(field_name="state", choices=LeaseState.choices)

    class Meta:
        model = Scan
        fields: list[str] = []


class NoFilters(filters.FilterSet):
    """For lists without filters: every parameter but paging is unknown."""
