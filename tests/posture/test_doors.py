"""The doors: who asks, in which organisation, in which transaction, and what an outage looks like."""

import json
import uuid

import pytest
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from posture import access, tokens
from posture.access import Scope, Verb
from posture.middleware import client_address
from posture.models import Account, Membership, Organisation, Role, User
from posture.models.tenancy import within
from tests.posture.rows import a_member, an_account

PASSWORD = "correct horse battery"


def who(request: HttpRequest) -> HttpResponse:
    """Say what the middleware found."""
    scope = getattr(request, "scope", None)
    refusal = getattr(request, "token_refusal", None)
    seen = {
        "organisation": scope.organisation.name if scope else None,
        "accounts": list(Account.objects.values_list("aws_account", flat=True)),
        "verbs": sorted(scope.verbs) if scope else [],
        "refusal": refusal.code if refusal else None,
        "in_transaction": connection.in_atomic_block,
    }
    return HttpResponse(json.dumps(seen), content_type="application/json")


def rename(request: HttpRequest, status: int) -> HttpResponse:
    """Write something, then answer with this status."""
    Account.objects.update(label="Renamed")
    return HttpResponse(status=status)


def crash(request: HttpRequest) -> HttpResponse:
    """Write something, then fail."""
    Account.objects.update(label="Renamed")
    raise ZeroDivisionError


def outage(request: HttpRequest) -> HttpResponse:
    """Meet a database that does not answer."""
    raise OperationalError("server closed the connection unexpectedly")


@access.manages_own_transactions
def patient(request: HttpRequest) -> HttpResponse:
    """Wait for the outside world."""
    return who(request)


urlpatterns = [
    path("who", who),
    path("api/v1/who", who),
    path("patient", patient),
    path("rename/<int:status>", rename),
    path("crash", crash),
    path("outage", outage),
    path("api/v1/outage", outage),
]

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def alice(acme: Organisation) -> User:
    """An owner of Acme, which has one account."""
    an_account(acme, "111122223333")
    return a_member(acme, "alice", password=PASSWORD)


@pytest.fixture
def client(alice: User) -> Client:
    """Alice's browser."""
    browser = Client(raise_request_exception=False)
    browser.force_login(alice)
    return browser


def label(acme: Organisation) -> str:
    with within(acme):
        return Account.objects.get().label


def test_nobody_knows_nobody() -> None:
    said = Client().get("/who").json()
    assert (said["organisation"], said["accounts"], said["in_transaction"]) == (None, [], False)


def test_a_member_sees_their_organisation_and_no_other(client: Client, rival: Organisation) -> None:
    an_account(rival, "999900001111")
    said = client.get("/who").json()
    assert (said["organisation"], said["accounts"]) == ("Acme", ["111122223333"])
    assert said["in_transaction"]


def test_a_member_of_two_organisations_can_choose(
    client: Client, alice: User, rival: Organisation
) -> None:
    an_account(rival, "999900001111")
    with within(rival):
        Membership.objects.create(organisation=rival, user=alice, role=Role.VIEWER)
    assert client.get("/who").json()["organisation"] == "Acme"
    session = client.session
    session["organisation"] = str(rival.pk)
    session.save()
    said = client.get("/who").json()
    assert (said["organisation"], said["verbs"]) == ("Rival", ["read"])


def test_choosing_an_organisation_one_does_not_belong_to_changes_nothing(
    client: Client, rival: Organisation
) -> None:
    session = client.session
    session["organisation"] = str(rival.pk)
    session.save()
    assert client.get("/who").json()["organisation"] == "Acme"


def test_someone_without_any_organisation_sees_nothing(alice: User) -> None:
    User.objects.create_user("charlie@nowhere.example", PASSWORD)
    browser = Client()
    browser.force_login(User.objects.get(email="charlie@nowhere.example"))
    said = browser.get("/who").json()
    assert (said["organisation"], said["accounts"]) == (None, [])


def test_someone_who_was_deactivated_is_nobody(client: Client, alice: User) -> None:
    User.objects.update(is_active=False)
    assert client.get("/who").json()["organisation"] is None


@pytest.fixture
def bearer(acme: Organisation, alice: User) -> dict[str, str]:
    """A token that may read."""
    with within(acme):
        _, text = tokens.issue(
            organisation=acme, by=alice, name="tickets", scopes=["findings:read"]
        )
    return {"Authorization": f"Bearer {text}"}


def test_a_token_opens_the_api_of_its_organisation(bearer: dict[str, str]) -> None:
    said = Client().post("/api/v1/who", headers=bearer).json()
    assert (said["organisation"], said["verbs"]) == ("Acme", ["read"])


def test_a_token_opens_no_page(bearer: dict[str, str]) -> None:
    assert Client().get("/who", headers=bearer).json()["organisation"] is None


@pytest.mark.parametrize("text", ["spt_nonsense", "", "x" * 5_000])
def test_a_refused_token_says_why_and_a_session_does_not_step_in(client: Client, text: str) -> None:
    said = client.get("/api/v1/who", headers={"Authorization": f"Bearer {text}"}).json()
    assert (said["organisation"], said["refusal"]) == (None, "token_malformed")


def test_a_session_serves_the_api_for_reading_only(client: Client) -> None:
    assert client.get("/api/v1/who").json()["organisation"] == "Acme"
    assert client.post("/api/v1/who").json()["organisation"] is None


@pytest.mark.parametrize(("status", "kept"), [(200, True), (302, True), (400, False), (422, False)])
def test_an_answer_that_refuses_undoes_what_was_written(
    client: Client, acme: Organisation, status: int, kept: bool
) -> None:
    assert client.get(f"/rename/{status}").status_code == status
    assert (label(acme) == "Renamed") is kept


def test_a_crash_undoes_what_was_written(client: Client, acme: Organisation) -> None:
    assert client.get("/crash").status_code == 500
    assert label(acme) != "Renamed"


def test_a_view_that_waits_for_others_gets_no_transaction(client: Client) -> None:
    said = client.get("/patient").json()
    assert (said["organisation"], said["in_transaction"]) == ("Acme", False)


def test_an_outage_of_the_database_is_a_503_that_says_when_to_come_back(client: Client) -> None:
    page, api = client.get("/outage"), client.get("/api/v1/outage")
    assert [page.status_code, api.status_code] == [503, 503]
    assert [page["Retry-After"], api["Retry-After"]] == ["5", "5"]
    assert "Nothing was changed" in page.content.decode()
    assert api["Content-Type"] == "application/problem+json"
    assert api.json()["request_id"] == api["X-Request-ID"]


def test_a_lost_connection_while_finding_out_who_asks_is_a_503_too(
    client: Client, alice: User
) -> None:
    def refuse(*_: object) -> object:
        raise OperationalError("remaining connection slots are reserved")

    with connection.execute_wrapper(refuse):
        assert client.get("/who").status_code == 503


def test_every_answer_carries_a_request_id_and_keeps_a_well_formed_one() -> None:
    browser = Client()
    assert browser.get("/who", headers={"X-Request-ID": "from-me-1234"})["X-Request-ID"] == (
        "from-me-1234"
    )
    for bad in ("short", "with space in it", "a" * 65, "a\nb: c" * 3):
        given = browser.get("/who", headers={"X-Request-ID": bad})["X-Request-ID"]
        assert uuid.UUID(given).hex == given


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.1", "127.0.0.1"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "6.6.6.6, 203.0.113.1", "203.0.113.1"),
        (2, "6.6.6.6, 203.0.113.1, 10.0.0.1", "203.0.113.1"),
        (2, "203.0.113.1", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_the_caller_s_address_is_what_our_own_proxies_saw(
    settings: LazySettings, proxies: int, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers)
    assert client_address(request) == expected


MATRIX: dict[str, list[Verb]] = {
    Role.VIEWER: ["read"],
    Role.ANALYST: ["read", "triage", "scan"],
    Role.ADMIN: ["read", "triage", "scan", "connect", "manage"],
    Role.OWNER: ["read", "triage", "scan", "connect", "manage"],
}


@pytest.mark.parametrize("role", MATRIX)
def test_each_role_may_do_what_the_matrix_says(acme: Organisation, role: str) -> None:
    account = an_account(acme)
    scope = Scope(acme, None, None, role)
    verbs: list[Verb] = ["read", "triage", "scan", "connect", "manage"]
    assert [verb for verb in verbs if access.may(scope, verb, account)] == MATRIX[role]


def test_nobody_and_unknown_roles_may_do_nothing(acme: Organisation) -> None:
    assert not access.may(None, "read")
    assert not access.may(Scope(acme, None, None, "god"), "read")


def test_a_strangers_account_may_not_be_touched(acme: Organisation, rival: Organisation) -> None:
    account = an_account(rival)
    assert not access.may(Scope(acme, None, None, Role.OWNER), "read", account)


def test_a_token_kept_to_one_account_sees_and_touches_only_that(
    acme: Organisation, alice: User
) -> None:
    other = an_account(acme, "444455556666")
    with within(acme):
        token, _ = tokens.issue(
            organisation=acme, by=alice, name="x", scopes=["admin"], accounts=[other]
        )
        scope = access.scope_of_token(token)
        assert [one.pk for one in access.accounts_of(scope)] == [other.pk]
        first = Account.objects.exclude(pk=other.pk).get()
        assert access.may(scope, "scan", other)
        assert not access.may(scope, "scan", first)


def test_without_a_scope_there_is_no_permission() -> None:
    with pytest.raises(PermissionDenied):
        access.scope_of(HttpRequest())
