"""The control interface under /_sandbox/: seeds, roles, faults, page sizes, sessions, state and the call log."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs

from sandbox.aws import identities, seeds
from sandbox.aws.asking import World
from sandbox.aws.calls import count_by_action
from sandbox.aws.faults import Fault
from sandbox.aws.incoming import Environ, read_body
from sandbox.aws.moto_app import forget_everything
from sandbox.aws.principals import administrator_of
from sandbox.aws.protocols import Reply
from sandbox.aws.roles import ScanRole, create_scan_role
from sandbox.aws.stored_state import as_json, take_changes

PREFIX = "/_sandbox/"
_ACCOUNT = re.compile(r"\d{12}")
Body = dict[str, Any]
Query = dict[str, list[str]]


class BadRequestError(ValueError):
    """The control request makes no sense; its text says why."""


def is_control(environ: Environ) -> bool:
    """Whether the request is for the control interface."""
    return str(environ.get("PATH_INFO", "")).startswith(PREFIX)


def answer_control(world: World, environ: Environ) -> Reply:
    """Answer one control request with JSON; 403 to another machine, 400 with a reason to nonsense."""
    if not world.open_control and not _is_loopback(str(environ.get("REMOTE_ADDR", ""))):
        return _reply(403, {"error": "The control interface answers to this machine only."})
    path = str(environ["PATH_INFO"]).removeprefix(PREFIX).strip("/")
    method = str(environ["REQUEST_METHOD"])
    name, _, rest = path.partition("/")
    action = _ROUTES.get((method, name))
    if action is None:
        return _reply(404, {"error": f"{method} {PREFIX}{path} does not exist."})
    try:
        return _reply(
            200, action(world, rest, _body(environ), parse_qs(str(environ.get("QUERY_STRING", ""))))
        )
    except (BadRequestError, ValueError, KeyError, TypeError) as error:
        return _reply(400, {"error": f"{type(error).__name__}: {error}"})


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address in {"::1", ""}


def _body(environ: Environ) -> Any:
    raw = read_body(environ)
    return json.loads(raw) if raw else {}


def _reply(status: int, content: object) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(content).encode())


def _get_calls(world: World, _rest: str, _body: Body, query: Query) -> object:
    pattern = query.get("action", ["*"])[0]
    calls = [
        call for call in world.calls.all() if fnmatchcase(call.action.lower(), pattern.lower())
    ]
    if "count" in query:
        return {"total": len(calls), "by_action": count_by_action(calls)}
    return [asdict(call) for call in calls]


def _forget_calls(world: World, _rest: str, _body: Body, _query: Query) -> object:
    world.calls.forget()
    return {}


def _get_faults(world: World, _rest: str, _body: Body, _query: Query) -> object:
    faults = world.faults
    return [
        {**asdict(fault), "struck": struck}
        for fault, struck in zip(faults.in_force(), faults.struck(), strict=True)
    ]


def _put_faults(world: World, _rest: str, body: Any, _query: Query) -> object:
    # The whole list is read before the old one goes: a bad fault changes nothing.
    faults = [Fault(**entry) for entry in body]
    world.faults.clear()
    world.faults.add(*faults)
    return {"faults": len(faults)}


def _post_faults(world: World, _rest: str, body: Any, _query: Query) -> object:
    faults = [Fault(**entry) for entry in body]
    world.faults.add(*faults)
    return {"faults": len(world.faults.in_force())}


def _clear_faults(world: World, _rest: str, _body: Body, _query: Query) -> object:
    world.faults.clear()
    return {}


def _create_role(_world: World, _rest: str, body: Body, _query: Query) -> object:
    return {"arn": create_scan_role(ScanRole(**body))}


def _seed(world: World, _rest: str, body: Body, _query: Query) -> object:
    options = dict(body)
    return {"accounts": seeds.sow(world, str(options.pop("name", "")), **options)}


def _accounts(world: World, _rest: str, _body: Body, _query: Query) -> object:
    return [_account(world, number) for number in list(world.accounts)]


def _account(_world: World, number: str) -> Body:
    administrator = administrator_of(number)
    backend = identities.iam(number)
    return {
        "account": number,
        "users": len(backend.users),
        "roles": len(backend.roles),
        "administrator": {
            "access_key": administrator.access_key,
            "secret_key": administrator.secret_key,
        },
    }


def _administrator(world: World, rest: str, _body: Body, _query: Query) -> object:
    number = _number(rest)
    world.account(number)
    administrator = world.keyring.hold(administrator_of(number))
    return {"access_key": administrator.access_key, "secret_key": administrator.secret_key}


def _get_state(world: World, rest: str, _body: Body, _query: Query) -> object:
    return as_json(world.account(_number(rest)))


def _patch_state(world: World, rest: str, body: Body, _query: Query) -> object:
    state = world.account(_number(rest))
    take_changes(state, body)
    return as_json(state)


def _number(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise BadRequestError(f"{text!r} is not an account id of 12 digits")
    return text


def _put_page_sizes(world: World, _rest: str, body: Body, _query: Query) -> object:
    if not all(isinstance(size, int) and size > 0 for size in body.values()):
        raise BadRequestError("a page size is a whole number above 0")
    world.page_sizes = dict(body)
    return world.page_sizes


def _put_sessions(world: World, _rest: str, body: Body, _query: Query) -> object:
    world.keyring.shorten_sessions(body["seconds"])
    return {}


def _reset(world: World, _rest: str, _body: Body, _query: Query) -> object:
    world.forget()
    forget_everything()
    return {}


def _ready(_world: World, _rest: str, _body: Body, _query: Query) -> object:
    return {"ready": True}


_ROUTES: dict[tuple[str, str], Callable[[World, str, Any, Query], object]] = {
    ("GET", "ready"): _ready,
    ("GET", "calls"): _get_calls,
    ("DELETE", "calls"): _forget_calls,
    ("GET", "faults"): _get_faults,
    ("PUT", "faults"): _put_faults,
    ("POST", "faults"): _post_faults,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "scan-role"): _create_role,
    ("POST", "seed"): _seed,
    ("GET", "accounts"): _accounts,
    ("GET", "administrator"): _administrator,
    ("GET", "state"): _get_state,
    ("PATCH", "state"): _patch_state,
    ("PUT", "page-sizes"): _put_page_sizes,
    ("PUT", "sessions"): _put_sessions,
    ("POST", "reset"): _reset,
}
