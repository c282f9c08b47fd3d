"""Who asks: people of each role, strangers, nobody, and tokens of every kind, each with a client."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from posture import tokens
from posture.entrance import sessions
from posture.models import ApiToken, User
from posture.models.tenancy import within
from tests.posture.matrix.belongings import equipped
from tests.posture.matrix.companies import Companies, Company
from tests.posture.matrix.routes import Route
from tests.posture.rows import a_member

MAY: dict[str, frozenset[str]] = {
    "viewer": frozenset({"read"}),
    "analyst": frozenset({"read", "triage", "scan"}),
    "admin": frozenset({"read", "triage", "scan", "connect", "manage"}),
    "owner": frozenset({"read", "triage", "scan", "connect", "manage", "provide"}),
}
OPENS: dict[str, frozenset[str]] = {
    "findings:read": frozenset({"read"}),
    "findings:triage": frozenset({"read", "triage"}),
    "scans:run": frozenset({"scan"}),
    "exports:read": frozenset(),
    "webhooks:manage": frozenset(),
    "admin": MAY["owner"],
}


AN_HOUR = 3600
"""Seconds; longer than these tests take."""
METHODS, METHODS_OF = "account_authentication_methods", "account_authentication_methods_user"
"""Where allauth keeps in a session what was proved, and by whom."""


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody with a client, and the company whose rows their requests name."""

    name: str
    client: Client
    rows: Company
    verbs: frozenset[str] | None = None
    """What they may do; None: nobody knows them."""
    by_token: bool = False
    at_home: bool = True
    """Whether the rows are of their own organisation and accounts."""
    account: str = ""
    """The only account that they may see; empty: all of their organisation."""

    def is_known(self, route: Route, method: str) -> bool:
        """Whether the route takes them for somebody: programs the API, browsers the pages.

        A browser may read the API as well, and do nothing with it.
        """
        if self.verbs is None:
            return False
        if self.by_token or not route.is_api:
            return self.by_token == route.is_api
        return method in {"GET", "HEAD"}


def signed_in(user: User) -> Client:
    """A browser in which this person has just proved who they are."""
    client = Client()
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    session, now = client.session, time.time()
    session[METHODS] = [{"method": "password", "at": now, "reauthenticated": True}]
    session[METHODS_OF] = str(user.pk)
    session[sessions.SEEN] = now + AN_HOUR  # else requests after a minute would note the session
    session.save()
    return client


def with_token(company: Company, *scopes: str, **options: Any) -> Client:
    """A program with a new token; `account` keeps it to one, `change` changes its row."""
    change = options.pop("change", None)
    with within(company.organisation):
        row, text = tokens.issue(
            organisation=company.organisation, by=None, name="t", scopes=scopes, **options
        )
        if change:
            ApiToken.objects.filter(pk=row.pk).update(**change)
    return Client(headers={"Authorization": f"Bearer {text}"})


def everybody(companies: Companies) -> list[Who]:
    """All of them, with rows of Acme in their requests; the strangers with rows of Rival."""
    acme = companies.acme
    gone = {"expires_at": timezone.now() - timedelta(seconds=1)}
    return [
        Who("anonymous", Client(), acme),
        Who("somebody who left", signed_in_once(acme.left), acme),
        *(Who(role, signed_in(acme.people[role]), acme, MAY[role]) for role in MAY),
        *(
            Who(f"token {scope}", with_token(acme, scope), acme, OPENS[scope], by_token=True)
            for scope in tokens.SCOPES
        ),
        Who("expired token", with_token(acme, "admin", change=gone), acme, by_token=True),
        Who(
            "revoked token",
            with_token(acme, "admin", change={"enabled": False}),
            acme,
            by_token=True,
        ),
        *limited(acme),
        *strangers(companies),
    ]


def asks(who: Who, route: Route, method: str) -> bool:
    """Whether it is worth a request: what is the same for all of a kind is asked by one of them."""
    if route.uses[method].needs in {"public", "nobody"}:
        return who.name in {"anonymous", "stranger", "revoked token"}
    if route.uses[method].needs in {"own", "self"} and not route.is_api:
        if method == "HEAD":
            return who.name in {"anonymous", "viewer"}
        return who.name in {
            "anonymous", "viewer", "owner", "stranger", "member of another account", "token admin",
        }  # fmt: skip
    if method == "HEAD":
        return who.name in {"anonymous", "owner", "token admin"}
    if route.is_api:
        return who.by_token or who.name not in {"analyst", "admin"}
    return not who.by_token or who.name == "token admin"


def strangers(companies: Companies) -> list[Who]:
    """Who may do everything at Acme, and asks for what is Rival's."""
    acme, rival = companies.acme, companies.rival
    owner = Who("stranger", signed_in(acme.people["owner"]), rival, MAY["owner"], at_home=False)
    token = with_token(acme, "admin")
    return [owner, replace(owner, name="stranger's token", client=token, by_token=True)]


def limited(company: Company) -> list[Who]:
    """Who may see the other account only, and asks for the first."""
    one = company.other
    token = with_token(company, "admin", accounts=[one])
    who = Who(
        "token of another account", token, company, OPENS["admin"], by_token=True,
        at_home=False, account=str(one.pk),
    )  # fmt: skip
    member = a_member(company.organisation, "limited", "admin", accounts=[one])
    equipped(member)
    verbs = MAY["admin"] - {"connect", "manage"}
    browser = signed_in(member)
    name = "member of another account"
    return [who, replace(who, name=name, client=browser, verbs=verbs, by_token=False)]


def signed_in_once(user: User) -> Client:
    """The browser of somebody who was signed in, and was switched off since."""
    User.objects.filter(pk=user.pk).update(is_active=True)
    user.refresh_from_db()
    client = signed_in(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    return client


def has_right(route: Route, method: str, who: Who) -> bool:
    """Whether the table lets them do it, with the rows that their requests name."""
    needs = route.uses[method].needs
    if needs in {"public", "nobody"}:
        return True
    may = needs == "own" or needs in (who.verbs or ())
    if needs == "self":
        may = who.name == "owner"
    return who.is_known(route, method) and may and reaches(who, route, method)


def reaches(who: Who, route: Route, method: str) -> bool:
    """Whether the rows that a request names are theirs; an organisation is of all its members."""
    named = route.names_a_row(method) and not (who.account and route.name == "organisation")
    return who.at_home or not named


def expected(route: Route, method: str, who: Who) -> set[int]:
    """Return the statuses that the table lets a request answer with."""
    use, known = route.uses[method], who.is_known(route, method)
    if use.needs == "public":
        return {use.ok, 401} if who.by_token and who.verbs is None else {use.ok}
    if use.needs == "nobody":
        return {302} if known else {use.ok}
    if not known:
        return {401} if route.is_api else {302}
    if has_right(route, method, who):
        return {use.ok}
    may = use.needs == "own" or use.needs in (who.verbs or ())
    if use.needs == "self":
        return {use.elsewhere}
    missing = not reaches(who, route, method)
    return ({use.elsewhere} if missing else set()) | (set() if may else {403})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, as one text with its headers."""

    status: int
    text: str
    sent: str


def ask(
    who: Who,
    route: Route,
    method: str,
    query: str = "",
    *,
    ids: dict[str, str] | None = None,
    looking: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Answer:
    """Send one request and undo what it wrote; `looking` ends before that, and sees it.

    Rows are named by `ids`, else by those of the company that `who` asks about.
    """
    rows = ids or who.rows.ids
    address, body = route.address(rows) + query, filled_in(route.uses[method].body, rows)
    sent, cookies = json.dumps(body), {name: one.value for name, one in who.client.cookies.items()}
    kind: dict[str, Any] = {"headers": {"X-Request-ID": "the-same-each-time"}}
    with undone(), looking():
        if method in {"GET", "HEAD"}:
            response = who.client.generic(method, address, **kind)
        elif method == "POST" and not route.is_api:
            response = who.client.post(address, body, **kind)
        else:
            response = who.client.generic(method, address, sent, "application/json", **kind)
        content = response.getvalue().decode(errors="replace")  # read before it is undone
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    text = f"{headers}\n{content}"
    who.client.cookies.clear()
    who.client.cookies.load(cookies)
    return Answer(response.status_code, text, f"{address} {sent}")


def filled_in(body: Mapping[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """Return a body of the table with ids for the names in braces."""
    return {
        name: value.format(**ids) if isinstance(value, str) and "{" in value else value
        for name, value in body.items()
    }


@contextmanager
def undone() -> Iterator[None]:
    """Take back what the block wrote."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
