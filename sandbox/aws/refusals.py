"""The errors of AWS that are alike in all services, in the wording and with the code of each protocol."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "denied",
    "expired",
    "unknown_key",
    "unsigned",
    "throttled",
    "no_region",
    "unknown_call",
    "broken",
    "unavailable",
]


@dataclass
class ApiError(Exception):
    """An error answer: AWS's code, text and HTTP status; `headers` go along with it."""

    code: str
    message: str
    status: int = 400
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


# Kind -> family -> (code, status). SNS and SQS differ from their protocols; a family not named speaks "query".
_CODES: dict[Kind, dict[str, tuple[str, int]]] = {
    "denied": {
        "query": ("AccessDenied", 403),
        "ec2": ("UnauthorizedOperation", 403),
        "json": ("AccessDeniedException", 400),
        "rest-json": ("AccessDeniedException", 403),
        "sns": ("AuthorizationError", 403),
    },
    "expired": {
        "query": ("ExpiredToken", 403),
        "ec2": ("RequestExpired", 400),
        "json": ("ExpiredTokenException", 400),
        "rest-json": ("ExpiredTokenException", 403),
        "rest-xml": ("ExpiredToken", 400),
    },
    "unknown_key": {
        "query": ("InvalidClientTokenId", 403),
        "ec2": ("AuthFailure", 401),
        "json": ("UnrecognizedClientException", 400),
        "rest-json": ("UnrecognizedClientException", 403),
        "rest-xml": ("InvalidAccessKeyId", 403),
    },
    "unsigned": {
        "query": ("MissingAuthenticationToken", 403),
        "json": ("MissingAuthenticationTokenException", 400),
        "rest-xml": ("AccessDenied", 403),
    },
    "throttled": {
        "query": ("Throttling", 400),
        "ec2": ("RequestLimitExceeded", 503),
        "json": ("ThrottlingException", 400),
        "rest-json": ("ThrottlingException", 429),
        "rest-xml": ("SlowDown", 503),
        "sqs": ("RequestThrottled", 403),
    },
    "no_region": {
        "query": ("InvalidClientTokenId", 403),
        "ec2": ("AuthFailure", 401),
        "json": ("UnrecognizedClientException", 400),
        "rest-json": ("UnrecognizedClientException", 403),
        "rest-xml": ("OptInRequired", 403),
    },
    "unknown_call": {"query": ("NotImplemented", 501)},
    "broken": {
        "query": ("InternalFailure", 500),
        "ec2": ("InternalError", 500),
        "json": ("InternalServerError", 500),
        "rest-json": ("InternalServiceException", 500),
        "rest-xml": ("InternalError", 500),
    },
    "unavailable": {
        "query": ("ServiceUnavailable", 503),
        "json": ("ServiceUnavailableException", 503),
    },
}
_TEXTS: dict[Kind, str] = {
    "denied": "Access denied",
    "expired": "The security token included in the request is expired",
    "unknown_key": "The security token included in the request is invalid.",
    "unsigned": "Request is missing Authentication Token",
    "throttled": "Rate exceeded",
    "no_region": "The security token included in the request is invalid.",
    "unknown_call": "The fake AWS does not know this call.",
    "broken": "We encountered an internal error. Please try again.",
    "unavailable": "Service is unable to handle request.",
}


_EC2_TEXTS: dict[Kind, str] = {
    "expired": "Request has expired.",
    "unknown_key": "AWS was not able to validate the provided access credentials",
    "no_region": "AWS was not able to validate the provided access credentials",
    "throttled": "Request limit exceeded.",
}


def family(service: str, protocol: str) -> str:
    """The name under which a service's errors are listed: its own where it differs, else its protocol."""
    return service if service in {"sns", "sqs"} else protocol


def refuse(kind: Kind, service: str, protocol: str, message: str = "") -> ApiError:
    """The error of this kind as this service words it."""
    codes = _CODES[kind]
    code, status = codes.get(family(service, protocol)) or codes["query"]
    texts = _TEXTS | _EC2_TEXTS if protocol == "ec2" else _TEXTS
    return ApiError(code, message or texts[kind], status)


def deny(service: str, protocol: str, principal: str, action: str, why: str) -> ApiError:
    """AWS's refusal of `action` to `principal` (an ARN); `why` is the clause that says which policy decided."""
    text = f"User: {principal} is not authorized to perform: {action} {why}".rstrip()
    if protocol == "ec2":
        text = f"You are not authorized to perform this operation. {text}"
    return refuse("denied", service, protocol, text)
