"""The catalogue of controls, and how the score works."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from posture import catalogue
from posture.models import Account, Scan
from tests.posture.rows import a_scan
from tests.posture.web.rows import a_result


def text(content: bytes) -> str:
    return " ".join(content.decode().split())


def row_of(page: str, control: str) -> str:
    return page.partition(f'href="/controls/{control}"')[2].partition("</tr>")[0]


@pytest.mark.parametrize("control", [one.id for one in catalogue.controls()])
def test_every_control_has_a_page_that_says_why(owner: Client, control: str) -> None:
    response = owner.get(reverse("control", args=[control]))
    page = response.content.decode()
    about = catalogue.control(control)
    assert response.status_code == 200
    assert control in page
    assert "Why it matters to a seller" in page
    assert all(f"<code>{action}</code>" in page for action in about.actions)
    assert "[[" not in page


def test_the_catalogue_lists_them_all_by_topic(owner: Client) -> None:
    page = text(owner.get(reverse("controls")).content)
    assert all(f'href="/controls/{one.id}"' in page for one in catalogue.controls())
    assert f"{len(catalogue.controls())} requirements in" in page
    assert "Not scanned yet" in row_of(page, "SQS-03")


def test_the_catalogue_says_how_controls_stand_in_the_accounts(
    owner: Client, scan: Scan, second_account: Account
) -> None:
    other = a_scan(second_account, state="done")
    a_result(scan, "SQS-03", status="fail", failing=2)
    a_result(other, "SQS-03", status="pass")
    a_result(scan, "SQS-04", status="pass")
    a_result(other, "SQS-04", status="not_assessed")
    a_result(scan, "SQS-08", status="pass")
    page = text(owner.get(reverse("controls")).content)
    assert "Fails in 1 of 2 accounts, 2 failing" in row_of(page, "SQS-03")
    assert "Not seen in 1 of 2" in row_of(page, "SQS-04")
    assert "Passed" in row_of(page, "SQS-08")
    assert 'href="/findings?topic=sqs">2 open' in page


def test_the_page_of_a_control_lists_accounts_worst_first(
    owner: Client, scan: Scan, second_account: Account
) -> None:
    a_result(scan, "SQS-03", status="pass", passing=4)
    a_result(a_scan(second_account, state="done"), "SQS-03", status="fail", failing=2)
    page = text(owner.get(reverse("control", args=["SQS-03"])).content)
    table = page.partition("What the last scan of each account says")[2]
    assert table.index("acme-eu") < table.index("Account 1111")
    assert "2 open findings" in page


@pytest.mark.parametrize("name", ["SQS-99", "sqs-03", "<script>", "SQS-03 "])
def test_a_control_that_does_not_exist_is_not_found(owner: Client, name: str) -> None:
    assert owner.get(reverse("control", args=[name])).status_code == 404


def test_the_score_is_explained_with_the_numbers_in_force(owner: Client) -> None:
    page = text(owner.get(reverse("score_explained")).content)
    rules = catalogue.score_explained()
    for severity, percent in rules.taken.items():
        if percent:
            assert f'data-label="Share">{percent} %</td>' in page
            assert f'data-label="at most">{rules.most[severity]} %</td>' in page
    assert f"Formula {rules.version}" in page
    assert all(f"<code>{action}</code>" in page for action in catalogue.actions())
