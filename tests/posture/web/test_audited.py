"""Every page that changes something leaves exactly one event in the audit log (bar 111)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posture import tokens
from posture.auditing import ACTIONS
from posture.models import Account, Finding, Membership, Organisation, Scan, User
from posture.models.tenancy import within
from posture.profiles import LIMITS
from posture.web.urls import urlpatterns
from scanner.facts.profile import Profile
from tests.posture.rows import a_scan
from tests.posture.web import test_audited_people
from tests.posture.web.conftest import PASSWORD
from tests.posture.web.rows import a_finding, a_result, an_attestation, events

NOTHING_OF_THE_ORGANISATION = {
    "theme",  # a cookie of the browser
    "organisation",  # which one is looked at, in the session
    "password_forgotten",  # sends a mail; the link in it changes something
    "account_reauthenticate",  # a proof, kept in the session
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "account_login",  # sign_in by its other name
}
PROFILE = {"product_types": ["ami"], **{name: getattr(Profile(), name) for name in LIMITS}}
TICKET = {"system": "jira", "key": "SEC-1"}
ELSEWHERE = "arn:aws:iam::999988887777:role/Other"

CASES: list[tuple[str, dict[str, Any], str]] = [
    ("account", {"preset": "weekly", "zone": "UTC"}, "schedule.changed"),
    ("profile", PROFILE | {"unused_days": 31}, "profile.changed"),
    ("attestation", {"answer": "yes", "note": "Looked"}, "attestation.answered"),
    ("attestation_withdrawal", {}, "attestation.withdrawn"),
    ("account_scans", {}, "scan.requested"),
    ("scan_cancel", {}, "scan.cancelled"),
    (
        "connect",
        {"aws_account": "555566667777", "label": "new", "product_types": ["ami"]},
        "account.begun",
    ),
    ("connect_test", {"role_arn": ELSEWHERE}, "account.tested"),
    ("connect_schedule", {"preset": "off", "zone": "UTC"}, "schedule.changed"),
    ("connection", {"do": "pause"}, "account.paused"),
    ("connection", {"do": "disconnect"}, "account.disconnected"),
    ("finding_ticket", TICKET, "ticket.linked"),
    ("finding_verification", {}, "verification.requested"),
    ("token", {}, "token.revoked"),
    ("tokens", {"name": "n", "scopes": ["admin"], "days": "9"}, "token.issued"),
    ("audit_export", {"format": "csv"}, "audit.exported"),
    ("sign_out", {}, "session.ended"),
    ("sign_in", {"login": "alice@acme.example", "password": PASSWORD}, "session.began"),
    ("sign_in", {"login": "Alice@acme.example", "password": "wrong"}, "session.refused"),
]

pytestmark = pytest.mark.usefixtures("no_attempts")


@pytest.fixture
def finding(scan: Scan) -> Finding:
    return a_finding(scan)


@pytest.fixture
def post(finding: Finding, alice: User, owner: Client) -> Callable[..., Any]:
    """Posts to a page by its name, as the owner, with rows of Acme in the address."""
    account = finding.account_id
    with within(finding.organisation_id):
        token, _ = tokens.issue(
            organisation=finding.organisation, by=None, name="t", scopes=["findings:read"]
        )
    answer = an_attestation(finding.last_scan, alice)
    a_result(finding.last_scan, "M-AMMP-3", status="manual", asked=True, topic="ammp")
    rows: dict[str, list[object]] = {
        **{
            name: [account]
            for name in (
                "account",
                "profile",
                "account_scans",
                "connection",
                "connect_test",
                "connect_schedule",
                "connect_role",
            )
        },
        "role_template": [account, "cli"],
        "sso_begin": ["nowhere"],
        "sso_callback": ["nowhere"],
        "provider_test": [account],
        "attestations": [account],
        "attestation": [account, "M-AMMP-3"],
        "attestation_withdrawal": [answer.pk],
        "attestation_document": [answer.pk],
        "scan": [finding.last_scan_id],
        **{name: [finding.pk] for name in ("finding", "finding_ticket", "finding_verification")},
        "token": [token.pk],
        "control": ["SQS-03"],
        "topic": ["sqs"],
    }

    def posted(name: str, form: dict[str, Any]) -> HttpResponse:
        if name == "scan_cancel":
            rows[name] = [a_scan(finding.account).pk]
        until = (timezone.now() + timedelta(days=90)).date().isoformat()
        form = {"valid_until": until, **form} if name == "attestation" else form
        browser = Client() if name == "sign_in" else owner
        return browser.post(reverse(name, args=rows.get(name, [])), form)  # type: ignore[return-value] # the test client's own answer

    return posted


@pytest.mark.parametrize(("name", "form", "action"), CASES)
def test_a_change_through_a_page_is_one_event(
    post: Callable[..., Any], acme: Organisation, name: str, form: dict[str, Any], action: str
) -> None:
    before = len(events(acme))
    answer = post(name, form)
    new = events(acme, before)
    assert [event.action for event in new] == [action]
    said = (new[0].door, new[0].address, new[0].request_id)
    assert said == ("page", "127.0.0.1", answer["X-Request-ID"])
    nobody = action == "session.refused"
    assert new[0].actor_label == ("somebody not signed in" if nobody else "alice@acme.example")
    assert new[0].target_label or action == "audit.exported"


def test_a_page_that_is_in_no_case_takes_no_form(post: Callable[..., Any]) -> None:
    audited = {name for name, _, _ in CASES} | test_audited_people.CASES.keys()
    audited |= test_audited_people.ALONE
    others = {str(pattern.name) for pattern in urlpatterns} - audited - NOTHING_OF_THE_ORGANISATION
    assert {name: post(name, {}).status_code for name in others} == dict.fromkeys(others, 405)


def test_what_was_refused_or_changes_nothing_is_no_event(
    post: Callable[..., Any], acme: Organisation
) -> None:
    post("connection", {"do": "pause"})
    post("token", {})
    post("finding_ticket", TICKET)
    before = len(events(acme))
    post("connection", {"do": "pause"})
    post("token", {})
    post("finding_ticket", TICKET)
    post("tokens", {"name": "", "scopes": [], "days": "0"})
    post("attestation", {"answer": "perhaps"})
    assert events(acme, before) == []


def test_two_changes_by_one_form_are_two_events(
    post: Callable[..., Any], acme: Organisation
) -> None:
    before = len(events(acme))
    post("connect_schedule", {"preset": "daily", "zone": "UTC", "then": "scan"})
    said = [event.action for event in events(acme, before)]
    assert said == ["schedule.changed", "scan.requested"]


def test_signing_in_is_told_to_every_organisation_of_the_person(
    post: Callable[..., Any], acme: Organisation, rival: Organisation, alice: User
) -> None:
    with within(rival):
        Membership.objects.create(organisation=rival, user=alice, role="viewer")
    before = len(events(acme))
    post("sign_in", {"login": alice.email, "password": PASSWORD})
    assert [len(events(acme, before)), len(events(rival))] == [1, 1]


def test_somebody_who_left_and_tries_is_told(
    post: Callable[..., Any], acme: Organisation, alice: User
) -> None:
    before = len(events(acme))
    User.objects.update(is_active=False)
    post("sign_in", {"login": alice.email, "password": PASSWORD})
    assert [event.action for event in events(acme, before)] == ["session.refused"]


def test_somebody_unknown_leaves_no_event(post: Callable[..., Any], acme: Organisation) -> None:
    before = len(events(acme))
    for login in ("nobody@acme.example", "a\0b@acme.example", "x" * 300):
        post("sign_in", {"login": login, "password": "wrong"})
    assert events(acme, before) == []


def test_no_secret_gets_into_the_log(
    post: Callable[..., Any], acme: Organisation, account: Account
) -> None:
    for name, form, _ in CASES:
        if name not in {"sign_out", "connection", "scan_cancel"}:
            post(name, form)
    shown = post("tokens", {"name": "n", "scopes": ["admin"], "days": "9"}).content.decode()
    secret = shown.partition('<code id="token">')[2].partition("</code>")[0]
    text = "".join(str(vars(event)) for event in events(acme))
    assert secret.startswith("spt_")
    assert all(
        canary not in text for canary in (secret.partition(".")[2], PASSWORD, account.external_id)
    )


def test_every_action_has_a_sentence_that_goes_on_after_a_name() -> None:
    assert all(words == words.strip() and not words.endswith(".") for words in ACTIONS.values())
    assert all(name == name.lower() and name.count(".") == 1 for name in ACTIONS)
