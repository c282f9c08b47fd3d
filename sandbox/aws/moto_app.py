"""Hands a call to moto and turns moto's web pages into a plain NotImplemented."""

import io
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.aws.incoming import Environ, Incoming
from sandbox.aws.protocols import Reply
from sandbox.aws.refusals import refuse

WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def build_moto() -> WsgiApp:
    """moto's server application; importing it takes a second."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    app: WsgiApp = DomainDispatcherApplication(create_backend_app)
    return app


def forget_everything() -> None:
    """Empty all of moto's backends in this process."""
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data

    BackendDict.reset()
    reset_model_data()


def ask_moto(app: WsgiApp, incoming: Incoming, account: str) -> Reply:
    """moto's reply for this account; raises NotImplemented where moto fails or answers with a page."""
    environ = incoming.environ | {
        "wsgi.input": io.BytesIO(incoming.body),
        "HTTP_X_MOTO_ACCOUNT_ID": account,
    }
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _error: Any = None
    ) -> Callable[[bytes], None]:
        started.append((status, headers))
        return lambda _: None

    try:
        body = b"".join(app(environ, start_response))
    except Exception as error:
        raise _not_implemented(incoming, repr(error)) from error
    status_line, header_list = started[-1]
    status = int(status_line.split(" ", 1)[0])
    # The length is that of the body in the end; an answer to HEAD has none, and says its length.
    kept = incoming.environ["REQUEST_METHOD"] == "HEAD"
    headers = {
        "Content-Length" if name.lower() == "content-length" else name: value
        for name, value in header_list
        if kept or name.lower() != "content-length"
    }
    if status >= 400 and _is_page(body):
        raise _not_implemented(incoming, f"moto answered {status} with a page")
    return Reply(status, headers, body, code=_error_code(status, headers, body))


def pages_itself_not(service: str, operation: str) -> bool:
    """Whether moto answers this list whole, whatever page the caller asks for."""
    return service == "iam" and operation in _UNPAGED


_UNPAGED = {
    "ListUsers", "ListGroups", "ListGroupsForUser", "ListGroupPolicies", "ListUserPolicies", "ListRolePolicies",
    "ListInstanceProfiles", "ListInstanceProfilesForRole", "ListMFADevices", "ListPolicyVersions",
}  # fmt: skip


def parsed(incoming: Incoming, reply: Reply) -> dict[str, Any]:
    """What a reply of moto says, as boto3 would read it."""
    from botocore.parsers import create_parser

    raw = {"status_code": reply.status, "headers": reply.headers, "body": reply.body}
    if incoming.operation is None or incoming.operation.output_shape is None:
        return {}
    parser = create_parser(incoming.protocol)
    answer: dict[str, Any] = parser.parse(raw, incoming.operation.output_shape)
    answer.pop("ResponseMetadata", None)
    return answer


def _is_page(body: bytes) -> bool:
    return (
        body.lstrip()[:14].lower() in {b"<!doctype html", b"<!doctype html>"}
        or body.lstrip()[:6].lower() == b"<html>"
    )


def _error_code(status: int, headers: dict[str, str], body: bytes) -> str:
    # Only for the log: the code between <Code> tags, in the error header or in __type.
    if status < 400:
        return ""
    text = body.decode(errors="replace")
    if "<Code>" in text:
        return text.split("<Code>", 1)[1].split("</Code>", 1)[0]
    if '"__type"' in text:
        return text.split('"__type"', 1)[1].split('"', 2)[1].rsplit("#", 1)[-1]
    return headers.get("x-amzn-ErrorType", str(status))


def _not_implemented(incoming: Incoming, why: str) -> Exception:
    return refuse(
        "unknown_call",
        incoming.service,
        incoming.protocol,
        f"The fake AWS cannot answer {incoming.service} {incoming.name}: {why}",
    )
