"""The endpoints of version 1; every object comes through the access module."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django_filters import rest_framework as django_filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from posture import access, catalogue, scans, tickets
from posture.api import filters, finding_shapes, paging
from posture.api import serializers as shapes
from posture.api.access import caller
from posture.api.problems import Conflict
from posture.models import Account, Finding, Scan, ScorePoint


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


class Scans(Listing):
    """Scans, newest first; POST starts one."""

    queryset = Scan.objects.none()
    serializer_class = shapes.ScanRow
    pagination_class = paging.ByQueueing
    filterset_class = filters.ScanFilters
    verbs: ClassVar[dict[str, access.Verb]] = {"POST": "scan"}

    def get_queryset(self) -> QuerySet[Scan]:
        """Return what the caller may see."""
        return access.scans_of(caller(self.request))

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
        try:
            scan, _ = scans.request_scan(
                account=found, by=caller(request).user, trigger=Scan.Trigger.API
            )
        except scans.LockedError as refusal:
            raise Conflict(str(refusal), "locked") from refusal
        return Response(
            shapes.ScanRow(scan).data,
            status=202,
            headers={"Location": reverse("api-scan", args=[scan.pk])},
        )


class ScanById(generics.RetrieveAPIView[Scan]):
    """One scan with its progress by service and region."""

    queryset = Scan.objects.none()
    serializer_class = shapes.ScanRow

    def get_queryset(self) -> QuerySet[Scan]:
        """Return what the caller may see."""
        return access.scans_of(caller(self.request))


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
