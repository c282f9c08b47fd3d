"""Who gets in: tokens, scopes, strangers and restricted tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from posture.models import Account, ApiToken, Finding, Scan, Ticket, TokenAccount
from posture.models.tenancy import within
from tests.posture.api.conftest import Api, Company, a_finding

Issue = Callable[..., tuple[ApiToken, str]]

READS = ("accounts", "scans", "findings", "controls")


def paths_of(company: Company) -> list[str]:
    return [
        f"accounts/{company.account.pk}",
        f"accounts/{company.account.pk}/scores",
        f"accounts/{company.account.pk}/schedule",
        f"scans/{company.scan.pk}",
        f"findings/{company.findings[0].pk}",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("path", READS)
def test_nobody_gets_in_without_a_token(path: str) -> None:
    answer = Api(None).get(path)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "not_authenticated"


def test_a_refused_token_is_told_why(token: Issue, company: Company) -> None:
    row, text = token()
    mistyped = text[:-1] + ("0" if text[-1] != "0" else "1")
    assert Api(mistyped).get("accounts").json()["code"] == "token_malformed"
    with within(company.organisation):
        ApiToken.objects.filter(pk=row.pk).update(enabled=False)
    assert Api(text).get("accounts").json()["code"] == "token_revoked"
    past = timezone.now() - timedelta(seconds=1)
    with within(company.organisation):
        ApiToken.objects.filter(pk=row.pk).update(enabled=True, expires_at=past)
    answer = Api(text).get("accounts")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


@pytest.mark.parametrize(
    ("scope", "method", "path", "body", "status"),
    [
        ("findings:read", "PATCH", "finding", {"ticket": None}, 403),
        ("findings:triage", "PATCH", "finding", {"ticket": None}, 200),
        ("findings:read", "POST", "scans", None, 403),
        ("scans:run", "POST", "scans", None, 202),
        ("scans:run", "GET", "finding", None, 403),
        ("exports:read", "GET", "finding", None, 403),
        ("admin", "POST", "scans", None, 202),
        ("scans:run", "POST", "cancel", {}, 409),
        ("findings:triage", "POST", "cancel", {}, 403),
        ("admin", "PATCH", "schedule", {"preset": "off"}, 200),
        ("scans:run", "PATCH", "schedule", {"preset": "off"}, 403),
        ("findings:read", "GET", "schedule", None, 200),
        ("scans:run", "POST", "verify", None, 202),
        ("findings:triage", "POST", "verify", None, 403),
    ],
)
def test_a_scope_opens_what_it_names(
    token: Issue, company: Company, scope: str, method: str, path: str, body: object, status: int
) -> None:
    api = Api(token(scope)[1])
    target = {
        "finding": f"findings/{company.findings[0].pk}",
        "verify": f"findings/{company.findings[0].pk}/verify",
        "cancel": f"scans/{company.scan.pk}/cancel",
        "schedule": f"accounts/{company.account.pk}/schedule",
    }.get(path, path)
    if body is None:
        body = {"account": str(company.account.pk)}
    answer = api.send(method, target, body)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "insufficient_scope"


def test_a_stranger_finds_nothing_of_ours(api: Api, company: Company, stranger: Company) -> None:
    for path in paths_of(stranger):
        assert api.get(path).status_code == 404, path
    for path in ("accounts", "scans", "findings"):
        rows = api.get(path).json()["results"]
        assert rows
        assert b"999900001111" not in api.get(path).content
    finding = stranger.findings[0]
    assert api.get("findings", account=str(stranger.account.pk)).json()["results"] == []
    assert api.get("scans", account=str(stranger.account.pk)).json()["results"] == []
    assert api.get("findings", fingerprint=finding.fingerprint).json()["results"] == []


def test_a_stranger_changes_nothing_of_ours(api: Api, token: Issue, stranger: Company) -> None:
    ticket = {"system": "jira", "key": "X-1"}
    answers = [
        api.send("PATCH", f"findings/{stranger.findings[0].pk}", {"ticket": ticket}),
        api.send("POST", "scans", {"account": str(stranger.account.pk)}),
        api.send("POST", f"scans/{stranger.scan.pk}/cancel", {}),
    ]
    admin = Api(token("admin")[1])
    path = f"accounts/{stranger.account.pk}/schedule"
    answers.append(admin.send("PATCH", path, {"preset": "off"}))
    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]
    with within(stranger.organisation):
        assert stranger.account.schedule.preset == "daily"
        assert not Ticket.objects.exists()
        assert not Scan.objects.filter(state="queued").exists()


def test_a_restricted_token_sees_its_account_only(token: Issue, company: Company) -> None:
    with within(company.organisation):
        other = Account.objects.create(
            organisation=company.organisation, aws_account="222233334444", label="Second",
            external_id="another", state="connected",
        )  # fmt: skip
        scan = Scan.objects.create(
            organisation=company.organisation, account=other, trigger="first", state="done"
        )
        hidden = a_finding(other, scan, "hidden")
    api = Api(token("admin", accounts=[company.account])[1])
    assert [row["aws_account"] for row in api.get("accounts").json()["results"]] == ["111122223333"]
    assert api.get(f"findings/{hidden.pk}").status_code == 404
    assert len(api.get("findings").json()["results"]) == 3
    assert api.send("POST", "scans", {"account": str(other.pk)}).status_code == 404


def test_a_restricted_token_whose_account_is_gone_sees_nothing(
    token: Issue, company: Company
) -> None:
    with within(company.organisation):
        other = Account.objects.create(
            organisation=company.organisation, aws_account="222233334444", label="Second",
            external_id="another",
        )  # fmt: skip
    api = Api(token("admin", accounts=[other])[1])
    with within(company.organisation):
        TokenAccount.objects.filter(account=other).delete()
        gone = Account.objects.filter(pk=other.pk)
        gone._raw_delete(gone.db)  # Django would look at decisions, which `app` may not delete
        assert Finding.objects.exists()
    assert api.get("findings").json()["results"] == []
    assert api.get("accounts").json()["results"] == []
