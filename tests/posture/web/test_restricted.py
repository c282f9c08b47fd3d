"""A member who may see some accounts only: nothing of the others is shown, counted or reached."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posture.models import (
    Account,
    Finding,
    MemberAccount,
    Membership,
    Organisation,
    Role,
    Scan,
    Schedule,
    Ticket,
    User,
    Verification,
)
from posture.models.tenancy import within
from tests.posture.rows import a_member, an_account
from tests.posture.web.conftest import signed_in
from tests.posture.web.rows import (
    a_done_scan,
    a_finding,
    a_result,
    a_score,
    a_topic,
    a_waiver,
    an_attestation,
    scored,
)

CANARIES = ("hidden-eu", "444455556666", "4444-5555-6666", "canary", "Canary")


@pytest.fixture
def hidden(acme: Organisation, alice: User) -> Finding:
    """A finding of an account that the member may not see, which has a row of everything."""
    other = an_account(acme, "444455556666", label="hidden-eu")
    scan = a_done_scan(other, counts={"opened": 77}, requested_by=alice)
    scored(other, scan, score=3, open_critical=41, topics={"sqs": a_topic(3)})
    a_score(scan, 3, 2, timezone.now() - timedelta(days=1))
    found = a_finding(scan, "canary-queue")
    a_waiver(a_finding(scan, "canary-waived"), alice, reason="Canary")
    a_result(scan, "SQS-03", status="fail", failing=41)
    an_attestation(scan, alice, statement="Canary", evidence=b"%PDF")
    with within(acme):
        Schedule.objects.create(organisation=acme, account=other, preset="daily")
        Ticket.objects.create(organisation=acme, finding=found, system="jira", key="CANARY-1")
    return found


@pytest.fixture
def own(account: Account, scan: Scan) -> Finding:
    """A finding of the account that they may see."""
    return a_finding(scan, "orders")


@pytest.fixture
def bob(acme: Organisation, own: Finding, account: Account) -> User:
    return a_member(acme, "bob", Role.ANALYST, accounts=[account])


@pytest.fixture
def browser(bob: User, hidden: Finding) -> Client:
    return signed_in(bob)


LISTS = (
    "/", "/accounts", "/scans", "/findings", "/findings?view=flat", "/controls",
    "/controls/SQS-03", "/topics/sqs",
    "/findings?view=flat&q=canary-queue", "/findings?q=canary", "/findings?q=CANARY-1",
    "/findings?state=waived", "/api/v1/accounts", "/api/v1/findings", "/api/v1/scans",
)  # fmt: skip


def without_query(page: str, path: str) -> str:
    """The page without what the reader typed, which it repeats."""
    _, _, typed = path.partition("q=")
    return page.replace(typed, "") if typed else page


def canaries(page: str, path: str, hidden: Finding) -> list[str]:
    """What of the hidden account a page shows, but for what the reader typed, which it repeats."""
    _, _, typed = path.partition("q=")
    page = page.replace(typed, "") if typed else page
    return [word for word in (*CANARIES, str(hidden.account_id)) if word in page]


@pytest.mark.parametrize("path", LISTS)
def test_no_list_shows_anything_of_an_account_that_is_not_theirs(
    browser: Client, hidden: Finding, path: str
) -> None:
    response = browser.get(path)
    assert response.status_code == 200
    assert canaries(response.content.decode(), path, hidden) == []


@pytest.mark.parametrize("path", LISTS)
def test_the_owner_sees_there_what_is_looked_for(owner: Client, hidden: Finding, path: str) -> None:
    assert canaries(owner.get(path).content.decode(), path, hidden)


def test_home_is_their_only_account(browser: Client, account: Account) -> None:
    page = browser.get("/").content.decode()
    assert account.label in page
    assert "All accounts" not in page


def test_bands_topics_and_badges_count_their_accounts_only(
    browser: Client, acme: Organisation, bob: User, account: Account
) -> None:
    second = an_account(acme, "777788889999", label="second")
    with within(acme):
        member = Membership.objects.get(user=bob)
        MemberAccount.objects.create(organisation=acme, membership=member, account=second)
        Account.objects.filter(pk=account.pk).update(open_critical=1)
    page = " ".join(browser.get("/").content.decode().split())
    assert ">41<" not in page
    assert "41 critical" not in page
    assert '<span class="rail-count">1<span class="unseen-text"> open' in page
    assert '<span class="rail-count">2<span class="unseen-text"> connected' in page
    standings = browser.get("/controls").content.decode()
    assert "41 failing" not in standings


@pytest.fixture
def addresses(hidden: Finding) -> list[str]:
    """Every page of a row that is not theirs."""
    with within(hidden.organisation_id):
        answer = hidden.account.attestations.get()
        look = Verification.objects.create(
            organisation_id=hidden.organisation_id, account_id=hidden.account_id,
            finding=hidden, state="done",
        )  # fmt: skip
    there, scan = hidden.account_id, hidden.last_scan_id
    return [
        f"/?account={there}",
        f"/scans?account={there}",
        f"/topics/sqs?account={there}",
        reverse("account", args=[there]),
        reverse("profile", args=[there]),
        reverse("attestations", args=[there]),
        reverse("attestation", args=[there, "M-AMMP-2"]),
        reverse("attestation_document", args=[answer.pk]),
        reverse("scan", args=[scan]),
        reverse("scan_cancel", args=[scan]),
        reverse("finding", args=[hidden.pk]),
        reverse("finding_verification", args=[hidden.pk]),
        f"/api/v1/accounts/{there}",
        f"/api/v1/accounts/{there}/scores",
        f"/api/v1/accounts/{there}/schedule",
        f"/api/v1/scans/{scan}",
        f"/api/v1/findings/{hidden.pk}",
        f"/api/v1/verifications/{look.pk}",
    ]


def test_what_is_not_theirs_does_not_exist_for_them(
    browser: Client, owner: Client, stranger: Client, addresses: list[str]
) -> None:
    for address in addresses:
        assert owner.get(address).status_code in {200, 302}, address
        for other in (browser, stranger):
            response = other.get(address)
            assert response.status_code == 404, address
            assert "hidden-eu" not in response.content.decode()


def test_they_change_nothing_that_is_not_theirs(
    browser: Client, hidden: Finding, acme: Organisation
) -> None:
    with within(acme):
        answer = hidden.account.attestations.get()
        before = Scan.objects.count()
    for address in (
        reverse("account_scans", args=[hidden.account_id]),
        reverse("scan_cancel", args=[hidden.last_scan_id]),
        reverse("finding_ticket", args=[hidden.pk]),
        reverse("finding_verification", args=[hidden.pk]),
        reverse("attestation", args=[hidden.account_id, "M-AMMP-2"]),
        reverse("attestation_withdrawal", args=[answer.pk]),
    ):
        form = {"system": "jira", "key": "X-1", "do": "unlink", "answer": "no", "statement": "x"}
        assert browser.post(address, form).status_code == 404, address
    with within(acme):
        assert Scan.objects.count() == before
        assert Ticket.objects.get().key == "CANARY-1"


def test_they_work_on_their_own_account(browser: Client, own: Finding) -> None:
    form = {"system": "jira", "key": "SEC-9", "url": ""}
    assert browser.post(reverse("finding_ticket", args=[own.pk]), form).status_code == 302
    assert browser.post(reverse("account_scans", args=[own.account_id])).status_code == 302


@pytest.mark.parametrize(
    "name", ["connect", "tokens", "snapshots", "connect_role", "account", "profile", "connection"]
)
def test_even_an_admin_who_is_restricted_neither_connects_nor_manages(
    acme: Organisation, account: Account, name: str
) -> None:
    browser = signed_in(a_member(acme, "dana", Role.ADMIN, accounts=[account]))
    takes = {"connect_role", "account", "profile", "connection"}
    address = reverse(name, args=[account.pk] if name in takes else [])
    response = browser.get(address) if name == "connect_role" else browser.post(address, {})
    if name == "snapshots":
        response = browser.get(address)
    assert response.status_code == 403
    assert "some of its accounts only" in response.content.decode()


def test_somebody_whose_last_account_is_gone_sees_none(acme: Organisation, hidden: Finding) -> None:
    browser = signed_in(a_member(acme, "dana", Role.VIEWER, accounts=[]))
    page = browser.get("/").content.decode()
    assert "There is no account for you here" in page
    assert "Connect your first" not in page
    assert browser.get("/api/v1/findings").json()["results"] == []


def test_an_owner_cannot_be_restricted_in_the_database(acme: Organisation) -> None:
    with pytest.raises(IntegrityError, match="owner_sees_all_accounts"):
        a_member(acme, "dana", Role.OWNER, accounts=[])


def test_being_restricted_bites_at_the_next_request(
    acme: Organisation, hidden: Finding, bob: User
) -> None:
    with within(acme):
        Membership.objects.filter(user=bob).update(restricted=False)
    browser = signed_in(bob)
    address = reverse("finding", args=[hidden.pk])
    assert browser.get(address).status_code == 200
    with within(acme):
        Membership.objects.filter(user=bob).update(restricted=True)
    assert browser.get(address).status_code == 404
