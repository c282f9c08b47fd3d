"""Around every answer: headers that browsers obey, whatever made it; and limits for who asks."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from posture.limits import limiter
from posture.middleware import client_address, refusal

GetResponse = Callable[[HttpRequest], HttpResponse]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""For answers that did not come past whoever else sets them, such as that to a bad Host."""

UNLIMITED = ("/healthz/", "/metrics")
"""Asked by machines of the operator, who would take a refusal for an outage."""


class Headers:
    """Comes first, so that no answer leaves without them: errors, refusals and files included."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and add what is missing."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class Limited:
    """Refuses with 429 who asks too often: by token, by person, and by address for all others.

    It comes last, when OwnOrganisation has found out who asks; nothing of the view runs then.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take one from the caller's bucket, and say in the answer what is left."""
        if request.path_info.startswith(UNLIMITED):
            return self.get_response(request)
        taken = limiter().take(*_caller(request))
        if taken is None:
            return self.get_response(request)
        if taken.allowed:
            response = self.get_response(request)
        else:
            sentence = f"You ask too often. Wait {taken.wait} s; Retry-After says so, too."
            response = refusal(request, HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", sentence)
        for name, value in taken.headers.items():
            response.headers[name] = value
        return response


def _caller(request: HttpRequest) -> tuple[str, str]:
    scope = getattr(request, "scope", None)
    if scope is not None and scope.token is not None:
        return "token", str(scope.token.pk)
    if scope is not None and scope.user is not None:
        return "user", str(scope.user.pk)
    # apart, so that a program with a wrong token keeps nobody beside it from signing in
    door = "api" if request.path_info.startswith("/api/") else "pages"
    return "address", f"{door} {client_address(request)}"
