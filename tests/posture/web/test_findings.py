"""The findings list: what its filters let through, and what the URL keeps."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from posture.models import Account, Scan, Ticket, User
from posture.models.tenancy import within
from tests.posture.rows import a_scan
from tests.posture.web.rows import LONG_AGO, a_finding, a_queue_arn, a_waiver, findings


def listed(client: Client, **query: str) -> str:
    response = client.get(reverse("findings"), query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def names(client: Client, **query: str) -> list[str]:
    """Resource names of the flat list, in order."""
    page = listed(client, view="flat", **query)
    return re.findall(r"Anybody may read ([\w-]+)</a>", page)


@pytest.fixture
def many(scan: Scan, second_account: Account, alice: User) -> dict[str, object]:
    """One finding for each facet."""
    other = a_scan(second_account, state="done")
    rows = {
        "plain": a_finding(scan, "plain"),
        "high": a_finding(scan, "high", severity="high", region="eu-west-1"),
        "low": a_finding(scan, "low", severity="low", control="SQS-08", state="in_progress"),
        "image": a_finding(scan, "image", control="AMI-06", severity="high"),
        "elsewhere": a_finding(other, "elsewhere", severity="medium"),
        "waived": a_finding(scan, "waived"),
        "fixed": a_finding(
            scan, "fixed", state="resolved", resolution="fixed", resolved_at=LONG_AGO
        ),
    }
    a_waiver(rows["waived"], alice)
    with within(scan.organisation_id):
        Ticket.objects.create(
            organisation_id=scan.organisation_id, finding=rows["low"], system="jira", key="SEC-7"
        )
    return dict(rows)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"plain", "high", "low", "image", "elsewhere"}),
        ({"severity": "critical"}, {"plain"}),
        ({"severity": "critical,high"}, {"plain", "high", "image"}),
        ({"state": "in_progress"}, {"low"}),
        ({"state": "open"}, {"plain", "high", "image", "elsewhere"}),
        ({"state": "waived"}, {"waived"}),
        ({"state": "resolved"}, {"fixed"}),
        ({"state": "waived,resolved"}, {"waived", "fixed"}),
        ({"topic": "ami"}, {"image"}),
        ({"control": "sqs-08"}, {"low"}),
        ({"control": "SQS-08,AMI-06"}, {"low", "image"}),
        ({"region": "eu-west-1"}, {"high"}),
        ({"severity": "high", "topic": "sqs"}, {"high"}),
        ({"q": "ELSE"}, {"elsewhere"}),
        ({"q": "SEC-7"}, {"low"}),
        ({"q": "dead-letter"}, {"low"}),
        ({"q": "4444-5555-6666"}, {"elsewhere"}),
        ({"q": "SQS-08"}, {"low"}),
        ({"q": "%"}, set()),
        ({"q": "_"}, set()),
        ({"severity": "banana"}, set()),
        ({"state": "banana"}, set()),
        ({"topic": "banana"}, set()),
        ({"control": "NO-99"}, set()),
        ({"region": "mars-1"}, set()),
        ({"account": "garbage"}, set()),
        ({"account": "00000000-0000-0000-0000-000000000000"}, set()),
        ({"q": "\x00plain"}, {"plain"}),
        ({"sort": "banana"}, {"plain", "high", "low", "image", "elsewhere"}),
        ({"after": "banana"}, {"plain", "high", "low", "image", "elsewhere"}),
    ],
)
def test_filters_do_what_they_say(
    owner: Client, many: dict[str, object], query: dict[str, str], expected: set[str]
) -> None:
    assert set(names(owner, **query)) == expected


def test_a_filter_may_be_repeated_in_the_url(owner: Client, many: dict[str, object]) -> None:
    page = owner.get(reverse("findings") + "?view=flat&severity=critical&severity=medium")
    found = set(
        re.findall(r"Anybody may read ([\w-]+)</a>", " ".join(page.content.decode().split()))
    )
    assert found == {"plain", "elsewhere"}


def test_an_account_narrows_the_list(
    owner: Client, many: dict[str, object], second_account: Account
) -> None:
    assert names(owner, account=str(second_account.pk)) == ["elsewhere"]
    page = listed(owner, account=str(second_account.pk))
    assert "<b>acme-eu (4444-5555-6666)</b>" in page


def test_a_pasted_arn_finds_its_resource_and_what_belongs_to_it(
    owner: Client, scan: Scan, account: Account
) -> None:
    arn = a_queue_arn(account, "orders")
    a_finding(scan, "orders")
    a_finding(scan, "below", resource=f"{arn}#policy/Allow", control="SQS-04")
    a_finding(scan, "other")
    assert set(names(owner, q=arn)) == {"orders", "below"}


def test_unknown_words_are_named_and_can_be_taken_away(owner: Client, scan: Scan) -> None:
    a_finding(scan)
    page = listed(owner, severity="banana", q="orders")
    assert "No finding matches these filters." in page
    assert "we know no such value" in page
    assert 'href="?q=orders"' in page


def test_chips_take_away_one_filter_each(owner: Client, many: dict[str, object]) -> None:
    page = unescape(listed(owner, severity="high", topic="sqs", q="hi", view="flat", sort="age"))
    chips = page.partition('aria-label="Filters that are on"')[2].partition("</ul>")[0]
    links = re.findall(r'class="chip" href="([^"]*)"', chips)
    assert links == [
        "?topic=sqs&q=hi&view=flat&sort=age",
        "?severity=high&q=hi&view=flat&sort=age",
        "?severity=high&topic=sqs&view=flat&sort=age",
    ]
    assert 'href="?view=flat&sort=age">Clear all' in chips


def test_the_form_keeps_what_it_has_no_field_for(owner: Client, many: dict[str, object]) -> None:
    page = listed(owner, view="flat", sort="age", region="eu-west-1", severity="critical,high")
    form = page.partition('<form class="filter-form"')[2].partition("</form>")[0]
    for hidden in (
        'name="view" value="flat"',
        'name="sort" value="age"',
        'name="region" value="eu-west-1"',
    ):
        assert f'<input type="hidden" {hidden}>' in form
    assert '<option value="critical,high" selected>Critical, High</option>' in form


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("severity", ["plain", "image", "high", "elsewhere", "low"]),
        ("points", ["low", "plain", "image", "high", "elsewhere"]),
        ("age", ["high", "plain"]),
        ("changed", ["elsewhere", "plain"]),
    ],
)
def test_the_list_can_be_sorted(
    owner: Client, scan: Scan, second_account: Account, sort: str, expected: list[str]
) -> None:
    other = a_scan(second_account, state="done")
    a_finding(scan, "plain", points=5)
    a_finding(scan, "high", severity="high", points=1, first_seen=LONG_AGO - timedelta(days=9),
              last_changed=LONG_AGO - timedelta(days=2))  # fmt: skip
    a_finding(scan, "image", control="AMI-06", severity="high", points=2,
              last_changed=LONG_AGO - timedelta(days=1))  # fmt: skip
    a_finding(scan, "low", severity="low", control="SQS-08", points=9)
    a_finding(other, "elsewhere", severity="medium", points=0,
              last_changed=LONG_AGO + timedelta(days=1))  # fmt: skip
    found = names(owner, sort=sort)
    if sort in {"age", "changed"}:
        found = [found[0], "plain"] if found[0] != "plain" else found
        assert found[0] == expected[0]
    else:
        assert found == expected


def test_a_long_list_has_pages_and_a_way_back(owner: Client, scan: Scan) -> None:
    findings(scan, (f"queue-{number:03}" for number in range(51)))
    first = unescape(listed(owner, view="flat", severity="critical"))
    following = re.search(r'href="(\?[^"]*after=[^"]*)" rel="next"', first)
    assert following is not None
    assert "severity=critical" in following[1]
    second = " ".join(owner.get(reverse("findings") + following[1]).content.decode().split())
    assert len(re.findall("Anybody may read queue", first)) == 50
    assert len(re.findall("Anybody may read queue", second)) == 1
    assert 'rel="next"' not in second
    assert "First page" in second


def test_findings_are_grouped_by_control_worst_first(
    owner: Client, many: dict[str, object]
) -> None:
    page = listed(owner)
    assert re.findall(r'<tr role="row" id="([A-Z]+-\d+)">', page) == ["SQS-03", "AMI-06", "SQS-08"]
    assert "3 controls, 5 findings" in page
    group = page.partition('id="SQS-03"')[2].partition("</tr>")[0]
    assert '<td role="cell" class="number" data-label="Resources">3</td>' in group
    assert '<td role="cell" class="number" data-label="Accounts">2</td>' in group
    assert "up to +30" in group


def test_groups_open_by_url_the_first_one_by_itself(owner: Client, many: dict[str, object]) -> None:
    def inside(page: str) -> list[str]:
        return re.findall(r"Anybody may read ([\w-]+)</a>", page)

    assert set(inside(listed(owner))) == {"plain", "high", "elsewhere"}
    assert inside(listed(owner, open="SQS-08")) == ["low"]
    assert inside(listed(owner, open="none")) == []
    assert inside(listed(owner, open="banana")) == []


def test_a_large_group_shows_its_worst_and_a_link_to_all(owner: Client, scan: Scan) -> None:
    findings(scan, (f"queue-{number}" for number in range(12)))
    page = unescape(listed(owner, q="queue"))
    assert len(re.findall("Anybody may read queue", page)) == 10
    assert 'href="?control=SQS-03&q=queue&view=flat">2 more in SQS-03' in page


def test_groups_of_more_findings_than_are_counted_say_so(
    owner: Client, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posture.web.findings.GROUPED_AT_MOST", 3)
    findings(scan, (f"queue-{number}" for number in range(2)))
    a_finding(scan, "image", control="AMI-06", severity="low")
    assert "there are more" not in listed(owner, severity="critical")
    a_finding(scan, "topmost", control="AMI-08")
    page = listed(owner)
    assert "Grouped from the first 3 findings in this order; there are more" in page
    assert 'id="AMI-08"' in page
    assert 'id="AMI-06"' not in page


def test_a_finding_keeps_the_way_back_to_its_list(owner: Client, many: dict[str, object]) -> None:
    page = unescape(listed(owner, view="flat", severity="high"))
    assert re.search(r'/findings/[0-9a-f-]{36}\?severity=high"', page)


def test_waived_and_fixed_rows_say_so_and_have_no_points(
    owner: Client, many: dict[str, object]
) -> None:
    page = listed(owner, view="flat", state="waived,resolved")
    assert page.count('class=" is-waived"') == 1
    assert page.count('class=" is-resolved"') == 1
    assert "Waived" in page
    assert "Fixed" in page
    assert "+20" not in page


def test_nothing_failing_is_calm_and_reminds_of_what_was_not_seen(
    owner: Client, scan: Scan
) -> None:
    page = listed(owner)
    assert "No finding is open." in page
    assert "What could not be read" in page


def test_before_the_first_account_the_list_says_what_to_do(owner: Client) -> None:
    page = listed(owner)
    assert "Findings appear when an account has been scanned." in page
    assert "Connect a seller account" in page


def test_the_badge_of_a_ticket_links_to_it(owner: Client, scan: Scan) -> None:
    finding = a_finding(scan)
    with within(scan.organisation_id):
        Ticket.objects.create(
            organisation_id=scan.organisation_id, finding=finding, system="jira", key="SEC-1",
            url="https://tickets.example.com/SEC-1", status="To Do",
        )  # fmt: skip
    page = listed(owner)
    assert '<a class="badge" href="https://tickets.example.com/SEC-1"' in page


def test_a_finding_of_a_retired_control_is_still_listed(owner: Client, scan: Scan) -> None:
    a_finding(scan, "old", control="SQS-99")
    assert "Control SQS-99, which is not judged any more" in listed(owner)


def test_waived_can_be_chosen_only_while_a_waiver_is_in_force(
    owner: Client, scan: Scan, alice: User
) -> None:
    finding = a_finding(scan)
    option = '<option value="waived">'
    assert option not in listed(owner)
    a_waiver(finding, alice)
    assert option in listed(owner)


def test_the_title_of_a_group_is_called_a_requirement(
    owner: Client, many: dict[str, object]
) -> None:
    page = listed(owner)
    assert "Requirement not met</th>" in page
    assert page.count('<span class="requirement">Requirement:</span> ') == 3
