"""Texts of findings are found by functions of the owner, inside the organisation and literally."""

import uuid

import pytest
from django.db import connection

from posture.models import Account, Finding, Organisation, searching
from posture.models.searching import below, holding, waived_now
from posture.models.tenancy import within
from tests.posture.rows import a_member, a_scan, an_account
from tests.posture.web.rows import a_finding, a_waiver

pytestmark = pytest.mark.django_db

HOSTILE = [
    "%",
    "_",
    "\\",
    "\\%",
    "100%_\\",
    "'",
    '"',
    "' OR true --",
    "$$; DROP TABLE posture_finding; $$",
    "$1",
    "%s",
    "{0}",
    "\n",
    "x" * 10_000,
    "%" * 10_000,
    "ünïcode ẞ 名前",
]
FUNCTIONS = ["findings_holding", "findings_below"]


@pytest.fixture
def theirs(rival: Organisation) -> Account:
    """An account of another organisation."""
    return an_account(rival, "999900001111")


def asked(function: str, text: str) -> list[uuid.UUID | None]:
    """What the database itself answers, with no filter of ours around it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}(%s, 10000)", [text])  # noqa: S608 - our names
        return [row[0] for row in cursor.fetchall()]


def found(account: Account, text: str) -> set[str]:
    with within(account.organisation_id):
        return set(Finding.objects.filter(holding(text)).values_list("resource_name", flat=True))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_finds_a_stranger_s_rows(
    account: Account, theirs: Account, function: str, text: str
) -> None:
    mine = a_finding(a_scan(account), f"n{text[:300]}")
    stranger = a_finding(a_scan(theirs), f"n{text[:300]}")
    with within(account.organisation_id):
        for asked_for in (text, "", "n", mine.resource, stranger.resource, "arn:"):
            assert set(asked(function, asked_for)) <= {mine.pk}
        assert asked(function, mine.resource) == [mine.pk]
        assert asked(function, stranger.resource) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_outside_of_an_organisation_nothing_is_found(account: Account, function: str) -> None:
    a_finding(a_scan(account), "orders")
    assert asked(function, "arn:") == []


@pytest.mark.parametrize("text", ["100%", "a_b", "back\\slash", "it's", 'say "no"', "名前"])
def test_a_text_is_found_as_it_stands(account: Account, text: str) -> None:
    scan = a_scan(account)
    a_finding(scan, f"before {text} after")
    a_finding(scan, "100x a-b backslash its say no")
    assert found(account, text) == {f"before {text} after"}


def test_case_does_not_matter_and_the_name_counts_too(account: Account) -> None:
    scan = a_scan(account)
    a_finding(scan, "Orders", resource="arn:aws:sqs:us-east-1:111122223333:other-1")
    a_finding(scan, "plain", resource="arn:aws:sqs:us-east-1:111122223333:MyOrders")
    a_finding(scan, "neither")
    assert found(account, "oRDERS") == {"Orders", "plain"}


def test_an_arn_finds_itself_and_what_begins_with_it_in_its_own_case(account: Account) -> None:
    scan = a_scan(account)
    arn = f"arn:aws:s3:::{'long-' * 40}bucket_1"
    for name, resource in {
        "exact": arn, "longer": f"{arn}/key", "other case": arn.upper(), "pattern": arn.replace("_", "x"),
        "same beginning": arn[:150],
    }.items():  # fmt: skip
        a_finding(scan, name, resource=resource)
    with within(account.organisation_id):
        rows = Finding.objects.filter(below(arn))
        assert set(rows.values_list("resource_name", flat=True)) == {"exact", "longer"}


@pytest.mark.parametrize("way", ["common", "many"])
def test_a_text_that_too_much_holds_is_found_all_the_same(
    account: Account, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    scan = a_scan(account)
    number = 8 if way == "common" else 3
    if way == "many":
        monkeypatch.setattr(searching, "MOST", 2)
    names = {f"orders-{one}" for one in range(number)}
    for name in names:
        a_finding(scan, name)
    a_finding(scan, "other", resource="arn:aws:s3:::other")
    with within(account.organisation_id):
        assert (None in asked("findings_holding", "orders")) == (way == "common")
        by_arn = Finding.objects.filter(below("arn:aws:sqs:"))
        assert set(by_arn.values_list("resource_name", flat=True)) == names
    assert found(account, "orders") == names


def test_only_what_a_waiver_in_force_is_on_is_waived(
    account: Account, acme: Organisation, theirs: Account
) -> None:
    scan = a_scan(account)
    person = a_member(acme, "waver")
    on_one = a_finding(scan, "one")
    a_waiver(on_one, person)
    a_finding(scan, "not waived")
    of_control = a_finding(scan, "whole control", control="AMI-06")
    a_waiver(of_control, person, resource="")
    over = a_finding(scan, "over", control="SQS-08")
    a_waiver(
        over, person, starts_at=over.first_seen, ends_at=over.last_seen.replace(year=2026, day=2)
    )
    with within(account.organisation_id):
        rows = Finding.objects.filter(waived_now())
        assert set(rows.values_list("pk", flat=True)) == {on_one.pk, of_control.pk}
    with within(theirs.organisation_id):
        assert not Finding.objects.filter(waived_now()).exists()
