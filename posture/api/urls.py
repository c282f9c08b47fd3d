"""Addresses of the API."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView

from posture.api import audit, verifying, views
from posture.api.docs import Docs
from posture.api.problems import not_found

V1 = "api/v1/"

urlpatterns = [
    path(f"{V1}accounts", views.Accounts.as_view(), name="api-accounts"),
    path(f"{V1}accounts/<uuid:pk>", views.AccountById.as_view(), name="api-account"),
    path(f"{V1}accounts/<uuid:pk>/scores", views.AccountScores.as_view(), name="api-scores"),
    path(f"{V1}accounts/<uuid:pk>/schedule", views.AccountSchedule.as_view(), name="api-schedule"),
    path(f"{V1}scans", views.Scans.as_view(), name="api-scans"),
    path(f"{V1}scans/<uuid:pk>", views.ScanById.as_view(), name="api-scan"),
    path(f"{V1}scans/<uuid:pk>/cancel", views.ScanCancel.as_view(), name="api-scan-cancel"),
    path(f"{V1}findings", views.Findings.as_view(), name="api-findings"),
    path(f"{V1}findings/<uuid:pk>", views.FindingById.as_view(), name="api-finding"),
    path(f"{V1}findings/<uuid:pk>/verify", verifying.Verify.as_view(), name="api-finding-verify"),
    path(
        f"{V1}verifications/<uuid:pk>",
        verifying.VerificationById.as_view(),
        name="api-verification",
    ),
    path(f"{V1}audit-events", audit.AuditEvents.as_view(), name="api-audit-events"),
    path(f"{V1}controls", views.Controls.as_view(), name="api-controls"),
    path(f"{V1}controls/<slug:control>", views.ControlById.as_view(), name="api-control"),
    path(f"{V1}schema", SpectacularAPIView.as_view(), name="api-schema"),
    path(f"{V1}docs", Docs.as_view(), name="api-docs"),
    re_path(r"^api/.*$", not_found, name="api-not-found"),
]
