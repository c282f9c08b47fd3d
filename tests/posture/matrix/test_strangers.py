"""What a stranger asks for by name, id, number or cursor is the same as what never was."""

from __future__ import annotations

import base64
import json
import re
import uuid
from urllib.parse import quote

from posture.models import Finding
from posture.models.tenancy import within
from tests.posture.matrix.asking import Answer, ask, strangers
from tests.posture.matrix.companies import Companies, Company
from tests.posture.matrix.document import DOCUMENT, described
from tests.posture.matrix.looking import Watch
from tests.posture.matrix.routes import ROUTES, Route

ALWAYS_NEW = re.compile(
    r"""(?i)nonce-?="?[^"\s;]+|nonce-[^';]+|value="[0-9a-z]{64}"|Content-Length: \d+"""
)
"""What differs between two answers to the same request."""
NUMBERED = re.compile(r"(?:sessions|passkeys)/\d+")
"""Addresses whose numbers are too short to look for them alone."""


def asks(route: Route) -> tuple[str, ...]:
    """The parameters of a route's query: of the table, or of the OpenAPI document."""
    if not route.is_api or route.name in {"api-schema", "api-docs"}:
        return route.asks
    parameters = DOCUMENT["paths"][described(route)].get("get", {}).get("parameters", [])
    return tuple(one["name"] for one in parameters if one["in"] == "query")


def values(company: Company) -> list[str]:
    """What somebody could type who knows something of another company."""
    with within(company.organisation):
        finding = Finding.objects.get(pk=company.ids["finding"])
    number = company.account.aws_account
    return [company.ids["account"], number, finding.fingerprint, finding.resource]


def plain(answer: Answer, ids: dict[str, str]) -> tuple[int, str]:
    """An answer without the rows that were asked for, and without what is new each time."""
    text = ALWAYS_NEW.sub("", answer.text)
    text = NUMBERED.sub("", text)
    for one in ids.values():
        text = text if one.isdecimal() else text.replace(one, "")
    return answer.status, text


def test_a_row_of_others_is_answered_like_one_that_never_was(companies: Companies) -> None:
    owner, program = strangers(companies)
    rival = companies.rival.ids
    nowhere = {name: str(uuid.uuid4()) for name in rival} | {"next_year": rival["next_year"]}
    nowhere |= {"passkey": "987654321", "session": "987654321"}  # these are numbered
    wrong = []
    for route in ROUTES:
        who = program if route.is_api else owner
        for method in set(route.uses) - {"HEAD"}:
            if route.names_a_row(method):
                known = ask(who, route, method)
                never = ask(who, route, method, ids=nowhere)
                if plain(known, rival) != plain(never, nowhere):
                    wrong.append(f"{route.name} {method}")
    assert not wrong, "\n".join(wrong)


def test_a_query_finds_nothing_of_others(companies: Companies, watch: Watch) -> None:
    owner, program = strangers(companies)
    home = companies.acme.ids
    wrong = [
        f"{route.name} ?{name}={value}: gave away {one}"
        for route in ROUTES
        for name in asks(route)
        for who in [program if route.is_api else owner]
        for value in values(companies.rival)
        for one in watch.leaks(ask(who, route, "GET", f"?{name}={quote(value)}", ids=home), who)
    ]
    assert not wrong, "\n".join(wrong)


def test_a_forged_cursor_leads_to_nothing_of_others(companies: Companies, watch: Watch) -> None:
    owner, program = strangers(companies)
    start = "2000-01-01T00:00:00+00:00"
    ids = companies.rival.ids
    order = [["-queued_at", "2999-01-01T00:00:00+00:00"], ["id", ids["scan"]]]
    after = base64.urlsafe_b64encode(json.dumps(order).encode()).decode()
    cursor = base64.b64encode(f"r=1&p={quote(start)}".encode()).decode()
    wrong = [
        f"{route.name} {name}: {one}"
        for route in ROUTES
        for name, value in (("after", after), ("cursor", cursor))
        if name in asks(route)
        for who in [program if route.is_api else owner]
        for one in watch.leaks(
            ask(who, route, "GET", f"?{name}={quote(value)}", ids=companies.acme.ids), who
        )
    ]
    assert not wrong, "\n".join(wrong)
