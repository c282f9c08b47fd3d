"""What goes wrong has a page with words, a way on, and the request's id."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from posture.web import errors

REQUEST_ID = "0123456789abcdef"


@pytest.fixture
def request_with_id() -> HttpRequest:
    request = RequestFactory().get("/nothing")
    request.id = REQUEST_ID  # type: ignore[attr-defined] # set by the middleware
    return request


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (lambda request: errors.bad_request(request, SuspiciousOperation("x")), 400, "could not read"),
        (lambda request: errors.forbidden(request, PermissionDenied("Ask an admin.")), 403, "Ask an admin."),
        (lambda request: errors.forbidden(request, PermissionDenied()), 403, "belong to no organisation"),
        (lambda request: errors.not_found(request, Http404("There is no such scan.")), 404, "no such scan"),
        (lambda request: errors.not_found(request, Http404({"path": "x"})), 404, "No page has this address"),
        (errors.server_error, 500, "Something broke on our side"),
        (errors.csrf_failure, 403, "open for too long"),
    ],
)  # fmt: skip
def test_each_error_says_what_happened_and_the_request_id(
    request_with_id: HttpRequest,
    answer: Callable[[HttpRequest], HttpResponse],
    status: int,
    words: str,
) -> None:
    response = answer(request_with_id)
    page = response.content.decode()
    assert response.status_code == status
    assert words in page
    assert f"<code>{REQUEST_ID}</code>" in page
    assert "Go to the home page" in page


def test_an_unknown_address_has_a_page_and_its_id_is_in_the_header(db: None) -> None:
    response = Client().get("/nothing/here", headers={"X-Request-ID": REQUEST_ID})
    assert response.status_code == 404
    assert response["X-Request-ID"] == REQUEST_ID
    assert REQUEST_ID in response.content.decode()


def test_an_error_page_keeps_the_theme(db: None) -> None:
    client = Client()
    client.cookies["theme"] = "dark"
    assert '<html lang="en" data-theme="dark">' in client.get("/nothing").content.decode()


def test_what_an_error_says_is_escaped_and_visible(request_with_id: HttpRequest) -> None:
    response = errors.not_found(request_with_id, Http404("<script>\u202e"))
    page = response.content.decode()
    assert "&lt;script&gt;\u2039U+202E\u203a" in page


def test_too_many_attempts_have_a_page_of_their_own() -> None:
    assert "Wait five minutes" in render_to_string("429.html")


def test_a_request_that_django_refuses_gets_our_page(db: None) -> None:
    response = Client().get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "We could not read this request" in response.content.decode()
