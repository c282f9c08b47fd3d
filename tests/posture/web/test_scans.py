"""Scans: starting them, following them, and what is said when they are over."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posture.models import Account, Organisation, Scan
from posture.models.tenancy import within
from tests.posture.rows import a_scan
from tests.posture.web.rows import a_done_scan

ROWS = [
    {"service": "EC2", "region": "us-east-1", "state": "reading", "calls": 58, "denied": 0},
    {"service": "IAM", "region": "", "state": "read", "calls": 38, "denied": 0},
    {"service": "EC2", "region": "eu-west-1", "state": "gaps", "calls": 6, "denied": 1},
    {"service": "SQS", "region": "us-east-1", "state": "waiting", "calls": 0, "denied": 0},
]
PROGRESS = {"services": ROWS, "calls": 102, "denied": 1, "throttled": 7, "phase": "reading"}


def shown(client: Client, scan: Scan, **headers: str) -> str:
    response = client.get(reverse("scan", args=[scan.pk]), headers=headers)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def running(account: Account, **fields: Any) -> Scan:
    now = timezone.now()
    return a_scan(
        account,
        **{"state": "running", "started_at": now, "attempt": 1, "progress": PROGRESS, **fields},
    )


def test_a_scan_that_has_read_nothing_tells_so(owner: Client, account: Account) -> None:
    services = [{"service": "IAM", "region": "", "state": "waiting", "calls": 0, "denied": 0}]
    page = shown(owner, running(account, progress={**PROGRESS, "services": services}))
    assert "none of the services read" in page


def test_scanning_now_queues_one_scan_and_shows_it(owner: Client, account: Account) -> None:
    address = reverse("account_scans", args=[account.pk])
    first = owner.post(address)
    second = owner.post(address)
    with within(account.organisation_id):
        scan = Scan.objects.get()
    assert first["Location"] == second["Location"] == reverse("scan", args=[scan.pk])
    assert scan.requested_by is not None
    assert "already on its way" in shown(owner, scan)


def test_an_account_that_is_not_connected_is_not_scanned(owner: Client, account: Account) -> None:
    with within(account.organisation_id):
        Account.objects.update(state="paused")
    response = owner.post(reverse("account_scans", args=[account.pk]), follow=True)
    assert "Test its connection first" in response.content.decode()
    with within(account.organisation_id):
        assert not Scan.objects.exists()


def test_a_running_scan_shows_each_service_and_region(owner: Client, account: Account) -> None:
    page = shown(owner, running(account))
    table = page.partition("Progress of each service")[2].partition("</table>")[0]
    rows = re.findall(
        r'class="name">([^<]*)</th> <td role="cell" class="soft nowrap">([^<]*)', table
    )
    assert rows == [
        ("EC2", "us-east-1"),
        ("EC2", "eu-west-1"),
        ("IAM", "global"),
        ("SQS", "us-east-1"),
    ]
    for word in ("Reading", "Refused", "Read", "Waiting"):
        assert f"</svg>{word}</span>" in table
    assert "2 <small>of 4</small>" in page
    assert "7 throttled and repeated" in page
    assert "1 reading, 1 waiting, 1 with gaps" in page
    assert "half of the services read" in page


def test_a_running_scan_polls_and_without_scripts_it_reloads(
    owner: Client, account: Account
) -> None:
    scan = running(account)
    page = shown(owner, scan)
    assert f'hx-get="{reverse("scan", args=[scan.pk])}" hx-trigger="every 2s"' in page
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert f'<a class="button" href="{reverse("scan", args=[scan.pk])}">Refresh</a>' in page
    assert '"allowEval":false' in page
    assert '"includeIndicatorStyles":false' in page


def test_the_polled_part_is_the_same_as_on_the_page(owner: Client, account: Account) -> None:
    scan = running(account, started_at=None)
    part = shown(owner, scan, **{"HX-Request": "true"}).strip()
    assert part.startswith('<div id="progress"')
    assert "<html" not in part
    assert part in shown(owner, scan)


@pytest.mark.parametrize("state", ["done", "partial", "failed", "cancelled"])
def test_polling_stops_when_the_scan_is_over(owner: Client, account: Account, state: str) -> None:
    scan = a_done_scan(account, state=state)
    for page in (shown(owner, scan), shown(owner, scan, **{"HX-Request": "true"})):
        assert "hx-trigger" not in page
        assert "http-equiv" not in page


def test_a_queued_scan_says_what_it_waits_for(owner: Client, account: Account) -> None:
    page = shown(owner, a_scan(account))
    assert "Waiting for a worker." in page
    assert "is a worker running?" not in page


def test_a_scan_that_waits_for_long_asks_for_the_worker(owner: Client, account: Account) -> None:
    scan = a_scan(account, queued_at=timezone.now() - timedelta(minutes=5))
    assert "is a worker running?" in shown(owner, scan)


def test_a_resumed_scan_says_that_a_worker_was_lost(owner: Client, account: Account) -> None:
    assert "Attempt 2 of 3. The worker before was lost" in shown(owner, running(account, attempt=2))


def test_a_failed_scan_says_why_and_what_to_do(owner: Client, account: Account) -> None:
    scan = a_done_scan(account, state="failed", reason_code="role_refused", score=None,
                       reason="AWS refused the role. Create it again.")  # fmt: skip
    page = shown(owner, scan)
    assert "AWS refused the role. Create it again." in page
    assert reverse("connect_test", args=[account.pk]) in page
    assert "See the posture" not in page


def test_a_scan_with_gaps_says_what_is_missing(owner: Client, account: Account) -> None:
    scan = a_done_scan(account, state="partial", reason="Some facts could not be read.")
    page = shown(owner, scan)
    assert "Done with gaps" in page
    assert "Some facts could not be read." in page
    assert f"{reverse('account', args=[account.pk])}#coverage" in page


def test_a_scan_that_came_too_late_says_that_nothing_changed(
    owner: Client, account: Account
) -> None:
    scan = a_done_scan(account, reason_code="older_report", reason="A newer report was recorded.")
    assert "A newer report was recorded." in shown(owner, scan)


def test_a_finished_scan_counts_what_changed(owner: Client, account: Account) -> None:
    counts = {"opened": 3, "resolved": 2, "reopened": 1, "not_assessed": 4}
    page = shown(owner, a_done_scan(account, counts=counts))
    section = page.partition('id="h-result"')[2].partition("</section>")[0]
    figures = re.findall(r'strip-figure">([^<]*)<', section)
    assert figures == ["65", "3", "2", "1", "4"]
    assert f"/findings?account={account.pk}" in section


@pytest.mark.parametrize("progress", [{}, [], None, {"services": [7, "x"]}, {"services": [{}]}])
def test_progress_that_we_do_not_understand_breaks_nothing(
    owner: Client, account: Account, progress: object
) -> None:
    if progress is None:
        progress = "text"
    assert "Scan of Account 1111" in shown(owner, running(account, progress=progress))


def test_scans_are_listed_newest_first_and_by_account(
    owner: Client, account: Account, second_account: Account
) -> None:
    old = a_done_scan(account, queued_at=timezone.now() - timedelta(days=2))
    new = a_done_scan(second_account, state="failed", reason="AWS refused us.", score=None)
    page = owner.get(reverse("scans")).content.decode()
    assert page.index(str(new.pk)) < page.index(str(old.pk))
    assert "AWS refused us." in page
    narrowed = owner.get(reverse("scans"), {"account": str(account.pk)}).content.decode()
    assert str(old.pk) in narrowed
    assert str(new.pk) not in narrowed


def test_a_long_list_of_scans_has_pages(owner: Client, account: Account) -> None:
    for day in range(51):
        a_done_scan(account, queued_at=timezone.now() - timedelta(days=day))
    first = owner.get(reverse("scans"), {"account": str(account.pk)}).content.decode()
    following = re.search(r'href="(\?account=[^"]*after=[^"]*)" rel="next"', first)
    assert following is not None
    second = owner.get(reverse("scans") + following[1].replace("&amp;", "&")).content.decode()
    assert second.count("</time></a></th>") == 1


@pytest.mark.parametrize("text", ["garbage", "1"])
def test_an_account_that_is_none_has_no_scans(owner: Client, account: Account, text: str) -> None:
    assert owner.get(reverse("scans"), {"account": text}).status_code == 404


def test_before_the_first_scan_the_list_says_what_to_do(owner: Client) -> None:
    assert (
        "Scans start when an account is connected." in owner.get(reverse("scans")).content.decode()
    )


def test_a_scan_is_cancelled_after_a_question_and_without_scripts(
    owner: Client, account: Account
) -> None:
    scan = a_scan(account)
    way = reverse("scan_cancel", args=[scan.pk])
    assert f'<a class="button" href="{way}">Cancel this scan</a>' in shown(owner, scan)
    question = owner.get(way).content.decode()
    assert "Cancel the scan of Account 1111?" in question
    assert '<form class="form" method="post">' in question
    page = owner.post(way, follow=True).content.decode()
    assert "It is cancelled." in page
    assert "Cancelled by Alice. It had not begun" in page
    assert "Cancel this scan" not in page
    assert "Cancelled by Alice." in owner.get(reverse("scans")).content.decode()


def test_a_running_scan_says_that_it_is_being_cancelled(owner: Client, account: Account) -> None:
    scan = running(account)
    page = owner.post(reverse("scan_cancel", args=[scan.pk]), follow=True).content.decode()
    assert "It ends within seconds." in page
    assert "Being cancelled" in page
    assert reverse("scan_cancel", args=[scan.pk]) not in page
    assert "being cancelled" in owner.get(reverse("scans")).content.decode()
    assert (
        "A scan is being cancelled."
        in owner.get(reverse("account", args=[account.pk])).content.decode()
    )


def test_a_scan_that_is_over_is_not_cancelled(owner: Client, account: Account) -> None:
    scan = a_done_scan(account)
    way = reverse("scan_cancel", args=[scan.pk])
    assert "there is nothing to cancel" in owner.get(way).content.decode()
    assert "This scan is done already" in owner.post(way, follow=True).content.decode()
    with within(account.organisation_id):
        assert Scan.objects.get().state == "done"


def test_a_cancelled_scan_says_how_much_was_read(owner: Client, account: Account) -> None:
    scan = a_done_scan(account, state="cancelled", score=None, counts={"not_assessed": 7},
                       reason="Cancelled by Alice. 3 of 9 services were read wholly.")  # fmt: skip
    page = shown(owner, scan)
    assert "3 of 9 services were read wholly. 7 controls could not be assessed" in page
    assert "See the posture" not in page


def test_a_scan_that_is_tried_again_says_why_and_when(owner: Client, account: Account) -> None:
    scan = a_scan(account, attempt=1, reason_code="throttled", reason="AWS kept throttling us.",
                  retry_at=timezone.now() + timedelta(minutes=4))  # fmt: skip
    page = shown(owner, scan)
    assert "AWS asked us to slow down" in page
    assert "AWS kept throttling us. The next try, 2 of 3, is" in page
    assert "in 4 minutes" in page
    assert "waiting for the next try" in owner.get(reverse("scans")).content.decode()
    notice = owner.get(reverse("account", args=[account.pk])).content.decode()
    assert "is tried again" in notice


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("unreachable", "AWS could not be reached"),
        ("snapshot_not_kept", "The snapshot could not be kept"),
    ],
)
def test_a_second_try_names_what_went_wrong_before(
    owner: Client, account: Account, code: str, said: str
) -> None:
    page = shown(owner, running(account, attempt=2, reason_code=code))
    assert f"Attempt 2 of 3. {said}." in page


def test_a_scan_without_a_free_slot_says_so_and_is_not_failed(
    owner: Client, account: Account, second_account: Account
) -> None:
    with within(account.organisation_id):
        Organisation.objects.update(scans_at_once=1)
    lease = timezone.now() + timedelta(minutes=1)
    running(second_account, lease_until=lease)
    scan = a_scan(account, queued_at=timezone.now() - timedelta(minutes=5))
    page = shown(owner, scan)
    assert "Waiting for a free slot of your organisation." in page
    assert "is a worker running?" not in page
    assert (
        "waiting for a free slot of your organisation"
        in owner.get(reverse("scans")).content.decode()
    )


HELD = {
    "ceilings": [
        {"name": "iam", "region": "us-east-1", "rate": 15.0, "burst": 15, "shared": True, "held": 3.2},
        {"name": "<b>", "region": "x", "rate": 0.5, "burst": 1, "shared": False, "held": 0.0},
        "nonsense",
    ],
    "services": [{**ROWS[0], "held": 3.2}],
}  # fmt: skip


def test_what_our_own_ceilings_held_back_is_said(owner: Client, account: Account) -> None:
    row = a_done_scan(account, progress={**PROGRESS, **HELD})
    page = " ".join(owner.get(reverse("scan", args=[row.pk])).content.decode().split())
    assert "Held back 3.2 s by our ceiling for iam in us-east-1." in page
    assert "iam in us-east-1: 15 calls a second, 15 at once" in page
    assert "&lt;b&gt; in x: 0.5 calls a second, 1 at once. Redis did not answer" in page
    assert 'data-label="Held back">3.2 s' in page


def test_a_scan_from_before_there_were_ceilings_shows_none(owner: Client, scan: Scan) -> None:
    page = owner.get(reverse("scan", args=[scan.pk])).content.decode()
    assert "Our ceilings" not in page
