"""External ids come from us alone, and no AWS key has a place anywhere in the product."""

import inspect
import re
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.test import Client
from django.urls import reverse
from rest_framework import serializers

from posture.api import finding_shapes, verifying
from posture.api import serializers as shapes
from posture.connections.wording import new_external_id
from posture.models import Account, Organisation, Role, User
from posture.models.tenancy import within
from posture.web import forms as web_forms
from posture.web import forms_attestation
from tests.posture.api.conftest import Api
from tests.posture.rows import a_member, an_account
from tests.posture.web.conftest import PASSWORD, signed_in

KEYS = re.compile(r"(?i)access.?key|secret.?key|session.?token|aws.?(secret|credential|password)")
OTHER = "seller-posture-" + "f" * 40


def forms_of(*modules: Any) -> list[type[forms.BaseForm]]:
    return [
        one
        for module in modules
        for _, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, forms.BaseForm)
    ]


def shapes_of(*modules: Any) -> list[type[serializers.Serializer[Any]]]:
    return [
        one
        for module in modules
        for _, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, serializers.Serializer) and one.__module__ == module.__name__
    ]


def test_no_model_form_or_shape_of_the_api_has_a_place_for_aws_keys() -> None:
    columns = {field.name for model in apps.get_models() for field in model._meta.get_fields()}
    typed = {name for form in forms_of(web_forms, forms_attestation) for name in form.base_fields}  # type: ignore[attr-defined] # declared by its metaclass
    sent = {
        name
        for shape in shapes_of(shapes, finding_shapes, verifying)
        for name in getattr(shape, "_declared_fields", {})
    }
    assert {"external_id", "label", "url"} <= columns | typed
    assert len(sent) > 20
    assert [name for name in columns | typed | sent if KEYS.search(name)] == []


def test_no_form_and_no_shape_takes_an_external_id() -> None:
    typed = {name for form in forms_of(web_forms, forms_attestation) for name in form.base_fields}  # type: ignore[attr-defined] # as above
    assert "role_arn" in typed
    for shape in shapes_of(shapes, finding_shapes, verifying):
        meta = getattr(shape, "Meta", None)
        named = {*getattr(shape, "_declared_fields", {}), *getattr(meta, "fields", ())}
        assert not {name for name in named if "external" in name}, shape
    assert not {name for name in typed if "external" in name}


def test_external_ids_are_random_and_never_the_same() -> None:
    made = {new_external_id() for _ in range(100_000)}
    assert len(made) == 100_000
    assert all(re.fullmatch(r"seller-posture-[0-9a-f]{40}", one) for one in list(made)[:1000])


STUFFED = {
    "external_id": OTHER, "next_external_id": OTHER, "externalId": OTHER, "ExternalId": OTHER,
    "state": "connected", "state_code": "", "connected_at": "2026-01-01T00:00:00Z",
    "organisation": "00000000-0000-0000-0000-000000000000",
}  # fmt: skip


@pytest.mark.django_db
def test_no_page_takes_one_whatever_else_is_sent(acme: Organisation) -> None:
    browser = signed_in(a_member(acme, "alice", Role.OWNER))
    sold = {"aws_account": "111122223333", "label": "One", "product_types": ["ami"]}
    assert browser.post(reverse("connect"), {**STUFFED, **sold}).status_code == 302
    with within(acme):
        account = Account.objects.get()
    assert (account.external_id != OTHER, account.state) == (True, "pending")
    for name in ("connection", "profile", "connect_schedule", "account"):
        browser.post(reverse(name, args=[account.pk]), {**STUFFED, "do": "pause"})
        browser.get(reverse(name, args=[account.pk]), STUFFED) if name != "connection" else None
    with within(acme):
        after = Account.objects.get()
    assert after.external_id == account.external_id
    assert (after.state, after.next_external_id) == ("pending", "")


@pytest.mark.django_db
def test_no_endpoint_takes_one(acme: Organisation) -> None:
    from posture import tokens

    account = an_account(acme)
    with within(acme):
        _, text = tokens.issue(organisation=acme, by=a_member(acme), name="t", scopes=["admin"])
    api = Api(text)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("accounts", f"accounts/{account.pk}"):
            assert api.send(method, path, STUFFED).status_code == 405, (method, path)
    assert api.send("PATCH", f"accounts/{account.pk}/schedule", STUFFED).status_code in {
        200,
        400,
        405,
    }
    with within(acme):
        assert Account.objects.get().external_id == account.external_id


@pytest.fixture
def alice(acme: Organisation) -> User:
    return a_member(acme, "alice", Role.OWNER, PASSWORD)


@pytest.fixture
def proved(account: Account) -> Account:
    with within(account.organisation_id):
        account.connected_at = account.created_at
        account.save()
    return account


@pytest.mark.django_db
def test_a_page_makes_a_new_one_and_takes_none(alice: User, proved: Account) -> None:
    browser = Client()
    browser.post(reverse("sign_in"), {"login": alice.email, "password": PASSWORD})
    answer = browser.post(reverse("external_id", args=[proved.pk]), STUFFED, follow=True)
    page = " ".join(answer.content.decode().split())
    with within(proved.organisation_id):
        row = Account.objects.get()
    assert row.external_id == proved.external_id
    assert row.next_external_id not in ("", OTHER, row.external_id)
    assert row.next_external_id in page
    assert proved.external_id not in page
    overview = browser.get(reverse("account", args=[row.pk])).content.decode()
    assert row.next_external_id in overview
    assert row.external_id in overview
