"""What can go wrong with a call to AWS, sorted by what we do about it."""

from __future__ import annotations

import re
from enum import StrEnum

from scanner.vocabulary import REFUSALS


class CannotReach(Exception):  # noqa: N818 - reads as what happened
    """The account as a whole cannot be read; `code` is stable, `advice` says what to do."""

    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(f"{message} {advice}")
        self.code = code
        self.message = message
        self.advice = advice


class Stopped(Exception):  # noqa: N818 - reads as what happened
    """Someone asked the scan to stop; nothing of it is kept."""


class CutAnswer(Exception):  # noqa: N818 - reads as what happened
    """AWS answered 200, but the body is not whole or is not what the operation answers."""


class Undeclared(Exception):  # noqa: N818 - reads as what happened
    """A call whose IAM action no collector of this scan declares: a fault of ours."""


class Kind(StrEnum):
    """What to do about a trouble: give up, wait and ask again, or renew the credentials."""

    DENIED = "denied"
    THROTTLED = "throttled"
    UNWELL = "unwell"
    EXPIRED = "expired"
    OTHER = "other"


class Trouble(Exception):  # noqa: N818 - reads as what happened
    """One call failed: the error code as AWS (or we, for the network) spell it, and details."""

    def __init__(self, code: str, kind: Kind, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.kind = kind
        self.detail = detail


EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
UNKNOWN_KEYS = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""AWS does not take the keys: wrong ones, a wrong clock, or a region that is switched off."""
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "429",
    }
)

MESSAGE_LIMIT = 300
HTTP_SERVER_ERROR = 500
HTTP_TOO_MANY = 429
HTTP_FORBIDDEN = 403


def refusal(code: str, status: int, message: str) -> Trouble:
    """Sort an error answer of AWS by its code and, where the code says nothing, HTTP status.

    The message is kept for refusals only: it names the policy that said no, while messages about
    signatures repeat the signed request with its session token.
    """
    code = visible(code, 80) or str(status)
    if code in EXPIRED:
        return Trouble(code, Kind.EXPIRED)
    if code in THROTTLED or status == HTTP_TOO_MANY:
        return Trouble(code, Kind.THROTTLED)
    if code in REFUSALS:
        return Trouble(code, Kind.DENIED, visible(message, MESSAGE_LIMIT))
    if status >= HTTP_SERVER_ERROR:
        return Trouble(code, Kind.UNWELL)
    denied = status == HTTP_FORBIDDEN and code not in UNKNOWN_KEYS
    return Trouble(code, Kind.DENIED if denied else Kind.OTHER)


ENCODED = re.compile(r"\s*Encoded authorization failure message: \S+")


def visible(text: str, limit: int) -> str:
    """Give one line of printable text, cut to `limit` characters."""
    shown = "".join(char if char.isprintable() else " " for char in ENCODED.sub("", text))
    return " ".join(shown.split())[:limit]
