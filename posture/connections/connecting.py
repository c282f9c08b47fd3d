"""Connecting accounts: the account, its role template, and the test of the role."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from django.conf import settings

from posture.auditing import record
from posture.connections.wording import InvalidError, new_external_id, told
from posture.models import (
    Account,
    ApiToken,
    Organisation,
    User,
    database_now,
    is_locked,
)
from posture.models.plain import storable
from posture.models.tenancy import committed
from posture.profiles import PRODUCT_TYPES
from scanner import role
from scanner.aws import CannotReach
from scanner.collect.plan import ALL_ACTIONS
from scanner.connection import READS, check_connection, own_arn

PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
STACK_NAME = "seller-posture"
ROLE_NAME = role.ROLE_NAME
LONGEST_LABEL = 200

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


def begin(  # noqa: PLR0913 - one step of a form, all by keyword
    *,
    organisation: Organisation,
    by: User,
    aws_account: str,
    label: str,
    product_types: Collection[str],
    partition: str = "aws",
) -> Account:
    """Make a pending account with an external id of its own, inside `within(organisation)`.

    An account that is not connected yet is taken up again with its external id, so that a role
    made in the meantime still fits. Raises InvalidError, for a connected account too.
    """
    number = re.sub(r"[\s-]", "", aws_account)
    _check_account(number, label, product_types, partition)
    known = Account.objects.select_for_update().filter(
        organisation=organisation, aws_account=number
    )
    account = known.first()
    if account is None:
        account = Account(
            organisation=organisation, aws_account=number, external_id=new_external_id()
        )
    elif account.state in {Account.State.CONNECTED, Account.State.PAUSED}:
        raise InvalidError("aws_account", f"Account {number} is connected already.")
    before = {} if account._state.adding else told(account)
    account.label = label.strip()
    account.partition = partition
    account.state = Account.State.PENDING
    account.profile = {**account.profile, "product_types": sorted(set(product_types))}
    account.role_actions = sorted(ALL_ACTIONS)
    account.save()
    record(
        organisation=organisation.pk,
        by=by,
        action="account.begun",
        target=account,
        before=before,
        after=told(account),
    )
    return account


def _check_account(number: str, label: str, product_types: Collection[str], partition: str) -> None:
    if re.fullmatch(r"[0-9]{12}", number) is None:
        raise InvalidError("aws_account", "An AWS account id has 12 digits, such as 111122223333.")
    if not label.strip() or len(label) > LONGEST_LABEL or not label.isprintable():
        message = f"Give the account a name of 1 to {LONGEST_LABEL} printable characters."
        raise InvalidError("label", message)
    unknown = sorted(set(product_types) - set(PRODUCT_TYPES))
    if unknown or not product_types:
        message = f"Say what you sell: one or more of {', '.join(PRODUCT_TYPES)}."
        raise InvalidError("product_types", message)
    if partition not in PARTITIONS:
        raise InvalidError("partition", f"A partition is one of {', '.join(PARTITIONS)}.")


def role_template(account: Account, form: str) -> str:
    """Return what creates the scan role, as cloudformation, terraform or cli; KeyError for others."""
    write = {"cloudformation": role.cloudformation, "terraform": role.terraform, "cli": role.cli}
    return write[form](account.external_id, settings.SCANNER_PRINCIPAL_ARN)


def usual_role_arn(account: Account) -> str:
    """Return the ARN that the role has when it was made from our template unchanged."""
    return f"arn:{account.partition}:iam::{account.aws_account}:role/{ROLE_NAME}"


def test(*, account: Account, role_arn: str, by: User | ApiToken | None) -> ConnectionResult:
    """Try the role as AWS sees it, and connect the account if it holds; outside of a transaction.

    It has to work with the external id, and to refuse us without it and with wrong ones. What was
    seen is kept with the account either way; a role found lax pauses a connected account. A locked
    installation (a restored copy) tries nothing.
    """
    if is_locked():
        skipped: tuple[tuple[str, Held, str], ...] = tuple(
            (step, "skipped", "Not tried.") for step in STEPS
        )
        return ConnectionResult(ok=False, checks=skipped, **LOCKED)
    arn = role_arn.strip()
    seen = check_connection(
        role_arn=arn,
        external_id=account.external_id,
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
    result = ConnectionResult(seen.ok, seen.code, seen.message, seen.advice, checks)
    committed(account.organisation_id, lambda: _keep(account, arn, result, by))
    return result


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


def _keep(account: Account, arn: str, result: ConnectionResult, by: User | ApiToken | None) -> None:
    """Keep what was seen, unless the connection was given up while we looked.

    A role that was found lax is not used until it holds again: its account is paused meanwhile.
    """
    now = Account.objects.select_for_update().get(pk=account.pk)
    if now.external_id != account.external_id or now.state == Account.State.DISCONNECTED:
        return
    before = told(now)
    paused_by_us = now.state == Account.State.PAUSED and bool(now.state_reason)
    now.checked_at = database_now()
    reason = f"{result.message} {result.advice}".replace(now.external_id, "<your ExternalId>")
    now.state_reason = "" if result.ok else storable(reason)
    if result.ok:
        now.role_arn = arn
        now.connected_at = now.connected_at or now.checked_at
        if now.state == Account.State.PENDING or paused_by_us:
            now.state = Account.State.CONNECTED
    elif result.code == "lax_role" and now.state == Account.State.CONNECTED:
        now.state = Account.State.PAUSED
    now.save(update_fields=["checked_at", "state_reason", "role_arn", "connected_at", "state"])
    for field in ("checked_at", "state_reason", "role_arn", "connected_at", "state"):
        setattr(account, field, getattr(now, field))
    connected = now.state == Account.State.CONNECTED != before["state"]
    record(
        organisation=now.organisation_id,
        by=by,
        action="account.connected" if connected else "account.tested",
        target=now,
        before=before,
        after={**told(now), "tried": storable(arn), "result": result.code},
    )
