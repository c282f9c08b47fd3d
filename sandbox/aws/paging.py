"""Cuts lists into pages with the token names of botocore's paginators."""

import base64
import binascii
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

import botocore.session
from botocore.exceptions import UnknownServiceError

from sandbox.aws.asking import Ask
from sandbox.aws.refusals import ApiError

Item = TypeVar("Item")

_BAD_TOKEN = {
    "iam": ("ValidationError", "Invalid Marker."),
    "ec2": ("InvalidParameterValue", "Unable to parse pagination token"),
    "sns": ("InvalidParameter", "Invalid parameter: nextToken"),
    "sqs": ("InvalidParameterValue", "Invalid or expired next token."),
    "cloudtrail": ("InvalidNextTokenException", "The next token is invalid."),
}


@cache
def _loader() -> Any:
    return botocore.session.Session().get_component("data_loader")


@cache
def _names(service: str, operation: str) -> dict[str, str]:
    try:
        pages = _loader().load_service_model(service, "paginators-1")["pagination"]
    except UnknownServiceError:
        pages = {}
    return dict(
        pages.get(
            operation,
            {"input_token": "NextToken", "output_token": "NextToken", "limit_key": "MaxResults"},
        )
    )


def cut(
    ask: Ask, items: Sequence[Item], *, usual: int | None, most: int = 1000, least: int = 1
) -> tuple[Sequence[Item], dict[str, Any]]:
    """One page of `items` and the members that say how to go on.

    `usual` is the page size when the caller names none (None: everything at once), `least` and `most`
    the sizes that AWS accepts. A size set for the action on the world wins when it is smaller.
    Raises ApiError for a size out of bounds or a token that this call did not give.
    """
    names = _names(ask.service, ask.operation)
    size = _size(ask, names.get("limit_key", ""), usual, least, most)
    start = _start(ask, ask.params.get(names["input_token"]))
    end = len(items) if size is None else start + size
    more = end < len(items)
    tail: dict[str, Any] = {names["output_token"]: _token(ask, end)} if more else {}
    if "more_results" in names:
        tail[names["more_results"]] = more
    return items[start:end], tail


def cut_answer(ask: Ask, answer: dict[str, Any]) -> dict[str, Any]:
    """A whole list answer of moto, cut as IAM would have cut it."""
    names = _names(ask.service, ask.operation)
    key = names["result_key"]
    page, tail = cut(ask, answer.get(key) or [], usual=100)
    whole = {name: value for name, value in answer.items() if name not in names.values()}
    return whole | {key: list(page)} | tail


def _size(ask: Ask, limit_key: str, usual: int | None, least: int, most: int) -> int | None:
    asked = ask.params.get(limit_key) if limit_key else None
    if asked is not None and not least <= asked <= most:
        code = (
            "ValidationError"
            if ask.protocol == "query"
            else "InvalidParameterValue"
            if ask.protocol == "ec2"
            else "ValidationException"
        )
        raise ApiError(code, f"Value {asked} for {limit_key} is not between {least} and {most}.")
    size = usual if asked is None else asked
    forced = ask.world.page_sizes.get(ask.action)
    if forced is None:
        return size
    return forced if size is None else min(size, forced)


def _token(ask: Ask, offset: int) -> str:
    return base64.urlsafe_b64encode(f"{ask.operation} {offset}".encode()).decode()


def _start(ask: Ask, token: str | None) -> int:
    if not token:
        return 0
    try:
        operation, offset = base64.urlsafe_b64decode(token).decode().split(" ")
        start = int(offset)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        operation, start = "", 0
    if operation != ask.operation:
        code, text = _BAD_TOKEN.get(ask.service, ("ValidationException", "Invalid NextToken"))
        raise ApiError(code, text)
    return start
