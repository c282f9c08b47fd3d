"""The cache goes on in the database while Redis is away, and so do the limits on signing in."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.core.cache import cache, caches
from django.test import Client
from django.urls import reverse

from posture.models import Organisation
from tests.posture.rows import a_member

PASSWORD = "correct horse battery"


@pytest.fixture(params=["redis", "nobody"])
def either(request: pytest.FixtureRequest, settings: LazySettings, db: None) -> Iterator[str]:
    """The cache with Redis, and with an address at which nobody answers."""
    if request.param == "nobody":
        away = {"BACKEND": "posture.cache.LastingCache", "LOCATION": "redis://127.0.0.1:1/0"}
        settings.CACHES = {**settings.CACHES, "default": away}
    cache.clear()
    yield request.param
    cache.clear()


def test_it_remembers_and_forgets(either: str) -> None:
    assert cache.get("k", "nothing") == "nothing"
    assert cache.add("k", [1, 2], 60)
    assert not cache.add("k", [3], 60)
    assert cache.get("k") == [1, 2]
    cache.set("k", 1, 60)
    assert cache.incr("k") == 2
    assert cache.touch("k", 60)
    assert cache.get_many(["k", "l"]) == {"k": 2}
    assert cache.delete("k")
    assert not cache.delete("k")
    assert "k" not in cache


def test_the_database_is_used_only_while_redis_is_away(either: str) -> None:
    cache.set("k", 1, 60)
    assert (caches["fallback"].get("k") == 1) is (either == "nobody")


def test_guessing_of_passwords_is_slowed_down_either_way(either: str, acme: Organisation) -> None:
    alice = a_member(acme, password=PASSWORD)
    browser = Client(raise_request_exception=True)
    url = reverse("sign_in")
    seen = []
    for _ in range(6):
        answer = browser.post(url, {"login": alice.email, "password": "wrong horse battery"})
        seen.append(answer.status_code)
    assert all(status < 500 for status in seen)
    answer = browser.post(url, {"login": alice.email, "password": PASSWORD})
    assert not browser.session.get("_auth_user_id")
    assert "Too many" in answer.content.decode() or answer.status_code == 429


def test_signing_in_works_either_way(either: str, acme: Organisation) -> None:
    alice = a_member(acme, password=PASSWORD)
    browser = Client()
    browser.post(reverse("sign_in"), {"login": alice.email, "password": PASSWORD})
    assert browser.session["_auth_user_id"] == str(alice.pk)
