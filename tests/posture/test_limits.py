"""Rate limits: by token, person and address, shared by all processes, and open while Redis is away."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import LazySettings, settings
from django.test import Client

from posture import limits, tokens
from posture.limits import Limiter
from posture.models import Organisation
from posture.models.tenancy import within
from tests.posture.rows import a_member
from tests.posture.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = {"token": (0.5, 5), "user": (0.5, 5), "address": (0.5, 5)}


@pytest.fixture(autouse=True)
def slow(settings: LazySettings) -> Iterator[None]:
    """Five at once, and then one every two seconds."""
    settings.RATE_LIMITS = SLOW
    with redis.Redis.from_url(settings.CACHE_URL) as server:
        for key in server.scan_iter("posture:limit:*"):
            server.delete(key)
        yield
        for key in server.scan_iter("posture:limit:*"):
            server.delete(key)


def a_token(organisation: Organisation) -> str:
    with within(organisation):
        _, text = tokens.issue(
            organisation=organisation, by=None, name="t", scopes=["findings:read"]
        )
    return text


def asked(client: Client, path: str, times: int) -> list[Any]:
    return [client.get(path) for _ in range(times)]


def by_token(text: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {text}"})


def test_a_token_is_refused_after_its_burst_and_no_other_one_with_it(acme: Organisation) -> None:
    answers = asked(by_token(a_token(acme)), "/api/v1/controls", 8)
    codes = [answer.status_code for answer in answers]
    assert codes[:5] == [200] * 5
    assert 429 in codes[5:]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused["Content-Type"] == "application/problem+json"
    body = json.loads(refused.content)
    assert (body["code"], body["status"]) == ("rate_limited", 429)
    assert 1 <= int(refused["Retry-After"]) <= 2
    assert refused["RateLimit-Policy"] == '"token";q=5;w=10'
    assert refused["RateLimit"].startswith('"token";r=0;t=')
    assert by_token(a_token(acme)).get("/api/v1/controls").status_code == 200


def test_every_answer_says_what_is_left(acme: Organisation) -> None:
    left = [
        answer["RateLimit"].split(";")[1]
        for answer in asked(by_token(a_token(acme)), "/api/v1/controls", 3)
    ]
    assert left == ["r=4", "r=3", "r=2"]


def test_a_person_is_limited_on_pages_and_nothing_of_the_page_is_done(acme: Organisation) -> None:
    browser = Client()
    browser.force_login(a_member(acme))
    answers = asked(browser, "/controls", 8)
    refused = answers[-1] if answers[-1].status_code == 429 else answers[-2]
    assert refused.status_code == 429
    assert b"You ask too often" in refused.content
    assert refused["RateLimit-Policy"].startswith('"user"')
    other = Client()
    other.force_login(a_member(acme, "bob"))
    assert other.get("/controls").status_code == 200


def test_who_is_not_known_is_limited_by_address(settings: LazySettings) -> None:
    settings.TRUSTED_PROXIES = 1
    here = Client(headers={"X-Forwarded-For": "203.0.113.7"})
    codes = [answer.status_code for answer in asked(here, "/sign-in", 7)]
    assert (codes[0], 429 in codes) == (200, True)
    forged = Client(headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.7"})
    assert 429 in [answer.status_code for answer in asked(forged, "/sign-in", 2)]
    there = Client(headers={"X-Forwarded-For": "203.0.113.8"})
    assert there.get("/sign-in").status_code == 200
    wrong = Client(headers={"X-Forwarded-For": "203.0.113.9", "Authorization": "Bearer spt_x"})
    assert 429 in [answer.status_code for answer in asked(wrong, "/api/v1/controls", 7)]


def test_machines_of_the_operator_are_not_limited() -> None:
    answers = asked(Client(), "/healthz/live", 12)
    assert {answer.status_code for answer in answers} == {200}
    assert not any("RateLimit" in answer for answer in answers)


def test_processes_share_a_bucket(settings: LazySettings) -> None:
    def another_process() -> int:
        own = Limiter(settings.CACHE_URL)
        taken = [own.take("token", "shared") for _ in range(10)]
        return sum(one is not None and one.allowed for one in taken)

    assert 5 <= sum(at_once(another_process, 4)) <= 6  # one may come back in the time it takes


def test_a_bucket_fills_again_and_one_that_is_far_off_is_begun_anew(
    settings: LazySettings,
) -> None:
    limiter = Limiter(settings.CACHE_URL)
    while (taken := limiter.take("token", "x")) and taken.allowed:
        pass
    assert taken is not None
    with redis.Redis.from_url(settings.CACHE_URL) as server:
        (key,) = server.scan_iter("posture:limit:token:*")
        assert b"x" not in key.rpartition(b":")[2]
        assert server.pttl(key) > 0
        seconds, _ = server.time()
        server.set(key, str((seconds + 10**6) * 10**6))
    again = limiter.take("token", "x")
    assert again is not None
    assert again.allowed


def test_while_redis_is_away_everybody_is_let_through_and_it_is_logged(
    acme: Organisation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = Limiter("redis://127.0.0.1:1/0")
    monkeypatch.setattr("posture.hardening.limiter", lambda: away)
    with caplog.at_level(logging.WARNING, logger=limits.__name__):
        answers = asked(by_token(a_token(acme)), "/api/v1/controls", 8)
    assert {answer.status_code for answer in answers} == {200}
    assert caplog.text.count("requests are not limited: Redis is away") == 1


def test_limits_are_in_force_by_default() -> None:
    assert "posture.hardening.Limited" in settings.MIDDLEWARE
