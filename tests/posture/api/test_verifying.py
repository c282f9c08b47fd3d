"""Second looks over the API: asked for, followed, refused, and hidden from strangers."""

from __future__ import annotations

from collections.abc import Callable

from posture.models import Account, ApiToken, Finding, Verification
from posture.models.tenancy import within
from tests.posture.api.conftest import Api, Company

Issue = Callable[..., tuple[ApiToken, str]]


def path(company: Company) -> str:
    return f"findings/{company.findings[0].pk}/verify"


def test_a_look_is_queued_and_says_where_it_is(api: Api, company: Company) -> None:
    answer = api.send("POST", path(company), {})
    assert answer.status_code == 202
    body = answer.json()
    assert (body["state"], body["seen"]) == ("queued", "")
    assert body["finding"] == str(company.findings[0].pk)
    assert api.client.get(answer["Location"]).json() == body
    assert answer["Location"] == f"/api/v1/verifications/{body['id']}"


def test_one_under_way_is_returned_instead_of_a_second(api: Api, company: Company) -> None:
    first, second = (api.send("POST", path(company), {}).json() for _ in range(2))
    assert first == second


def test_the_token_that_asked_is_remembered(token: Issue, company: Company) -> None:
    row, text = token("scans:run")
    Api(text).send("POST", path(company), {})
    with within(company.organisation):
        made = Verification.objects.get()
        assert made.requested_by_token_id == row.pk
        assert made.asker == f"token {row.name}"


def test_what_cannot_be_looked_at_is_a_conflict_with_a_code(api: Api, company: Company) -> None:
    api.send("POST", "scans", {"account": str(company.account.pk)})
    answer = api.send("POST", path(company), {})
    assert (answer.status_code, answer.json()["code"]) == (409, "scan_under_way")
    assert "A scan of this account is under way" in answer.json()["detail"]
    with within(company.organisation):
        Account.objects.update(state="paused")
    assert api.send("POST", path(company), {}).json()["code"] == "account_not_connected"
    with within(company.organisation):
        Finding.objects.update(
            state="resolved", resolution="fixed", resolved_at="2026-11-01T00:00Z"
        )
        assert not Verification.objects.exists()
    assert api.send("POST", path(company), {}).json()["code"] == "finding_resolved"


def test_strangers_and_other_accounts_find_nothing(
    api: Api, token: Issue, company: Company, stranger: Company
) -> None:
    assert api.send("POST", path(stranger), {}).status_code == 404
    with within(stranger.organisation):
        theirs = Verification.objects.create(
            organisation=stranger.organisation,
            account=stranger.account,
            finding=stranger.findings[0],
        )
        assert Verification.objects.count() == 1
    assert api.get(f"verifications/{theirs.pk}").status_code == 404
    mine = api.send("POST", path(company), {}).json()["id"]
    with within(company.organisation):
        other = Account.objects.create(
            organisation=company.organisation, aws_account="222233334444", label="Second",
            external_id="another",
        )  # fmt: skip
    restricted = Api(token("admin", accounts=[other])[1])
    assert restricted.get(f"verifications/{mine}").status_code == 404
    assert restricted.send("POST", path(company), {}).status_code == 404


def test_looking_does_not_start_anything(api: Api, company: Company) -> None:
    assert api.get(path(company)).status_code == 405
    assert Api(None).send("POST", path(company), {}).status_code == 401
    with within(company.organisation):
        assert not Verification.objects.exists()
