"""Who gets which page: members by their role, strangers none, and nobody without signing in."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from posture.models import Account, Finding, Scan, Ticket, User
from posture.models.tenancy import within
from posture.tokens import issue
from posture.web.urls import urlpatterns
from tests.posture.rows import an_invitation
from tests.posture.web.routes import ABOUT_ONESELF, ALIASES, OPEN
from tests.posture.web.rows import a_finding, an_attestation

READ = (
    "home", "accounts", "account", "scans", "scan", "findings", "finding", "controls", "control",
    "score_explained", "profile", "attestations", "attestation", "attestation_document", "topic",
    "leave",
)  # fmt: skip
SCAN = ("scan_cancel",)
CONNECT = ("connect", "connect_role", "connect_test", "connect_schedule", "role_template")
MANAGE = (
    "tokens", "snapshots", "audit", "security", "people", "member", "invitations", "providers",
)  # fmt: skip
OWNER = ("new_provider", "provider", "provider_test")
"""Tried in tests/posture/sso/test_settings.py."""
POSTS = {
    "account": "connect",
    "profile": "connect",
    "attestation": "triage",
    "attestation_withdrawal": "triage",
    "account_scans": "scan",
    "scan_cancel": "scan",
    "connect": "connect",
    "connect_test": "connect",
    "connect_schedule": "connect",
    "connection": "connect",
    "external_id": "connect",
    "finding_ticket": "triage",
    "finding_verification": "scan",
    "audit_export": "manage",
    "token": "manage",
    "tokens": "manage",
    "security": "manage",
    "member": "manage",
    "invitations": "manage",
    "invitation_again": "manage",
    "leave": "read",
    "organisation": "read",
    "service_accounts": "manage",
    "service_account": "manage",
}
MAY = {
    "viewer": {"read"},
    "analyst": {"read", "scan", "triage"},
    "admin": {"read", "scan", "triage", "connect", "manage"},
}


@pytest.fixture
def finding(scan: Scan) -> Finding:
    return a_finding(scan)


@pytest.fixture
def address(finding: Finding, alice: User) -> Callable[[str], str]:
    """The address of a page by its name, with rows of Acme in it."""
    with within(finding.organisation_id):
        token, _ = issue(
            organisation=finding.organisation, by=None, name="t", scopes=["findings:read"]
        )
        joined = alice.memberships.get()
        invited = an_invitation(finding.organisation)
    answer = an_attestation(finding.last_scan, alice, evidence=b"%PDF")
    rows = {
        "account": finding.account_id,
        "connect_role": finding.account_id,
        "connect_test": finding.account_id,
        "connect_schedule": finding.account_id,
        "connection": finding.account_id,
        "external_id": finding.account_id,
        "account_scans": finding.account_id,
        "scan": finding.last_scan_id,
        "scan_cancel": finding.last_scan_id,
        "finding": finding.pk,
        "finding_ticket": finding.pk,
        "finding_verification": finding.pk,
        "token": token.pk,
        "service_account": token.service_account_id,
        "member": joined.pk,
        "invitation_again": invited.pk,
        "control": "SQS-03",
        "profile": finding.account_id,
        "attestations": finding.account_id,
        "attestation_withdrawal": answer.pk,
        "attestation_document": answer.pk,
        "topic": "sqs",
    }

    def of(name: str) -> str:
        if name == "attestation":
            return reverse(name, args=[finding.account_id, "M-AMMP-2"])
        if name == "role_template":
            return reverse(name, args=[finding.account_id, "cli"])
        return reverse(name, args=[rows[name]] if name in rows else [])

    return of


def test_every_page_is_in_one_of_the_lists_below() -> None:
    named = {pattern.name for pattern in urlpatterns}
    about_people = {*OPEN, *ABOUT_ONESELF, *ALIASES} & named
    assert named == {*about_people, *READ, *SCAN, *CONNECT, *MANAGE, *OWNER, *POSTS}
    assert named <= set(get_resolver().reverse_dict)


@pytest.mark.parametrize("name", [*READ, *SCAN, *CONNECT, *MANAGE])
def test_nobody_sees_a_page_without_signing_in(address: Callable[[str], str], name: str) -> None:
    response = Client().get(address(name))
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('sign_in')}?next={address(name)}"


def test_a_part_of_a_page_leads_to_signing_in_as_a_whole_page(
    address: Callable[[str], str],
) -> None:
    response = Client().get(address("scan"), headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == f"{reverse('sign_in')}?next={address('scan')}"
    assert response.content == b""


@pytest.mark.parametrize("name", POSTS)
def test_nobody_does_anything_without_signing_in(address: Callable[[str], str], name: str) -> None:
    response = Client().post(address(name), {"do": "disconnect"})
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("sign_in"))


@pytest.mark.parametrize("name", [*READ, *SCAN, *CONNECT, *MANAGE])
def test_the_owner_sees_every_page(owner: Client, address: Callable[[str], str], name: str) -> None:
    response = owner.get(address(name))
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    [
        "account", "scan", "scan_cancel", "finding", "connect_role", "connect_test", "connect_schedule",
        "role_template", "member",
    ],
)  # fmt: skip
def test_for_a_stranger_the_rows_of_others_do_not_exist(
    stranger: Client, address: Callable[[str], str], name: str
) -> None:
    response = stranger.get(address(name))
    assert response.status_code == 404
    assert "Account 1111" not in response.content.decode()


@pytest.mark.parametrize(
    "name",
    sorted(
        POSTS.keys()
        - {"connect", "tokens", "audit_export", "security", "leave", "invitations"}
        - {"service_accounts"}
    ),
)
def test_a_stranger_changes_nothing(
    stranger: Client, address: Callable[[str], str], finding: Finding, name: str
) -> None:
    form = {"do": "disconnect", "preset": "off", "zone": "UTC", "system": "jira", "key": "X-1"}
    assert stranger.post(address(name), form).status_code == 404
    with within(finding.organisation_id):
        assert Account.objects.get().state == "connected"
        assert not Ticket.objects.exists()
        assert Scan.objects.count() == 1


def test_lists_and_counts_of_a_stranger_are_empty(stranger: Client, finding: Finding) -> None:
    for name in ("home", "accounts", "scans", "findings", "controls"):
        page = stranger.get(reverse(name)).content.decode()
        assert finding.resource_name not in page
        assert "Account 1111" not in page
    assert "Connect your first AWS account" in stranger.get("/").content.decode()


def test_a_stranger_cannot_narrow_a_list_to_the_account_of_others(
    stranger: Client, finding: Finding
) -> None:
    there = f"?account={finding.account_id}"
    assert stranger.get(reverse("home") + there).status_code == 404
    assert stranger.get(reverse("scans") + there).status_code == 404
    assert "No finding matches" in stranger.get(reverse("findings") + there).content.decode()


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("name", READ)
def test_every_role_may_read(
    member: Callable[[str], Client], address: Callable[[str], str], role: str, name: str
) -> None:
    assert member(role).get(address(name)).status_code == 200


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("name", POSTS)
def test_a_role_does_what_it_may_and_nothing_else(
    member: Callable[[str], Client],
    address: Callable[[str], str],
    finding: Finding,
    role: str,
    name: str,
) -> None:
    response = member(role).post(address(name), {})
    allowed = POSTS[name] in MAY[role]
    assert (response.status_code != 403) == allowed
    if not allowed:
        assert f"Your role in Acme is {role}." in response.content.decode()
        with within(finding.organisation_id):
            assert Scan.objects.count() == 1


@pytest.mark.parametrize("name", [*SCAN, *CONNECT, *MANAGE])
def test_a_viewer_is_not_shown_what_only_admins_need(
    member: Callable[[str], Client], address: Callable[[str], str], name: str
) -> None:
    assert member("viewer").get(address(name)).status_code == 403


def test_a_viewer_sees_no_button_that_would_be_refused(
    member: Callable[[str], Client], address: Callable[[str], str]
) -> None:
    viewer = member("viewer")
    for name in ("home", "account", "finding", "accounts"):
        page = viewer.get(address(name)).content.decode()
        forms = page.split("<form")[1:]
        actions = [form.partition('action="')[2].partition('"')[0] for form in forms]
        assert set(actions) <= {reverse("findings"), reverse("theme"), reverse("sign_out")}
        assert reverse("tokens") not in page
        assert reverse("connect") not in page


@pytest.mark.parametrize("name", ["account", "scan", "finding"])
def test_a_row_that_never_was_is_not_found(owner: Client, name: str, account: Account) -> None:
    response = owner.get(reverse(name, args=[uuid.uuid4()]))
    assert response.status_code == 404
    assert f"There is no such {name}" in response.content.decode()


@pytest.mark.parametrize(
    "name", ["account_scans", "connection", "token", "attestation_withdrawal", "invitation_again"]
)
def test_nothing_is_changed_by_looking(
    owner: Client, address: Callable[[str], str], name: str
) -> None:
    assert owner.get(address(name)).status_code == 405
