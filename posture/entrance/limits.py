"""How long somebody has to wait who was refused for too many attempts, and browsers known to us.

allauth counts attempts and refuses (ACCOUNT_RATE_LIMITS); here stands what it does not tell.
"""

import math
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from allauth.core.internal.ratelimit import get_cache_key, get_rates
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

APP, ACTION = "allauth.account", "login_failed"
KNOWN_SECONDS = 180 * 24 * 3600
COOKIE = "__Host-known" if settings.SECURE else "known"
_SALT = "posture.entrance.known-browser"


def minutes_left(request: HttpRequest, key: str) -> int:
    """Return after how many minutes, at least 1, an attempt with this key is looked at again."""
    return max(1, math.ceil(max(_seconds_left(request, key), default=0.0) / 60))


def _seconds_left(request: HttpRequest, key: str) -> Iterator[float]:
    now = time.time()
    for rate in get_rates(app=APP, action=ACTION):
        name = get_cache_key(request, app=APP, action=ACTION, rate=rate, key=key)
        recent = [at for at in cache.get(name, []) if at > now - rate.duration]
        if len(recent) >= rate.amount:
            yield sorted(recent, reverse=True)[rate.amount - 1] + rate.duration - now


@contextmanager
def keeping_failures_of_address(request: HttpRequest) -> Iterator[None]:
    """Within the block, a right code does not make us forget what failed from the same address.

    allauth forgets all counts then, so that whoever has an account could guess at those of others
    for as long as they like.
    """
    rates = [one for one in get_rates(app=APP, action=ACTION) if one.per == "ip"]
    names = {get_cache_key(request, app=APP, action=ACTION, rate=one): one for one in rates}
    before = {name: cache.get(name, []) for name in names}
    yield
    for name, failed in before.items():
        if failed:
            cache.set(name, failed, names[name].duration)


def remember_browser(response: HttpResponse, email: str) -> None:
    """Let the browser tell, at its next attempts, that this person signed in from it before."""
    said = {"of": _mark(email), "id": secrets.token_hex(8)}
    response.set_cookie(
        COOKIE,
        signing.dumps(said, salt=_SALT),
        max_age=KNOWN_SECONDS,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )


def known_browser(request: HttpRequest, email: str) -> str:
    """Return the id of a browser from which this person signed in before; empty for others.

    Attempts from such a browser are counted by themselves, so that strangers who guess cannot lock
    a person out of it (OWASP's device cookies).
    """
    try:
        said = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=KNOWN_SECONDS)
    except signing.BadSignature:
        return ""
    return str(said["id"]) if said["of"] == _mark(email) else ""


def _mark(email: str) -> str:
    return salted_hmac(_SALT, email.strip().lower(), algorithm="sha256").hexdigest()
