"""How long recording 5,000 outcomes and showing lists take, over few findings and over many.

python -m bench.recording --findings 10000 --findings 1000000
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.fleet import fill, owner_url
from bench.lists import Fleet, addresses
from sandbox.databases import RUN, migrated_copy
from sandbox.services import for_tests

OUTCOMES = 5_000
WARM, RUNS = 2, 15
RECORDING_BAR, LIST_BAR, GROWTH_BAR = 1.0, 0.1, 1.5

Table = dict[str, tuple[float, float, float, int]]
"""By what was done: the best time, the median and the 95th percentile, and the number of queries.

Seconds. Growth is told by the best time, which other work on the machine disturbs least.
"""


def main() -> None:
    """Fill a database for each size, measure, print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, action="append", help="size; may be repeated")
    parser.add_argument(
        "--only", default="", help="words, one of which the rows to measure contain: waived,text"
    )
    options = parser.parse_args()
    sizes = options.findings or [10_000, 1_000_000]
    with for_tests() as environment:
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="posture.settings", LOG_LEVEL="ERROR")
        os.environ[RUN] = "bench_recording"
        import django

        django.setup()
        show(sizes, [_measured(size, options.only) for size in sizes])


def _measured(size: int, only: str) -> Table:
    from django.db import connection

    with migrated_copy(connection, str(size)):
        began = time.monotonic()
        fleet = _filled(size)
        print(f"{size:,} findings filled in {time.monotonic() - began:.0f} s", flush=True)
        found: Table = {}
        for name, address in addresses(fleet).items():
            if _chosen(only, name):
                found[name] = _timed(fleet.get, address)
        if _chosen(only, "recording"):
            found |= _recordings(fleet)
        return found


def _chosen(only: str, name: str) -> bool:
    return any(word in name for word in only.split(","))


def _filled(size: int) -> Fleet:
    from django.test import Client

    from posture.models import Account, Finding, Membership, Organisation, Role, User
    from posture.models.tenancy import within
    from posture.tokens import issue
    from scanner.controls import every_control

    organisation = Organisation(id=uuid.uuid4(), name="Fleet")
    user = User.objects.create_user("owner@fleet.example", None, name="Owner")
    with within(organisation):
        organisation.save(force_insert=True)
        Membership.objects.create(organisation=organisation, user=user, role=Role.OWNER)
        _, secret = issue(
            organisation=organisation, by=None, name="bench", scopes=["findings:read"]
        )
    controls = sorted(every_control(), key=lambda one: one.id)
    fill(
        owner_url(),
        size,
        {
            "org": organisation.pk,
            "owner": user.pk,
            "controls": [one.id for one in controls],
            "topics": [one.topic.value for one in controls],
        },
    )
    client = Client()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")

    def get(address: str) -> Any:
        headers = {"Authorization": f"Bearer {secret}"} if address.startswith("/api/") else {}
        answer = client.get(address, headers=headers, follow=False)
        _insist(answer.status_code == 200, f"{address} answered {answer.status_code}")
        return answer

    with within(organisation):
        account = Account.objects.get(aws_account="7".rjust(12, "0")).pk
        finding = Finding.objects.filter(account=account, state="open")[:1].get().pk
        return Fleet(organisation.pk, get, account, finding)


def _timed(get: Callable[[str], Any], address: str) -> tuple[float, float, float, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        get(address)
    queries = len(captured)  # now: the next request empties the log
    times = []
    for number in range(WARM + RUNS):
        began = time.perf_counter()
        get(address)
        took = time.perf_counter() - began
        if number >= WARM:
            times.append(took)
        if sum(times) > 5 and len(times) > 4:
            break
    return *_summed_up(times), queries


def _summed_up(times: list[float]) -> tuple[float, float, float]:
    last = sorted(times)[max(0, round(0.95 * len(times)) - 1)]
    return min(times), statistics.median(times), last


def _recordings(fleet: Fleet) -> Table:
    """A first scan, the same again, and one in which half is fixed and a tenth changed."""
    from posture.models import Account
    from posture.models.tenancy import within

    with within(fleet.organisation):
        accounts = list(Account.objects.order_by("pk")[:6])
    times: dict[str, list[tuple[float, int]]] = {"new": [], "again": [], "changed": []}
    for account in accounts:
        for number, what in enumerate(times):
            times[what].append(_recorded(account, what, number))
    return {
        f"recording {OUTCOMES:,} outcomes, {what}": (
            *_summed_up([took for took, _ in some]),
            max(queries for _, queries in some),
        )
        for what, some in times.items()
    }


def _recorded(account: Any, what: str, number: int) -> tuple[float, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from posture.models import Scan
    from posture.models.tenancy import within
    from posture.scans import record

    report = _report(account, what, datetime.now(UTC) + timedelta(seconds=number))
    with within(account.organisation_id):
        scan = Scan.objects.create(
            organisation_id=account.organisation_id, account=account, trigger="manual"
        )
        _insist(scan.claim(), "the scan is not ours")
    queries = CaptureQueriesContext(connection)
    began = time.perf_counter()
    with queries:
        done = record(scan=scan, fence=scan.fence, report=report)
    took = time.perf_counter() - began
    _insist(done, "the scan was not recorded")
    return took, len(queries)


def _insist(holds: bool, what: str) -> None:  # noqa: FBT001 - private
    if not holds:
        raise RuntimeError(what)


def _report(account: Any, what: str, now: datetime) -> Any:
    from bench.snapshots import SMALL, a_large_account
    from scanner.report import Report, Tally
    from scanner.score import score

    outcomes = [_outcome(account, number, what) for number in range(OUTCOMES)]
    snapshot = replace(a_large_account(SMALL), now=now)
    seconds = {"collect": 1.0, "judge": 1.0}
    return Report(snapshot, tuple(outcomes), score(outcomes), Tally({}), seconds)


def _outcome(account: Any, number: int, what: str) -> Any:
    from scanner.control import Outcome
    from scanner.evidence import Excerpt, Fact
    from scanner.vocabulary import Severity, Status, Topic

    name = f"recorded-{number}"
    control = f"SQS-0{1 + number % 9}"
    fixed = what == "changed" and number % 2
    word = "write" if what == "changed" and number % 10 == 0 else "read"
    policy = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}]}\n' * 6
    return Outcome(
        control=control,
        topic=Topic.SQS,
        resource=f"arn:aws:sqs:us-east-1:{account.aws_account}:{name}",
        name=name,
        region="us-east-1",
        status=Status.PASS if fixed else Status.FAIL,
        severity=Severity.HIGH,
        ceiling=Severity.CRITICAL,
        reasons=(f"Anybody may {word} {name}.",),
        evidence=(
            Fact("Queue", name, "sqs:GetQueueAttributes"),
            Excerpt("Queue policy", policy, ((1, 1),), "", "sqs:GetQueueAttributes"),
        ),
        values={"queue": name},
    )


def show(sizes: list[int], tables: list[Table]) -> None:
    """Print a row for each thing done: times in milliseconds at each size, and what is missed."""
    heads = "".join(f"{f'{size:,}: best':>16} {'p50':>7} {'p95':>7}" for size in sizes)
    print(f"{'':40}{heads} {'growth':>7} {'queries':>8}  missed")
    for name, (best, _, last, queries) in tables[-1].items():
        cells = "".join(
            f"{1000 * t[name][0]:16.1f} {1000 * t[name][1]:7.1f} {1000 * t[name][2]:7.1f}"
            for t in tables
        )
        growth = best / tables[0][name][0]
        missed = _missed(name, last, growth, {table[name][3] for table in tables})
        print(f"{name:40}{cells} {growth:7.2f} {queries:8}  {missed}")


def _missed(name: str, end: float, growth: float, queries: set[int]) -> str:
    bar = RECORDING_BAR if name.startswith("recording") else LIST_BAR
    words = [f"over {bar:g} s"] if end > bar else []
    words += ["growth"] if growth > GROWTH_BAR and bar == LIST_BAR else []
    words += ["queries"] if len(queries) > 1 else []
    return ", ".join(words)


if __name__ == "__main__":
    main()
