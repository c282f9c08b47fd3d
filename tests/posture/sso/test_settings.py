"""The page with the providers of an organisation: who may see and change what."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from posture.models import IdentityProvider, Organisation, ProviderSubject, Role, User
from posture.models.tenancy import within
from tests.posture.entering import give_password
from tests.posture.rows import a_member
from tests.posture.sso.conftest import PASSWORD, a_provider, is_in, sso, words
from tests.posture.sso.openid import OpenId

FORM = {
    "name": "Acme staff", "slug": "Acme-Staff", "issuer": "https://login.acme.example",
    "client_id": "posture", "client_secret": "very secret", "domains": "Acme.example, @acme.test",
    "active": "on",
}  # fmt: skip


def browser(organisation: Organisation, role: str, name: str = "boss") -> Client:
    return give_password(a_member(organisation, name, role, PASSWORD))


@pytest.fixture
def owner(acme: Organisation) -> Client:
    return browser(acme, Role.OWNER)


def stored(organisation: Organisation) -> list[IdentityProvider]:
    with within(organisation):
        return list(IdentityProvider.objects.all())


def test_an_owner_makes_a_provider_and_is_told_what_to_enter_there(
    owner: Client, acme: Organisation
) -> None:
    page = owner.post(reverse("new_provider"), FORM, follow=True)
    (row,) = stored(acme)
    assert row.slug == "acme-staff"
    assert row.domains == ["acme.example", "acme.test"]
    assert (row.active, row.required, row.client_secret) == (True, False, "very secret")
    assert "/sso/acme-staff/callback" in words(page)
    assert "very secret" not in words(page)
    with within(acme), connection.cursor() as cursor:
        cursor.execute("SELECT client_secret FROM posture_identityprovider")
        assert cursor.fetchone()[0].startswith("s1.")


def test_a_change_keeps_the_secret_that_is_not_typed_again(
    owner: Client, acme: Organisation, op: OpenId
) -> None:
    row = a_provider(acme, op)
    change = FORM | {"client_secret": "", "issuer": op.issuer, "name": "Staff", "required": "on"}
    assert owner.post(reverse("provider", args=[row.pk]), change).status_code == 302
    (now,) = stored(acme)
    assert (now.name, now.required, now.client_secret) == ("Staff", True, row.client_secret)


def test_another_issuer_is_another_provider_and_nobody_is_known_by_it(
    owner: Client, acme: Organisation, op: OpenId
) -> None:
    row = a_provider(acme, op)
    a_member(acme, "alice", Role.ANALYST)
    sso(Client())
    there = reverse("provider", args=[row.pk])
    owner.post(there, FORM | {"issuer": op.issuer})
    with within(acme):
        assert ProviderSubject.objects.count() == 1
    owner.post(there, FORM)
    with within(acme):
        assert ProviderSubject.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": ""}, "Give it a name"),
        ({"slug": "abc"}, "Use 4 to 40 small letters"),
        ({"slug": "../acme"}, "Use 4 to 40 small letters"),
        ({"issuer": "http://login.acme.example"}, "An issuer is an https address"),
        ({"issuer": "https://login.acme.example/?a=b"}, "An issuer is an https address"),
        ({"issuer": "javascript:alert(1)"}, "An issuer is an https address"),
        ({"client_id": ""}, "Give the client id"),
        ({"client_secret": ""}, "Give the client secret"),
        ({"domains": ""}, "Give at least one domain"),
        ({"domains": ", ,"}, "is no domain"),
        ({"domains": "acme"}, "acme is no domain"),
        ({"domains": "*.acme.example"}, "is no domain"),
        ({"domains": " ".join(f"a{n}.example" for n in range(51))}, "at most 50 domains"),
    ],
)
def test_nonsense_is_not_stored(
    owner: Client, acme: Organisation, change: dict[str, str], why: str
) -> None:
    answer = owner.post(reverse("new_provider"), FORM | change)
    assert answer.status_code == 400
    assert why in words(answer)
    assert stored(acme) == []


def test_a_name_that_is_taken_is_refused(
    owner: Client, acme: Organisation, rival: Organisation, op: OpenId
) -> None:
    a_provider(rival, op)
    answer = owner.post(reverse("new_provider"), FORM | {"slug": "rival-staff"})
    assert answer.status_code == 400
    assert "Choose another" in words(answer)
    mine = a_provider(acme, op)
    answer = owner.post(reverse("provider", args=[mine.pk]), FORM | {"slug": "rival-staff"})
    assert answer.status_code == 400
    assert [row.slug for row in stored(acme)] == ["acme-staff"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.ADMIN])
def test_only_owners_choose_who_may_vouch(acme: Organisation, op: OpenId, role: str) -> None:
    row = a_provider(acme, op)
    client = browser(acme, role)
    for address in (reverse("new_provider"), reverse("provider", args=[row.pk])):
        assert client.get(address).status_code == 403
        assert client.post(address, FORM | {"slug": "mine"}).status_code == 403
    may_see = role == Role.ADMIN
    assert (client.get(reverse("providers")).status_code == 200) == may_see
    assert (client.get(reverse("provider_test", args=[row.pk])).status_code == 302) == may_see
    assert [one.slug for one in stored(acme)] == ["acme-staff"]


def test_for_a_stranger_the_provider_does_not_exist(
    acme: Organisation, rival: Organisation, op: OpenId
) -> None:
    row = a_provider(acme, op)
    stranger = browser(rival, Role.OWNER)
    for name in ("provider", "provider_test"):
        assert stranger.get(reverse(name, args=[row.pk])).status_code == 404
    assert stranger.post(reverse("provider", args=[row.pk]), FORM).status_code == 404
    assert "acme-staff" not in words(stranger.get(reverse("providers")))
    assert stored(acme)[0].issuer == op.issuer
    assert stored(rival) == []


def test_nobody_changes_one_without_a_fresh_proof(acme: Organisation, op: OpenId) -> None:
    row = a_provider(acme, op)
    client = browser(acme, Role.OWNER)
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**one, "at": 0} for one in records]
    session.save()
    answer = client.post(reverse("provider", args=[row.pk]), FORM)
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert stored(acme)[0].issuer == op.issuer


def test_switched_off_nobody_gets_in_and_back_on_they_do(
    owner: Client, acme: Organisation, op: OpenId
) -> None:
    row = a_provider(acme, op)
    a_member(acme, "alice", Role.ANALYST)
    form = FORM | {"issuer": op.issuer, "client_secret": ""}
    there = reverse("provider", args=[row.pk])
    off = {name: value for name, value in form.items() if name != "active"}
    owner.post(there, off)
    assert Client().get(reverse("sso_begin", args=["acme-staff"])).status_code == 404
    owner.post(there, form)
    client = Client()
    sso(client)
    assert is_in(client)


def test_the_list_asks_as_much_for_many_as_for_one(
    owner: Client, acme: Organisation, op: OpenId
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert owner.get(reverse("providers")).status_code == 200
        return len(asked)

    a_provider(acme, op)
    queries()
    one = queries()
    for number in range(5):
        row = a_provider(acme, op, slug=f"acme-{number}")
        with within(acme):
            user = User.objects.create_user(f"p{number}@acme.example")
            ProviderSubject.objects.create(
                organisation=acme, provider=row, user=user, subject=f"s{number}"
            )
    assert queries() == one
