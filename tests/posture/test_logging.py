"""Logs: one JSON object a line, with the request's id, without secrets."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from posture.logging import configuration

EXTERNAL_ID = "seller-posture-" + "0123456789abcdef0123456789abcdef01234567"
LOGGER = logging.getLogger("posture.example")
Said = Callable[[], dict[str, Any]]


@pytest.fixture
def said() -> Iterator[Said]:
    """The one line that a handler, configured like ours, has written."""
    settings = {**configuration(level="INFO")["formatters"]["json"]}
    formatter = settings.pop("()")(**settings)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    LOGGER.addHandler(handler)

    def read() -> dict[str, Any]:
        (line,) = stream.getvalue().splitlines()
        found: dict[str, Any] = json.loads(line)
        return found

    yield read
    LOGGER.removeHandler(handler)


def test_a_line_holds_what_where_when_and_for_which_request(said: Said) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1234567"):
        LOGGER.warning("scan was taken over", extra={"scan": "abc", "fence": 2})
    line = said()
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "scan was taken over",
        "level": "warning",
        "logger": "posture.example",
        "request_id": "r-1234567",
        "scan": "abc",
        "fence": 2,
    }


def test_a_text_of_several_lines_stays_one_line(said: Said) -> None:
    LOGGER.error("first\nsecond\x1b[31m\u2028third")
    assert said()["event"] == "first\nsecond\x1b[31m\u2028third"


def test_an_exception_comes_with_its_trace_but_without_variables(said: Said) -> None:
    hidden = "variable" + "content"
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        LOGGER.exception("failed", extra={"length": len(hidden)})
    line = said()
    assert "ZeroDivisionError" in line["exception"]
    assert hidden not in str(line)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Bearer spt_abcdefGHIJKL.0123456789abcdefghijABCDEFGHIJ0123456789", "0123456789abcdef"),
        ("used key AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("cannot reach redis://:hunter2hunter2@127.0.0.1:6379/0", "hunter2hunter2"),
        ("cannot reach postgresql://app:hunter2@db/posture", "hunter2"),
        ("sent password=hunter2hunter2", "hunter2hunter2"),
        ('sent {"ExternalId": "seller-posture-0123456789"}', "0123456789"),
        (f"{EXTERNAL_ID} was refused", EXTERNAL_ID),
        (f"arn:aws:sts::1:role/a?{EXTERNAL_ID}", EXTERNAL_ID),
        ('{"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG"}', "K7MDENG"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "K7MDENG"),
        ("aws-session-token=FwoGZXIvYXdzEBYaD", "FwoGZXIvYXdzEBYaD"),
        ('{"sts:ExternalId": ["my-own-choice", "my-other-choice"]}', "my-other-choice"),
        (r"{\"ExternalId\": \"my-own-choice\"}", "my-own-choice"),
    ],
)
def test_secrets_are_removed_from_messages_and_fields(said: Said, text: str, secret: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        LOGGER.exception(text, extra={"data": {"args": [text]}, "more": (text,)})
    assert secret not in str(said())
    assert "[removed]" in str(said()["data"])


@pytest.mark.parametrize(
    "field",
    [
        {"SecretAccessKey": ["hidden"]},
        {"aws_secret_access_key": "hidden"},
        {"ExternalId": ("hidden", ["hidden"])},
        {"sts:ExternalId": {"StringEquals": "hidden"}},
        {"token": b"hidden"},
        [{"deep": [{"SessionToken": {"hidden"}}]}],
    ],
)
def test_what_a_field_is_called_hides_all_that_is_in_it(said: Said, field: object) -> None:
    LOGGER.warning("request", extra={"data": field})
    line = said()
    assert "hidden" not in str(line)
    assert "[removed]" in str(line["data"])


def test_values_that_json_does_not_know_are_searched_as_well(said: Said) -> None:
    odd = {"error": ValueError(EXTERNAL_ID), "bytes": EXTERNAL_ID.encode(), "set": {EXTERNAL_ID}}
    LOGGER.warning("request", extra={"data": {**odd, EXTERNAL_ID: 1}, "more": ValueError("why")})
    line = said()
    assert EXTERNAL_ID not in str(line)
    assert line["more"] == "ValueError('why')"


def test_a_field_without_end_is_cut(said: Said) -> None:
    ring: list[object] = ["kept"]
    ring.append(ring)
    LOGGER.warning("request", extra={"data": ring, "n": 3, "tokens": 7})
    line = said()
    assert line["data"][0] == "kept"
    assert (line["n"], line["tokens"]) == (3, 7)


def test_fields_are_removed_by_their_name_too(said: Said) -> None:
    LOGGER.warning("request", extra={"data": {"Authorization": "x", "external_id": "y", "n": 1}})
    assert said()["data"] == {"Authorization": "[removed]", "external_id": "[removed]", "n": 1}
