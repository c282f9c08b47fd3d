"""A hostile text in every field that others can fill is text on every page, and data in JSON."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.cache import cache
from django.db import models, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from posture.models import ServiceAccount
from tests.posture.matrix.asking import signed_in, undone, with_token
from tests.posture.matrix.companies import Company
from tests.posture.matrix.routes import ROUTES, Route

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
HOSTILE = f"{MARKUP}\x07\x1b[31m\u202egnp.exe\u2066\u200b"
SHAPELESS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
LINES = {"\n", "\r", "\t"}
FORMS = {"connect", "account", "attestation", "connect_test", "connect_schedule", "finding_ticket",
         "tokens", "profile", "sign_in"}  # fmt: skip
"""Routes whose form is shown again with what was typed."""


def hostile(field: models.Field[Any, Any]) -> str:
    """The text in the form that a field takes: a mail address, an address of the web, or as it is."""
    if field.name == "external_id":  # ours: AWS would not take any other
        return "seller-posture-0123456789abcdef"
    if isinstance(field, models.EmailField):
        hostile.number += 1  # type: ignore[attr-defined] # addresses are unique
        return f'"<script>alert(1)</script><img/src=x/onerror=alert(2)>{hostile.number}"@x.example'  # type: ignore[attr-defined]
    if field.model is ServiceAccount:
        hostile.number += 1  # type: ignore[attr-defined] # so are their names
        return f"{HOSTILE}{hostile.number}"  # type: ignore[attr-defined]
    if field.name.endswith("url"):
        return f"https://x.example/{MARKUP.replace(' ', '/')}"
    return HOSTILE


hostile.number = 0  # type: ignore[attr-defined]


class Page(HTMLParser):
    """Collects what a browser would make of a hostile text: elements, handlers, scripts, links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_script = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_script = tag == "script"
        self.found += [f"<{tag} {name}>" for name, _ in attrs if name.startswith("on")]
        self.found += [
            f"<{tag} {name}>" for name, _ in attrs if not name.replace("-", "").isalnum()
        ]
        values = [value or "" for name, value in attrs if name in {"href", "src", "action"}]
        self.found += [one for one in values if one.lower().startswith(("javascript:", "data:"))]
        if tag in {"img", "iframe", "object", "embed", "style"}:
            self.found.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and "alert(" in data:
            self.found.append("a script")


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Company]:
    with django_db_blocker.unblock(), transaction.atomic():
        cache.clear()
        yield Company("Acme", ("111122223333", "444455556666", "222233334444"), hostile)
        transaction.set_rollback(True)


def wrong_with(response: Any, *, typed: bool = False) -> list[str]:
    """What of a hostile text works in an answer; what was `typed` may come back unseen as it was."""
    kind, text = response["Content-Type"], response.content.decode()
    wrong = [f"header {name}" for name, value in response.items() if "alert(" in value]
    wrong += [] if response["X-Content-Type-Options"] == "nosniff" else ["may be sniffed"]
    if kind.startswith("text/html"):
        unseen = () if typed else text
        shapeless = {one for one in unseen if unicodedata.category(one) in SHAPELESS} - LINES
        wrong += Page(text).found + [f"{ord(one):x} unseen" for one in sorted(shapeless)]
    elif kind.endswith("json"):
        json.loads(text)
    elif "attachment" not in response.get("Content-Disposition", "") and MARKUP in text:
        wrong.append(f"is {kind}")
    return wrong


def answers(client: Client, company: Company, route: Route, query: str) -> list[str]:
    with undone():
        response = client.get(route.address(company.ids) + query)
    return [f"{route.name}{query}: {one}" for one in wrong_with(response)]


def test_every_page_and_every_answer_shows_it_as_text(company: Company) -> None:
    browser = signed_in(company.people["owner"])
    program = with_token(company, "admin")
    wrong = [
        one
        for route in ROUTES
        if "GET" in route.uses
        for query in ("", "?view=flat")
        if query == "" or "view" in route.asks
        for one in answers(program if route.is_api else browser, company, route, query)
    ]
    assert not wrong, "\n".join(wrong)


def test_it_is_met_where_it_was_put(company: Company) -> None:
    """Else the test above would look at pages without it."""
    browser, program = signed_in(company.people["owner"]), with_token(company, "admin")
    with_it = set()
    for route in ROUTES:
        if "GET" in route.uses:
            with undone():
                response = (program if route.is_api else browser).get(route.address(company.ids))
            text = response.content.decode()
            if "&lt;script&gt;alert(1)" in text or json.dumps(HOSTILE)[1:40] in text:
                with_it.add(route.name)
    assert {"home", "accounts", "account", "scans", "scan", "finding", "tokens", "attestation",
            "api-accounts", "api-scan", "api-finding", "api-findings"} <= with_it  # fmt: skip


def test_json_gives_it_back_unchanged(company: Company) -> None:
    program = with_token(company, "admin")
    found = program.get(f"/api/v1/findings/{company.ids['finding']}").json()
    assert found["resource"] == found["ticket"]["key"] == found["reasons"][0] == HOSTILE


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_shows_it_again_as_text(company: Company, name: str) -> None:
    route = next(one for one in ROUTES if one.name == name)
    client = Client() if name == "sign_in" else signed_in(company.people["owner"])
    fields = {*route.uses["POST"].body, "login", "queues", "role_arn", "next"}
    with undone():
        response = client.post(route.address(company.ids), dict.fromkeys(fields, HOSTILE))
    assert response.status_code in {200, 302, 400}
    assert wrong_with(response, typed=True) == []


def test_an_address_nobody_has_shows_nothing_of_it(company: Company) -> None:
    for client in (Client(), signed_in(company.people["owner"])):
        response = client.get("/nothing/" + MARKUP, {"q": HOSTILE, "next": HOSTILE})
        assert response.status_code == 404
        assert wrong_with(response, typed=True) == []
