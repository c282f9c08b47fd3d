"""A locked installation, such as a restored copy: everybody is told, and nothing leaves it."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from posture import connections, tokens
from posture.models import Account, Organisation, Scan, Schedule, Tick, database_now
from posture.models.installation import Lock
from posture.models.tenancy import within
from posture.scans import LockedError, claim, request_scan, start_due, take_back_overdue
from posture.tasks import tick
from tests.posture.rows import a_member, a_scan, an_account
from tests.posture.sellers import a_seller

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

REASON = "This is a copy, restored from a backup."


@pytest.fixture
def broker() -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.flushdb()
        yield server
        server.flushdb()


@pytest.fixture
def locked() -> Lock:
    return Lock.objects.create(reason=REASON)


@pytest.fixture
def browser_of_alice(acme: Organisation) -> Client:
    client = Client()
    client.force_login(a_member(acme))
    return client


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def make_due(account: Account) -> Schedule:
    with within(account.organisation_id):
        return Schedule.objects.create(
            organisation_id=account.organisation_id, account=account,
            next_run=database_now() - timedelta(minutes=1),
        )  # fmt: skip


def test_nothing_is_scanned_until_it_is_unlocked(
    account: Account, acme: Organisation, locked: Lock, broker: "redis.Redis"
) -> None:
    make_due(account)
    other = an_account(acme, "444455556666")
    waiting = a_scan(other, published_at=database_now() - timedelta(hours=1))
    with pytest.raises(LockedError, match="unlock --apply"), within(acme):
        request_scan(account=account, by=None, trigger="manual")
    tick()
    assert (start_due(), take_back_overdue(), claim(waiting.pk)) == (0, 0, None)
    assert broker.llen("scan") == 0
    run("unlock", "--apply")
    tick()
    assert broker.llen("scan") == 2
    with within(acme):
        assert Scan.objects.get(account=account).trigger == "schedule"
    assert claim(waiting.pk) is not None


def test_no_role_is_assumed(acme: Organisation, locked: Lock, fake_aws: "FakeAws") -> None:
    fake_aws.seed("larkfield")
    account = a_seller(fake_aws, acme)
    fake_aws.forget_calls()
    result = connections.test(account=account, by=None, role_arn=account.role_arn)
    assert (result.ok, result.code, "unlock --apply" in result.advice) == (False, "locked", True)
    assert {step for _, step, _ in result.checks} == {"skipped"}
    assert fake_aws.calls() == []


def test_pages_say_so_and_the_button_explains(
    account: Account, acme: Organisation, locked: Lock, browser_of_alice: Client
) -> None:
    assert REASON in browser_of_alice.get("/findings").content.decode()
    answer = browser_of_alice.post(f"/accounts/{account.pk}/scans", follow=True)
    assert "so it scans nothing" in answer.content.decode()
    with within(acme):
        assert not Scan.objects.exists()
    locked.ended_at = database_now()
    locked.save()
    assert REASON not in browser_of_alice.get("/findings").content.decode()


def test_the_api_answers_with_a_conflict(
    account: Account, acme: Organisation, locked: Lock
) -> None:
    with within(acme):
        _, text = tokens.issue(
            organisation=acme, by=None, name="t", scopes=["scans:run"], accounts=[], networks=[],
            days=1,
        )  # fmt: skip
    answer = Client(headers={"Authorization": f"Bearer {text}"}).post(
        "/api/v1/scans", {"account": str(account.pk)}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "locked")


def test_pages_say_that_ticks_have_stopped_coming(browser_of_alice: Client) -> None:
    said = "Scheduled scans do not start"
    assert said not in browser_of_alice.get("/findings").content.decode()
    Tick.objects.create(at=database_now() - timedelta(hours=1))
    assert said in browser_of_alice.get("/findings").content.decode()
    tick()
    assert said not in browser_of_alice.get("/findings").content.decode()


def test_unlocking_says_why_it_was_locked_and_waits_for_a_word(locked: Lock) -> None:
    assert REASON in run("unlock")
    assert Lock.objects.filter(ended_at=None).count() == 1
    assert "Unlocked" in run("unlock", "--apply")
    assert Lock.objects.filter(ended_at=None).count() == 0
    assert "Nothing to do" in run("unlock", "--apply")
