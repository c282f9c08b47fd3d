"""A new version with a new control is rolled out while workers of the one before still scan."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from posture.celery import app
from posture.models import (
    Account,
    ControlResult,
    Finding,
    FindingEvent,
    Rejudgement,
    Scan,
)
from posture.models.tenancy import within
from posture.scans import record
from sandbox.valkey import Valkey
from scanner.report import ENGINE
from tests.posture.faults.brokers import publishing_to
from tests.posture.faults.holding import Call, Held
from tests.posture.faults.moments import LAST
from tests.posture.faults.scans import (
    ask,
    assert_nothing_doubled,
    assert_recorded_once,
    is_over,
    reread,
)
from tests.posture.faults.trees import with_links
from tests.posture.reports import a_claimed_scan, a_report, an_outcome, day
from tests.posture.workers import Worker, a_worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "AMI-99"
NEWER, OLDER = "seller-posture 99.0", "seller-posture 0.0.1"
OLD_FILE, NEW_FILE = "ami_06_images_not_public.py", "ami_99_images_not_public_either.py"


def a_newer_version(tree: Path) -> Path:
    """The product with one control more, a copy of AMI-06, and a higher version."""
    root = Path(settings.BASE_DIR)
    with_links(tree, root, but="scanner")
    with_links(tree / "scanner", root / "scanner", but="controls")
    with_links(tree / "scanner" / "controls", root / "scanner" / "controls", but="ami")
    with_links(tree / "scanner/controls/ami", root / "scanner/controls/ami", but=NEW_FILE)
    old = root / "scanner/controls/ami" / OLD_FILE
    (tree / "scanner/controls/ami" / NEW_FILE).write_text(old.read_text())
    (tree / "scanner" / "report").unlink()
    with_links(tree / "scanner/report", root / "scanner/report", but="report.py")
    text = (root / "scanner/report/report.py").read_text()
    assert ENGINE in text
    (tree / "scanner/report/report.py").write_text(text.replace(ENGINE, NEWER))
    return tree


def told(account: Account) -> Counter[tuple[str, str]]:
    """How often each thing happened to findings, by the resource of the new control's."""
    with within(account.organisation_id):
        events = FindingEvent.objects.filter(finding__control=NEW)
        return Counter(events.values_list("finding__resource", "kind"))


def states(account: Account, control: str) -> set[str]:
    with within(account.organisation_id):
        return set(Finding.objects.filter(control=control).values_list("state", flat=True))


def scan_to_the_end(account: Account, worker: Worker) -> Scan:
    scan = ask(account)
    wait_until(is_over(scan), worker.last_words)
    assert reread(scan).state == "done"
    return reread(scan)


def judged_again(account: Account) -> bool:
    with within(account.organisation_id):
        return Rejudgement.objects.filter(engine=NEWER, state="done").exists()


def test_findings_of_a_new_control_stay_while_both_versions_scan(
    aws: "FakeAws",
    seller: Account,
    worker: Worker,
    own_broker: Valkey,
    worker_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    there = own_broker.url(3)
    tree = a_newer_version(tmp_path / "newer")
    with Held(worker.last_words) as held:
        held.hold(Call(aws, LAST))
        first = ask(seller)
        held.wait()
        with a_worker(tmp_path, worker_environment | {"REDIS_URL": there}, tree) as newer:
            held.let_go()
            wait_until(is_over(first), worker.last_words)
            assert_recorded_once(first)
            assert (reread(first).engine, states(seller, NEW)) == (ENGINE, set())
            with publishing_to(there):
                assert scan_to_the_end(seller, newer).engine == NEWER
            opened = told(seller)
            assert opened
            assert {kind for _, kind in opened} == {"opened"}
            assert scan_to_the_end(seller, worker).engine == ENGINE
            assert (states(seller, NEW), told(seller)) == ({"open"}, opened)
            with app.connection_for_write(there) as connection:
                app.send_task("posture.tick", connection=connection)
            wait_until(lambda: judged_again(seller), newer.last_words)
    assert (states(seller, NEW), told(seller)) == ({"open"}, opened)
    assert states(seller, "AMI-06") == {"open"}
    assert_nothing_doubled(seller)


@pytest.mark.parametrize(
    ("engine", "state"), [(NEWER, "open"), (ENGINE, "resolved"), (OLDER, "resolved")]
)
def test_a_control_that_we_do_not_know_is_newer_or_retired(
    account: Account, engine: str, state: str
) -> None:
    known, other = an_outcome(), an_outcome(control=NEW)
    first = a_claimed_scan(account)
    assert record(scan=first, fence=1, report=a_report(known, other))
    with within(account.organisation_id):
        Finding.objects.filter(control=NEW).update(state="open", resolution="")
        Scan.objects.filter(pk=first.pk).update(engine=engine)
    again = a_claimed_scan(account)
    assert record(scan=again, fence=1, report=a_report(known, taken_at=day(1)))
    assert states(account, NEW) == {state}
    with within(account.organisation_id):
        judged = set(ControlResult.objects.values_list("control", flat=True))
    assert judged == ({"AMI-06", NEW} if state == "open" else {"AMI-06"})


def test_what_a_newer_version_found_in_stored_facts_stays_too(account: Account) -> None:
    first = a_claimed_scan(account)
    assert record(scan=first, fence=1, report=a_report(an_outcome(), an_outcome(control=NEW)))
    with within(account.organisation_id):
        Finding.objects.filter(control=NEW).update(state="open", resolution="")
        Rejudgement.objects.create(
            organisation_id=account.organisation_id, account=account, scan=first,
            engine=NEWER, state="done",
        )  # fmt: skip
    again = a_claimed_scan(account)
    assert record(scan=again, fence=1, report=a_report(an_outcome(), taken_at=day(1)))
    assert states(account, NEW) == {"open"}
