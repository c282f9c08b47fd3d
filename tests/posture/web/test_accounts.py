"""The list of accounts, and the page of one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posture import catalogue, connections
from posture.models import Account, Organisation, Scan, Schedule
from posture.models.tenancy import within
from tests.posture.rows import an_account
from tests.posture.web.rows import a_done_scan, a_result, scored


def shown(client: Client, account: Account) -> str:
    response = client.get(reverse("account", args=[account.pk]))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def save(client: Client, account: Account, **form: str) -> tuple[int, str]:
    response = client.post(reverse("account", args=[account.pk]), {"zone": "UTC", **form})
    return response.status_code, " ".join(response.content.decode().split())


def stored(account: Account) -> Account:
    with within(account.organisation_id):
        return Account.objects.get(pk=account.pk)


def test_accounts_are_listed_worst_first(
    owner: Client, acme: Organisation, scan: Scan, second_account: Account
) -> None:
    scored(second_account, a_done_scan(second_account), score=20, score_low=20, open_critical=3)
    an_account(acme, "777788889999", label="new one", state="pending")
    page = " ".join(owner.get(reverse("accounts")).content.decode().split())
    rows = re.findall(r'\?account=[0-9a-f-]{36}">([^<]*)</a><span class="note">', page)
    assert rows == ["acme-eu", "Account 1111", "new one"]
    assert "3 critical" in page
    assert "Not connected yet" in page


def test_many_accounts_have_pages(owner: Client, acme: Organisation) -> None:
    for number in range(51):
        an_account(acme, f"{number:012}", label=f"seller-{number:02}")
    first = owner.get(reverse("accounts")).content.decode()
    following = re.search(r'href="(\?after=[^"]*)" rel="next"', first)
    assert following is not None
    second = owner.get(reverse("accounts") + following[1]).content.decode()
    assert "seller-50" in second
    assert "First page" in second


def test_the_page_shows_connection_and_coverage_not_seen_first(
    owner: Client, account: Account, scan: Scan
) -> None:
    a_result(scan, "SQS-04", passing=3)
    a_result(scan, "SQS-03", status="fail", failing=2)
    a_result(scan, "AMI-08", status="not_assessed", passing=0, severity="critical",
             missing_action="ec2:DescribeSnapshotAttribute")  # fmt: skip
    a_result(scan, "PSC-01", status="not_applicable", passing=0, reason="Never enrolled.")
    page = shown(owner, account)
    table = page.partition('id="coverage"')[2].partition("</table>")[0]
    assert re.findall(r'/controls/([A-Z]+-\d+)"', table) == ["AMI-08", "SQS-03", "SQS-04", "PSC-01"]
    assert page.count("2 controls assessed wholly, 0 partly, 1 not at all, 1 not applicable") == 2
    assert "<code>ec2:DescribeSnapshotAttribute</code> refused or missing." in table
    assert "Never enrolled." in table
    assert account.role_arn.rpartition("/")[2] in page


def test_a_role_that_is_older_than_this_version_is_told_what_it_lacks(
    owner: Client, account: Account
) -> None:
    actions = catalogue.actions()
    with within(account.organisation_id):
        Account.objects.update(role_actions=list(actions[1:]))
    page = shown(owner, account)
    asked = len(actions)
    assert f"{asked - 1} of the {asked} actions that this version asks for" in page
    assert "not seen to work yet is 1:" in page
    assert f"<code>{actions[0]}</code>" in page


def test_the_schedule_can_be_changed(owner: Client, account: Account) -> None:
    assert save(owner, account, preset="weekly", zone="Europe/Stockholm")[0] == 302
    with within(account.organisation_id):
        schedule = Schedule.objects.get(account=account)
    assert (schedule.preset, schedule.zone, schedule.cron) == ("weekly", "Europe/Stockholm", "")
    assert schedule.next_run is not None
    page = shown(owner, account)
    assert "The schedule is saved." in page
    assert re.search(r'value="weekly"[^>]*checked', page)
    assert '<option value="Europe/Stockholm" selected>' in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"preset": "sometimes"}, "Select a valid choice"),
        ({}, "Choose how often to scan."),
        ({"preset": "daily", "zone": "Mars/Olympus"}, "Use the name of a time zone"),
        ({"preset": "daily", "quiet_from": "22:00"}, "a beginning and an end"),
        ({"preset": "daily", "quiet_from": "late", "quiet_until": "06:00"}, "Give a time of day"),
        ({"preset": "daily", "quiet_from": "22:00", "quiet_until": "22:00"}, "leave both empty"),
        ({"preset": "custom"}, "Give a cron expression, or choose another rhythm."),
        ({"preset": "custom", "cron": "every day"}, "Use five short fields"),
        ({"preset": "custom", "cron": "* * * * *"}, "15 minutes between two scans"),
        ({"preset": "custom", "cron": "0 0 30 2 *"}, "not a cron expression that ever comes"),
        ({"preset": "custom", "cron": "99 * * * *"}, "not a cron expression that ever comes"),
    ],
)
def test_a_schedule_that_cannot_be_used_is_refused_beside_its_field(
    owner: Client, account: Account, form: dict[str, str], words: str
) -> None:
    status, page = save(owner, account, **form)
    assert status == 400
    assert words in page
    with within(account.organisation_id):
        assert not Schedule.objects.exists()


def test_an_account_can_be_paused_and_resumed(owner: Client, account: Account) -> None:
    address = reverse("connection", args=[account.pk])
    owner.post(address, {"do": "pause"})
    assert stored(account).state == "paused"
    assert "Resume scanning" in shown(owner, account)
    owner.post(address, {"do": "resume"})
    assert stored(account).state == "connected"


def test_disconnecting_forgets_the_way_in(owner: Client, account: Account) -> None:
    owner.post(reverse("connection", args=[account.pk]), {"do": "disconnect"})
    after = stored(account)
    assert (after.state, after.role_arn) == ("disconnected", "")
    assert after.external_id != account.external_id
    page = shown(owner, account)
    assert "delete the role in AWS as well" in page
    assert 'value="disconnect"' not in page


@pytest.mark.parametrize("word", ["", "explode"])
def test_a_verb_that_nobody_knows_changes_nothing(
    owner: Client, account: Account, word: str
) -> None:
    owner.post(reverse("connection", args=[account.pk]), {"do": word})
    assert stored(account).state == "connected"
    assert "Nothing was changed." in shown(owner, account)


def test_a_viewer_sees_no_external_id(member: Callable[[str], Client], account: Account) -> None:
    assert account.external_id not in shown(member("viewer"), account)
    assert account.external_id in shown(member("admin"), account)


def test_an_account_without_a_role_claims_nothing_of_one_and_offers_one_way_on(
    owner: Client, account: Account
) -> None:
    with within(account.organisation_id):
        Account.objects.update(
            state="pending", role_arn="", connected_at=None, checked_at=None,
            role_actions=list(catalogue.actions()),
        )  # fmt: skip
    page = shown(owner, account)
    for claim in ("Role may read", "Last tested", "Test again", "Continue connecting"):
        assert claim not in page
    assert page.count("Finish connecting") == 1


def test_a_role_that_was_refused_can_be_tested_again(owner: Client, account: Account) -> None:
    with within(account.organisation_id):
        Account.objects.update(
            state="pending", role_arn="", connected_at=None, checked_at=timezone.now()
        )
    page = shown(owner, account)
    assert "Test again" in page
    assert "Last tested" in page


def test_the_next_three_scans_are_shown_before_anything_is_saved(
    owner: Client, account: Account
) -> None:
    status, page = save(
        owner, account, preset="custom", cron="30 4 29 2 *", zone="America/New_York", then="look"
    )
    assert status == 200
    runs = re.findall(r"<li>(\w{3} 29 Feb \d{4}, 04:30 EST) <span", page)
    assert len(runs) == 3
    assert "not saved yet" in page
    assert 'value="30 4 29 2 *"' in page
    with within(account.organisation_id):
        assert not Schedule.objects.exists()


def test_looking_at_what_cannot_be_used_names_the_field(owner: Client, account: Account) -> None:
    status, page = save(owner, account, preset="custom", cron="0 25 * * *", zone="UTC", then="look")
    assert status == 400
    assert 'id="id_cron_error"' in page
    assert "Bad hour" in page


def test_quiet_hours_are_kept_and_a_zone_that_we_do_not_offer_stays(
    owner: Client, account: Account
) -> None:
    with within(account.organisation_id):
        connections.set_schedule(
            account=account, by=None, preset="daily", zone="US/Pacific",
            quiet_from=time(2), quiet_until=time(5, 30),
        )  # fmt: skip
    page = owner.get(reverse("account", args=[account.pk])).content.decode()
    assert '<option value="US/Pacific" selected>' in page
    assert 'value="02:00"' in page
    assert 'value="05:30"' in page
    assert page.count(", 05:30 P") == 3


def test_the_list_says_when_the_next_scan_is(
    owner: Client, account: Account, second_account: Account
) -> None:
    for row in (account, second_account):
        with within(row.organisation_id):
            connections.set_schedule(account=row, by=None, preset="hourly")
    with within(account.organisation_id):
        Account.objects.filter(pk=second_account.pk).update(state="paused")
    page = owner.get(reverse("accounts")).content.decode()
    cells = re.findall(r'<td role="cell"( class="nil")? data-label="Next scan">', page)
    assert sorted(cells) == ["", ' class="nil"']
    paused = owner.get(reverse("account", args=[second_account.pk])).content.decode()
    assert "Scanning is paused" in paused
