"""Who asks for judging again, how many at a time, and what ends it."""

import io
import uuid
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from posture.models import Account, Organisation, Rejudgement, Scan, database_now
from posture.models.tenancy import within
from posture.rejudge import claim, hand_out
from posture.scans import prune
from posture.tasks import rejudge_scan
from scanner.report import ENGINE
from tests.posture.rejudging import OLDER, findings, judged, requested, visited
from tests.posture.reports import an_image, an_outcome, day
from tests.posture.rows import an_account
from tests.posture.store import a_store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    """A store of its own."""
    a_store(settings, location=tmp_path)
    return tmp_path


@pytest.fixture
def scan(folder: Path, account: Account) -> Scan:
    """A scan of Monday in which older controls found an open image and no missing trail."""
    return visited(account, an_outcome())


def test_after_an_upgrade_the_tick_queues_few_at_a_time_and_each_once(
    folder: Path, acme: Organisation
) -> None:
    accounts = [an_account(acme, f"{number:012}") for number in range(1, 6)]
    for one in accounts:
        visited(one, an_outcome())
    queued = []
    for _ in range(5):
        hand_out()
        with within(acme):
            rows = list(Rejudgement.objects.filter(state="queued"))
        assert len(rows) <= 2
        queued += [row.account_id for row in rows]
        for row in rows:
            rejudge_scan(str(row.pk))
    assert sorted(queued) == sorted(one.pk for one in accounts)
    assert hand_out() == 0


@pytest.mark.parametrize("engine", [ENGINE, "seller-posture 99.0.0", "test", "", "x 1.2-rc1"])
def test_what_no_older_engine_judged_is_left(folder: Path, account: Account, engine: str) -> None:
    visited(account, an_outcome(), engine=engine)
    assert hand_out() == 0
    with within(account.organisation_id):
        assert not Rejudgement.objects.exists()


def test_one_of_another_version_is_left_to_its_workers(account: Account, scan: Scan) -> None:
    row = requested(account)
    with within(account.organisation_id):
        Rejudgement.objects.update(engine="seller-posture 99.0.0")
    assert claim(row.pk) is None
    hand_out()
    with within(account.organisation_id):
        assert Rejudgement.objects.filter(state="queued").count() == 2


@pytest.mark.parametrize("attempts", [0, 1])
def test_what_waits_for_an_older_version_ends_and_holds_nothing_up(
    folder: Path, acme: Organisation, attempts: int
) -> None:
    accounts = [an_account(acme, f"{number:012}") for number in range(1, 4)]
    for one in accounts:
        visited(one, an_outcome())
    for one in accounts[:2]:
        row = requested(one)
        assert attempts == 0 or claim(row.pk) is not None
    with within(acme):
        Rejudgement.objects.update(engine=OLDER)
        Rejudgement.objects.filter(state="running").update(lease_until=database_now())
    assert hand_out() == 2
    with within(acme):
        ended = Rejudgement.objects.filter(engine=OLDER)
        assert {(row.state, row.reason_code) for row in ended} == {("cancelled", "newer_version")}
        assert Rejudgement.objects.filter(engine=ENGINE, state="queued").count() == 2


def test_an_older_worker_that_still_judges_is_left_alone(account: Account, scan: Scan) -> None:
    row = requested(account)
    assert claim(row.pk) is not None
    with within(account.organisation_id):
        Rejudgement.objects.update(engine=OLDER)
    assert hand_out() == 1
    with within(account.organisation_id):
        row.refresh_from_db()
        assert row.state == "running"
        assert Rejudgement.objects.filter(engine=ENGINE, state="queued").count() == 1


def test_one_that_was_cancelled_is_queued_again(account: Account, scan: Scan) -> None:
    requested(account)
    with within(account.organisation_id):
        Rejudgement.objects.update(state="cancelled", finished_at=database_now())
    assert hand_out() == 1


def test_a_worker_lost_three_times_fails_it(account: Account, scan: Scan) -> None:
    row = requested(account)
    for _ in range(3):
        assert claim(row.pk) is not None
        with within(account.organisation_id):
            Rejudgement.objects.update(lease_until=database_now())
    hand_out()
    with within(account.organisation_id):
        row.refresh_from_db()
    assert (row.state, row.reason_code) == ("failed", "worker_lost")


def test_what_is_being_judged_again_keeps_its_snapshot(
    folder: Path, account: Account, scan: Scan, settings: LazySettings
) -> None:
    settings.SNAPSHOT_KEEP_DAYS = settings.SNAPSHOT_KEEP_NEWEST = 1
    row = requested(account)
    for number in (1, 2):
        visited(account, an_outcome(an_outcome().status, an_image(f"ami-{number}")), on=number)
    with within(account.organisation_id):
        for number, one in enumerate(Scan.objects.order_by("queued_at")):
            Scan.objects.filter(pk=one.pk).update(finished_at=day(number))
    assert prune(at=database_now(), seconds=60).snapshots == 1
    judged(row)
    assert prune(at=database_now(), seconds=60).snapshots == 1


def test_forged_ids_start_nothing(account: Account, scan: Scan) -> None:
    for text in ("", "x", str(uuid.uuid4()), str(scan.pk)):
        rejudge_scan(text)
    assert findings(account) == {"AMI-06": "open"}


def test_the_command_queues_one_or_all(
    folder: Path, account: Account, scan: Scan, rival: Organisation
) -> None:
    theirs = an_account(rival, "999900001111")
    visited(theirs, an_outcome())
    assert call("--account", account.aws_account) == "queued 1 of 1"
    assert call("--all").splitlines()[-1] == "queued 1 of 2"
    with pytest.raises(CommandError, match="was scanned yet"):
        call("--account", "000000000000")
    with pytest.raises(CommandError, match="required"):
        call()


def call(*arguments: str) -> str:
    output = io.StringIO()
    call_command("rejudge", *arguments, stdout=output)
    return output.getvalue().strip()
