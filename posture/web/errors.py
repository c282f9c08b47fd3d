"""Pages for what goes wrong: each says what happened, what to do, and the request's id."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from posture.web.context import THEMES


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request itself is not one we can read."""
    return _page(request, 400, "")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: known, but not allowed; the reason is ours and written for people."""
    return _page(request, 403, str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing there, or nothing that this reader may see."""
    said = str(exception) if exception.args and isinstance(exception.args[0], str) else ""
    return _page(request, 404, said)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; the page asks nothing of the database."""
    return _page(request, 500, "")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token: the page was open for too long, or cookies are off."""
    return _page(request, 403, CSRF_SENTENCE)


CSRF_SENTENCE = (
    "The form was open for too long, or the browser did not send its cookie. Nothing was changed."
    " Go back, load the page again and repeat it."
)


def _page(request: HttpRequest, status: int, said: str) -> HttpResponse:
    """Render without context processors, which might be what failed."""
    theme = request.COOKIES.get("theme", "")
    context = {
        "said": said,
        "request_id": getattr(request, "id", ""),
        "theme": theme if theme in THEMES else "",
    }
    return render(None, f"errors/{status}.html", context, status=status)
