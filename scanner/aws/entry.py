"""The start of a visit: get in, make sure that it is the right account, give the doorway."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from scanner.aws.actions import IDENTITY
from scanner.aws.asking import Limits, Service
from scanner.aws.doorway import Aws, Place, never
from scanner.aws.session import HOMES, Role, assumed_session, open_session, partition_of
from scanner.aws.trouble import CannotReach, Trouble
from scanner.aws.why import why_unreachable
from scanner.aws.wire import BotoWire, Held, Watch


@dataclass(frozen=True, slots=True)
class Visit:
    """How to get into an account: a role, or with our own credentials a profile ("" = default)."""

    role: Role | None = None
    profile: str = ""
    account: str = ""
    """The 12-digit id that the account must have; "" when only the role says so."""


def enter(  # noqa: PLR0913 - most by keyword, with defaults
    visit: Visit,
    *,
    actions: Iterable[str],
    left_out: Iterable[str] = (),
    limits: Limits | None = None,
    stop: Callable[[], bool] = never,
    watch: Watch | None = None,
    held: Held | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> Aws:
    """Assume the role, prove whose account it is, and give a doorway for these IAM actions.

    `left_out` are actions that collectors may want to ask and that this visit does without.
    `watch` hears of every request, `held` of every turn under a ceiling. `meanwhile` is done in a
    thread of its own from the first request on. Raises CannotReach with code, message and advice.
    """
    limits = limits or Limits()
    allowed = frozenset(actions) | {IDENTITY}
    if visit.role is not None and visit.account not in {"", visit.role.account}:
        raise wrong_account(visit.role.account, visit.account)
    session = open_session(visit.profile)
    if meanwhile is not None:
        session.register("before-send.sts", _beginning(meanwhile))
    partition = visit.role.partition if visit.role else partition_of(session)
    home = HOMES[partition]
    renew: Callable[[], bool] = _nothing_to_renew
    if visit.role is not None:
        session, renew = assumed_session(session, visit.role, actions=actions, limits=limits)
    wire = BotoWire(session, allowed, limits, renew)
    wire.calls.by_action["sts:AssumeRole"] += visit.role is not None
    if watch is not None:
        wire.watch = watch
    if held is not None:
        wire.held = held
    account = _account(wire, home)
    expected = visit.account or (visit.role.account if visit.role else account)
    if account != expected:
        raise wrong_account(account, expected)
    place = Place(account, partition, home)
    aws = Aws(wire, place, actions=actions, left_out=left_out, limits=limits, stop=stop)
    wire.check = aws.check
    wire.account = account
    return aws


def wrong_account(found: str, expected: str) -> CannotReach:
    """The role leads into another account than the one that was registered."""
    return CannotReach(
        "wrong_account",
        f"The role belongs to account {found}, not to {expected}.",
        "Use the ARN of a role in the account that you are connecting.",
    )


def _account(wire: BotoWire, home: str) -> str:
    try:
        answer = wire.ask(Service("sts", home), IDENTITY.split(":")[1], {})
    except Trouble as trouble:
        raise why_unreachable(trouble) from None
    return str(answer.get("Account", ""))


def _beginning(work: Callable[[], object]) -> Callable[..., None]:
    """Give a hook that begins the work when it is called first; STS is what we ask first, and alone.

    Any sooner it would take the CPU from what leads to the first request.
    """
    thread = threading.Thread(target=work, daemon=True, name="meanwhile")

    def begin(**_: Any) -> None:
        if thread.ident is None:
            thread.start()

    return begin


def _nothing_to_renew() -> bool:
    return False
