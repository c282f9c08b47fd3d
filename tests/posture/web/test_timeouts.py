"""Sessions end when nobody uses them, and after half a day in any case (bar 95)."""

from __future__ import annotations

import time

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.test import Client

from posture.models import User
from tests.posture.entering import give_password, is_in

pytestmark = pytest.mark.usefixtures("no_attempts")
MINUTE, HOUR = 60, 3600


@pytest.mark.parametrize(("minutes", "stays"), [(29, True), (31, False)])
def test_a_session_that_nobody_uses_ends(alice: User, minutes: int, stays: bool) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        client = give_password(alice)
        clock.shift(minutes * MINUTE)
        assert is_in(client) == stays


def test_use_keeps_a_session_but_not_beyond_twelve_hours(alice: User) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        client = give_password(alice)
        for _ in range(35):
            clock.shift(20 * MINUTE)
            assert is_in(client)
        clock.shift(19 * MINUTE)
        assert is_in(client)
        clock.shift(2 * MINUTE)
        assert not is_in(client)


def test_a_session_that_is_over_leaves_nothing_behind(alice: User) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        client = give_password(alice)
        clock.shift(31 * MINUTE)
        assert not is_in(client)
    assert not Session.objects.exists()
    assert not UserSession.objects.exists()


def test_the_limits_are_settings(alice: User, settings: LazySettings) -> None:
    settings.IDLE_MINUTES, settings.SESSION_HOURS = 5, 1
    with time_machine.travel(time.time(), tick=False) as clock:
        client = give_password(alice)
        clock.shift(6 * MINUTE)
        assert not is_in(client)


def test_a_session_from_before_there_were_clocks_has_to_sign_in(owner: Client) -> None:
    session = owner.session
    del session["since"]
    session.save()
    assert not is_in(owner)


def test_being_seen_is_written_once_a_minute(alice: User) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        client = give_password(alice)
        noted = UserSession.objects.get().last_seen_at
        clock.shift(59)
        assert is_in(client)
        assert UserSession.objects.get().last_seen_at == noted
        clock.shift(2)
        assert is_in(client)
        assert UserSession.objects.get().last_seen_at > noted
