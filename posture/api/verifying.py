"""Endpoints of second looks: asking for one, and reading how it ended."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from posture import access, scans
from posture.api.access import caller
from posture.api.finding_shapes import VerificationRow
from posture.api.problems import Conflict
from posture.models import Verification


class Verify(APIView):
    """Looks again at one finding."""

    verbs: ClassVar[dict[str, access.Verb]] = {"POST": "scan"}

    @extend_schema(
        operation_id="findings_verify",
        request=None,
        responses={
            202: OpenApiResponse(
                VerificationRow,
                description="The verification, queued; or the one that is already under way for "
                "the finding. `Location` names it.",
            )
        },
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Read what the finding's control needs again, and record that one finding.

        409 when it cannot be looked at now: finding_resolved, control_retired, answered_by_people,
        account_not_connected, scan_under_way (a scan of the account looks at it, too),
        too_many_checks (3 of an account or 10 of the organisation are under way already).
        """
        scope = caller(request)
        finding = generics.get_object_or_404(access.findings_of(scope), pk=pk)
        try:
            made, _ = scans.request_verification(finding=finding, by=scope.user, token=scope.token)
        except scans.NotVerifiableError as refusal:
            raise Conflict(str(refusal), refusal.code) from refusal
        return Response(
            VerificationRow(made).data,
            status=202,
            headers={"Location": reverse("api-verification", args=[made.pk])},
        )


class VerificationById(generics.RetrieveAPIView[Verification]):
    """One second look at a finding: how far it is, or what was seen."""

    queryset = Verification.objects.none()
    serializer_class = VerificationRow

    def get_queryset(self) -> QuerySet[Verification]:
        """Return what the caller may see."""
        return access.verifications_of(caller(self.request))
