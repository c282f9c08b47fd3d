"""Addresses and bodies that nobody honest sends to a page: never answered as a fault of ours."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

import pytest
from django.test import Client
from django.urls import reverse

from posture.models import Account, Scan, User
from tests.posture.web.conftest import PASSWORD
from tests.posture.web.rows import a_finding

BROKEN = ("http://[", "https://[::1", "http://℀", "//[", "http://[v1.a]:b")
BEYOND_THE_YEARS = ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59")
PART = '--x\r\nContent-Disposition: form-data; name="login"\r\n\r\n\\ud800\r\n--x--\r\n'


@pytest.mark.parametrize("there", BROKEN)
@pytest.mark.usefixtures("no_attempts")
def test_signing_in_with_a_way_back_that_is_no_address_leads_home(alice: User, there: str) -> None:
    way, words = reverse("sign_in"), {"login": alice.email, "password": PASSWORD}
    assert Client().get(way, {"next": there}).status_code == 200
    for client, answer in (
        (Client(), {"data": {**words, "next": there}}),
        (Client(), {"data": words, "query_params": {"next": there}}),
    ):
        response = client.post(way, **answer)  # type: ignore[arg-type] # a form and a query
        assert (response.status_code, response["Location"]) == (302, "/")


@pytest.mark.parametrize("there", BROKEN)
def test_somebody_who_is_in_already_is_led_home(owner: Client, there: str) -> None:
    response = owner.get(reverse("sign_in"), {"next": there})
    assert (response.status_code, response["Location"]) == (302, "/")


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["raw_unicode_escape", "utf-7", "zlib", "undefined"])
def test_a_form_in_another_charset_than_utf_8_is_refused(charset: str) -> None:
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    response = Client().generic("POST", reverse("sign_in"), PART, kind)
    assert (response.status_code, response["Content-Type"]) == (415, "text/plain; charset=utf-8")
    assert "UTF-8" in response.content.decode()


@pytest.mark.parametrize("at", BEYOND_THE_YEARS)
def test_a_cursor_with_an_impossible_moment_is_none(owner: Client, scan: Scan, at: str) -> None:
    found = a_finding(scan, "orders")
    flat = reverse("findings") + "?view=flat"
    order = [["severity_rank", 3], ["-last_changed", at], ["id", str(found.pk)]]
    assert str(found.pk) in _page(owner, flat, order)
    assert str(scan.pk) in _page(
        owner, reverse("scans") + "?", [["-queued_at", at], ["id", str(scan.pk)]]
    )


def test_a_cursor_with_a_name_that_utf_8_cannot_spell_is_none(
    owner: Client, account: Account
) -> None:
    order = [["ranked", 101], ["label", "\ud800"], ["id", str(account.pk)]]
    assert str(account.pk) in _page(owner, reverse("accounts") + "?", order)


def _page(owner: Client, address: str, order: Sequence[object]) -> str:
    """What stands in the page behind a cursor of our own making, below its head."""
    after = base64.urlsafe_b64encode(json.dumps(order).encode()).decode()
    response = owner.get(f"{address}&after={after}")
    assert response.status_code == 200
    return response.content.decode().partition("<main")[2]
