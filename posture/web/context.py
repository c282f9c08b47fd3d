"""What every page shows around its content: theme, places, accounts, who is looking."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from posture.access import Scope, Verb, accounts_of, may, named_organisations_of
from posture.models import Account, Installation, installation

THEMES = ("light", "dark")
ACCOUNTS_IN_MENU = 12


@dataclass(frozen=True, slots=True)
class Place:
    """One link of the rail, and a count beside it with what it counts."""

    name: str
    title: str
    url: str
    count: int = 0
    counted: str = ""


class Frame:
    """The frame around a page; asks the database only when a template prints it."""

    def __init__(self, scope: Scope, *, several_organisations: bool) -> None:
        self._scope = scope
        self._several_organisations = several_organisations
        self.organisation = scope.organisation.name
        self.person = str(scope.user or "")
        self.role = scope.role

    @cached_property
    def _numbers(self) -> dict[str, int]:
        open_of = F("open_critical") + F("open_high") + F("open_medium") + F("open_low")
        kept = Q(state__in=(Account.State.CONNECTED, Account.State.PAUSED))
        numbers = accounts_of(self._scope).aggregate(
            accounts=Count("pk"), connected=Count("pk", filter=kept), findings=Sum(open_of)
        )
        return {name: number or 0 for name, number in numbers.items()}

    @cached_property
    def accounts(self) -> list[Account]:
        """The worst accounts, as many as a menu can hold."""
        rows = accounts_of(self._scope).only("label", "aws_account", "score")
        return list(rows.order_by(F("score").asc(nulls_last=True), "pk")[:ACCOUNTS_IN_MENU])

    @cached_property
    def organisations(self) -> list[tuple[uuid.UUID, str]]:
        """Those that somebody who belongs to several may switch between; else none."""
        user = self._scope.user
        return named_organisations_of(user) if user and self._several_organisations else []

    @cached_property
    def installation(self) -> Installation:
        """Whether anything holds up all scans, of whatever organisation."""
        return installation()

    @property
    def account_count(self) -> int:
        """How many accounts there are, connected or not."""
        return self._numbers["accounts"]

    @property
    def open_findings(self) -> int:
        """How many findings are open in all accounts."""
        return self._numbers["findings"]

    @property
    def places(self) -> list[Place]:
        """The main places of the rail."""
        numbers = self._numbers
        return [
            Place("home", "Home", reverse("home")),
            Place("findings", "Findings", reverse("findings"), numbers["findings"], "open"),
            Place("accounts", "Accounts", reverse("accounts"), numbers["connected"], "connected"),
            Place("scans", "Scans", reverse("scans")),
            Place("controls", "Controls", reverse("controls")),
        ]

    @property
    def tools(self) -> list[Place]:
        """What programs need, and what is kept."""
        docs = Place("docs", "API docs", reverse("api-docs"))
        if not may(self._scope, "manage"):
            return [docs]
        return [
            Place("people", "People", reverse("people")),
            Place("security", "Security", reverse("security")),
            Place("providers", "Single sign-on", reverse("providers")),
            Place("tokens", "API tokens", reverse("tokens")),
            Place("snapshots", "Snapshots", reverse("snapshots")),
            Place("audit", "Audit log", reverse("audit")),
            docs,
        ]


def frame(request: HttpRequest) -> dict[str, object]:
    """Give templates the theme, the frame and what the reader may do (`can.scan`)."""
    theme = request.COOKIES.get("theme", "")
    found: dict[str, object] = {"theme": theme if theme in THEMES else ""}
    scope = getattr(request, "scope", None)
    framed = isinstance(scope, Scope) and not (scope.enrols or scope.must_use)
    found["shell"] = "frame.html" if framed else "entry.html"
    if isinstance(scope, Scope):
        several = bool(getattr(request, "several_organisations", False))
        if framed:
            found["frame"] = SimpleLazyObject(lambda: Frame(scope, several_organisations=several))
        found["can"] = {verb: may(scope, verb) for verb in VERBS}
    return found


VERBS: tuple[Verb, ...] = ("triage", "scan", "connect", "manage")
