"""Signing in with an organisation's identity provider: naming it, going there, and coming back."""

from __future__ import annotations

from http import HTTPStatus

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core import ratelimit
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from posture.access import manages_own_transactions, may, organisations_of, within
from posture.entrance import factors, oidc, providers, sessions
from posture.entrance.arriving import Claims, RefusedError, admit, find
from posture.models import IdentityProvider, Organisation, User
from posture.web.people import is_ours
from posture.web.proof import by_provider

SIGN_OUT_FIRST = (
    "In this browser you are signed in as somebody else than {whom}. Sign out first, "
    "then begin again."
)
LOGIN, TEST = "login", "test"
"""Why somebody is led to a provider: to sign in, or to see what it says."""

UNKNOWN = "No single sign-on has this name here. Ask an owner or admin of your organisation for it."


@never_cache
@require_safe
def name(request: HttpRequest) -> HttpResponse:
    """Ask for the name of the organisation's provider, then show the link that leads to it.

    A link and not a redirect: browsers follow no form to a host that our policy does not name.
    """
    slug = request.GET.get("name", "").strip().lower()
    row = providers.named(slug) if slug else None
    if row is not None and not row.active:
        row = None
    context = {"slug": slug[:40], "provider": row, "next": _there(request)}
    if slug and row is None:
        context["fault"] = UNKNOWN
    status = HTTPStatus.NOT_FOUND if "fault" in context else HTTPStatus.OK
    return render(request, "entrance/sso.html", context, status=status)


@never_cache
@require_safe
@manages_own_transactions
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """Lead to the provider; those who are in already are asked there to prove it anew.

    Another site cannot begin a sign-in for somebody: it gets the page with the link.
    """
    row = providers.named(slug)
    if row is None or not row.active:
        return _refused(request, UNKNOWN, HTTPStatus.NOT_FOUND)
    user = request.user
    if isinstance(user, User) and row.organisation_id not in organisations_of(user):
        return _refused(request, SIGN_OUT_FIRST.format(whom=f"those whom {row.name} knows"))
    if not _is_from_here(request):
        context = {"slug": row.slug, "provider": row, "next": _there(request)}
        return render(request, "entrance/sso.html", context)
    return led(request, row, LOGIN)


def _is_from_here(request: HttpRequest) -> bool:
    """Whether a page of ours, or they themselves in the address bar, asked for this.

    Browsers that are old, or that came by plain http, do not say so; there the page counts that the
    link stood on, which our policy has them send to ourselves only.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    return url_has_allowed_host_and_scheme(
        request.headers.get("Referer", ""),
        allowed_hosts={request.get_host()},
        require_https=request.is_secure(),
    )


def led(request: HttpRequest, row: IdentityProvider, process: str) -> HttpResponse:
    """Redirect to a provider, or say why that cannot be."""
    limited: HttpResponse | None = ratelimit.consume_or_429(request, action="login", limit_get=True)
    if limited is not None:
        return limited
    again = by_provider(request) is not None or process == TEST
    try:
        return oidc.lead(request, row, process=process, there=_there(request), again=again)
    except RefusedError as refusal:
        return _refused(request, str(refusal))


@never_cache
@require_safe
@manages_own_transactions
def callback(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the answer of the provider; sign in whom it is about, or show what a test brought."""
    row = providers.named(slug)
    if row is None:
        return _refused(request, UNKNOWN, HTTPStatus.NOT_FOUND)
    try:
        state = oidc.take_state(request, row)
        if state["process"] == TEST:
            return _tested(request, row, state)
        if not row.active:
            return _refused(request, UNKNOWN, HTTPStatus.NOT_FOUND)
        claims = oidc.arrive(request, row, state)
        with within(row.organisation_id):
            user = admit(provider=row, claims=claims)
            organisation = Organisation.objects.get(pk=row.organisation_id)
            if request.user.is_authenticated and request.user != user:
                raise RefusedError(SIGN_OUT_FIRST.format(whom=user.email))
    except RefusedError as refusal:
        return _refused(request, str(refusal))
    return _enter(request, row, user, organisation, claims, str(state.get("next") or ""))


def _enter(  # noqa: PLR0913, PLR0917 - who, where, by what, and whereto
    request: HttpRequest,
    row: IdentityProvider,
    user: User,
    organisation: Organisation,
    claims: Claims,
    there: str,
) -> HttpResponse:
    """Begin a session that is bound to the provider's organisation.

    Where that requires a second factor, and the provider did not say that it asked for one, its
    word stands for the password only.
    """
    if request.user.is_authenticated:
        sessions.forget(str(request.session.session_key))
    logout(request)
    providers.vouch(request.session, row, user, with_factor=claims.with_factor, at=claims.proved_at)
    record_authentication(request, user, method=providers.BY_PROVIDER, provider=row.slug)
    there = there if is_ours(request, there) else reverse("home")
    needs_own = organisation.requires_second_factor and not claims.with_factor
    if needs_own and factors.has_second_factor(user):
        answer: HttpResponse = perform_login(request, Login(user=user, redirect_url=there))
        return answer
    adapter = get_adapter()
    adapter.login(request, user)
    entered: HttpResponse = adapter.post_login(
        request, user, email_verification="none", signal_kwargs=None, email=user.email,
        signup=False, redirect_url=there,
    )  # fmt: skip
    return entered


def _tested(request: HttpRequest, row: IdentityProvider, state: dict[str, object]) -> HttpResponse:
    """Show those who manage the organisation what came back, and what it would do."""
    scope = getattr(request, "scope", None)
    if scope is None or not may(scope, "manage") or scope.organisation.pk != row.organisation_id:
        return _refused(request, oidc.AGAIN)
    context: dict[str, object] = {"place": "providers", "provider": row}
    try:
        claims = oidc.arrive(request, row, state)
        context["claims"] = claims
        with within(row.organisation_id):
            context["person"] = find(provider=row, claims=claims)
    except RefusedError as refusal:
        context["fault"] = str(refusal)
    with within(row.organisation_id):
        return render(request, "settings/sso_test.html", context)


def _refused(
    request: HttpRequest, sentence: str, status: HTTPStatus = HTTPStatus.FORBIDDEN
) -> HttpResponse:
    return render(request, "entrance/sso_refused.html", {"sentence": sentence}, status=status)


def _there(request: HttpRequest) -> str:
    """Where they wanted to go, if that is a page of ours."""
    wanted = request.GET.get("next", "")
    return wanted if is_ours(request, wanted) else ""
