"""A new ExternalId from the account's page: only by somebody who has just shown who they are."""

from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from posture.models import Account, AuditEvent
from posture.models.tenancy import within
from tests.posture.rows import a_member, an_account, an_organisation

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


@pytest.fixture
def account() -> Account:
    return an_account(an_organisation("Acme"))


def signed_in(account: Account, role: str) -> Client:
    with within(account.organisation_id):
        user = a_member(account.organisation, role, role, PASSWORD)
    client = Client()
    client.post(reverse("sign_in"), {"login": user.email, "password": PASSWORD})
    return client


def reread(account: Account) -> Account:
    with within(account.organisation_id):
        return Account.objects.get(pk=account.pk)


def test_who_has_just_signed_in_makes_one_and_it_waits_for_its_proof(account: Account) -> None:
    with within(account.organisation_id):
        Account.objects.update(connected_at=account.created_at)
    answer = signed_in(account, "owner").post(reverse("external_id", args=[account.pk]))
    assert answer["Location"] == reverse("connect_role", args=[account.pk])
    after = reread(account)
    assert after.external_id == account.external_id
    assert after.next_external_id.startswith("seller-posture-")
    with within(account.organisation_id):
        event = AuditEvent.objects.get(action="account.external_id_renewed")
    assert (event.before, event.after, event.target_id) == ({}, {}, str(account.pk))


def test_who_signed_in_long_ago_is_asked_first_and_nothing_is_changed(account: Account) -> None:
    client = signed_in(account, "owner")
    session = client.session
    session["account_authentication_methods"] = [
        {**one, "at": one["at"] - 3600} for one in session["account_authentication_methods"]
    ]
    session.save()
    address = reverse("external_id", args=[account.pk])
    answer = client.post(address)
    assert urlsplit(answer["Location"]).path == reverse("account_reauthenticate")
    client.post(answer["Location"], {"password": PASSWORD})
    back = client.get(address, follow=True)
    assert "now make the new ExternalId" in back.content.decode()
    assert (reread(account).external_id, reread(account).next_external_id) == (
        account.external_id,
        "",
    )


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_who_may_not_connect_may_not_make_one(account: Account, role: str) -> None:
    assert signed_in(account, role).post(
        reverse("external_id", args=[account.pk])
    ).status_code == 403  # fmt: skip
    assert reread(account).next_external_id == ""
