"""What happens around every request: an id, the organisation's transaction, and an honest 503."""

import logging
import re
import uuid
from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve

from posture import access, figures, tokens
from posture.auditing import coming_from
from posture.entrance import providers, sessions
from posture.models import User
from posture.models.audit import Door
from posture.sealing import CannotOpenError

log = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_SAFE = {"GET", "HEAD", "OPTIONS"}
_API = "/api/"
SEALED = (
    "A secret on this page cannot be opened, so the page is not shown. Nothing was changed. Whoever "
    "runs this installation finds the key that is missing with: manage.py doctor"
)
_CHARSETS = {"utf-8", "utf8"}


class Counted:
    """Counts each answer by the name of its route and its status, for posture.figures.

    A path that leads nowhere has no name of its own, or strangers could make as many as they like.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then count."""
        response = self.get_response(request)
        match = request.resolver_match
        route = match.view_name if match is not None else ""
        figures.requests.labels(route or "other", response.status_code).inc()
        return response


class RequestId:
    """Gives each request an id, or keeps a well-formed one that came with it (X-Request-ID).

    It comes first, so it also turns away what nothing behind it could decode, and keeps answers of
    the API out of every cache, refusals of the other layers included.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Bind the id to everything logged and audited meanwhile and answer with it."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.id = request_id  # type: ignore[attr-defined] # ours, read by problem details
        request.log_names = {"request_id": request_id}  # type: ignore[attr-defined] # ours
        door = Door.API if request.path_info.startswith(_API) else Door.PAGE
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            coming_from(address=client_address(request), request_id=request_id, door=door),
        ):
            known = (request.content_params or {}).get("charset", "utf-8").lower() in _CHARSETS
            response = self.get_response(request) if known else _other_charset(request)
        response["X-Request-ID"] = request_id
        if request.path_info.startswith(_API):
            response["Cache-Control"] = "no-store"
        return response


class Timeouts:
    """Ends sessions that were idle, or are open, for too long; the request goes on as nobody's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look at the clocks of the session, if there is one, then answer."""
        try:
            if settings.SESSION_COOKIE_NAME in request.COOKIES and not sessions.keep(request):
                request.user = AnonymousUser()
        except (OperationalError, InterfaceError) as error:
            return unavailable(request, error)
        return self.get_response(request)


class OwnOrganisation:
    """Finds out who asks (`request.scope`) and runs the view within their organisation.

    A page is asked for with a session, the API with a bearer token; a session serves the API only
    for reading, because the API has no CSRF check. An answer of 400 and above undoes what the view
    wrote. `request.token_refusal` says why a token was not accepted.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request inside one transaction of one organisation, or outside of any."""
        request.scope = request.token_refusal = None  # type: ignore[attr-defined] # ours
        try:
            organisation = self._enter(request)
            names = _names_of(request)
            request.log_names = {**getattr(request, "log_names", {}), **names}  # type: ignore[attr-defined] # for Django's own lines, which come after us
            with structlog.contextvars.bound_contextvars(**names):
                return self._answer(request, organisation)
        except (OperationalError, InterfaceError) as error:
            return unavailable(request, error)

    def _answer(self, request: HttpRequest, organisation: uuid.UUID | None) -> HttpResponse:
        if organisation is None or _manages_own_transactions(request):
            return self.get_response(request)
        with access.within(organisation):
            response = self.get_response(request)
            if response.status_code >= 400:  # noqa: PLR2004 - the first code of a refusal
                transaction.set_rollback(True)
            return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn a database that does not answer, or a key that is missing, into an honest 503."""
        if isinstance(error, (OperationalError, InterfaceError)):
            return unavailable(request, error)
        if isinstance(error, CannotOpenError):
            log.error("secret cannot be opened", exc_info=error)
            return refusal(request, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", SEALED)
        return None

    def _enter(self, request: HttpRequest) -> uuid.UUID | None:
        """Set `request.scope`; return the organisation, None for those we do not know."""
        is_api = request.path_info.startswith(_API)
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if is_api and kind.lower() == "bearer":
            return _enter_with_token(request, text.strip())
        if is_api and request.method not in _SAFE:
            return None
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            return _enter_with_session(request)
        return None


def _names_of(request: HttpRequest) -> dict[str, str]:
    """By which ids lines of the log belong to who asks; empty for those we do not know."""
    scope = getattr(request, "scope", None)
    if scope is None:
        return {}
    who = {"user": scope.user} if scope.token is None else {"program": scope.token}
    names = {name: str(row.pk) for name, row in who.items() if row is not None}
    return {"organisation": str(scope.organisation.pk), **names}


def _enter_with_token(request: HttpRequest, text: str) -> uuid.UUID | None:
    try:
        token = tokens.verify(text, client_address(request))
    except tokens.RefusedError as refusal:
        request.token_refusal = refusal  # type: ignore[attr-defined] # ours
        return None
    with access.within(token.organisation_id):
        request.scope = access.scope_of_token(token)  # type: ignore[attr-defined] # ours
    return token.organisation_id


def _enter_with_session(request: HttpRequest) -> uuid.UUID | None:
    user = request.user
    if not isinstance(user, User):
        return None
    vouched = providers.vouched(request.session, user)
    if vouched is not None:
        return _enter_with_provider(request, user, vouched)
    organisations = access.organisations_of(user)
    chosen = request.session.get("organisation")
    for organisation in sorted(organisations, key=lambda one: str(one) != chosen):
        with access.within(organisation):
            scope = access.scope_of_user(user, organisation)
        if scope is not None:
            request.scope = scope  # type: ignore[attr-defined] # ours
            request.several_organisations = len(organisations) > 1  # type: ignore[attr-defined] # ours, for the switcher
            return organisation
    return None


def _enter_with_provider(
    request: HttpRequest, user: User, vouched: providers.Vouched
) -> uuid.UUID | None:
    """Enter the provider's organisation and no other; end the session when that is not possible."""
    with access.within(vouched.organisation):
        scope = access.scope_of_user(user, vouched.organisation, vouched)
    if scope is not None and user.is_active:
        request.scope = scope  # type: ignore[attr-defined] # ours
        return vouched.organisation
    sessions.forget(str(request.session.session_key))
    request.session.flush()
    request.user = AnonymousUser()
    return None


def _manages_own_transactions(request: HttpRequest) -> bool:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    view = getattr(view, "view_class", view)
    return bool(getattr(view, "manages_own_transactions", False))


def client_address(request: HttpRequest) -> str:
    """Return who called: the peer, or what the TRUSTED_PROXIES-th proxy from the right saw."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    seen = [one.strip() for one in forwarded if one.strip()]
    proxies = settings.TRUSTED_PROXIES
    return seen[-proxies] if proxies and len(seen) >= proxies else peer


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer 503 with Retry-After; problem details for the API, one sentence for people."""
    log.error("database unavailable", exc_info=error)
    sentence = "The database does not answer at the moment. Nothing was changed; try again soon."
    response = refusal(request, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", sentence)
    response["Retry-After"] = "5"
    return response


def _other_charset(request: HttpRequest) -> HttpResponse:
    """Python knows codecs that are no text encodings or make lone surrogates; we need only one."""
    sentence = "Send text as UTF-8, or leave the charset out of Content-Type."
    return refusal(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_charset", sentence)


def refusal(request: HttpRequest, status: HTTPStatus, code: str, sentence: str) -> HttpResponse:
    """Answer with problem details for the API, with one sentence for people."""
    if not request.path_info.startswith(_API):
        return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    problem = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": sentence,
        "code": code,
        "request_id": getattr(request, "id", ""),
    }
    return JsonResponse(problem, status=status, content_type="application/problem+json")


def page_context(request: HttpRequest) -> dict[str, object]:
    """Give templates the nonce under the name that django-htmx reads, and who is looking."""
    return {
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "scope": getattr(request, "scope", None),
    }
