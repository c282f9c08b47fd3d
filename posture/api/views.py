"""The endpoints of version 1; every object comes through the access module."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django_filters import rest_framework as django_filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from posture import access, catalogue, connections, scans, tickets
from posture.api import filters, finding_shapes, paging
from posture.api import serializers as shapes
from posture.api.access import caller
from posture.api.problems import CONTENT_TYPE, Conflict
from posture.api.schema import Problem
from posture.models import Account, Finding, Scan, Schedule, ScorePoint


class Listing(generics.ListAPIView[Any]):
    """A list in pages, with filters that refuse what they do not know."""

    filter_backends = (filters.StrictFilters,)
    pagination_class = paging.Paging
    filterset_class: ClassVar[type[django_filters.FilterSet]] = filters.NoFilters


class Accounts(Listing):
    """Accounts with score, lower bound and coverage."""

    queryset = Account.objects.none()
    serializer_class = shapes.AccountRow

    def get_queryset(self) -> QuerySet[Account]:
        """Return what the caller may see."""
        return access.accounts_of(caller(self.request)).select_related("schedule")


class AccountById(generics.RetrieveAPIView[Account]):
    """One account with its topics and the version of the score formula."""

    queryset = Account.objects.none()
    serializer_class = shapes.AccountDetail

    def get_queryset(self) -> QuerySet[Account]:
        """Return what the caller may see."""
        return access.accounts_of(caller(self.request)).select_related("schedule")


class AccountScores(Listing):
    """History of an account's score, one row for each recorded scan or answer, newest first."""

    queryset = ScorePoint.objects.none()
    serializer_class = shapes.ScoreRow
    pagination_class = paging.NewestFirst

    def get_queryset(self) -> QuerySet[ScorePoint]:
        """Return the history of an account that the caller may see."""
        account = generics.get_object_or_404(
            access.accounts_of(caller(self.request)), pk=self.kwargs["pk"]
        )
        return access.scores_of(caller(self.request)).filter(account=account)


class AccountSchedule(APIView):
    """When an account is scanned."""

    verbs: ClassVar[dict[str, access.Verb]] = {"PATCH": "connect"}

    @extend_schema(operation_id="schedule_retrieve", responses=shapes.ScheduleShape)
    def get(self, request: Request, pk: str) -> Response:
        """Return the schedule; an account that never had one is `off`."""
        return Response(shapes.ScheduleShape(self._schedule(request, pk)).data)

    @extend_schema(
        operation_id="schedule_update",
        request=shapes.SchedulePatch,
        responses={200: shapes.ScheduleShape},
    )
    def patch(self, request: Request, pk: str) -> Response:
        """Change the schedule; the next run is the next moment that it names."""
        said = shapes.SchedulePatch(data=request.data)
        said.is_valid(raise_exception=True)
        now = self._schedule(request, pk)
        kept = {name: getattr(now, name) for name in said.get_fields()}
        asker = caller(request)
        try:
            after = connections.set_schedule(
                account=now.account,
                by=asker.user or asker.token,
                **{**kept, **said.validated_data},
            )
        except connections.InvalidError as refusal:
            wrong = ErrorDetail(str(refusal), "invalid")
            raise ValidationError({refusal.field: [wrong]}) from None
        return Response(shapes.ScheduleShape(after).data)

    def _schedule(self, request: Request, pk: str) -> Schedule:
        """The schedule of an account that the caller may see."""
        accounts = access.accounts_of(caller(request)).select_related("schedule")
        account = generics.get_object_or_404(accounts, pk=pk)
        found: Schedule | None = getattr(account, "schedule", None)
        return found or Schedule(account=account, preset=Schedule.Preset.OFF)


class OfScans(generics.GenericAPIView[Scan]):
    """What answers about scans share: which there are, and whether there is room for more."""

    queryset = Scan.objects.none()
    serializer_class = shapes.ScanRow

    def get_queryset(self) -> QuerySet[Scan]:
        """Return what the caller may see, with who cancelled."""
        rows = access.scans_of(caller(self.request))
        return rows.select_related("cancel_requested_by", "cancel_requested_by_token")

    def get_serializer_context(self) -> dict[str, Any]:
        """Ask once for all rows whether the organisation's slots are full."""
        context = dict(super().get_serializer_context())
        if isinstance(self.request.auth, access.Scope):  # the document is made for nobody
            context["slots_full"] = scans.slots_full(self.request.auth.organisation)
        return context


class Scans(OfScans, Listing):
    """Scans, newest first; POST starts one."""

    pagination_class = paging.ByQueueing
    filterset_class = filters.ScanFilters
    verbs: ClassVar[dict[str, access.Verb]] = {"POST": "scan"}

    @extend_schema(
        operation_id="scans_start",
        request=shapes.NewScan,
        responses={
            202: OpenApiResponse(
                shapes.ScanRow,
                description="The scan, queued; or the one that is already under way for the account. "
                "`Location` names it.",
            )
        },
    )
    def post(self, request: Request) -> Response:
        """Start a scan of an account; while one is under way, that one is returned."""
        wanted = shapes.NewScan(data=request.data)
        wanted.is_valid(raise_exception=True)
        account = access.accounts_of(caller(request)).filter(pk=wanted.validated_data["account"])
        found = account.first()
        if found is None:
            message = "There is no such account, or this token may not see it."
            raise NotFound(message)
        if found.state != Account.State.CONNECTED:
            message = "This account is not connected. Test its connection on its page first."
            raise Conflict(message, "account_not_connected")
        asker = caller(request)
        try:
            scan, _ = scans.request_scan(
                account=found, by=asker.user or asker.token, trigger=Scan.Trigger.API
            )
        except scans.LockedError as refusal:
            raise Conflict(str(refusal), "locked") from refusal
        return Response(
            self.get_serializer(scan).data,
            status=202,
            headers={"Location": reverse("api-scan", args=[scan.pk])},
        )


class ScanById(OfScans, generics.RetrieveAPIView[Scan]):
    """One scan with its progress by service and region."""


class ScanCancel(OfScans):
    """The end of a scan."""

    verbs: ClassVar[dict[str, access.Verb]] = {"POST": "scan"}

    @extend_schema(
        operation_id="scans_cancel",
        request=None,
        responses={
            202: OpenApiResponse(
                shapes.ScanRow,
                description="The scan: cancelled if it was queued; if it was running, it ends "
                "within seconds and keeps what it has read.",
            ),
            (409, CONTENT_TYPE): OpenApiResponse(
                Problem, description="The scan is over already (`scan_over`)."
            ),
        },
    )
    def post(self, request: Request, pk: str) -> Response:
        """Cancel a scan that is queued or running; asking again changes nothing."""
        asker = caller(request)
        try:
            scan = scans.cancel_scan(scan=self.get_object(), by=asker.user, token=asker.token)
        except scans.ScanOverError as refusal:
            raise Conflict(str(refusal), "scan_over") from None
        return Response(self.get_serializer(scan).data, status=202)


class Findings(Listing):
    """Findings, what changed last first."""

    queryset = Finding.objects.none()
    serializer_class = finding_shapes.FindingRow
    pagination_class = paging.ByChange
    filterset_class = filters.FindingFilters

    def get_queryset(self) -> QuerySet[Finding]:
        """Return what the caller may see, with what the rows show."""
        return access.findings_of(caller(self.request)).select_related("account", "ticket")


class FindingById(generics.RetrieveAPIView[Finding]):
    """One finding with evidence, why it matters, the fix and its history."""

    queryset = Finding.objects.none()
    serializer_class = finding_shapes.FindingDetail
    verbs: ClassVar[dict[str, access.Verb]] = {"PATCH": "triage"}

    def get_queryset(self) -> QuerySet[Finding]:
        """Return what the caller may see."""
        return access.findings_of(caller(self.request)).select_related("account", "ticket")

    @extend_schema(
        operation_id="findings_update",
        request=finding_shapes.FindingPatch,
        responses={200: finding_shapes.FindingDetail},
    )
    def patch(self, request: Request, pk: str) -> Response:
        """Set or, with null, remove the external ticket reference; nothing else can be changed."""
        said = finding_shapes.FindingPatch(data=request.data)
        said.is_valid(raise_exception=True)
        finding = self.get_object()
        user, token = caller(request).user, caller(request).token
        ticket = said.validated_data["ticket"]
        if ticket is None:
            tickets.unlink_ticket(finding=finding, by_user=user, by_token=token)
        else:
            tickets.link_ticket(finding=finding, **ticket, by_user=user, by_token=token)
        return Response(self.get_serializer(self.get_object()).data)


class Controls(APIView):
    """The catalogue of controls."""

    @extend_schema(operation_id="controls_list", responses=shapes.ControlList)
    def get(self, request: Request) -> Response:
        """Return all controls; they fit on one page."""
        if request.query_params:
            filters.refuse_unknown(request, set())
        page = {"next": None, "previous": None, "results": catalogue.controls()}
        return Response(shapes.ControlList(page).data)


class ControlById(APIView):
    """One control."""

    @extend_schema(operation_id="controls_retrieve", responses=shapes.ControlShape)
    def get(self, request: Request, control: str) -> Response:
        """Return the control with this id, for example SQS-03."""
        try:
            found = catalogue.control(control)
        except KeyError as unknown:
            message = "There is no such control."
            raise NotFound(message) from unknown
        return Response(shapes.ControlShape(found).data)
