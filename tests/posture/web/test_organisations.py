"""Somebody who belongs to several organisations looks at one of them at a time."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from posture.models import Account, Membership, Organisation, Role, User
from posture.models.tenancy import within
from tests.posture.rows import a_member, an_account
from tests.posture.web.conftest import signed_in


@pytest.fixture
def rivals_account(rival: Organisation) -> Account:
    return an_account(rival, "999900001111", label="rival-eu")


@pytest.fixture
def both(alice: User, account: Account, rival: Organisation, rivals_account: Account) -> Client:
    """Alice's browser; she owns Acme, and reads Rival."""
    with within(rival):
        Membership.objects.create(organisation=rival, user=alice, role=Role.VIEWER)
    return signed_in(alice)


def page_of(browser: Client, address: str = "/accounts") -> str:
    return browser.get(address).content.decode()


def switch(browser: Client, organisation: object) -> int:
    return browser.post(reverse("organisation"), {"organisation": str(organisation)}).status_code


def test_the_other_organisation_is_one_form_away_and_stays(
    both: Client, acme: Organisation, rival: Organisation
) -> None:
    page = page_of(both)
    assert f'<option value="{acme.pk}" selected>Acme</option>' in page
    assert f'<option value="{rival.pk}">Rival</option>' in page
    assert "rival-eu" not in page
    assert switch(both, rival.pk) == 302
    for address in ("/accounts", "/scans", "/accounts"):
        page = page_of(both, address)
        assert "rival-eu" in page
        assert "Account 1111" not in page
    assert both.get(reverse("people")).status_code == 403
    assert switch(both, acme.pk) == 302
    assert both.get(reverse("people")).status_code == 200


@pytest.mark.parametrize("name", ["accounts", "home", "scans", "findings", "people"])
def test_a_parameter_chooses_no_organisation(both: Client, rival: Organisation, name: str) -> None:
    page = page_of(both, f"{reverse(name)}?organisation={rival.pk}")
    assert "rival-eu" not in page
    assert "rival-eu" not in page_of(both)


def test_the_api_follows_the_choice(both: Client, rival: Organisation) -> None:
    switch(both, rival.pk)
    listed = both.get("/api/v1/accounts").json()["results"]
    assert [one["label"] for one in listed] == ["rival-eu"]


def test_somebody_with_one_organisation_is_shown_no_switcher_and_asks_no_more(
    owner: Client, account: Account, both: Client
) -> None:
    single = signed_in(a_member(account.organisation, "olga", Role.OWNER))
    counts = []
    for browser in (single, both):
        with CaptureQueriesContext(connection) as captured:
            page = page_of(browser)
        counts.append(len(captured))
        assert ('id="organisation"' in page) is (browser is both)
    assert counts[1] == counts[0] + 1


@pytest.mark.parametrize("wanted", ["rival", "unknown", "", "nonsense", "\x00"])
def test_what_is_not_theirs_cannot_be_chosen(
    owner: Client, account: Account, rival: Organisation, rivals_account: Account, wanted: str
) -> None:
    ids = {"rival": rival.pk, "unknown": uuid.uuid4()}
    assert switch(owner, ids.get(wanted, wanted)) == 404
    assert "Account 1111" in page_of(owner)


def test_who_is_removed_from_the_current_one_falls_to_another_at_once(
    both: Client, alice: User, rival: Organisation
) -> None:
    switch(both, rival.pk)
    with within(rival):
        Membership.objects.filter(user=alice).delete()
    page = page_of(both)
    assert "Account 1111" in page
    assert 'id="organisation"' not in page


def test_leaving_the_current_one_falls_to_another(both: Client, rival: Organisation) -> None:
    switch(both, rival.pk)
    page = both.post(reverse("leave"), follow=True).content.decode()
    assert "You have left Rival." in page
    assert "Account 1111" in page_of(both)
