"""Secrets of second factors are sealed, move to a new key, and go on working."""

import os

import pytest
from allauth.mfa.models import Authenticator
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from posture import environment
from posture.sealing import CannotOpenError
from tests.posture.entering import (
    PASSWORD,
    code_of,
    give_code,
    give_password,
    is_in,
    with_app,
    with_codes,
)
from tests.posture.operation.commands import printed
from tests.posture.operation.test_rotate import a_key
from tests.posture.rows import a_member, an_organisation

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_secrets_of_an_app_and_of_codes_move_to_a_new_key_and_go_on_working(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    alice = a_member(an_organisation("Acme"), "alice", password=PASSWORD)
    secret = with_app(alice)
    codes = with_codes(alice)
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not any(code in kept for code in codes)
    both = f"{a_key('next')},{os.environ['SECRET_KEYS']}"
    said = printed("rotate_secrets", environment={"SECRET_KEYS": both})
    assert "mfa_authenticator.data: 2 sealed anew, 0 sealed by next already" in said
    assert secret not in said
    row = Authenticator.objects.get(user=alice, type="totp")
    with pytest.raises(CannotOpenError, match="'next', which SECRET_KEYS does not have"):
        row.wrap().validate_code(code_of(secret))
    monkeypatch.setenv("SECRET_KEYS", both)
    settings.SECRET_KEYS = environment.sealing_keys("SECRET_KEYS")
    browser: Client = give_password(alice)
    give_code(browser, code_of(secret))
    assert is_in(browser)
    other = give_password(alice)
    give_code(other, codes[0])
    assert is_in(other)
