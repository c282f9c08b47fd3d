"""Proving that a connection holds: by a test of its role, every week, and where two companies claim one account."""

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db.models.functions import Now

from posture.auditing import record
from posture.connections.wording import told
from posture.enqueue import enqueue
from posture.models import Account, AccountDecision, ApiToken, User, database_now, is_locked
from posture.models.crossing import (
    due_rechecks,
    is_proved_elsewhere,
    organisation_of_account,
)
from posture.models.plain import storable
from posture.models.tenancy import committed, within
from scanner.aws import CannotReach
from scanner.connection import READS, check_connection, own_arn

TASK = "posture.recheck_connection"
WEEK = timedelta(days=7)
GIVEN_UP = Account.State.DISCONNECTED
UNDER_WAY = timedelta(hours=1)
"""For how long a re-check that was handed out is nobody else's; one that was lost comes again."""

SETTLED = {
    "role_refused",
    "denied_by_organization",
    "wrong_arn",
    "wrong_account",
    "nothing_readable",
}
"""Codes of what stays as it is for a week; what may pass is looked at again in an hour."""

LAX = "lax_role"
DISPUTED = {
    "code": "disputed",
    "message": "The role works, but whoever runs this installation has to confirm the account first.",
    "advice": "Ask them; nothing is scanned before. There is nothing to change in AWS.",
}
OLD = {
    "code": "old_external_id",
    "message": "The role works with the old ExternalId, not yet with the new one.",
    "advice": "Update the role with the new one, then test again. Until then the old one stays valid.",
}

Held = Literal["ok", "failed", "skipped"]

STEPS = (
    "Role ARN",
    "Our own identity",
    "With the external id",
    "Without external id",
    "With a wrong external id",
    *READS,
)
"""What a test tries, in this order."""


LOCKED = {
    "code": "locked",
    "message": "This installation is locked, so it enters no account.",
    "advice": "Whoever runs it can unlock it with: manage.py unlock --apply",
}


@dataclass(frozen=True, slots=True)
class ConnectionResult:
    """What a test of a role showed: a stable code, a message, what to do, and each step."""

    ok: bool
    code: str
    message: str
    advice: str
    checks: tuple[tuple[str, Held, str], ...]


def test(*, account: Account, role_arn: str, by: User | ApiToken | None) -> ConnectionResult:
    """Try the role as AWS sees it, and connect the account if it holds; outside of a transaction.

    It has to work with the external id, and to refuse us without it and with wrong ones. What was
    seen is kept with the account either way; a role found lax pauses a connected account, and an
    account that another organisation has proved waits for a decision (code disputed). A new external
    id takes the place of the old one once the role works with it; while it only works with the old
    one that holds (code old_external_id). A locked installation (a restored copy) tries nothing.
    """
    if is_locked():
        skipped: tuple[tuple[str, Held, str], ...] = tuple(
            (step, "skipped", "Not tried.") for step in STEPS
        )
        return ConnectionResult(ok=False, checks=skipped, **LOCKED)
    arn = role_arn.strip()
    new, old = account.next_external_id, account.external_id
    result = _tried(account, arn, new or old)
    if new and result.code == "role_refused":
        before = _tried(account, arn, old)
        if before.ok or before.code == LAX:
            new, result = (
                "",
                ConnectionResult(ok=True, checks=before.checks, **OLD) if before.ok else before,
            )
    return committed(account.organisation_id, lambda: _keep(account, arn, result, new or old, by))


def _tried(account: Account, arn: str, external_id: str) -> ConnectionResult:
    seen = check_connection(
        role_arn=arn,
        external_id=external_id,
        account=account.aws_account,
        partition=account.partition,
    )
    done: dict[str, tuple[Held, str]] = {
        check.name: ("ok" if check.ok else "failed", check.detail) for check in seen.checks
    }
    first = next((step for step in STEPS if step not in done), "")
    if not seen.ok and first:
        done[first] = ("failed", seen.message)
    checks = tuple((step, *done.get(step, ("skipped", "Not tried."))) for step in STEPS)
    return ConnectionResult(seen.ok, seen.code, seen.message, seen.advice, checks)


KEPT = (
    "checked_at", "state", "state_code", "state_reason", "role_arn", "connected_at", "external_id",
    "next_external_id", "recheck_at",
)  # fmt: skip


def _keep(
    account: Account, arn: str, result: ConnectionResult, tried: str, by: User | ApiToken | None
) -> ConnectionResult:
    """Keep what was seen, unless the connection changed or was given up while we looked.

    A role that was found lax is not used until it holds again: its account is paused meanwhile.
    """
    now = Account.objects.select_for_update().get(pk=account.pk)
    same = now.external_id == account.external_id
    if not same or now.next_external_id != account.next_external_id or now.state == GIVEN_UP:
        return result
    before = told(now)
    now.checked_at = database_now()
    if result.ok and now.connected_at is None and _is_claimed_twice(now):
        result = ConnectionResult(ok=False, checks=result.checks, **DISPUTED)
        now.role_arn = arn
    _judge(now, result)
    if result.ok:
        _let_in(now, arn, tried)
    if result.ok or result.code in {LAX, *SETTLED}:
        now.recheck_at = _in_a_week(now.checked_at)
    now.save(update_fields=KEPT)
    for field in KEPT:
        setattr(account, field, getattr(now, field))
    _tell(now, before, {"tried": storable(arn), "result": result.code}, by)
    return result


def _tell(
    now: Account,
    before: dict[str, object],
    seen: dict[str, object],
    by: User | ApiToken | None,
) -> None:
    connected = now.state == Account.State.CONNECTED != before["state"]
    record(
        organisation=now.organisation_id,
        by=by,
        action="account.connected" if connected else "account.tested",
        target=now,
        before=before,
        after={**told(now), **seen},
    )


def _judge(now: Account, result: ConnectionResult) -> None:
    """Why the account is as it is, in words, and in a code where only a proof can change it."""
    reason = f"{result.message} {result.advice}"
    for secret in filter(None, (now.external_id, now.next_external_id)):
        reason = reason.replace(secret, "<your ExternalId>")
    now.state_reason = storable(reason) if not result.ok or result.code == OLD["code"] else ""
    states = Account.State
    if result.code == DISPUTED["code"]:
        now.state, now.state_code = states.DISPUTED, result.code
    elif result.code == LAX and now.state in {states.CONNECTED, states.PAUSED}:
        now.state, now.state_code = states.PAUSED, LAX
    elif result.code == LAX and now.state == states.DISPUTED:
        now.state, now.state_code = states.PENDING, ""


def _let_in(now: Account, arn: str, tried: str) -> None:
    """The role holds: whatever only a proof could end is over; what a person paused stays paused."""
    now.role_arn = arn
    now.connected_at = now.connected_at or now.checked_at
    if tried == now.next_external_id:
        now.external_id, now.next_external_id = tried, ""
    if now.state != Account.State.PAUSED or now.state_code:
        now.state = Account.State.CONNECTED
    now.state_code = ""


def _is_claimed_twice(account: Account) -> bool:
    """Whether another organisation has proved the account and nobody has allowed this one as well."""
    decided = AccountDecision.objects.filter(account=account).order_by("-decided_at").first()
    if decided is not None and decided.allowed:
        return False
    return is_proved_elsewhere(account.aws_account, account.partition)


def _in_a_week(moment: datetime) -> datetime:
    """Not all on the same hour: give or take half a day."""
    return moment + WEEK + timedelta(hours=random.uniform(-12, 12))  # noqa: S311 - a pause, no secret


def hand_out_rechecks() -> int:
    """Enqueue the weekly look at each connected role that is due; return how many.

    Several callers at once hand out each one once. Nothing is due while the installation is locked.
    """
    return 0 if is_locked() else sum(_hand_out(*place) for place in due_rechecks())


def _hand_out(organisation: uuid.UUID, account: uuid.UUID) -> bool:
    with within(organisation):
        due = Account.objects.filter(
            pk=account, state=Account.State.CONNECTED, recheck_at__lte=Now()
        )
        if due.select_for_update(skip_locked=True).first() is None:
            return False
        due.update(recheck_at=Now() + UNDER_WAY)
        enqueue(TASK, account)
        return True


def recheck(account: uuid.UUID) -> None:
    """Look whether a connected role still refuses strangers; outside of a transaction.

    Only for one that was handed out and is not done; anything else is dropped.
    """
    organisation = organisation_of_account(account)
    if organisation is None:
        return
    with within(organisation):
        due = Account.objects.filter(
            pk=account, state=Account.State.CONNECTED, recheck_at__lte=Now() + UNDER_WAY
        ).first()
    if due is not None:
        test(account=due, role_arn=due.role_arn, by=None)


def check_principal() -> tuple[bool, str]:
    """Ask STS whether we are the principal that role templates trust; a sentence says what is.

    Outside of a transaction. A role is known to STS by its sessions, without its path.
    """
    expected = settings.SCANNER_PRINCIPAL_ARN
    try:
        seen = own_arn(partition=expected.split(":")[1])
    except CannotReach as refusal:
        return False, f"{refusal.message} {refusal.advice}"
    if _is_session_of(seen, expected):
        return True, f"STS knows us as {seen}"
    return False, (
        f"STS knows us as {seen}, but role templates trust {expected}. Give the workers the "
        "credentials of that principal, or set SCANNER_PRINCIPAL_ARN to the one they have."
    )


def _is_session_of(seen: str, expected: str) -> bool:
    if seen == expected:
        return True
    account, name = expected.split(":")[4], expected.rpartition("/")[2]
    if expected.endswith(":root"):
        return seen.split(":")[4] == account
    return ":role/" in expected and f":sts::{account}:assumed-role/{name}/" in seen
