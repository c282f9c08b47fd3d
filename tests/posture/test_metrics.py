"""What a monitoring system is told, who may ask, and that it learns no names."""

from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries

from posture.models import Account, Organisation, Scan, database_now, no_progress, note_tick
from posture.models.installation import Lock
from tests.posture.rows import a_scan, an_account

pytestmark = pytest.mark.django_db

TOKEN = "0123456789abcdef0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
Samples = dict[tuple[str, str], float]


@pytest.fixture(autouse=True)
def token(settings: LazySettings) -> None:
    settings.METRICS_TOKEN = TOKEN


def figures() -> Samples:
    """Every sample by its name and the values of its labels."""
    answer = Client().get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    assert "no-store" in answer["Cache-Control"]
    return {
        (
            sample.name.removeprefix("seller_posture_"),
            ",".join(sample.labels.values()),
        ): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def an_ended_scan(account: Account, minutes: int, **fields: Any) -> Scan:
    now = database_now()
    return a_scan(
        account,
        **{
            "state": "done",
            "started_at": now - timedelta(minutes=minutes),
            "finished_at": now,
            "progress": {**no_progress(), "calls": 100, "denied": 3, "throttled": 2},
            **fields,
        },
    )


@pytest.fixture
def accounts(acme: Organisation, rival: Organisation) -> list[Account]:
    numbers = ("111122223333", "444455556666", "777788889999")
    return [an_account(acme, number) for number in numbers[:2]] + [an_account(rival, numbers[2])]


def test_scans_of_all_organisations_are_counted_by_state(accounts: list[Account]) -> None:
    now = database_now()
    a_scan(accounts[0], queued_at=now - timedelta(minutes=7))
    a_scan(accounts[1], queued_at=now - timedelta(minutes=3))
    a_scan(accounts[2], state="running", lease_until=now - timedelta(seconds=1))
    for account in accounts:
        an_ended_scan(account, 1, state="failed" if account is accounts[0] else "done")
    an_ended_scan(accounts[0], 1, finished_at=now - timedelta(minutes=61), state="partial")
    found = figures()
    assert (found["scans", "queued"], found["scans", "running"]) == (2, 1)
    ended = {label: value for (name, label), value in found.items() if "scans_ended" in name}
    assert ended == {"done": 2, "partial": 0, "failed": 1, "cancelled": 0}
    assert 420 <= found["oldest_queued_scan_seconds", ""] < 480
    assert found["scans_without_worker", ""] == 1


def test_how_long_scans_took_and_what_aws_said(accounts: list[Account]) -> None:
    for minutes, account in enumerate(accounts, start=1):
        an_ended_scan(account, minutes, recording_seconds=minutes / 10)
    found = figures()
    assert [found["scan_seconds_last_hour", q] for q in ("0.5", "0.95", "1")] == [120, 174, 180]
    assert found["recording_seconds_last_hour", "1"] == pytest.approx(0.3)
    calls = [found[f"aws_{name}_last_hour", ""] for name in ("calls", "denied", "throttled")]
    assert calls == [300, 9, 6]


def test_an_installation_without_scans_has_figures_too() -> None:
    found = figures()
    assert found["oldest_queued_scan_seconds", ""] == found["aws_calls_last_hour", ""] == 0
    assert found["tick_age_seconds", ""] == float("inf")
    assert found["locked", ""] == 0


def test_the_tick_and_the_lock_are_told() -> None:
    note_tick()
    Lock.objects.create(reason="restored")
    found = figures()
    assert 0 <= found["tick_age_seconds", ""] < 60
    assert found["locked", ""] == 1


def test_requests_are_counted_by_route_and_status() -> None:
    before = figures()
    for path in ("/sign-in", "/sign-in", "/nowhere/1", "/nowhere/2"):
        Client().get(path)
    Client().post("/healthz/live")
    after = figures()
    for labels, times in (("sign_in,200", 2), ("other,404", 2), ("live,405", 1)):
        key = ("http_requests_total", labels)
        assert after[key] - before.get(key, 0) == times, labels
    assert not any("nowhere" in label for _, label in after)


def test_figures_name_nobody(accounts: list[Account]) -> None:
    for account in accounts:
        an_ended_scan(account, 1)
    said = Client().get("/metrics", headers=BEARER).content.decode()
    hidden = [part for one in accounts for part in (one.aws_account, str(one.pk), one.label)]
    hidden += [str(one.organisation_id) for one in accounts] + ["Acme", "Rival"]
    assert [part for part in hidden if part in said] == []


def test_the_number_of_queries_is_fixed(
    accounts: list[Account], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for account in accounts:
        an_ended_scan(account, 1)
    with django_assert_num_queries(2):
        figures()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer naïve"},
        {"X-Forwarded-For": "10.0.0.1"},
    ],
)
def test_for_everyone_else_there_is_nothing(
    settings: LazySettings, headers: dict[str, str]
) -> None:
    settings.METRICS_NETWORKS = [ip_network("10.0.0.0/8")]
    assert Client().get("/metrics", headers=headers).status_code == 404


def test_without_a_setting_there_is_nothing_for_anyone(settings: LazySettings) -> None:
    settings.METRICS_TOKEN = ""
    for headers in ({}, BEARER, {"Authorization": "Bearer "}):
        assert Client().get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("peer", "proxies", "forwarded", "status"),
    [
        ("10.1.2.3", 0, "", 200),
        ("::ffff:10.1.2.3", 0, "", 200),
        ("2001:db8::7", 0, "", 200),
        ("192.0.2.1", 0, "10.1.2.3", 404),
        ("192.0.2.1", 1, "198.51.100.1, 10.1.2.3", 200),
        ("10.1.2.3", 1, "198.51.100.1", 404),
        ("", 0, "", 404),
        ("unix:", 0, "", 404),
    ],
)
def test_a_network_near_us_needs_no_token(
    settings: LazySettings, peer: str, proxies: int, forwarded: str, status: int
) -> None:
    settings.METRICS_NETWORKS = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    answer = Client(REMOTE_ADDR=peer).get("/metrics", headers=headers)
    assert answer.status_code == status


def test_a_database_that_does_not_answer_is_a_503() -> None:
    def refuse(*_: object) -> object:
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        answer = Client(raise_request_exception=False).get("/metrics", headers=BEARER)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
