"""Who calls the API: the scope that the middleware found, or the reason why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from posture import access
from posture.access import Scope

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module by its settings

CHALLENGE = 'Bearer realm="Seller Posture API"'


class ByScope(BaseAuthentication):
    """Takes `request.scope`; a bearer token that was refused is answered with its reason."""

    def authenticate(self, request: Request) -> tuple[Any, Scope] | None:
        """Return nobody in particular and the scope; raises AuthenticationFailed."""
        refusal = getattr(request, "token_refusal", None)
        if refusal is not None:
            raise AuthenticationFailed(str(refusal), refusal.code)
        scope = getattr(request, "scope", None)
        return (None, scope) if isinstance(scope, Scope) else None

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that a missing token is a 401 and not a 403."""
        return CHALLENGE


class HasVerb(BasePermission):
    """Lets through whose scope has the verb that the view names for the method."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True, or raise with the token scope that would be needed."""
        if not isinstance(request.auth, Scope):
            message = "Send a token: Authorization: Bearer spt_..."
            raise NotAuthenticated(message)
        verbs: dict[str, access.Verb] = getattr(view, "verbs", {})
        verb = verbs.get(request.method or "", "read")
        if not access.may(request.auth, verb):
            message = f"This token may not do that; it needs the scope {NEEDED[verb]}."
            raise PermissionDenied(message, "insufficient_scope")
        return True


NEEDED: dict[access.Verb, str] = {
    "read": "findings:read",
    "triage": "findings:triage",
    "scan": "scans:run",
    "connect": "admin",
    "manage": "admin",
}


def caller(request: Request) -> Scope:
    """Return who calls; the permission class has made sure that there is somebody."""
    scope: object = request.auth
    if not isinstance(scope, Scope):
        raise NotAuthenticated
    return scope
