"""API tokens: made once, shown once, revoked at once."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from posture import tokens
from posture.models import ApiToken, Organisation
from posture.models.tenancy import within

FORM = {"name": "jira-sync", "scopes": ["findings:read", "findings:triage"], "days": "90"}


def made(client: Client, **change: object) -> tuple[int, str]:
    response = client.post(reverse("tokens"), FORM | change)
    return response.status_code, " ".join(response.content.decode().split())


def stored(organisation: Organisation) -> list[ApiToken]:
    with within(organisation):
        return list(ApiToken.objects.all())


def secret_in(page: str) -> str:
    found = re.search(r'<code id="token">(spt_[^<]+)</code>', page)
    assert found is not None
    return found[1]


@pytest.mark.django_db(transaction=True)
def test_a_new_token_works_and_is_shown_this_once(owner: Client, acme: Organisation) -> None:
    status, page = made(owner, networks="127.0.0.0/8, 203.0.113.0/24")
    secret = secret_in(page)
    row = tokens.verify(secret, "127.0.0.1")
    assert status == 200
    assert row.organisation_id == acme.pk
    assert row.scopes == ["findings:read", "findings:triage"]
    assert row.networks == ["127.0.0.0/8", "203.0.113.0/24"]
    again = owner.get(reverse("tokens")).content.decode()
    assert row.key in again
    assert secret.partition(".")[2] not in again


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Give the token a name"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"scopes": []}, "Choose at least one."),
        ({"scopes": ["root"]}, "Select a valid choice"),
        ({"days": "0"}, "greater than or equal to 1"),
        ({"days": "366"}, "less than or equal to 365"),
        ({"days": "soon"}, "Enter a whole number"),
        ({"networks": "everywhere"}, "does not appear to be an IPv4 or IPv6 network"),
        ({"networks": "10.0.0.1/8"}, "has host bits set"),
    ],
)
def test_nonsense_makes_no_token(
    owner: Client, acme: Organisation, change: dict[str, object], words: str
) -> None:
    status, page = made(owner, **change)
    assert status == 400
    assert words in page
    assert stored(acme) == []


@pytest.mark.django_db(transaction=True)
def test_a_revoked_token_is_refused_at_once(owner: Client, acme: Organisation) -> None:
    secret = secret_in(made(owner)[1])
    owner.post(reverse("token", args=[stored(acme)[0].pk]))
    with pytest.raises(tokens.RefusedError, match="revoked"):
        tokens.verify(secret, "127.0.0.1")
    page = owner.get(reverse("tokens")).content.decode()
    assert "Requests with it are refused now." in page
    assert "Revoked" in page
    assert '<button type="submit" class="button">Revoke' not in page


def test_a_token_shows_what_it_may_and_when_it_was_used(owner: Client) -> None:
    made(owner)
    page = " ".join(owner.get(reverse("tokens")).content.decode().split())
    row = page.partition("<tbody")[2].partition("</tbody>")[0]
    assert "findings:read, findings:triage" in row
    assert "never" in row


def test_only_scopes_that_open_something_are_offered(owner: Client) -> None:
    page = owner.get(reverse("tokens")).content.decode()
    offered = re.findall(r'name="scopes" value="([^"]+)"', page)
    assert offered == ["findings:read", "findings:triage", "scans:run", "admin"]
