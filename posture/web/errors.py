"""Pages for what goes wrong: each says what happened, what to do, and the request's id."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from posture.middleware import unavailable
from posture.web.context import THEMES


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request itself is not one we can read.

    503 where a session could not be saved because the database did not answer.
    """
    failure = _of_database(exception)
    if failure is not None:
        return unavailable(request, failure)
    return _page(request, 400, "")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: known, but not allowed; the reason is ours and written for people."""
    return _page(request, 403, str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing there, or nothing that this reader may see."""
    said = str(exception) if exception.args and isinstance(exception.args[0], str) else ""
    return _page(request, 404, said)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; the page asks nothing of the database.

    503 where it was the database: what fails around a view, such as saving the session, gets here.
    """
    failure = _of_database(sys.exception())
    if failure is not None:
        return unavailable(request, failure)
    return _page(request, 500, "")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token: the page was open for too long, or cookies are off."""
    return _page(request, 403, CSRF_SENTENCE)


def _of_database(error: BaseException | None) -> Exception | None:
    """Find the database that did not answer among an exception and those that led to it."""
    while error is not None:
        if isinstance(error, (OperationalError, InterfaceError)):
            return error
        error = error.__cause__ or error.__context__
    return None


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
