"""Addresses of the pages: nouns, each with one view."""

from django.urls import path

from posture.web import (
    accounts,
    attestations,
    connect,
    controls,
    finding,
    findings,
    home,
    people,
    profile,
    scans,
    tokens,
    topics,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in", people.SignIn.as_view(), name="sign_in"),
    path("sign-out", people.sign_out, name="sign_out"),
    path("theme", people.choose_theme, name="theme"),
    path("accounts", accounts.accounts, name="accounts"),
    path("accounts/connect", connect.connect, name="connect"),
    path("accounts/<uuid:pk>", accounts.account, name="account"),
    path("accounts/<uuid:pk>/connection", accounts.connection, name="connection"),
    path("accounts/<uuid:pk>/profile", profile.profile, name="profile"),
    path("accounts/<uuid:pk>/attestations", attestations.attestations, name="attestations"),
    path(
        "accounts/<uuid:pk>/attestations/<str:control_id>",
        attestations.attestation,
        name="attestation",
    ),
    path(
        "attestations/<uuid:pk>/withdrawal",
        attestations.withdrawal,
        name="attestation_withdrawal",
    ),
    path("attestations/<uuid:pk>/document", attestations.document, name="attestation_document"),
    path("accounts/<uuid:pk>/connect/role", connect.role, name="connect_role"),
    path("accounts/<uuid:pk>/connect/test", connect.test, name="connect_test"),
    path("accounts/<uuid:pk>/connect/schedule", connect.schedule, name="connect_schedule"),
    path("accounts/<uuid:pk>/role/<str:form>", connect.role_template, name="role_template"),
    path("accounts/<uuid:pk>/scans", scans.start, name="account_scans"),
    path("scans", scans.scans, name="scans"),
    path("scans/<uuid:pk>", scans.scan, name="scan"),
    path("scans/<uuid:pk>/cancel", scans.cancel, name="scan_cancel"),
    path("findings", findings.findings, name="findings"),
    path("findings/<uuid:pk>", finding.finding, name="finding"),
    path("findings/<uuid:pk>/ticket", finding.ticket, name="finding_ticket"),
    path("controls", controls.controls, name="controls"),
    path("controls/<str:control_id>", controls.control, name="control"),
    path("topics/<str:code>", topics.topic, name="topic"),
    path("score", controls.score_explained, name="score_explained"),
    path("settings/tokens", tokens.tokens, name="tokens"),
    path("settings/tokens/<uuid:pk>", tokens.revoke, name="token"),
]
