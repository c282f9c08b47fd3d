"""Every address of the product: which methods it has, who may use them, and whose row it names.

A route that is not here fails test_routes.py. To add one, add one line to PAGES, API or PUBLIC:

    route("scan", "scan", GET=read())                        a page that every member may read
    route("token", "apitoken", POST=write("manage"))         a form for admins and owners

After the name of the route come the names of rows that fill its parameters, as `Company.ids` has
them (any model by its name in lower case), or fixed texts behind an equals sign. `needs` is a verb
of posture/access.py, "provide" for what only owners do, "own" for what belongs to whoever is signed in, "self" for a row of the owner's
own that nobody else has, "public" for everybody, "nobody" for pages that lead home whoever is
signed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Use:
    """One method of a route: what it needs, and what it answers to whoever may use it."""

    needs: str
    ok: int
    body: Mapping[str, Any]
    """A form or a JSON object; texts in braces stand for ids, as in `{account}`."""
    changes: bool
    """Whether rows are different afterwards."""
    elsewhere: int
    """What it answers for a row of another organisation."""


def read(needs: str = "read", *, ok: int = 200, elsewhere: int = 404) -> Use:
    """A GET, and the HEAD beside it."""
    return Use(needs, ok, {}, changes=False, elsewhere=elsewhere)


def write(
    needs: str, body: Mapping[str, Any] | None = None, *, ok: int = 302, changes: bool = True
) -> Use:
    """A POST or PATCH with a body that works for whoever may send it."""
    return Use(needs, ok, body or {}, changes=changes, elsewhere=404)


@dataclass(frozen=True, slots=True)
class Route:
    """One name of the URLconf."""

    name: str
    rows: tuple[str, ...]
    uses: Mapping[str, Use]
    asks: tuple[str, ...] = ()
    """Parameters of its query; those of the API are taken from the OpenAPI document."""

    @property
    def is_api(self) -> bool:
        """Whether bearer tokens open it, and refusals are problem details."""
        return self.name.startswith("api-")

    def address(self, ids: Mapping[str, str]) -> str:
        """Return the path with rows of a company in it."""
        return reverse(self.name, args=[filled(row, ids) for row in self.rows])

    def names_a_row(self, method: str) -> bool:
        """Whether a request names a row of an organisation, in its path or its body."""
        inside = any(not row.startswith("=") for row in self.rows)
        return inside or any("{" in str(value) for value in self.uses[method].body.values())


def filled(row: str, ids: Mapping[str, str]) -> str:
    """Return the id of a row, or the fixed text behind an equals sign."""
    return row[1:] if row.startswith("=") else ids[row]


def route(name: str, *rows: str, asks: str = "", **uses: Use) -> Route:
    """A line of the table; HEAD comes with GET."""
    head = {"HEAD": uses["GET"]} if "GET" in uses else {}
    return Route(name, rows, {**uses, **head}, tuple(asks.split()))


TICKET = {"system": "jira", "key": "SEC-9", "url": "https://jira.example/SEC-9"}
SCHEDULE = {"preset": "weekly", "zone": "Europe/Berlin", "cron": ""}
ANSWER = {"answer": "yes", "note": "Seen.", "valid_until": "{next_year}"}
ACCOUNT = {"aws_account": "333322221111", "label": "Third", "product_types": ["ami"]}
TOKEN = {"name": "tickets", "scopes": ["findings:read"], "days": "30", "networks": ""}
NEW_PASSWORD = "staple battery horse correct"
PASSWORDS = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
INVITED = {"email": "olga@example.org", "role": "viewer"}
PROVIDER = {
    "name": "Others", "slug": "others-0001", "issuer": "https://login.example.com",
    "client_id": "posture", "client_secret": "of the provider", "domains": "example.com",
    "active": "on",
}  # fmt: skip
NEVER: dict[str, Any] = {"changes": False, "ok": 404}
REFUSED: dict[str, Any] = {"changes": False, "ok": 200}
LISTED = "severity state topic account control region q sort view after open"

PUBLIC = (
    route("live", GET=read("public")),
    route("ready", GET=read("public")),
    route("metrics", GET=read("public", ok=404)),
    route(
        "sign_in",
        asks="next",
        GET=read("nobody"),
        POST=write("nobody", changes=False, ok=200),
    ),
    route("sign_out", POST=write("own")),
    route("theme", POST=write("public", {"theme": "dark", "next": "/"}, changes=False)),
    route("sso", asks="name next", GET=read("public")),
    route("sso_begin", "=nowhere", GET=read("public", ok=404)),
    route("sso_callback", "=nowhere", GET=read("public", ok=404)),
    # links with a secret that nobody has; tests of these links follow true ones
    route("invitation", "=secret", GET=read("public", ok=404), POST=write("public", **NEVER)),
    route("setup", "=secret", GET=read("public", ok=404), POST=write("public", **NEVER)),
    route("break_glass", "=secret", GET=read("public", ok=404), POST=write("public", **NEVER)),
    route(
        "account_reset_password_from_key",
        "=1",
        "=secret",
        GET=read("public"),
        POST=write("public", changes=False, ok=200),
    ),
    route("account_reset_password_from_key_done", GET=read("public", ok=302)),
    route("password_forgotten", GET=read("public"), POST=write("public", changes=False, ok=200)),
    route("password_sent", GET=read("public")),
    route(
        "mfa_authenticate",
        GET=read("public", ok=302),
        POST=write("public", changes=False),
    ),
    route("api-schema", GET=read("public")),
    route("api-docs", GET=read("public")),
)

ONESELF = (
    route("you", GET=read("own")),
    route("account_set_password", GET=read("own"), POST=write("own", PASSWORDS)),
    route("mfa_activate_totp", GET=read("own", ok=302), POST=write("own", changes=False)),
    route("mfa_deactivate_totp", GET=read("own"), POST=write("own")),
    route("mfa_add_webauthn", GET=read("own"), POST=write("own", **REFUSED)),
    route("mfa_remove_webauthn", "passkey", GET=read("self"), POST=write("self")),
    route("mfa_view_recovery_codes", GET=read("own"), POST=write("own")),
    route("codes_file", GET=read("own", ok=404)),
    route("other_sessions", POST=write("own")),
    route("session", "session", POST=write("self")),
    route("account_reauthenticate", asks="next", GET=read("own"), POST=write("own", **REFUSED)),
    route("mfa_reauthenticate", asks="next", GET=read("own"), POST=write("own", **REFUSED)),
    route(
        "mfa_reauthenticate_webauthn",
        asks="next",
        GET=read("own"),
        POST=write("own", changes=False),
    ),
)

PAGES = (
    route("home", asks="account", GET=read()),
    route("accounts", asks="after", GET=read()),
    route("connect", GET=read("connect"), POST=write("connect", ACCOUNT)),
    route("account", "account", GET=read(), POST=write("connect", SCHEDULE)),
    route("connection", "account", POST=write("connect", {"do": "disconnect"})),
    route("profile", "account", GET=read(), POST=write("connect", {}, ok=400, changes=False)),
    route("attestations", "account", GET=read()),
    route("attestation", "account", "=M-AMMP-2", GET=read(), POST=write("triage", ANSWER)),
    route("attestation_withdrawal", "attestation", POST=write("triage")),
    route("attestation_document", "attestation", GET=read()),
    route("connect_role", "account", GET=read("connect")),
    route(
        "connect_test",
        "account",
        GET=read("connect"),
        POST=write("connect", ok=400, changes=False),
    ),
    route("connect_schedule", "account", GET=read("connect"), POST=write("connect", SCHEDULE)),
    route("role_template", "account", "=cli", GET=read("connect")),
    route("account_scans", "account", POST=write("scan")),
    route("scans", asks="account after", GET=read()),
    route("scan", "scan", GET=read()),
    route("scan_cancel", "queued", GET=read("scan"), POST=write("scan")),
    route("findings", asks=LISTED, GET=read()),
    route("finding", "finding", asks="account control q", GET=read()),
    # asked for again after a refused form it leads to the finding, whether there is one or not
    route(
        "finding_ticket",
        "finding",
        GET=read(ok=302, elsewhere=302),
        POST=write("triage", TICKET),
    ),
    route("finding_verification", "finding", GET=read(ok=302), POST=write("scan")),
    route("controls", asks="account", GET=read()),
    route("control", "=SQS-03", asks="account", GET=read()),
    route("topic", "=sqs", asks="account", GET=read()),
    route("score_explained", GET=read()),
    route("snapshots", GET=read("manage")),
    route("tokens", GET=read("manage"), POST=write("manage", TOKEN, ok=200)),
    route("token", "apitoken", POST=write("manage")),
    route("service_accounts", POST=write("manage", {"name": "robots"})),
    route("service_account", "serviceaccount", POST=write("manage", {"do": "disable"})),
    route(
        "external_id",
        "account",
        GET=read("connect", ok=302),
        POST=write("connect"),
    ),
    route("audit", asks="who action target from to after", GET=read("manage")),
    route("audit_export", POST=write("manage", {"format": "csv"}, ok=200)),
    route("security", GET=read("manage"), POST=write("manage", {"required": "yes"})),
    route("providers", GET=read("manage")),
    route("new_provider", GET=read("provide"), POST=write("provide", PROVIDER)),
    route(
        "provider",
        "identityprovider",
        GET=read("provide"),
        POST=write("provide", PROVIDER),
    ),
    # its issuer is no public address, which is the answer
    route("provider_test", "identityprovider", GET=read("manage", ok=403)),
    route("people", asks="after", GET=read("manage")),
    route("member", "member", GET=read("manage"), POST=write("manage", {"do": "remove"})),
    route("invitations", GET=read("manage"), POST=write("manage", INVITED, ok=200)),
    route("invitation_again", "invitation", POST=write("manage", {"do": "withdraw"})),
    route("leave", GET=read(), POST=write("read")),
    route(
        "organisation",
        POST=write("read", {"organisation": "{organisation}"}, changes=False),
    ),
    *ONESELF,
)

API = (
    route("api-accounts", GET=read()),
    route("api-account", "account", GET=read()),
    route("api-scores", "account", GET=read()),
    route(
        "api-schedule",
        "account",
        GET=read(),
        PATCH=write("connect", {"preset": "weekly"}, ok=200),
    ),
    route("api-scans", GET=read(), POST=write("scan", {"account": "{account}"}, ok=202)),
    route("api-scan", "scan", GET=read()),
    route("api-scan-cancel", "queued", POST=write("scan", ok=202)),
    route("api-findings", GET=read()),
    route(
        "api-finding",
        "finding",
        GET=read(),
        PATCH=write("triage", {"ticket": TICKET}, ok=200),
    ),
    route("api-finding-verify", "finding", POST=write("scan", ok=202)),
    route("api-verification", "verification", GET=read()),
    route("api-audit-events", GET=read("manage")),
    route("api-controls", GET=read()),
    route("api-control", "=SQS-03", GET=read()),
)

ROUTES = (*PUBLIC, *PAGES, *API)
ALSO_CALLED = {"account_login": "sign_in", "mfa_index": "you", "mfa_list_webauthn": "you"}
"""Names by which allauth looks for pages that have another name with us."""
ANY_PATH = {"api-not-found"}
"""Names of patterns that stand for no route of ours: they answer 404 to everything."""
