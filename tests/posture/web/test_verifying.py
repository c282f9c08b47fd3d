"""Checking one finding again from its page, with scripts and without."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from posture.models import Account, Finding, Scan, User, Verification
from posture.models.tenancy import within
from tests.posture.rows import a_scan
from tests.posture.web.rows import LONG_AGO, a_finding, an_event


@pytest.fixture
def finding(scan: Scan) -> Finding:
    return a_finding(scan)


def address(finding: Finding) -> str:
    return reverse("finding_verification", args=[finding.pk])


def shown(client: Client, finding: Finding) -> str:
    response = client.get(reverse("finding", args=[finding.pk]))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def section(client: Client, finding: Finding) -> str:
    return (
        shown(client, finding)
        .partition('<section class="section" id="look"')[2]
        .partition("</section>")[0]
    )


def a_look(finding: Finding, **fields: Any) -> Verification:
    with within(finding.organisation_id):
        return Verification.objects.create(
            organisation_id=finding.organisation_id,
            account_id=finding.account_id,
            finding=finding,
            **{"finished_at": LONG_AGO, **fields},
        )


def test_the_button_asks_and_the_page_follows(owner: Client, finding: Finding) -> None:
    assert ">Check again</button>" in section(owner, finding)
    response = owner.post(address(finding))
    assert response["Location"] == reverse("finding", args=[finding.pk]) + "#look"
    part = section(owner, finding)
    assert f'hx-get="{address(finding)}"' in part
    assert "Waiting for a worker." in part
    assert "<button" not in part
    assert '<noscript><meta http-equiv="refresh"' in shown(owner, finding)
    followed = owner.get(address(finding), headers={"HX-Request": "true"}).content.decode()
    assert followed.strip().startswith('<section class="section" id="look"')
    assert "hx-trigger" in followed


def test_a_second_press_is_the_same_look(owner: Client, finding: Finding, alice: User) -> None:
    owner.post(address(finding))
    owner.post(address(finding))
    with within(finding.organisation_id):
        assert Verification.objects.get().requested_by == alice


def test_when_it_is_over_the_whole_page_comes_again_and_stops_asking(
    owner: Client, finding: Finding
) -> None:
    a_look(finding, state="done", seen="failing", reason="Anybody may read orders.")
    response = owner.get(address(finding), headers={"HX-Request": "true"})
    assert response["HX-Refresh"] == "true"
    assert "hx-trigger" not in section(owner, finding)
    plain = owner.get(address(finding))
    assert plain["Location"] == reverse("finding", args=[finding.pk])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "done", "seen": "failing", "reason": "Anybody."}, ("Still there", "Anybody.")),
        (
            {"state": "partial", "seen": "not_assessed", "missing_action": "sqs:<b>"},
            ("Could not be seen", "Allow <code>sqs:&lt;b&gt;</code> in the scan role"),
        ),
        (
            {"state": "failed", "reason_code": "role_refused", "reason": "AWS did not let us."},
            ("Nobody could look", "AWS did not let us."),
        ),
        ({"state": "cancelled", "reason": "A scan began."}, ("Left to a scan", "A scan began.")),
        (
            {"state": "running", "progress": {"phase": "reading", "calls": 3}},
            ("Checking", "Reading what the control needs.", "3 calls to AWS so far"),
        ),
        ({"state": "running", "progress": "odd"}, ("Checking", "0 calls to AWS so far")),
    ],
)  # fmt: skip
def test_how_it_ended_is_said(
    owner: Client, finding: Finding, fields: dict[str, Any], words: tuple[str, ...]
) -> None:
    a_look(finding, **fields)
    part = section(owner, finding)
    assert all(one in part for one in words), part


def test_a_finding_that_was_fixed_says_that_it_was_checked(owner: Client, scan: Scan) -> None:
    finding = a_finding(scan, state="resolved", resolution="fixed", resolved_at=LONG_AGO)
    look = a_look(finding, state="done", seen="fixed", reason="orders is private.")
    an_event(finding, "resolved", 2, data={"resolution": "fixed", "verification": str(look.pk)})
    page = shown(owner, finding)
    assert "The fault is gone" in section(owner, finding)
    assert "Resolved: the fault is gone, when somebody had it checked again" in page
    assert ">Check again</button>" not in page


def test_while_a_scan_is_under_way_its_result_is_waited_for(
    owner: Client, finding: Finding, account: Account
) -> None:
    running = a_scan(account, state="running")
    part = section(owner, finding)
    assert "A scan of this account is under way" in part
    assert reverse("scan", args=[running.pk]) in part
    owner.post(address(finding))
    assert "A scan of this account is under way" in shown(owner, finding)
    with within(finding.organisation_id):
        assert not Verification.objects.exists()
