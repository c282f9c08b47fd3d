"""Errors as problem details (RFC 9457): what is wrong, where, and a code that tools can rely on."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from posture.models.plain import storable

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"


class ProblemRenderer(JSONRenderer):
    """JSON under the media type of problem details."""

    media_type = CONTENT_TYPE


class Conflict(exceptions.APIException):
    """The request is sound but the present state of the resource forbids it."""

    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"


def answer_exception(error: Exception, context: dict[str, Any]) -> Response:
    """Turn any exception of a view into a problem; the middleware undoes what was written.

    What is not an API error is our fault: it is logged with its trace, announced like any other
    unhandled exception, and answered with 500 and no details.
    """
    request = context["request"]
    known = _as_api_error(error)
    if known is None:
        log.error("request failed", exc_info=error, extra={"path": request.path})
        got_request_exception.send(sender=None, request=request._request)
        known = exceptions.APIException("The server failed. Try again; quote the request id.")
    body = problem(
        request,
        status=known.status_code,
        code=_code_of(known),
        detail=_detail_of(known),
        errors=list(_errors_of(known.detail))
        if isinstance(known, exceptions.ValidationError)
        else [],
    )
    response = Response(body, status=known.status_code, content_type=CONTENT_TYPE)
    for header in ("WWW-Authenticate", "Retry-After"):
        value = getattr(
            known, {"WWW-Authenticate": "auth_header", "Retry-After": "wait"}[header], None
        )
        if value:
            response[header] = str(value) if header == "WWW-Authenticate" else str(int(value) + 1)
    return response


def problem(
    request: HttpRequest,
    *,
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Give the body of a problem; `code` is stable, `detail` is a sentence for people."""
    body: dict[str, Any] = {
        "type": f"urn:seller-posture:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "instance": request.path,
        "code": code,
        "request_id": getattr(request, "id", ""),
    }
    return {**body, "errors": errors} if errors else body


@csrf_exempt
def not_found(request: HttpRequest, **_: object) -> HttpResponse:
    """Answer paths below /api/ that do not exist, whatever the method: there is nothing to forge."""
    body = problem(request, status=404, code="not_found", detail="There is nothing at this path.")
    return JsonResponse(body, status=404, content_type=CONTENT_TYPE)


def _as_api_error(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, exceptions.APIException):
        return error
    if isinstance(error, Http404):
        return exceptions.NotFound("There is no such object, or this token may not see it.")
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied(str(error) or None)
    return None


def _code_of(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "invalid"
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code


def _detail_of(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "The request has values that cannot be used; see errors."
    return str(error.detail)


def _errors_of(detail: Any, pointer: str = "") -> Any:
    """Flatten DRF's nested error lists into rows of pointer, code and detail."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            here = pointer if name == "non_field_errors" else f"{pointer}/{name}"
            yield from _errors_of(inner, here)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (dict, list))
            yield from _errors_of(inner, f"{pointer}/{index}" if nested else pointer)
    else:
        # a name that was sent stands in it, and JSON can spell characters that UTF-8 cannot
        where = storable(pointer) or "/"
        yield {"pointer": where, "code": str(detail.code), "detail": str(detail)}
