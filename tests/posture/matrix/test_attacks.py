"""What attackers try with sessions, forms, hosts and fields, where no other test does."""

from __future__ import annotations

import json

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from posture.models import Account, Membership, Organisation, Role, User
from posture.models.tenancy import within
from tests.posture.matrix.asking import filled_in, signed_in, undone, with_token
from tests.posture.matrix.companies import Companies
from tests.posture.matrix.looking import Watch
from tests.posture.matrix.routes import PAGES, PUBLIC, ROUTES, Route
from tests.posture.rows import a_member

PASSWORD = "correct horse battery staple"
COOKIE = settings.SESSION_COOKIE_NAME
HOSTS = ("evil.example", "testserver.evil.example", "testserver@evil.example", "evil.example:80",
         "[::1].evil.example", "testserver:80@evil.example", "")  # fmt: skip
FORWARDED = ("X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL")


@pytest.fixture
def alice(acme: Organisation) -> User:
    cache.clear()
    return a_member(acme, "alice", Role.OWNER, PASSWORD)


def enter(client: Client, user: User) -> str:
    """Sign in by the form; return the id of the session."""
    form = {"login": user.email, "password": PASSWORD}
    assert client.post(reverse("sign_in"), form).status_code == 302
    return client.cookies[COOKIE].value


def test_signing_in_gives_a_session_of_its_own_and_ends_the_one_before(alice: User) -> None:
    """Whoever planted a session id in a browser knows none that is worth anything."""
    victim = Client()
    planted = victim.session
    planted["planted"] = True
    planted.save()
    before = str(planted.session_key)
    victim.cookies[COOKIE] = before
    after = enter(victim, alice)
    attacker = Client()
    attacker.cookies[COOKIE] = before
    assert after != before
    assert not Session.objects.filter(session_key=before).exists()
    assert attacker.get("/").status_code == 302


def test_an_invented_session_id_is_never_taken_up(alice: User) -> None:
    client = Client()
    client.cookies[COOKIE] = "a" * 32
    assert enter(client, alice) != "a" * 32


def test_a_session_that_was_ended_opens_nothing_again(alice: User) -> None:
    client, thief = Client(), Client()
    thief.cookies[COOKIE] = enter(client, alice)
    assert thief.get("/").status_code == 200
    client.post(reverse("sign_out"))
    assert thief.get("/").status_code == 302


def test_a_new_password_ends_the_sessions_of_the_old_one(alice: User) -> None:
    client = Client()
    enter(client, alice)
    alice.set_password("another horse battery staple")
    alice.save(update_fields=["password"])
    assert client.get("/").status_code == 302


def test_a_lost_role_and_a_lost_membership_bite_at_once(alice: User, acme: Organisation) -> None:
    client = signed_in(alice)
    assert client.get(reverse("tokens")).status_code == 200
    with within(acme):
        Membership.objects.filter(user=alice).update(role=Role.VIEWER)
    assert client.get(reverse("tokens")).status_code == 403
    with within(acme):
        Membership.objects.filter(user=alice).delete()
    assert client.get("/").status_code == 403


def test_no_form_works_without_its_token(companies: Companies, watch: Watch) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies.update(signed_in(companies.acme.people["owner"]).cookies)
    wrong = []
    for route in (*PAGES, *PUBLIC):
        for method in route.uses.keys() - {"GET", "HEAD"}:
            changed: list[str] = []
            with undone(), watch.over(changed):
                response = client.generic(method, route.address(companies.acme.ids))
            if response.status_code != 403 or changed:
                wrong.append(f"{route.name} {method}: {response.status_code} {changed}")
    assert not wrong, "\n".join(wrong)


def test_a_session_changes_nothing_by_the_api(companies: Companies, watch: Watch) -> None:
    """The API has no CSRF check, so a browser that somebody else steers may not write there."""
    client = signed_in(companies.acme.people["owner"])
    wrong = []
    for route in [one for one in ROUTES if one.is_api]:
        for method in route.uses.keys() - {"GET", "HEAD"}:
            changed: list[str] = []
            with undone(), watch.over(changed):
                response = client.generic(
                    method, route.address(companies.acme.ids), "{}", "text/plain"
                )
            if response.status_code != 401 or changed:
                wrong.append(f"{route.name} {method}: {response.status_code} {changed}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_not_ours_is_refused(companies: Companies, host: str) -> None:
    client = signed_in(companies.acme.people["owner"])
    for address in (reverse("home"), reverse("sign_in"), "/api/v1/findings"):
        response = client.get(address, headers={"Host": host})
        assert response.status_code == 400, address
        assert "evil" not in response.content.decode()


@pytest.mark.parametrize("name", FORWARDED)
def test_a_host_in_another_header_stands_in_no_answer(companies: Companies, name: str) -> None:
    client = signed_in(companies.acme.people["owner"])
    program = with_token(companies.acme, "admin")
    told = {name: "evil.example"}
    for answer in (
        client.get(reverse("home"), headers=told),
        Client().get(reverse("home"), headers=told),
        Client().get(reverse("sign_in"), headers=told),
        program.get("/api/v1/findings", {"page_size": 1}, headers=told),
    ):
        assert answer.status_code in {200, 302}
        assert "evil" not in f"{dict(answer.items())} {answer.content.decode()}"


SETTABLE = {
    "api-finding": {"ticket"},
    "api-scans": {"account"},
    "api-schedule": {"preset", "cron", "zone", "quiet_from", "quiet_until"},
}
"""Every field that the API takes from outside, by its route."""


def test_the_api_takes_no_field_but_those_it_names(companies: Companies, watch: Watch) -> None:
    program, ids = with_token(companies.acme, "admin"), companies.acme.ids
    ours = apps.get_app_config("posture").get_models()
    columns = {field.attname for model in ours for field in model._meta.concrete_fields}
    columns |= {name.removesuffix("_id") for name in columns}
    taken = {route.name: route for route in ROUTES if route.is_api and takes_a_body(route)}
    assert taken.keys() == SETTABLE.keys()
    for name, route in taken.items():
        (method,) = route.uses.keys() - {"GET", "HEAD"}
        body = filled_in(route.uses[method].body, ids)
        sent = body | dict.fromkeys(columns - SETTABLE[name], "x")
        changed: list[str] = []
        with undone(), watch.over(changed):
            answer = program.generic(
                method, route.address(ids), json.dumps(sent), "application/json"
            )
        refused = {one["pointer"] for one in answer.json()["errors"] if one["code"] == "unknown"}
        assert (answer.status_code, changed) == (400, [])
        assert refused == {f"/{column}" for column in columns - SETTABLE[name]}


def takes_a_body(route: Route) -> bool:
    """Whether one of its methods has something to say."""
    return any(use.body for use in route.uses.values())


def test_a_form_takes_no_column_beside_its_own(companies: Companies) -> None:
    """Fields that a form does not have are not read, whatever they are called."""
    owner, rival = signed_in(companies.acme.people["owner"]), companies.rival
    extra = {
        "organisation": str(rival.organisation.pk), "organisation_id": str(rival.organisation.pk),
        "id": rival.ids["account"], "state": "connected", "score": "100",
        "external_id": "mine", "role_arn": "arn:aws:iam::1:role/x", "account": rival.ids["account"],
    }  # fmt: skip
    form = {"aws_account": "333322221111", "label": "Third", "product_types": ["ami"]}
    with undone():
        assert owner.post(reverse("connect"), {**form, **extra}).status_code == 302
        with within(companies.acme.organisation):
            made = Account.objects.get(aws_account="333322221111")
    assert (made.organisation_id, made.state, made.score, made.role_arn) == (
        companies.acme.organisation.pk, "pending", None, "",
    )  # fmt: skip
    assert made.external_id.startswith("seller-posture-")
    assert str(made.pk) != rival.ids["account"]
