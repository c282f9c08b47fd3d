"""Structured logs: one JSON object a line on stderr, with the request's id and without secrets."""

import logging.config
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

_SECRETS = re.compile(
    r"spt_[0-9A-Za-z]{12}\.[0-9A-Za-z]+"  # our own tokens
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # AWS access key ids
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # passwords in addresses
    r"|seller-posture-[0-9a-f]{8,}"  # external ids
    r"|(?i:(?:password|secret|token|external.?id)[\w-]{0,40}\\*['\"]?\s*[=:]\s*)"
    r"(?:\[[^\]]{0,4000}|\\*['\"]?[^\s'\",}\]\\]{6,})"  # a list of them, or one
)
_SECRET_NAMES = re.compile(r"(?i)password|passwd|secret|token|authorization|cookie|external.?id")
_Event = MutableMapping[str, Any]
REMOVED = "[removed]"
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
            _SECRETS.sub(REMOVED, str(key)): _without_secrets(str(key), one, deeper - 1)
            for key, one in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_without_secrets(name, one, deeper - 1) for one in value]
    return _SECRETS.sub(REMOVED, value if isinstance(value, str) else repr(value))


_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
]


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
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            name: {"level": "WARNING"}
            for name in ("botocore", "boto3", "urllib3", "kombu", "amqp", "allauth")
        },
    }


def configure(settings: dict[str, Any]) -> None:
    """Set up logging and structlog; Django calls it with the setting LOGGING."""
    logging.config.dictConfig(settings)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
