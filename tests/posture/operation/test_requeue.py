"""manage.py requeue: by id or by reason, for whatever organisation, and first without doing it."""

import io
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.management import CommandError, call_command

from posture.models import Account, Organisation, Scan, database_now
from posture.models.tenancy import within
from tests.posture.rows import a_scan, an_account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker() -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.flushdb()
        yield server
        server.flushdb()


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("requeue", *arguments, stdout=output)
    return output.getvalue()


def failed(account: Account, code: str = "worker_lost", minutes: int = 5) -> Scan:
    return a_scan(
        account, state="failed", reason_code=code,
        finished_at=database_now() - timedelta(minutes=minutes),
    )  # fmt: skip


def scans_of(account: Account) -> list[str]:
    with within(account.organisation_id):
        return list(
            Scan.objects.filter(account=account).order_by("state").values_list("state", flat=True)
        )


def since(minutes: int) -> tuple[str, str]:
    return "--since", (database_now() - timedelta(minutes=minutes)).isoformat()


def test_failed_scans_of_all_organisations_are_asked_for_again(
    account: Account, rival: Organisation, broker: "redis.Redis"
) -> None:
    rivals = an_account(rival, "999900001111")
    other = an_account(rival, "999900002222")
    for one, code, minutes in (
        (account, "worker_lost", 5), (account, "worker_lost", 8), (rivals, "worker_lost", 5),
        (rivals, "internal", 5), (other, "worker_lost", 90),
    ):  # fmt: skip
        failed(one, code, minutes)
    said = run("--reason", "worker_lost", *since(60))
    assert said.splitlines() == [
        "     1  runs, or another scan of its account does",
        "     2  started again",
        "Nothing was changed; add --apply to do it.",
    ]
    assert (scans_of(account), broker.llen("scan")) == (["failed", "failed"], 0)
    assert (
        run("--reason", "worker_lost", *since(60), "--apply").splitlines() == said.splitlines()[:2]
    )
    assert scans_of(account) == ["failed", "failed", "queued"]
    assert scans_of(rivals) == ["failed", "failed", "queued"]
    assert scans_of(other) == ["failed"]
    assert broker.llen("scan") == 2


@pytest.mark.parametrize(
    ("fields", "said", "messages"),
    [
        ({"state": "queued"}, "message sent again", 1),
        ({"state": "running", "lease_until": -60}, "message sent again", 1),
        ({"state": "running", "lease_until": 60}, "runs, or", 0),
        ({"state": "done"}, "ended well", 0),
        ({"state": "cancelled"}, "started again", 1),
    ],
)
def test_what_happens_to_a_scan_depends_on_where_it_is(
    account: Account, broker: "redis.Redis", fields: dict[str, Any], said: str, messages: int
) -> None:
    if "lease_until" in fields:
        end = database_now() + timedelta(seconds=fields["lease_until"])
        fields = {**fields, "lease_until": end}
    scan = a_scan(account, **fields)
    assert said in run(str(scan.pk), "--apply")
    assert broker.llen("scan") == messages


def test_what_cannot_be_started_ends_with_an_error(acme: Organisation) -> None:
    paused = an_account(acme, "444455556666", state="paused")
    scan, unknown = failed(paused), uuid.uuid4()
    with pytest.raises(CommandError, match=f"Not started: {scan.pk}, {unknown}"):
        run(str(scan.pk), str(unknown), "--apply")
    assert scans_of(paused) == ["failed"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--reason", "internal"),
        ("--since", "2026-11-27T06:00Z"),
        (str(uuid.uuid4()), "--reason", "internal", "--since", "2026-11-27T06:00Z"),
        ("--reason", "internal", "--since", "yesterday"),
        ("--reason", "internal", "--since", "2026-11-27T06:00"),
        ("--reason", "internal", "--since", "2026-13-27T06:00Z"),
        ("not-an-id",),
    ],
)
def test_other_arguments_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)


def test_nothing_to_do_is_said() -> None:
    assert "No scan failed" in run("--reason", "internal", *since(5))
