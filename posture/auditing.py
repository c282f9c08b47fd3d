"""Writing the audit log: one event per change, in the transaction of the change."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from django.db import models

from posture.models import ApiToken, AuditEvent, User
from posture.models.audit import ActorKind, Door, Head, lock_head, seal
from posture.models.plain import storable

LONGEST_TEXT = 1_000
LONGEST_LABEL = 200
MOST_ENTRIES = 200

ACTIONS: Mapping[str, str] = {
    "account.begun": "began to connect an account",
    "account.connected": "connected an account",
    "account.tested": "tested the role of an account",
    "account.paused": "paused an account",
    "account.resumed": "resumed an account",
    "account.decided": "decided whether an account may be seen by two organisations",
    "account.disconnected": "disconnected an account",
    "account.external_id_renewed": "made a new external id for an account",
    "account.purged": "removed all that was kept about an account",
    "attestation.answered": "answered a manual control",
    "attestation.expired": "ended an answer to a manual control, whose last day is over",
    "attestation.withdrawn": "withdrew an answer to a manual control",
    "audit.exported": "exported the audit log",
    "member.added": "added a person to the organisation",
    "invitation.sent": "invited somebody",
    "invitation.sent_again": "sent an invitation again",
    "invitation.withdrawn": "withdrew an invitation",
    "member.changed": "changed the role of a person",
    "member.joined": "joined the organisation by an invitation",
    "member.left": "left the organisation",
    "member.removed": "removed a person from the organisation",
    "organisation.second_factor_required": "changed whether a second factor is required",
    "person.break_glass_made": "made a break-glass link for a person",
    "person.break_glass_used": "used a break-glass link",
    "person.codes_made": "made new recovery codes",
    "person.factor_added": "added a second factor",
    "person.factor_removed": "removed a second factor",
    "person.password_changed": "set the password of a person",
    "organisation.created": "made the organisation",
    "organisation.limited": "changed how many scans run at once",
    "installation.unlocked": "unlocked the installation, a restored copy",
    "installation.restored": "restored the installation from a backup",
    "profile.changed": "changed the profile of an account",
    "provider.changed": "changed a single sign-on",
    "provider.made": "added a single sign-on",
    "rejudgement.requested": "asked to judge a stored scan again",
    "scan.requested": "asked for a scan",
    "scan.cancelled": "cancelled a scan",
    "scan.requeued": "sent a waiting scan to the workers again",
    "schedule.changed": "changed the schedule of an account",
    "service_account.disabled": "disabled a service account with its tokens",
    "service_account.enabled": "enabled a service account",
    "service_account.made": "made a service account",
    "session.began": "signed in",
    "session.ended": "signed out",
    "session.refused": "failed to sign in",
    "session.revoked": "ended sessions of a person",
    "snapshots.pruned": "removed old snapshots",
    "ticket.linked": "linked a ticket to a finding",
    "ticket.unlinked": "unlinked a ticket from a finding",
    "token.issued": "made an API token",
    "token.revoked": "revoked an API token",
    "token.rotated": "rotated an API token",
    "verification.requested": "asked to check a finding again",
}
"""Every action there is, and how a sentence for people goes on after the name of who did it."""

NOBODY = {
    Door.PAGE: "somebody not signed in",
    Door.API: "somebody not signed in",
    Door.COMMAND: "operator",
    Door.TASK: "the installation itself",
}
"""How the log calls who acted where no person and no program did."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something comes from: a checked IP address or nothing, the request's id, the door."""

    address: str
    request_id: str
    door: Door


_origin = ContextVar[Origin]("audit_origin")
_AT_THE_SHELL = Origin("", uuid.uuid4().hex, Door.COMMAND)
"""What comes through no other door was typed by an operator; each process is one such request."""


@contextmanager
def coming_from(*, address: str, request_id: str, door: Door) -> Iterator[None]:
    """Within the block, events say that they come from there; what is no IP address is left out."""
    known = _origin.set(Origin(_as_address(address), request_id, door))
    try:
        yield
    finally:
        _origin.reset(known)


def come_from(*, request_id: str, door: Door) -> None:
    """From now on events of this thread come from there; for a worker, which has no block."""
    _origin.set(Origin("", request_id, door))


def _as_address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def record(  # noqa: PLR0913 - an event has that many parts, all by keyword
    *,
    organisation: uuid.UUID,
    by: User | ApiToken | None,
    action: str,
    target: models.Model | None = None,
    label: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> AuditEvent:
    """Write one event, `within` the organisation and in the transaction of what it tells about.

    Call it last: it locks the end of the organisation's chain until that transaction ends. `by` is
    None when no person and no token asked. `label` names the target in place of its own text.
    `before` and `after` hold texts, whole numbers, truth values, moments, None and lists of these;
    what is equal in both is left out, and long texts and lists are cut. Raises TypeError for any
    other type, so that no secret of a type of its own gets in, and ValueError for an unknown action.
    """
    if action not in ACTIONS:
        message = f"{action!r} is no action of ACTIONS."
        raise ValueError(message)
    old, new = _plain(before or {}), _plain(after or {})
    same = {name for name in old.keys() & new.keys() if old[name] == new[name]}
    origin = _origin.get(_AT_THE_SHELL)
    head = lock_head(organisation)
    event = AuditEvent(
        organisation_id=organisation,
        **_named(by, origin),
        action=action,
        target_kind=str(target._meta.model_name) if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        target_label=(label or (str(target) if target is not None else ""))[:LONGEST_LABEL],
        before={name: value for name, value in old.items() if name not in same},
        after={name: value for name, value in new.items() if name not in same},
        address=origin.address,
        request_id=origin.request_id,
        door=origin.door.value,
    )
    return _appended(event, head)


def _appended(event: AuditEvent, head: Head) -> AuditEvent:
    event.number, event.previous_hash, event.at = head.number + 1, head.hash, head.at
    event.hash = seal(event)
    event.save(force_insert=True)
    return event


def _named(by: User | ApiToken | None, origin: Origin) -> dict[str, object]:
    if by is None:
        kind, label = ActorKind.SYSTEM, NOBODY[origin.door]
    elif isinstance(by, User):
        kind, label = ActorKind.PERSON, by.email
    else:
        kind, label = ActorKind.PROGRAM, str(by)
    return {
        "actor_kind": kind.value,
        "actor_id": by.pk if by is not None else None,
        "actor_label": label[:LONGEST_LABEL],
    }


def _plain(said: Mapping[str, object]) -> dict[str, object]:
    return {_text(name): _value(name, value) for name, value in said.items()}


def _text(text: str) -> str:
    text = storable(text)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _value(name: str, value: object) -> object:
    """Exact types only: a subclass may be a secret that prints like a text."""
    if value is None or type(value) in {bool, int}:
        return value
    if type(value) is str:
        return _text(value)
    if isinstance(value, models.TextChoices):
        return _text(value.value)
    if type(value) is datetime:
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if type(value) in {list, tuple}:
        return _entries(name, list(value))  # type: ignore[call-overload] # a list or a tuple
    message = f"{name} is of the type {type(value).__name__}, which the audit log does not take."
    raise TypeError(message)


def _entries(name: str, values: Sequence[object]) -> list[object]:
    if any(type(one) in {list, tuple} for one in values):
        message = f"{name} is a list of lists, which the audit log does not take."
        raise TypeError(message)
    kept = [_value(name, one) for one in values[:MOST_ENTRIES]]
    left = len(values) - len(kept)
    return [*kept, f"and {left} more"] if left else kept
