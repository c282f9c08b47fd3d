"""The thread that keeps a scan's lease and shows its progress."""

import pytest
from django.conf import LazySettings
from django.db import connection

from posture.models import Account, Scan
from posture.models.tenancy import within
from posture.scans.heartbeat import Heartbeat, leave_running_scan
from tests.posture.reports import a_claimed_scan
from tests.posture.workers import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(settings: LazySettings) -> None:
    """Beat ten times a second."""
    settings.HEARTBEAT_SECONDS = 0.1


def reread(scan: Scan) -> Scan:
    with within(scan.organisation_id):
        return Scan.objects.get(pk=scan.pk)


def change(scan: Scan, **fields: object) -> None:
    with within(scan.organisation_id):
        Scan.objects.filter(pk=scan.pk).update(**fields)


def test_the_lease_grows_while_the_block_runs(account: Account) -> None:
    scan = a_claimed_scan(account)
    before = scan.lease_until
    with Heartbeat(scan, scan.fence) as heartbeat:
        wait_until(lambda: reread(scan).lease_until != before)
        assert not heartbeat.is_lost()
    row = reread(scan)
    assert row.lease_until is not None
    assert before is not None
    assert row.lease_until > before


def test_progress_is_shown_in_passing_and_at_the_end_at_once(account: Account) -> None:
    scan = a_claimed_scan(account)
    with Heartbeat(scan, scan.fence) as heartbeat:
        heartbeat.show({"phase": "reading", "calls": 7, "services": ["\x00"]})
        wait_until(lambda: reread(scan).progress["calls"] == 7)
        assert reread(scan).progress["services"] == ["\\u0000"]
        heartbeat.show({"phase": "judging", "calls": 9})
        heartbeat.show_recording()
        assert reread(scan).progress == {"phase": "recording", "calls": 9}


@pytest.mark.parametrize("fields", [{"fence": 5}, {"state": "failed"}, {"state": "queued"}])
def test_a_scan_that_is_not_ours_any_more_is_lost(
    account: Account, fields: dict[str, object]
) -> None:
    scan = a_claimed_scan(account)
    with Heartbeat(scan, scan.fence) as heartbeat:
        change(scan, **fields)
        heartbeat.show({"calls": 99})
        wait_until(heartbeat.is_lost)
    assert reread(scan).progress["calls"] == 0


def test_a_database_that_stays_away_as_long_as_the_lease_means_lost(
    account: Account, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LEASE_SECONDS = 0.5
    scan = a_claimed_scan(account)
    with Heartbeat(scan, scan.fence) as heartbeat:
        heartbeat.show({"calls": 1})
        wait_until(lambda: reread(scan).progress["calls"] == 1)
        monkeypatch.setitem(connection.settings_dict, "NAME", "not_there")
        _end_other_connections()
        wait_until(heartbeat.is_lost)
        assert heartbeat.is_lost()


def test_a_connection_that_breaks_is_opened_again(account: Account) -> None:
    scan = a_claimed_scan(account)
    with Heartbeat(scan, scan.fence) as heartbeat:
        heartbeat.show({"calls": 1})
        wait_until(lambda: reread(scan).progress["calls"] == 1)
        _end_other_connections()
        before = reread(scan).lease_until
        wait_until(lambda: reread(scan).lease_until != before)
        assert not heartbeat.is_lost()


def _end_other_connections() -> None:
    """Cut the heartbeat's connection, as a restart of the server would."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )


def test_without_a_running_scan_there_is_nothing_to_leave(account: Account) -> None:
    leave_running_scan()
    scan = a_claimed_scan(account)
    with Heartbeat(scan, scan.fence):
        pass
    leave_running_scan()
    assert reread(scan).state == "running"
