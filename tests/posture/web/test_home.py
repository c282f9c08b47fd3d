"""The first screen: how safe, how sure, what changed, what next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from posture.models import Account, Organisation, Scan, User
from posture.models.tenancy import within
from tests.posture.rows import an_account
from tests.posture.web.rows import (
    a_done_scan,
    a_finding,
    a_result,
    a_score,
    a_topic,
    a_waiver,
    an_event,
    scored,
)


def home(client: Client, account: Account | None = None) -> str:
    response = client.get("/", {"account": str(account.pk)} if account else {})
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_without_an_account_there_is_one_sentence_and_one_button(owner: Client) -> None:
    page = home(owner)
    assert "Connect your first AWS account" in page
    assert page.count("button-primary") == 1
    assert "What we read, and what we never read" in page


def test_the_only_account_is_the_home_page(owner: Client, scan: Scan) -> None:
    page = home(owner)
    assert '<span class="score-value">65</span>' in page
    assert "(40\u201365), 93 % seen" in page
    assert "what we could not read never counts in your favour" in page


def test_a_score_that_is_certain_has_no_range(owner: Client, account: Account, scan: Scan) -> None:
    scored(account, scan, score_low=65, coverage=100)
    page = home(owner)
    assert '<span class="score-range">100 % seen</span>' in page
    assert "Every control that applies was assessed." in page


def test_nothing_assessed_is_no_score(owner: Client, account: Account, scan: Scan) -> None:
    scored(account, scan, score=None, score_low=None, coverage=None)
    page = home(owner)
    assert "Nothing could be assessed in the last scan, so there is no score." in page
    assert "score-value soft" in page


def test_an_account_that_was_never_scanned_says_so(owner: Client, account: Account) -> None:
    assert "No scan of this account has finished yet" in home(owner)


def test_the_change_since_the_last_scan_is_told(
    owner: Client, account: Account, scan: Scan
) -> None:
    before = a_done_scan(account)
    now = timezone.now()
    a_score(before, 56, 40, now - timedelta(days=1))
    a_score(scan, 65, 40, now)
    finding = a_finding(scan, "orders")
    fixed = a_finding(before, "old-orders", reasons=["old-orders was open."])
    an_event(fixed, "resolved", 2, scan=scan, data={"resolution": "fixed"})
    page = home(owner)
    moves = page.partition('<ul class="moves">')[2].partition("</ul>")[0]
    assert "+9 since" in page
    assert "Opened" in moves
    assert str(finding.pk) in moves
    assert "Resolved" in moves
    assert "old-orders was open" in moves


def test_a_first_scan_is_compared_with_nothing(owner: Client, scan: Scan) -> None:
    a_score(scan, 65, 40, timezone.now())
    section = home(owner).partition('id="h-score"')[2].partition("</section>")[0]
    assert "<h3>" not in section


def todo_titles(page: str) -> list[str]:
    section = page.partition('<ol class="todo">')[2].partition("</ol>")[0]
    return [
        part.partition('">')[2].partition("</a>")[0]
        for part in section.split('<div class="todo-what"> <a href="')[1:]
    ]


def test_what_gains_most_comes_first_one_per_control(owner: Client, scan: Scan) -> None:
    a_finding(scan, "small", control="SQS-08", severity="low", points=1, control_points=1,
              reasons=["small has no dead-letter queue."])  # fmt: skip
    a_finding(scan, "big", points=30, control_points=35, reasons=["big is open."])
    a_finding(scan, "second", points=0, control_points=35, reasons=["second is open."])
    a_result(scan, "SQS-03", status="fail", failing=2)
    page = home(owner)
    assert todo_titles(page) == ["big is open", "small has no dead-letter queue"]
    assert "<b>+35</b>" in page
    assert "points for all 2, this alone +30" in page
    assert "big and 1 more" in page


def test_waived_findings_are_nothing_to_do(owner: Client, scan: Scan, alice: User) -> None:
    a_waiver(a_finding(scan), alice)
    page = home(owner)
    assert "No finding is open." in page
    assert todo_titles(page) == []


def test_letting_us_see_is_a_thing_to_do_when_the_range_is_wide(
    owner: Client, account: Account, scan: Scan
) -> None:
    a_result(scan, "AMI-08", status="not_assessed", passing=0,
             missing_action="ec2:DescribeSnapshotAttribute")  # fmt: skip
    a_finding(scan, points=20, control_points=20, reasons=["orders is open."])
    page = home(owner)
    assert todo_titles(page) == ["Let the role read what it could not", "orders is open"]
    assert "93 → 100 % seen" in page
    assert "range 40\u201365 closes" in page
    assert "1 control not seen" in page
    assert "<code>ec2:DescribeSnapshotAttribute</code>" in page


def test_a_control_that_was_seen_in_part_is_named_too(owner: Client, scan: Scan) -> None:
    a_result(scan, "AMI-08", status="fail", failing=1, not_assessed=2,
             missing_action="ec2:DescribeSnapshotAttribute")  # fmt: skip
    page = home(owner)
    assert "1 control not fully seen" in page
    assert "0 controls assessed wholly, 1 partly, 0 not at all." in page
    assert "<code>ec2:DescribeSnapshotAttribute</code>" in page


def test_not_seen_is_never_called_passed(owner: Client, account: Account, scan: Scan) -> None:
    scored(account, scan, topics={
        "sqs": a_topic(61, 58, open={"critical": 1, "low": 2}, not_assessed=1),
        "cas": a_topic(100, 92, not_assessed=1),
        "mtr": a_topic(100),
        "sell": a_topic(100, waived=1),
        "psc": a_topic(None, applicable=False),
    })  # fmt: skip
    page = home(owner)
    table = page.partition('<tbody role="rowgroup">')[2].partition("</tbody>")[0]
    rows = {
        row.partition("topic=")[2].partition('"')[0]: row
        for row in table.split('<tr role="row">')[1:]
    }
    assert list(rows) == ["sqs", "cas", "sell", "mtr", "psc"]
    assert "1 critical" in rows["sqs"]
    assert "2 low, 1 not seen" in rows["sqs"]
    assert "All passed" not in rows["cas"]
    assert "1 not seen" in rows["cas"]
    assert "All passed" in rows["mtr"]
    assert "All passed" not in rows["sell"]
    assert "1 waived" in rows["sell"]
    assert "Not applicable" in rows["psc"]


def test_items_to_confirm_stand_outside_the_score(owner: Client, scan: Scan) -> None:
    a_result(scan, "AMMP-05", status="manual")
    assert "1 item for you to confirm</a> stands outside it." in home(owner)


def test_a_failed_scan_is_said_and_the_old_result_stays(
    owner: Client, account: Account, scan: Scan
) -> None:
    a_done_scan(account, state="failed", reason_code="role_refused", reason="AWS refused us.",
                queued_at=timezone.now() + timedelta(minutes=1))  # fmt: skip
    page = home(owner)
    assert "Last scan failed" in page
    assert "AWS refused us." in page
    assert '<span class="score-value">65</span>' in page


def test_an_old_result_is_marked_as_stale(owner: Client, account: Account, scan: Scan) -> None:
    scored(account, scan, scored_at=timezone.now() - timedelta(days=4))
    assert "What you see is 4 days old" in home(owner)


def test_a_running_scan_is_shown_instead_of_the_button(
    owner: Client, account: Account, scan: Scan
) -> None:
    running = a_done_scan(account, state="running", finished_at=None,
                          queued_at=timezone.now() + timedelta(minutes=1))  # fmt: skip
    page = home(owner)
    assert f"/scans/{running.pk}" in page
    assert "Scan now" not in page


def test_several_accounts_show_the_worst_and_never_a_mean(
    owner: Client, acme: Organisation, scan: Scan, second_account: Account
) -> None:
    scored(second_account, a_done_scan(second_account), score=95, score_low=95)
    an_account(acme, "777788889999", label="new one")
    page = home(owner)
    assert '<span class="score-value">65</span>' in page
    assert ">80<" not in page
    bands = page.partition('<ul class="strip">')[2].partition("</ul>")[0]
    figures = [part.partition("</p>")[0] for part in bands.split('strip-figure">')[1:]]
    assert figures == ["1", "0", "1", "0", "1"]
    table = page.partition("Accounts with score")[2]
    assert table.index("Account 1111") < table.index("acme-eu") < table.index("new one")


def test_an_account_can_be_chosen(
    owner: Client, account: Account, scan: Scan, second_account: Account
) -> None:
    page = home(owner, account)
    assert "<h1>Account 1111</h1>" in page
    assert (
        page.partition('<details class="menu"')[2]
        .partition("</summary>")[0]
        .count("1111-2222-3333")
        == 1
    )


@pytest.mark.parametrize(
    "text", ["garbage", "'; drop table", "00000000-0000-0000-0000-000000000000"]
)
def test_an_account_that_is_none_is_not_found(owner: Client, account: Account, text: str) -> None:
    assert owner.get("/", {"account": text}).status_code == 404


def test_events_of_one_scan_do_not_fill_the_list(
    owner: Client, account: Account, scan: Scan
) -> None:
    for number in range(6):
        a_finding(scan, f"queue-{number}")
    page = home(owner)
    events = page.partition('<ol class="events">')[2].partition("</ol>")[0]
    assert events.count("Opened:") == 3
    assert "Scan done:" in events


def test_a_paused_account_says_why_nothing_is_scanned(owner: Client, account: Account) -> None:
    with within(account.organisation_id):
        Account.objects.update(state="paused", state_reason="Paused for the audit.")
    page = home(owner)
    assert "Paused for the audit." in page
    assert "Scan now" not in page


def test_what_is_next_names_the_account_when_there_are_several(
    owner: Client, acme: Organisation, account: Account, scan: Scan
) -> None:
    an_account(acme, "444455556666", label="other-seller")
    a_finding(scan)
    scored(account, scan, open_critical=1)
    page = home(owner)
    assert f"Next thing to do in {account.label}</h2>" in page
    assert f"The one open finding of {account.label}</a>" in page


def test_the_only_account_is_not_named_again(owner: Client, account: Account, scan: Scan) -> None:
    a_finding(scan)
    scored(account, scan, open_critical=2)
    page = home(owner)
    assert "Next thing to do</h2>" in page
    assert "All 2 open findings</a>" in page
