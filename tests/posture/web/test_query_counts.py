"""The number of queries of a page does not depend on how much it shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from posture.auditing import record
from posture.models import Account, Organisation, Role, Scan, Ticket, User
from posture.models.tenancy import within
from posture.tokens import issue
from tests.posture.rows import a_member, an_account, an_invitation
from tests.posture.web.rows import (
    a_done_scan,
    a_finding,
    a_result,
    a_score,
    a_waiver,
    an_attestation,
    an_event,
    scored,
)


@pytest.fixture
def first(acme: Organisation) -> Account:
    """The account whose pages are counted."""
    return an_account(acme, "999900000000", label="first")


def fill(first: Account, acme: Organisation, user: User, numbers: range) -> None:
    """Add an account with a scan for each number, and findings of the first account."""
    for number in numbers:
        account = an_account(acme, f"{number:012}")
        a_member(acme, f"member-{number}", Role.VIEWER, accounts=[account])
        an_invitation(acme, f"guest-{number}@example.com", invited_by=user)
        _a_token(acme, user, f"tool-{number}", account)
        scan = a_done_scan(account, requested_by=user)
        scored(account, scan)
        a_score(scan, 60 + number % 9, 40, timezone.now() - timedelta(days=number))
        mine = a_done_scan(first, requested_by=user)
        a_score(mine, 50 + number, 40, timezone.now() - timedelta(days=30 - number))
        scored(first, mine)
        _one_more(first, mine, user, number)


def _a_token(acme: Organisation, user: User, name: str, account: Account) -> None:
    with within(acme):
        issue(organisation=acme, by=user, name=name, scopes=["findings:read"], accounts=[account])


def _one_more(first: Account, scan: Scan, user: User, number: int) -> None:
    with within(first.organisation_id):
        record(organisation=first.organisation_id, by=user, action="scan.requested", target=scan)
    finding = a_finding(scan, f"queue-{number}", control=f"SQS-{number:02}")
    a_finding(scan, f"queue-{number}", control="AMI-06")
    an_event(finding, "changed", 2, scan=scan, by_user=user)
    a_waiver(a_finding(scan, f"waived-{number}", control="AMI-08"), user)
    a_result(scan, f"SQS-{number:02}", status="fail", failing=1)
    ended = {"ended_at": timezone.now(), "end": "replaced", "ended_by": user}
    an_attestation(scan, user, **({} if number == 1 else ended))
    with within(first.organisation_id):
        Ticket.objects.create(
            organisation_id=first.organisation_id, finding=finding, system="jira", key="SEC-1"
        )


PAGES = {
    "home": lambda account: reverse("home"),
    "posture": lambda account: f"{reverse('home')}?account={account.pk}",
    "accounts": lambda account: reverse("accounts"),
    "account": lambda account: reverse("account", args=[account.pk]),
    "scans": lambda account: reverse("scans"),
    "grouped": lambda account: reverse("findings"),
    "flat": lambda account: f"{reverse('findings')}?view=flat",
    "searched": lambda account: f"{reverse('findings')}?view=flat&q=queue&severity=critical",
    "controls": lambda account: reverse("controls"),
    "control": lambda account: reverse("control", args=["SQS-03"]),
    "topic": lambda account: reverse("topic", args=["sqs"]),
    "audit": lambda account: reverse("audit"),
    "tokens": lambda account: reverse("tokens"),
    "people": lambda account: reverse("people"),
    "invitations": lambda account: reverse("invitations"),
    "snapshots": lambda account: reverse("snapshots"),
    "attestations": lambda account: reverse("attestations", args=[account.pk]),
    "attestation": lambda account: reverse("attestation", args=[account.pk, "M-AMMP-2"]),
}
AT_MOST = 28
"""Who asks and for which organisation take ten, what is around every page three."""


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", PAGES)
def test_thirty_rows_take_no_more_queries_than_two(
    owner: Client, acme: Organisation, alice: User, first: Account, name: str
) -> None:
    fill(first, acme, alice, range(1, 3))
    few = queries(owner, PAGES[name](first))
    fill(first, acme, alice, range(3, 31))
    many = queries(owner, PAGES[name](first))
    assert few == many
    assert many <= AT_MOST


def test_a_finding_with_a_long_history_takes_no_more_queries(
    owner: Client, scan: Scan, alice: User
) -> None:
    finding = a_finding(scan)
    an_event(finding, "changed", 2, by_user=alice)
    few = queries(owner, reverse("finding", args=[finding.pk]))
    for number in range(3, 33):
        an_event(finding, "changed", number, scan=scan, by_user=alice)
        a_finding(scan, control=f"SQS-{number}")
    many = queries(owner, reverse("finding", args=[finding.pk]))
    assert few == many
    assert many <= AT_MOST
