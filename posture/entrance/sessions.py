"""Sessions: how long they last, where they are open, and ending them."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from posture.entrance.browsers import in_words
from posture.entrance.noting import note
from posture.models import User

SINCE, SEEN = "since", "seen"
"""Keys of a session: the seconds at which somebody signed in, and was last noted."""

NOTED_EVERY = 60
"""Seconds; asking the database to remember every request would make each of them a write."""

LISTED_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A browser in which somebody is signed in."""

    id: int
    address: str
    browser: str
    since: datetime
    seen: datetime
    is_here: bool


def begin(session: SessionBase) -> None:
    """Start both clocks of a session; every way of signing in comes here by Django's signal."""
    session[SINCE] = session[SEEN] = time.time()


def is_over(session: SessionBase) -> bool:
    """Say whether a signed-in session was idle, or is open, for longer than sessions may be."""
    now = time.time()
    since, seen = session.get(SINCE, 0), session.get(SEEN, 0)
    idle, old = now - seen > settings.IDLE_MINUTES * 60, now - since > settings.SESSION_HOURS * 3600
    return bool(idle or old)


def keep(request: HttpRequest) -> bool:
    """Note that a session is in use, once a minute; end it and return False when it is over."""
    session = request.session
    if SESSION_KEY not in session:
        return True
    if is_over(session):
        forget(str(session.session_key))
        session.flush()
        return False
    if time.time() - session[SEEN] >= NOTED_EVERY:
        session[SEEN] = time.time()
        _note(request)
    return True


def _note(request: HttpRequest) -> None:
    key = request.session.session_key
    seen = {"last_seen_at": timezone.now(), "ip": get_adapter().get_client_ip(request)}
    if not UserSession.objects.filter(session_key=key).update(**seen) and isinstance(
        request.user, User
    ):
        UserSession.objects.create_from_request(request)


def of(user: User, here: str | None) -> list[Place]:
    """Return where somebody is signed in, the last seen first; `here` is the key of the asker."""
    now = timezone.now()
    rows = UserSession.objects.filter(
        user=user,
        last_seen_at__gt=now - timedelta(minutes=settings.IDLE_MINUTES, seconds=NOTED_EVERY),
        created_at__gt=now - timedelta(hours=settings.SESSION_HOURS),
        session_key__in=Session.objects.filter(expire_date__gt=now).values("session_key"),
    ).order_by("-last_seen_at", "pk")[:LISTED_AT_MOST]
    return [
        Place(
            row.pk, row.ip, in_words(row.user_agent), row.created_at, row.last_seen_at,
            is_here=row.session_key == here,
        )
        for row in rows
    ]  # fmt: skip


def forget(key: str) -> None:
    """Strike the session with this key off the list, because it ends."""
    UserSession.objects.filter(session_key=key).delete()


@transaction.atomic
def end(*, user: User, pk: int) -> bool:
    """End one of one's own sessions; False when it is none of theirs."""
    return _noted(user, _end(user, pk=pk)) == 1


@transaction.atomic
def end_others(*, user: User, but: str | None) -> int:
    """End all of one's own sessions but the one with this key; return how many there were."""
    return _noted(user, _end(user, but=but))


def end_all(*, user: User, but: str | None = None) -> int:
    """End all sessions of somebody, but the one with this key; return how many there were.

    It is a part of another change, which says so in the audit log.
    """
    return _end(user, but=but)


def _noted(user: User, ended: int) -> int:
    if ended:
        note("session.revoked", user, by=user, after={"sessions": ended})
    return ended


@transaction.atomic
def _end(user: User, pk: int | None = None, but: str | None = None) -> int:
    rows = UserSession.objects.filter(user=user)
    rows = rows if pk is None else rows.filter(pk=pk)
    rows = rows.exclude(session_key=but) if but else rows
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.filter(session_key__in=keys).delete()
    return len(keys)
