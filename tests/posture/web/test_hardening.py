"""What holds for every route: headers, forged forms, reading that writes nothing, foreign hosts and addresses."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import get_resolver
from psycopg import sql

from posture.models import Account, Finding, Scan, User
from tests.posture.web.conftest import PASSWORD, signed_in
from tests.posture.web.rows import a_finding, an_attestation

HARD = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOTHING = "00000000-0000-0000-0000-000000000000"


def routes() -> list[str]:
    """An address of every route: of ids one that nothing has, of words one that may be known."""
    found = []
    inner = [getattr(one, "url_patterns", [one]) for one in get_resolver().url_patterns]
    for pattern in (one for group in inner for one in group):
        text = str(pattern.pattern)
        if "^" in text:
            continue
        text = re.sub(r"<uuid:\w+>", NOTHING, text)
        text = text.replace("<str:control_id>", "SQS-03").replace("<slug:control>", "SQS-03")
        text = text.replace("<str:code>", "sqs").replace("<str:form>", "cli")
        text = re.sub(r"<str:(uidb36|key|text|secret|slug)>", "x", text).replace("<int:pk>", "1")
        text = text.replace("<slug:slug>", "x")
        assert "<" not in text, text
        found.append("/" + text)
    return sorted(set(found))


ROUTES = routes()


def test_the_routes_are_all_there() -> None:
    assert len(ROUTES) >= 45
    assert {"/", "/sign-in", "/api/v1/accounts", "/healthz/live", "/metrics"} <= set(ROUTES)


def hard(response: Any) -> dict[str, str]:
    return {name: response.headers.get(name, "") for name in HARD}


@pytest.mark.parametrize(
    "path", [*ROUTES, "/nothing", "/api/nothing", "/static/css/base.css", "/static/x"]
)
def test_every_answer_has_hard_headers(owner: Client, path: str) -> None:
    for client, method in ((owner, "get"), (Client(), "get"), (owner, "post"), (owner, "trace")):
        response = getattr(client, method)(path)
        assert hard(response) == HARD, (method, path, response.status_code)
        policy = response["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "*" not in policy
        assert "'none'" in policy or policy == "sandbox"


def test_answers_from_before_django_s_own_headers_have_them_too(db: None) -> None:
    answers = [
        Client().get("/", headers={"host": "evil.example"}),
        Client().post("/sign-in", content_type="text/plain; charset=utf-7", data="x"),
    ]
    assert [answer.status_code for answer in answers] == [400, 415]
    assert [hard(answer) for answer in answers] == [HARD, HARD]


def test_a_page_may_use_nothing_of_the_machine_but_what_it_needs(owner: Client) -> None:
    policy = owner.get("/")["Permissions-Policy"]
    allowed = {one for one in policy.split(", ") if not one.endswith("=()")}
    assert {one.partition("=")[0] for one in allowed} == {
        "clipboard-write", "publickey-credentials-create", "publickey-credentials-get",
    }  # fmt: skip
    assert all(one.endswith("=(self)") for one in allowed)
    for name in ("camera", "microphone", "geolocation", "usb", "serial", "fullscreen", "payment"):
        assert f"{name}=()" in policy


UNSAFE = ("post", "put", "patch", "delete")


@pytest.mark.parametrize("path", [path for path in ROUTES if not path.startswith("/api/")])
def test_no_page_does_anything_for_a_form_without_its_token(alice: User, path: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice, settings.AUTHENTICATION_BACKENDS[0])
    for method in UNSAFE:
        answer = getattr(browser, method)(path, headers={"origin": "https://evil.example"})
        assert answer.status_code in {403, 405}, (method, answer.status_code)
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("path", [path for path in ROUTES if path.startswith("/api/")])
def test_the_api_does_nothing_for_a_browser_s_session(owner: Client, path: str) -> None:
    for method in UNSAFE:
        assert getattr(owner, method)(path).status_code in {401, 405}, method


@pytest.fixture
def filled(account: Account, alice: User, scan: Scan) -> Finding:
    finding = a_finding(scan)
    an_attestation(scan, alice, evidence=b"%PDF")
    return finding


def content() -> str:
    """A digest of every row but those that note who was here, and when."""
    digest = hashlib.sha256()
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        tables = owner.execute(
            """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
               AND relname NOT IN ('django_session', 'posture_cache') ORDER BY 1"""
        ).fetchall()
        for (name,) in tables:
            statement = sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name))
            digest.update(repr((name, owner.execute(statement).fetchall())).encode())
    return digest.hexdigest()


@pytest.mark.django_db(transaction=True)
def test_reading_writes_nothing(filled: Finding, alice: User) -> None:
    owner = signed_in(alice)
    owner.get("/")
    ids = (filled.account_id, filled.pk, filled.last_scan_id)
    addresses = {path.replace(NOTHING, str(one)) for path in ROUTES for one in ids}
    addresses |= {f"{path}?do=disconnect&then=scan&role_arn=x&theme=dark" for path in addresses}
    before, seen = content(), set()
    for path in sorted(addresses):
        for method in (owner.get, owner.head, owner.options):
            seen.add(method(path).status_code)
    assert content() == before
    assert 200 in seen
    assert max(seen) < 500
    assert len(addresses) > 100


HOSTS = (
    "evil.example", "testserver.evil.example", "evil.example:80", "testserver@evil.example",
    "testserver evil.example", "testserver/evil", "testserver#evil", "testserver?x", "testserver\\evil",
    "testserver:port", "testserver:80:80", "evil.example:443", ".testserver", "xtestserver",
    "testserver.local", "127.0.0.1.evil.example", "127.1", "0", "0.0.0.0", "2130706433",
    "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "::1", "[", "]", "localhost.evil", "local host",
    "-testserver", "test_server", "*", "%00", "%74estserver", "testserver%00", "testserver%0d%0a",
    "\u0442estserver", "\uff54estserver", "testserver,evil.example", "169.254.169.254", "evil.example.",
)  # fmt: skip


def test_a_foreign_host_gets_no_page(db: None) -> None:
    assert len(set(HOSTS)) == 40
    for host in HOSTS:
        answer = Client(raise_request_exception=False).get("/sign-in", HTTP_HOST=host)
        assert answer.status_code == 400, host
        assert "evil" not in answer.headers.get("Location", "")


ELSEWHERE = tuple(
    shape.format(host)
    for host in ("evil.example", "evil.example/x", "testserver@evil.example", "127.1", "[::1]", "evil")
    for shape in (
        "https://{}", "http://{}", "//{}", "///{}", "/\\{}", "\\\\{}", "https:{}", "/\t/{}",
        "javascript://{}", "\x00//{}",
    )
)  # fmt: skip


def test_nothing_leads_elsewhere(alice: User) -> None:
    assert len(set(ELSEWHERE)) == 60
    for there in ELSEWHERE:
        cache.clear()  # one address signs in sixty times
        for answer in (
            Client().post("/sign-in", {"login": alice.email, "password": PASSWORD, "next": there}),
            signed_in(alice).get("/sign-in", {"next": there}),
            signed_in(alice).post("/theme", {"theme": "dark", "next": there}),
            signed_in(alice).post("/sign-out", {"next": there}),
        ):
            target = urlsplit(answer.headers.get("Location", "/"))
            assert answer.status_code in {200, 302}, there
            assert (target.scheme, target.netloc) == ("", ""), (there, target)
            assert target.geturl().startswith("/")
            assert not target.geturl().startswith(("//", "/\\"))


def test_django_s_own_list_for_production_is_clean() -> None:
    kept = {key: one for key, one in os.environ.items() if key != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    production = {
        **kept,
        "SECURE": "on",
        "BASE_URL": "https://posture.example",
        "ALLOWED_HOSTS": "posture.example",
        "EMAIL_URL": "smtp+tls://mail.example:587",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "DEBUG"],
        env=production, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues (0 silenced)" in done.stdout
