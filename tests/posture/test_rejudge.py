"""Judging stored snapshots again: what newer controls find, and what they may not overrule."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from posture.models import (
    Account,
    Finding,
    FindingEvent,
    Rejudgement,
    Scan,
    ScorePoint,
    database_now,
)
from posture.models.tenancy import within
from posture.rejudge import claim, hand_out, run
from posture.web.history import said
from scanner.control import Outcome
from scanner.report import ENGINE
from tests.posture.rejudging import OLDER, findings, judged, requested, visited
from tests.posture.reports import a_report, an_outcome, day
from tests.posture.store import a_store, files_in
from tests.posture.web.conftest import alice, owner

__all__ = ["alice", "owner"]

pytestmark = pytest.mark.django_db(transaction=True)

FOUND_AGAIN = {"CT-01", "CT-08"}
"""What the controls of today say against the snapshot that `a_report` carries."""


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    """A store of its own."""
    a_store(settings, location=tmp_path)
    return tmp_path


@pytest.fixture
def scan(folder: Path, account: Account) -> Scan:
    """A scan of Monday in which older controls found an open image and no missing trail."""
    return visited(account, an_outcome())


def events(account: Account) -> list[FindingEvent]:
    with within(account.organisation_id):
        return list(FindingEvent.objects.filter(account=account).order_by("at", "pk"))


def test_newer_controls_open_and_close_findings_of_stored_facts(
    account: Account, scan: Scan
) -> None:
    row = judged(requested(account))
    assert (row.state, row.reason) == ("done", "")
    assert row.counts == {"opened": 2, "resolved": 1, "reopened": 0}
    assert findings(account) == {"AMI-06": "resolved", **dict.fromkeys(FOUND_AGAIN, "open")}
    with within(account.organisation_id):
        found = Finding.objects.get(control="CT-01")
    assert (found.first_seen, found.last_scan_id) == (day(0), scan.pk)


def test_events_say_that_judging_again_found_it_and_whether_to_tell(
    account: Account, scan: Scan
) -> None:
    row = judged(requested(account))
    new = [event for event in events(account) if event.rejudgement_id]
    assert {event.rejudgement_id for event in new} == {row.pk}
    assert {event.kind for event in new} == {"opened", "resolved"}
    for event in new:
        assert event.data["tell"]
        assert event.data["engine_before"] == OLDER
        assert event.data["engine"] == ENGINE
        assert event.data["taken_at"] == day(0).isoformat()
        assert "judging the scan of 5 January 2026 again with newer controls" in said(event)
    before = [event for event in events(account) if not event.rejudgement_id]
    assert [(event.kind, "tell" in event.data) for event in before] == [("opened", False)]


def test_the_score_follows_and_its_point_says_why(account: Account, scan: Scan) -> None:
    row = judged(requested(account))
    with within(account.organisation_id):
        point = ScorePoint.objects.get(rejudgement=row)
        account.refresh_from_db()
        assert ScorePoint.objects.count() == 2
    assert (point.scan_id, point.score) == (None, account.score)
    assert account.scored_at == day(0)
    assert account.last_scan_id == scan.pk


def test_the_same_engine_judges_a_scan_once_and_a_later_scan_tells_nothing_again(
    account: Account, scan: Scan
) -> None:
    first = judged(requested(account))
    assert requested(account).pk == first.pk
    assert claim(first.pk) is None
    told = len(events(account))
    visited(account, *a_real_report(), on=1, engine=ENGINE)
    assert len(events(account)) == told


def a_real_report() -> tuple[Outcome, ...]:
    """What today's controls say of the snapshot that `a_report` carries."""
    from scanner.scan import judged as judge

    return judge(a_report(taken_at=day(1)).snapshot).outcomes


def test_a_newer_scan_is_never_overruled(account: Account, scan: Scan) -> None:
    row = requested(account)
    visited(account, an_outcome(), on=1)
    before = findings(account)
    done = judged(row)
    assert (done.state, done.reason_code) == ("done", "newer_scan")
    assert findings(account) == before == {"AMI-06": "open"}


def test_a_finding_that_something_newer_has_seen_stays_as_that_left_it(
    account: Account, scan: Scan
) -> None:
    other = visited(account, on=-1)
    with within(account.organisation_id):
        Finding.objects.filter(control="AMI-06").update(last_scan=other, last_seen=day(3))
    row = judged(requested(account))
    assert row.state == "done"
    assert findings(account)["AMI-06"] == "open"


def test_one_that_was_taken_over_writes_nothing(account: Account, scan: Scan) -> None:
    row = requested(account)
    taken = claim(row.pk)
    assert taken is not None
    with within(account.organisation_id):
        Rejudgement.objects.update(lease_until=database_now())
    again = claim(row.pk)
    assert again is not None
    run(taken)
    assert findings(account) == {"AMI-06": "open"}
    run(again)
    assert findings(account)["AMI-06"] == "resolved"


@pytest.mark.parametrize(
    ("damage", "code", "words"),
    [
        ("gone", "snapshot_broken", "missing or damaged"),
        ("cut", "snapshot_broken", "missing or damaged"),
        ("pruned", "snapshot_gone", "not kept any more"),
    ],
)
def test_a_snapshot_that_cannot_be_read_is_said_and_changes_nothing(
    folder: Path, account: Account, scan: Scan, damage: str, code: str, words: str
) -> None:
    row = requested(account)
    [file] = files_in(folder)
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:-5])
    else:
        with within(account.organisation_id):
            Scan.objects.update(snapshot=None)
    done = judged(row)
    assert (done.state, done.reason_code) == ("failed", code)
    assert words in done.reason
    assert findings(account) == {"AMI-06": "open"}
    assert hand_out() == 0


def test_a_snapshot_of_another_format_is_said(folder: Path, account: Account, scan: Scan) -> None:
    import hashlib

    import zstandard

    document = b'{"format":99,"snapshot":{}}'
    [file] = files_in(folder)
    file.write_bytes(zstandard.ZstdCompressor().compress(document))
    with within(account.organisation_id):
        kept = scan.snapshot
        assert kept is not None
        kept.sha256, kept.bytes = hashlib.sha256(document).hexdigest(), len(document)
        kept.save(update_fields=["sha256", "bytes"])
    done = judged(requested(account))
    assert (done.state, done.reason_code) == ("failed", "snapshot_format")
    assert "reads format 1, not 99" in done.reason


def test_a_store_that_cannot_be_reached_is_tried_again_and_then_said(
    account: Account, scan: Scan, settings: LazySettings, tmp_path: Path
) -> None:
    blocked = tmp_path / "a file where the folder should be"
    blocked.touch()
    a_store(settings, location=blocked)
    row = requested(account)
    assert [judged(row).state for _ in range(3)] == ["running", "running", "failed"]
    with within(account.organisation_id):
        row.refresh_from_db()
    assert (row.reason_code, row.attempt) == ("snapshot_not_read", 3)


def test_the_finding_page_says_how_it_was_found(
    account: Account, scan: Scan, owner: Client
) -> None:
    judged(requested(account))
    with within(account.organisation_id):
        found = Finding.objects.get(control="CT-01")
    page = owner.get(reverse("finding", args=[found.pk])).content.decode()
    assert "Found by judging the scan of 5 January 2026 again with newer controls" in page
