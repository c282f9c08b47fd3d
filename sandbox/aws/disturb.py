"""Carries out the faults that strike a call, before it is answered and on its answer."""

from sandbox.aws.faults import Fault, Faults
from sandbox.aws.incoming import Incoming
from sandbox.aws.principals import Principal
from sandbox.aws.protocols import Reply
from sandbox.aws.refusals import ApiError, deny, refuse

GARBAGE = b"<html><head><title>Please sign in</title></head><body>Your network needs you to sign in.</body></html>"


class DroppedError(ConnectionError):
    """The connection is to be dropped without an answer."""


def disturb_request(
    faults: Faults, strikes: list[Fault], incoming: Incoming, principal: Principal, action: str
) -> None:
    """Wait, refuse or drop; raises ApiError with the answer, or DroppedError."""
    for fault in strikes:
        if fault.kind == "latency":
            faults.wait(fault.seconds)
    for fault in strikes:
        if fault.kind == "reset":
            raise DroppedError
        error = _refusal(fault, incoming, principal, action)
        if error is not None:
            error.code = fault.code or error.code
            raise error


def _refusal(
    fault: Fault, incoming: Incoming, principal: Principal, action: str
) -> ApiError | None:
    service, protocol = incoming.service, incoming.protocol
    if fault.kind == "throttle":
        return refuse("throttled", service, protocol)
    if fault.kind == "deny":
        why = f"on resource: * because no identity-based policy allows the {action} action"
        return deny(service, protocol, principal.arn, action, why)
    if fault.kind == "error":
        error = refuse("unavailable" if fault.status == 503 else "broken", service, protocol)
        error.status = fault.status
        return error
    return None


def disturb_reply(strikes: list[Fault], reply: Reply) -> Reply:
    """The reply as it arrives: whole, halved or replaced; an error stays what it is."""
    if reply.status >= 300:
        return reply
    for fault in strikes:
        if fault.kind == "truncate":
            reply.body = reply.body[: len(reply.body) // 2]
        elif fault.kind == "cut":
            # The declared length stays, so that the client waits for bytes that never come.
            reply.headers["Content-Length"] = str(len(reply.body))
            reply.headers["Connection"] = "close"
            reply.body = reply.body[: len(reply.body) // 2]
        elif fault.kind == "garbage":
            reply.status, reply.body = 200, GARBAGE
            reply.headers["Content-Type"] = "text/html"
    return reply
