"""Structured logs: one JSON object a line on stderr, with the request's id and without secrets."""

import json
import logging.config
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any, TextIO

import structlog

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

_SECRETS = re.compile(
    r"spt_[0-9A-Za-z]{12}\.[0-9A-Za-z]+"  # our own tokens
    r"|spi_[\w-]{8,}"  # secrets of invitations, as their links hold them
    # links that open something: whoever reads a log must not use one, nor learn what people guess
    r"|(?<=/setup/)[^\s'\"]+|(?<=/break-glass/)[^\s'\"]+"
    r"|(?<=/invitations/)(?<!/settings/invitations/)[^\s'\"]+"
    r"|(?<=/password/)[^/\s'\"]+/[^\s'\"]+"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # AWS access key ids
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # passwords in addresses
    r"|seller-posture-[0-9a-f]{8,}"  # external ids
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # signed tokens (JWT)
    r"|\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-)[\w-]{10,}"  # tokens of ticketing tools
    r"|(?i:\b(?:basic|bearer)\s+)[\w.~+/=-]{8,}"
    r"|(?i:\b(?:proxy-)?authorization\\*['\"]?\s*[=:]\s*)[^\r\n'\"]{4,}"
    r"|(?i:\b(?:set-)?cookie\\*['\"]?\s*[=:]\s*)[^\r\n'\"]{4,}"
    r"|(?i:\b(?:(?:__Host-)?(?:sid|csrf)|csrfmiddlewaretoken|sessionid)=)[^\s;&'\",]+"
    r"|(?<=[?&]code=)[^\s&'\"]{8,}"  # of a sign-in with a provider
    r"|(?i:\bX-Amz-(?:Signature|Credential|Security-Token)=)[^\s&'\"]+"
    r"|(?i:\b(?:api[_-]?key|pwd|passwd|passphrase|pepper|signature)s?\\*['\"]?\s*[=:]\s*)\\*['\"]?[^\s'\",}\]\\]{6,}"
    r"|(?i:(?:password|secret|token|external.?id)[\w-]{0,40}\\*['\"]?\s*[=:]\s*)"
    r"(?:\[[^\]]{0,4000}|\\*['\"]?[^\s'\",}\]\\]{6,})"  # a list of them, or one
)
_SECRET_NAMES = re.compile(
    r"(?i)password|passwd|passphrase|secret|token(?!s$)|authorization|cookie|external.?id|api.?key"
    r"|pepper|private.?key|signature|credential"
)
_Event = MutableMapping[str, Any]
REMOVED = "[removed]"
SHORTEST_KNOWN = 8
DEEPEST = 20
"""Levels of a field that are written; an error while writing would print all of it."""


def without_secrets(_logger: object, _method: str, event: _Event) -> _Event:
    """Replace what looks like a secret, by its form or its name, at any depth of a log event."""
    return {key: _without_secrets(str(key), value, DEEPEST) for key, value in event.items()}


def _without_secrets(name: str, value: Any, deeper: int) -> Any:
    """Give the value as it may be written; what JSON does not know is written as `repr` has it."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if _SECRET_NAMES.search(name) or not deeper:
        return REMOVED
    if isinstance(value, Mapping):
        return {
            _cleaned(str(key)): _without_secrets(str(key), one, deeper - 1)
            for key, one in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_without_secrets(name, one, deeper - 1) for one in value]
    return _cleaned(value if isinstance(value, str) else repr(value))


_known: list[str] = []


def hide(*secrets: str) -> None:
    """Remove these very texts from every line too, in whatever company; short ones are ignored."""
    _known.extend(one for one in secrets if len(one) >= SHORTEST_KNOWN and one not in _known)


def _cleaned(text: str) -> str:
    for secret in _known:
        text = text.replace(secret, REMOVED)
    return _SECRETS.sub(REMOVED, text)


_for_threads: dict[str, str] = {}


@contextmanager
def bound_for_threads(**names: str) -> Iterator[None]:
    """Write these names into every line of this process meanwhile, whichever thread says it.

    For work of which a process does one at a time, such as a scan in a worker's child: its calls to
    AWS and its heartbeat have threads of their own, which inherit no context.
    """
    before = dict(_for_threads)
    _for_threads.update(names)
    try:
        yield
    finally:
        _for_threads.clear()
        _for_threads.update(before)


def _add_for_threads(_logger: object, _method: str, event: _Event) -> _Event:
    for key, value in _for_threads.items():
        event.setdefault(key, value)
    return event


def _add_for_request(_logger: object, _method: str, event: _Event) -> _Event:
    """Django says its own lines about a request when all middleware has gone, with the request."""
    for key, value in getattr(event.get("request"), "log_names", {}).items():
        event.setdefault(key, value)
    return event


_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    _add_for_threads,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    _add_for_request,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
]


class OneLine(logging.StreamHandler[TextIO]):
    """Writes lines to a stream, and says in such a line as well when one cannot be made."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - overrides
        """Name the place; the standard library would print a trace over many lines."""
        kind = sys.exc_info()[0]
        said = {
            "event": "a line could not be written",
            "level": "error",
            "logger": record.name,
            "at_line": f"{record.filename}:{record.lineno}",
            "error": kind.__name__ if kind else "",
        }
        with suppress(OSError, ValueError):
            self.stream.write(json.dumps(said) + self.terminator)


def configuration(*, level: str) -> dict[str, Any]:
    """Return the dictionary for `configure`; `level` is a name of the logging module."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    without_secrets,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "posture.logging.OneLine", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            name: {"level": "WARNING"}
            for name in ("botocore", "boto3", "urllib3", "kombu", "amqp", "allauth")
        },
    }


def configure(settings: dict[str, Any]) -> None:
    """Set up logging and structlog; Django calls it with the setting LOGGING."""
    logging.config.dictConfig(settings)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
