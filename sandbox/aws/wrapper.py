"""The fake AWS as one WSGI application: identify, disturb, judge, answer, write down."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http.client import responses
from typing import Any

from sandbox.aws.actions import needed_action
from sandbox.aws.answers import handler_for, moto_may_answer, require_reachable
from sandbox.aws.asking import FORWARD, Ask, World
from sandbox.aws.calls import Call
from sandbox.aws.control import answer_control, is_control
from sandbox.aws.disturb import DroppedError, disturb_reply, disturb_request
from sandbox.aws.faults import Fault
from sandbox.aws.incoming import Environ, Incoming, UnsignedError, read_incoming
from sandbox.aws.moto_app import WsgiApp, ask_moto, pages_itself_not, parsed
from sandbox.aws.paging import cut_answer
from sandbox.aws.permissions import refusal
from sandbox.aws.principals import Principal
from sandbox.aws.protocols import Reply, reply_with, reply_with_error
from sandbox.aws.refusals import ApiError, deny, refuse
from sandbox.aws.shapes import DriftError

# Needs no permission at all, not even an explicit deny takes it away.
_ALWAYS_ALLOWED = {"sts:GetCallerIdentity"}
# Whether it is allowed depends on the role, so the answer itself decides.
_DECIDED_LATER = {"sts:AssumeRole"}


@dataclass
class Wrapper:
    """The WSGI application over one world and moto."""

    world: World
    moto: WsgiApp

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one HTTP request."""
        if is_control(environ):
            reply = answer_control(self.world, environ)
        else:
            try:
                reply = self._serve(environ)
            except UnsignedError:
                reply = Reply(
                    403, {"Content-Type": "text/xml"}, _UNSIGNED, "MissingAuthenticationToken"
                )
        length = reply.headers.pop("Content-Length", str(len(reply.body)))
        headers = [*reply.headers.items(), ("Content-Length", length)]
        phrase = responses.get(reply.status, "Unknown")
        start_response(f"{reply.status} {phrase}", headers)
        return [reply.body]

    def _serve(self, environ: Environ) -> Reply:
        page = self.world.calls.page()
        incoming = read_incoming(environ)
        action = needed_action(incoming.service, incoming.name)
        principal = self.world.keyring.find(incoming.access_key)
        account = _account_meant(incoming, principal)
        status, code = 0, "ConnectionReset"
        try:
            reply = self._reply(incoming, principal, action, account)
            status, code = reply.status, reply.code
        finally:
            self.world.calls.add(
                Call(
                    time=time.time(),
                    account=account,
                    principal=principal.arn if principal else "",
                    service=incoming.service,
                    operation=incoming.name,
                    action=action,
                    region=incoming.region,
                    status=status,
                    code=code,
                ),
                page,
            )
        return reply

    def _reply(
        self, incoming: Incoming, principal: Principal | None, action: str, account: str
    ) -> Reply:
        try:
            known = _identified(incoming, principal)
            if incoming.region not in self.world.account(known.account).enabled_regions:
                raise refuse("no_region", incoming.service, incoming.protocol)
            strikes = self.world.faults.strikes(
                action, incoming.region, account, _content(incoming)
            )
            disturb_request(self.world.faults, strikes, incoming, known, action)
            reply = self._answer(incoming, known, action)
        except ApiError as error:
            return reply_with_error(incoming, error)
        except DroppedError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of the fake is to be read in the caller's error
            return reply_with_error(
                incoming, ApiError("FakeAwsDefect", f"{incoming.name}: {error!r}", 501)
            )
        return _disturbed(strikes, reply)

    def _answer(self, incoming: Incoming, principal: Principal, action: str) -> Reply:
        _require_permission(incoming, principal, action)
        if incoming.operation is None:
            raise refuse("unknown_call", incoming.service, incoming.protocol)
        ask = Ask(
            world=self.world, principal=principal, service=incoming.service, operation=incoming.name,
            protocol=incoming.protocol, region=incoming.region, params=incoming.params,
        )  # fmt: skip
        require_reachable(ask)
        handler = handler_for(incoming.service, incoming.name)
        answer = handler(ask) if handler is not None else FORWARD
        if answer is not None:
            return _written(incoming, answer)
        if not moto_may_answer(incoming.service):
            text = f"The fake AWS does not answer {incoming.name}."
            raise refuse("unknown_call", incoming.service, incoming.protocol, text)
        reply = ask_moto(self.moto, incoming, principal.account)
        if reply.status == 200 and pages_itself_not(incoming.service, incoming.name):
            return _written(incoming, cut_answer(ask, parsed(incoming, reply)))
        return reply


_UNSIGNED = b"<ErrorResponse><Error><Type>Sender</Type><Code>MissingAuthenticationToken</Code><Message>Request is missing Authentication Token</Message></Error></ErrorResponse>"


def _identified(incoming: Incoming, principal: Principal | None) -> Principal:
    if principal is None or principal.token != incoming.token:
        raise refuse("unknown_key", incoming.service, incoming.protocol)
    if principal.expired:
        raise refuse("expired", incoming.service, incoming.protocol)
    return principal


def _require_permission(incoming: Incoming, principal: Principal, action: str) -> None:
    if action in _ALWAYS_ALLOWED | _DECIDED_LATER:
        return
    context = {
        "aws:RequestedRegion": incoming.region,
        "aws:PrincipalArn": principal.arn,
        "aws:PrincipalAccount": principal.account,
    }
    why = refusal(principal.grants(), action, context)
    if why is not None:
        raise deny(
            incoming.service, incoming.protocol, principal.arn, action, f"on resource: * {why}"
        )


def _account_meant(incoming: Incoming, principal: Principal | None) -> str:
    if incoming.name == "AssumeRole":
        parts = str(incoming.params.get("RoleArn", "")).split(":")
        if len(parts) > 4:
            return parts[4]
    return principal.account if principal else ""


def _content(incoming: Incoming) -> bytes:
    path = f"{incoming.environ.get('REQUEST_METHOD')} {incoming.environ.get('PATH_INFO')}?{incoming.environ.get('QUERY_STRING')} "
    return f"{path}{incoming.name} ".encode() + incoming.body


def _written(incoming: Incoming, answer: dict[str, Any]) -> Reply:
    try:
        return reply_with(incoming, answer)
    except DriftError as drift:
        # Loud and unlike any AWS error: the fake is wrong, not the caller.
        raise ApiError("FakeAwsDrift", str(drift), 501) from drift


def _disturbed(strikes: list[Fault], reply: Reply) -> Reply:
    return disturb_reply(strikes, replace(reply, headers=dict(reply.headers)))
