"""The page of a topic: both sides of the responsibility, and how the seller's part stands."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from posture import catalogue
from posture.models import Account, Scan
from posture.web.topics import SHARES
from tests.posture.web.rows import a_done_scan, a_result, a_topic, scored


def text(content: bytes) -> str:
    return " ".join(content.decode().split())


def standing(client: Client, address: str) -> str:
    """What stands below the heading, without the menu of accounts above it."""
    return text(client.get(address).content).partition("How your part stands")[2]


def test_every_topic_has_both_sides() -> None:
    assert set(SHARES) == set(catalogue.topics())
    assert all(one.aws and one.seller for one in SHARES.values())


@pytest.mark.parametrize("code", SHARES)
def test_the_page_says_who_answers_for_what_and_lists_the_controls(
    owner: Client, code: str
) -> None:
    page = text(owner.get(reverse("topic", args=[code])).content)
    assert "AWS answers for" in page
    assert "You answer for" in page
    assert "No scan has looked at this topic yet." in page
    for control in catalogue.controls():
        assert (f'/controls/{control.id}"' in page) == (control.topic == code)


def test_accounts_stand_worst_first_and_one_can_be_chosen(
    owner: Client, scan: Scan, account: Account, second_account: Account
) -> None:
    scored(account, scan, topics={"sqs": a_topic(88)}, score=88)
    other = a_done_scan(second_account)
    topics = {"sqs": a_topic(41, 30, open={"critical": 2})}
    scored(second_account, other, topics=topics, score=41)
    a_result(other, "SQS-03", status="fail", failing=2)
    page = standing(owner, reverse("topic", args=["sqs"]))
    assert page.index("acme-eu") < page.index("Account 1111")
    assert "2 critical" in page
    assert "2 failing" in page
    address = f"{reverse('topic', args=['sqs'])}?account={account.pk}"
    alone = standing(owner, address)
    assert "acme-eu" not in alone
    assert "Account 1111" in alone


@pytest.mark.parametrize("query", ["?account=x", "?account=00000000-0000-4000-8000-000000000000"])
def test_an_account_that_is_not_ours_is_not_found(owner: Client, query: str) -> None:
    assert owner.get(reverse("topic", args=["sqs"]) + query).status_code == 404


def test_a_topic_that_does_not_exist_is_not_found(owner: Client) -> None:
    assert owner.get("/topics/ec2").status_code == 404


def test_strangers_see_no_standing(stranger: Client, scan: Scan, account: Account) -> None:
    scored(account, scan, topics={"sqs": a_topic(88)})
    page = standing(stranger, reverse("topic", args=["sqs"]))
    assert "Account 1111" not in page
