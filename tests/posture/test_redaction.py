"""Thirty kinds of secrets on four ways into the log, and lines that cannot be forged."""

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from posture.logging import OneLine, bound_for_threads, configuration, hide

LOGGER = logging.getLogger("posture.redaction")
Lines = Callable[[], list[str]]

KNOWN = "ab12-not-shaped-like-anything-cd34"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
SECRETS = [
    ("spt_abcdefGHIJKL.0123456789abcdefghijABCDEFGHIJ", "0123456789abcdefghij"),
    ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    ("ASIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    ("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG", "K7MDENG"),
    ("AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMI/K7MDENG", "K7MDENG"),
    ("'SecretAccessKey': 'wJalrXUtnFEMI/K7MDENG'", "K7MDENG"),
    ('{"SessionToken": "FwoGZXIvYXdzEBYaD"}', "FwoGZXIvYXdz"),
    ("https://s3/x?X-Amz-Security-Token=FwoGZXIv&y=1", "FwoGZXIv"),
    ("https://s3/x?X-Amz-Signature=0a1b2c3d4e5f", "0a1b2c3d4e5f"),
    ("https://s3/x?X-Amz-Credential=AKID%2F2026%2Fus", "AKID%2F2026"),
    ("seller-posture-0123456789abcdef0123456789abcdef01234567", "0123456789abcdef"),
    ("ExternalId=my-own-choice-7", "my-own-choice-7"),
    ('{"sts:ExternalId": ["my-own-choice-7"]}', "my-own-choice-7"),
    ("postgresql://app:hunter2hunter2@db/posture", "hunter2hunter2"),
    ("redis://:hunter2hunter2@redis:6379/0", "hunter2hunter2"),
    ("smtp+tls://mail:hunter2hunter2@mail.example:587", "hunter2hunter2"),
    ("password=hunter2hunter2", "hunter2hunter2"),
    ("Bad Request: /setup/hunter2-hunter2", "hunter2"),
    ("Forbidden (CSRF token missing.): /break-glass/hunter2_hunter2", "hunter2"),
    ('"GET /break-glass/hunter2?x=1 HTTP/1.1" 200', "hunter2"),
    ("Not Found: /invitations/hunter2", "hunter2"),
    ("Bad Request: /password/hunter2/cq1x-hunter3/", "hunter3"),
    ("/sign-in?next=%2Finvitations%2Fspi_hunter2hunter2", "hunter2"),
    ("GET '/sso/acme-staff/callback?code=aHVudGVyMjpo&state=1'", "aHVudGVyMjpo"),
    ("{'password': 'hunter2hunter2'}", "hunter2hunter2"),
    ("passwd: hunter2hunter2", "hunter2hunter2"),
    ("Authorization: Basic aHVudGVyMjpodW50ZXIy", "aHVudGVyMjpodW50ZXIy"),
    ("authorization: AWS4-HMAC-SHA256 Credential=x, Signature=fe5f80", "fe5f80"),
    ("sent Bearer 0123456789abcdef", "0123456789abcdef"),
    ("Cookie: sid=k3j4h5k3j4h5; theme=dark", "k3j4h5k3j4h5"),
    ("Set-Cookie: __Host-sid=k3j4h5k3j4h5; Secure", "k3j4h5k3j4h5"),
    ("form csrfmiddlewaretoken=k3j4h5k3j4h5", "k3j4h5k3j4h5"),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
        "MIIEpAIB",
    ),
    ("-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA", "MIIEpAIB"),
    (f"id {JWT}", "c2lnbmF0dXJl"),
    ("ghp_0123456789abcdefABCDEF", "0123456789abcdef"),
    ("xoxb-0123456789-abcdef", "0123456789-abcdef"),
    ("api_key=0123456789abcdef", "0123456789abcdef"),
    ("TOKEN_PEPPERS=1:0123456789abcdef", "0123456789abcdef"),
    (f"prefix{KNOWN}suffix", KNOWN),
]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What a handler, configured like ours, has written."""
    settings = {**configuration(level="INFO")["formatters"]["json"]}
    formatter = settings.pop("()")(**settings)
    stream = io.StringIO()
    handler = OneLine(stream)
    handler.setFormatter(formatter)
    LOGGER.addHandler(handler)
    LOGGER.propagate = False
    hide(KNOWN)
    yield lambda: stream.getvalue().split("\n")[:-1]
    LOGGER.removeHandler(handler)
    LOGGER.propagate = True


def raise_within(text: str) -> None:
    try:
        raise KeyError(text)
    except KeyError as error:
        message = f"while handling {text}"
        raise ValueError(message, {"args": text}) from error


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_no_way_into_the_log_lets_a_secret_through(lines: Lines, text: str, secret: str) -> None:
    assert secret in text
    LOGGER.warning("message %s", text)
    LOGGER.warning("extra", extra={"one": text, "two": {"three": [text, {"four": text.encode()}]}})
    LOGGER.warning("object", extra={"one": ValueError(text)})
    try:
        raise_within(text)
    except ValueError:
        LOGGER.exception("exception", stack_info=True)
    assert len(lines()) == 4
    assert [line for line in lines() if secret in line] == []


def test_addresses_that_open_nothing_stay_readable(lines: Lines) -> None:
    LOGGER.warning("GET /settings/invitations/0190-ab /password/sent /settings/you/password /setup")
    (line,) = lines()
    assert json.loads(line)["event"].split()[1:] == [
        "/settings/invitations/0190-ab", "/password/sent", "/settings/you/password", "/setup"
    ]  # fmt: skip


FORGERIES = [
    'x\n{"event": "signed in", "level": "info"}', "x\r\n\r\nHTTP/1.1 200 OK", "x\x00y", "x\x1b[2J\x1b]0;y\x07",
    "x\u2028y\u2029z\x85\x0b\x0c", "\ud800 lone", '"}\n{"a":"b', "\\n", "%s %d %(x)s", "{0.__class__}",
    "\u202egnp.exe", "x" * 100_000, b"\xff\xfe\n", ["a\nb"], {"a\nb": "c\rd"}, object(), None, float("nan"),
    float("inf"), 10**400,
]  # fmt: skip


class Odd:
    """Something whose text has lines of its own."""

    def __repr__(self) -> str:
        return 'first\n{"event": "second"}'


class Broken:
    """Something that has no text."""

    def __repr__(self) -> str:
        raise RuntimeError("first\nsecond")


def only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out pytest's handlers: they take some lines for failures and cannot report others."""
    ours = [handler for handler in LOGGER.handlers if isinstance(handler, OneLine)]
    monkeypatch.setattr(LOGGER, "handlers", ours)


@pytest.mark.parametrize("value", [*FORGERIES, Odd()], ids=range(len(FORGERIES) + 1))
def test_one_event_is_one_line_of_json_whatever_is_in_it(
    lines: Lines, monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    only_ours(monkeypatch)
    LOGGER.warning(value)
    LOGGER.warning("message %r", value)
    LOGGER.warning("extra", extra={"value": value, "more\nx": [value]})
    found = [json.loads(line) for line in lines()]
    assert len(found) == 3
    assert [one["logger"] for one in found] == ["posture.redaction"] * 3
    assert all(line.isascii() and line.isprintable() for line in lines())


@pytest.mark.parametrize("broken", [("%d", "x"), ("%s %s", "x"), ("%s", Broken())])
def test_a_line_that_cannot_be_made_is_one_line_too(
    lines: Lines,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    broken: tuple[Any, ...],
) -> None:
    only_ours(monkeypatch)
    LOGGER.warning(*broken)
    (line,) = lines()
    assert json.loads(line)["event"] == "a line could not be written"
    assert capsys.readouterr().err == ""


def test_every_thread_names_the_scan_of_its_process(lines: Lines) -> None:
    with bound_for_threads(scan="s", organisation="o", attempt="2"):
        for _ in range(2):
            thread = threading.Thread(target=LOGGER.warning, args=["beat"])
            thread.start()
            thread.join()
        LOGGER.warning("taken over", extra={"attempt": "3"})
    LOGGER.warning("after")
    found = [json.loads(line) for line in lines()]
    assert [(one.get("scan"), one.get("attempt")) for one in found] == [
        ("s", "2"), ("s", "2"), ("s", "3"), (None, None)
    ]  # fmt: skip
