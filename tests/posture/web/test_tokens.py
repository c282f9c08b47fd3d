"""API tokens: made once, shown once, revoked at once."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from posture import access, tokens
from posture.models import Account, ApiToken, Organisation, ServiceAccount
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
        ({"networks": "everywhere"}, "everywhere is no network; write one like 203.0.113.0/24."),
        ({"networks": "10.0.0.1/8"}, "is an address in a network; write 10.0.0.0/8."),
        ({"owner": "king"}, "not a valid"),
        ({"limited": "on"}, "Name at least one account"),
        ({"limited": "on", "accounts": "999988887777"}, "There is no account 999988887777"),
        ({"accounts": "111122223333"}, "Tick “Only these accounts”"),
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


def made_for(client: Client, name: str = "billing") -> str:
    """Make a service account on the page; return its page."""
    form = {"name": name, "purpose": "Reads scores"}
    return client.post(reverse("service_accounts"), form, follow=True).content.decode()


def owner_row(organisation: Organisation, name: str = "billing") -> ServiceAccount:
    with within(organisation):
        return ServiceAccount.objects.get(name=name)


@pytest.mark.django_db(transaction=True)
def test_a_token_is_kept_to_accounts_and_belongs_to_a_service_account(
    owner: Client, acme: Organisation, account: Account, second_account: Account
) -> None:
    assert "Reads scores" in made_for(owner)
    form = {
        "owner": str(owner_row(acme).pk), "limited": "on", "accounts": account.aws_account,
    }  # fmt: skip
    _, page = made(owner, **form)
    token = tokens.verify(secret_in(page), "127.0.0.1")
    assert token.service_account == owner_row(acme)
    with within(acme):
        assert access.scope_of_token(token).account_ids == frozenset({account.pk})
    rows = owner.get(reverse("tokens")).content.decode().partition('">billing</h2>')[2]
    assert "1 account" in rows.partition("</section>")[0]


@pytest.mark.django_db(transaction=True)
def test_disabling_a_service_account_on_the_page_stops_its_tokens(
    owner: Client, acme: Organisation
) -> None:
    secret = secret_in(made(owner)[1])
    address = reverse("service_account", args=[owner_row(acme, "jira-sync").pk])
    page = owner.post(address, {"do": "disable"}, follow=True).content.decode()
    assert "None of its tokens works." in page
    assert 'value="rotate"' not in page
    with pytest.raises(tokens.RefusedError, match="disabled"):
        tokens.verify(secret, "127.0.0.1")
    owner.post(address, {"do": "enable"})
    assert tokens.verify(secret, "127.0.0.1").enabled


@pytest.mark.django_db(transaction=True)
def test_rotating_on_the_page_shows_the_new_token_once(owner: Client, acme: Organisation) -> None:
    old = secret_in(made(owner)[1])
    address = reverse("token", args=[stored(acme)[0].pk])
    form = {"do": "rotate", "overlap_hours": "24"}
    page = owner.post(address, form).content.decode()
    new = secret_in(page)
    assert new != old
    assert tokens.verify(old, "127.0.0.1").pk != tokens.verify(new, "127.0.0.1").pk
    assert new not in owner.get(reverse("tokens")).content.decode()
    again = owner.post(address, form)
    assert again.status_code == 400
    assert "rotated already" in again.content.decode()
    assert len(stored(acme)) == 2


def once_in(page: str, after: str) -> str:
    """The id that a form offers for its token."""
    found = re.search(r'name="once" value="([0-9a-f-]{36})"', page.partition(after)[2])
    assert found is not None
    return found[1]


def test_a_form_that_is_sent_again_makes_no_second_token(owner: Client, acme: Organisation) -> None:
    form = FORM | {"once": once_in(owner.get(reverse("tokens")).content.decode(), "h-make")}
    first = owner.post(reverse("tokens"), form).content.decode()
    again = owner.post(reverse("tokens"), form, follow=True)
    assert again.redirect_chain == [(reverse("tokens"), 302)]
    assert "This token was made already; its text was shown once." in again.content.decode()
    assert len(stored(acme)) == 1
    assert once_in(first, "h-make") not in {form["once"], once_in(again.content.decode(), "h-make")}
    made(owner, once=once_in(first, "h-make"))
    assert len(stored(acme)) == 2


def test_rotating_again_by_the_same_form_makes_no_second_token(
    owner: Client, acme: Organisation
) -> None:
    made(owner)
    address = reverse("token", args=[stored(acme)[0].pk])
    once = once_in(owner.get(reverse("tokens")).content.decode(), f'action="{address}"')
    form = {"do": "rotate", "overlap_hours": "24", "once": once}
    assert owner.post(address, form).status_code == 200
    again = owner.post(address, form, follow=True)
    assert again.redirect_chain == [(reverse("tokens"), 302)]
    assert "This token was made already" in again.content.decode()
    assert len(stored(acme)) == 2


def test_the_id_of_a_token_of_others_is_taken_like_ones_own(
    owner: Client, stranger: Client, acme: Organisation, rival: Organisation
) -> None:
    made(owner)
    taken = str(stored(acme)[0].pk)
    page = stranger.post(reverse("tokens"), FORM | {"once": taken}, follow=True).content.decode()
    assert "This token was made already" in page
    made(stranger, name="other")
    (theirs,) = stored(rival)
    address = reverse("token", args=[theirs.pk])
    form = {"do": "rotate", "overlap_hours": "1", "once": taken}
    assert stranger.post(address, form).status_code == 302
    assert [stored(rival), len(stored(acme))] == [[theirs], 1]
    assert owner.post(reverse("tokens"), FORM | {"once": "soon"}).status_code == 400


@pytest.mark.parametrize("hours", ["", "-1", "169", "soon"])
def test_nonsense_rotates_nothing(owner: Client, acme: Organisation, hours: str) -> None:
    made(owner)
    address = reverse("token", args=[stored(acme)[0].pk])
    response = owner.post(address, {"do": "rotate", "overlap_hours": hours})
    assert response.status_code == 400
    assert "0 to 168 hours" in response.content.decode()
    assert len(stored(acme)) == 1


@pytest.mark.parametrize(
    ("name", "said"), [("", "Give the service account"), ("billing", "already")]
)
def test_nonsense_makes_no_service_account(owner: Client, name: str, said: str) -> None:
    made_for(owner)
    response = owner.post(reverse("service_accounts"), {"name": name})
    assert response.status_code == 400
    assert said in response.content.decode()


def test_a_stranger_touches_no_service_account_or_token(
    owner: Client, stranger: Client, acme: Organisation
) -> None:
    made(owner)
    row, token = owner_row(acme, "jira-sync"), stored(acme)[0]
    disabled = stranger.post(reverse("service_account", args=[row.pk]), {"do": "disable"})
    rotated = stranger.post(reverse("token", args=[token.pk]), {"do": "rotate"})
    assert [disabled.status_code, rotated.status_code] == [404, 404]
    status, _ = made(stranger, owner=str(row.pk))
    assert status == 400
    assert owner_row(acme, "jira-sync").active
    assert len(stored(acme)) == 1
