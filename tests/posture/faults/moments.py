"""The moments at which a worker is killed: named, chosen, and each reached for certain."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from posture.models import Account, Finding, Leased, Rejudgement, Scan, Verification
from posture.models.tenancy import within
from posture.rejudge import request
from posture.scans import request_verification
from tests.posture.faults import holding
from tests.posture.faults.holding import Call, Held, Lock, Place
from tests.posture.faults.scans import ask, reread, scanned, tick
from tests.posture.workers import Worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

LAST = "account:GetAlternateContact"
"""No other question waits for what this one tells, so all else can be read while it hangs."""
IMAGES = "ec2:DescribeImages"
REPEATED = 2
"""Attempts of what was lost once."""


@dataclass
class Stage:
    """One account, a worker that is to be killed, and what keeps it where the moment wants it."""

    aws: "FakeAws"
    account: Account
    worker: Worker
    held: Held

    def at(self, name: str) -> Place:
        """A lock of `holding`, or a call to AWS by its IAM action."""
        if ":" in name:
            return Call(self.aws, name)
        ids = {"account": self.account.pk, "organisation": self.account.organisation_id}
        return Lock(getattr(holding, name), ids)


@dataclass(frozen=True)
class Moment:
    """What a worker does when it is killed, and how many attempts its work takes then."""

    name: str
    come: Callable[[Stage], Leased]
    attempts: int = REPEATED


@contextmanager
def standing_at(
    moment: Moment, aws: "FakeAws", account: Account, worker: Worker
) -> Iterator[Leased]:
    """Within the block the worker stands at that moment of its work, which is given."""
    with Held(worker.last_words) as held:
        work = moment.come(Stage(aws, account, worker, held))
        held.wait()
        yield work


def _scan(*places: str) -> Callable[[Stage], Scan]:
    def come(stage: Stage) -> Scan:
        stage.held.hold(stage.at(places[0]))
        scan = ask(stage.account)
        for place in places[1:]:
            stage.held.lead_to(stage.at(place))
        return scan

    return come


def _all_but_one(stage: Stage) -> Scan:
    scan = _scan(LAST)(stage)

    def states() -> list[str]:
        return [one["state"] for one in reread(scan).progress["services"]]

    wait_until(lambda: states().count("read") == len(states()) - 1 > 0, stage.worker.last_words)
    return scan


def _look(*places: str) -> Callable[[Stage], Verification]:
    def come(stage: Stage) -> Verification:
        scanned(stage.account)
        stage.held.hold(stage.at(places[0]))
        with within(stage.account.organisation_id):
            finding = Finding.objects.filter(control="AMI-06").earliest("resource")
            made, _ = request_verification(finding=finding, by=None)
        for place in places[1:]:
            stage.held.lead_to(stage.at(place))
        return made

    return come


class Fifo:
    """A snapshot that can be opened and says nothing; afterwards it is there again."""

    def __init__(self, file: Path) -> None:
        self._file, self._content = file, file.read_bytes()
        self._end: int | None = None

    def hold(self) -> None:
        """Put a pipe in its place."""
        self._file.unlink()
        os.mkfifo(self._file, 0o666)

    def wait(self, explain: Callable[[], object]) -> None:
        """Return as soon as somebody has opened it for reading."""
        wait_until(self._is_read, explain)

    def _is_read(self) -> bool:
        try:
            self._end = self._end or os.open(self._file, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            tick()
        return self._end is not None

    def release(self) -> None:
        """Put the snapshot back; whoever still reads the pipe gets its content, too."""
        self._file.unlink()
        self._file.write_bytes(self._content)
        if self._end is not None:
            with suppress(BrokenPipeError), os.fdopen(self._end, "wb") as pipe:
                pipe.write(self._content)


def _rejudgement(*places: str) -> Callable[[Stage], Rejudgement]:
    def come(stage: Stage) -> Rejudgement:
        scan = scanned(stage.account)
        assert scan.snapshot is not None
        stage.held.hold(Fifo(settings.SNAPSHOT_DIR / scan.snapshot.path))
        with within(stage.account.organisation_id):
            Scan.objects.filter(pk=scan.pk).update(engine="seller-posture 0.0.1")
            row, _ = request(account=stage.account, by=None)
        for place in places:
            stage.held.lead_to(stage.at(place))
        return row

    return come


MOMENTS = (
    Moment("events are written", _scan(LAST, "EVENTS")),
    Moment("the record is being committed", _scan(LAST, "SNAPSHOTS", "EVENTS", "ORGANISATION"), 1),
    Moment("judging again reads a snapshot", _rejudgement()),
    Moment("a second look is recorded", _look(IMAGES, "ACCOUNT")),
    Moment("its message is not acknowledged", _scan(LAST, "CLAIM"), 1),
    Moment("the snapshot is kept", _scan(LAST, "SNAPSHOTS", "ACCOUNT")),
    Moment("it is being claimed", _scan("CLAIM", "ORGANISATION"), 1),
    Moment("all services but one are read", _all_but_one),
    Moment("nobody has claimed it", _scan("CLAIM"), 1),
    Moment("the role is assumed", _scan("sts:AssumeRole")),
    Moment("the account is asked for", _scan("sts:GetCallerIdentity")),
    Moment("regions are listed", _scan("ec2:DescribeRegions")),
    Moment("images are listed", _scan(IMAGES)),
    Moment("IAM is read", _scan("iam:GetAccountAuthorizationDetails")),
    Moment("the credential report is fetched", _scan("iam:GetCredentialReport")),
    Moment("products are described", _scan("aws-marketplace:DescribeEntity")),
    Moment("policies of buckets are read", _scan("s3:GetBucketPolicy")),
    Moment("all is judged", _scan(LAST, "ACCOUNT")),
    Moment("the snapshot's row is written", _scan(LAST, "SNAPSHOTS")),
    Moment("the snapshot's row is being committed", _scan(LAST, "ORGANISATION")),
    Moment("findings are written", _scan(LAST, "FINDINGS")),
    Moment("results are written", _scan(LAST, "RESULTS")),
    Moment("the score is written", _scan(LAST, "POINTS")),
    Moment("a second look reads", _look(IMAGES)),
    Moment("judging again is recorded", _rejudgement("ACCOUNT")),
)
"""Those that are tried every day come first."""
