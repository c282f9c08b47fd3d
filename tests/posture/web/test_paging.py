"""Pages by key."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from itertools import product

import pytest

from posture.models import Account, Finding, Organisation, Scan
from posture.models.tenancy import within
from posture.web import standing
from posture.web.paging import COUNTED_AT_MOST, counted, page_of
from tests.posture.rows import an_account
from tests.posture.web.rows import LONG_AGO, a_finding

ORDER = ("severity_rank", "-last_changed", "id")


def names(scan: Scan, size: int, order: tuple[str, ...] = ORDER) -> list[list[str]]:
    """The names on each page, from the first to the last."""
    pages: list[list[str]] = []
    after = ""
    with within(scan.organisation_id):
        while True:
            page = page_of(Finding.objects.all(), order, size, after)
            pages.append([row.resource_name for row in page.rows])
            after = page.after
            if not after:
                return pages


def test_every_row_is_on_exactly_one_page_in_order(scan: Scan) -> None:
    for number, (severity, day) in enumerate(product(("low", "critical"), (0, 0, 1))):
        changed = LONG_AGO + timedelta(days=day)
        a_finding(scan, f"{severity}-{day}-{number}", severity=severity, last_changed=changed)
    pages = names(scan, 2)
    assert [len(page) for page in pages] == [2, 2, 2]
    flat = [name.rsplit("-", 1)[0] for page in pages for name in page]
    assert flat == ["critical-1", "critical-0", "critical-0", "low-1", "low-0", "low-0"]
    assert len({name for page in pages for name in page}) == 6


def test_accounts_without_a_score_come_last(
    acme: Organisation, account: Account, second_account: Account
) -> None:
    third = an_account(acme, "777788889999", label="third", score=20, score_low=20)
    with within(account.organisation_id):
        Account.objects.filter(pk=second_account.pk).update(score=90, score_low=90)
        found: list[object] = []
        after = ""
        for _ in range(3):
            page = page_of(standing.ranked(Account.objects.all()), standing.WORST_FIRST, 1, after)
            found += [row.pk for row in page.rows]
            after = page.after
    assert found == [third.pk, second_account.pk, account.pk]


def cursor(*pairs: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(pairs).encode()).decode()


@pytest.mark.parametrize(
    "after",
    [
        "garbage",
        "%%%",
        "=",
        "\x00",
        "é",
        cursor(["id", "x"]),
        cursor(["severity_rank", 0], ["-last_changed", "yesterday"], ["id", "x"]),
        cursor(["severity_rank", 10**30], ["-last_changed", "2026-01-01T00:00:00Z"], ["id", "x"]),
        cursor(["severity_rank", "0"], ["-last_changed", "2026-01-01T00:00:00Z"], ["id", "x"]),
        cursor(["severity_rank", True], ["-last_changed", "2026-01-01T00:00:00Z"], ["id", "x"]),
        cursor(["severity_rank", 0], ["-last_changed", "2026-01-01T00:00:00"], ["id", "x"]),
        cursor(["password", 0], ["-last_changed", "2026-01-01T00:00:00Z"], ["id", "x"]),
        base64.urlsafe_b64encode(b"[" * 50_000).decode(),
        base64.urlsafe_b64encode(b"[[1,2,3]]").decode(),
        base64.urlsafe_b64encode(b'{"a": 1}').decode(),
    ],
)
def test_a_damaged_cursor_begins_at_the_first_page(scan: Scan, after: str) -> None:
    a_finding(scan)
    with within(scan.organisation_id):
        page = page_of(Finding.objects.all(), ORDER, 10, after)
    assert len(page.rows) == 1


def test_a_cursor_of_another_order_begins_at_the_first_page(scan: Scan) -> None:
    for name in ("a", "b", "c"):
        a_finding(scan, name)
    with within(scan.organisation_id):
        after = page_of(Finding.objects.all(), ("first_seen", "id"), 2, "").after
        page = page_of(Finding.objects.all(), ORDER, 2, after)
    assert len(page.rows) == 2


def test_counting_stops_where_nobody_cares(scan: Scan) -> None:
    first = a_finding(scan)
    with within(scan.organisation_id):
        rows = Finding.objects.all()
        assert counted(rows) == (1, "1")
        Finding.objects.bulk_create(
            Finding(
                **{
                    field.attname: getattr(first, field.attname)
                    for field in Finding._meta.concrete_fields
                    if not field.primary_key and field.attname != "fingerprint"
                },
                fingerprint=f"{number:064x}",
            )
            for number in range(COUNTED_AT_MOST)
        )
        assert counted(rows) == (COUNTED_AT_MOST, "more than 1,000")
