"""Connecting accounts: external id, role template, test of the role, schedule, pause and goodbye."""

import re
import secrets
from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Required, TypedDict, Unpack
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSimError
from django.conf import settings

from posture.models import (
    Account,
    Organisation,
    Schedule,
    User,
    database_now,
    jitter_of,
    next_run,
)
from posture.profiles import PRODUCT_TYPES
from posture.proving import (
    STEPS,
    ConnectionResult,
    check_principal,
    hand_out_rechecks,
    recheck,
    test,
)
from scanner import role
from scanner.collect.plan import ALL_ACTIONS

__all__ = ["STEPS", "ConnectionResult", "check_principal", "hand_out_rechecks", "recheck", "test"]

EXTERNAL_ID_BYTES = 20
"""160 random bits: nobody guesses it, and no two connections share one."""

PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
STACK_NAME = "seller-posture"
ROLE_NAME = role.ROLE_NAME
SHORTEST_PAUSE_MINUTES = 15
LONGEST_LABEL = 200
LONGEST_CRON = 100
WEEKS_LOOKED_AT = 5
"""Long enough for every weekday and nearly every pair of days of a month to have come."""


class InvalidError(ValueError):
    """Something that was typed cannot be used: the name of the field, and a sentence about it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


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
        account = Account(organisation=organisation, aws_account=number, external_id=_external_id())
    elif account.state in {Account.State.CONNECTED, Account.State.PAUSED}:
        raise InvalidError("aws_account", f"Account {number} is connected already.")
    elif account.state == Account.State.DISPUTED:
        raise InvalidError(
            "aws_account", f"Account {number} waits for a decision: {account.state_reason}"
        )
    account.label = label.strip()
    account.partition = partition
    account.state, account.state_code = Account.State.PENDING, ""
    account.profile = {**account.profile, "product_types": sorted(set(product_types))}
    account.role_actions = sorted(ALL_ACTIONS)
    account.save()
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


def _external_id() -> str:
    return f"seller-posture-{secrets.token_hex(EXTERNAL_ID_BYTES)}"


def renew_external_id(*, account: Account, by: User) -> None:
    """Make a new external id, inside `within`; the old one is valid until a test proves the new one.

    One that waits for its proof is replaced. Raises InvalidError for an account that is given up or
    waits for a decision.
    """
    now = Account.objects.select_for_update().get(pk=account.pk)
    if now.state in {Account.State.DISCONNECTED, Account.State.DISPUTED}:
        message = (
            f"{now.label} is {now.state}. Connect it first; it then has an ExternalId of its own."
        )
        raise InvalidError("external_id", message)
    proved = now.connected_at is not None
    now.next_external_id = _external_id() if proved else ""
    now.external_id = now.external_id if proved else _external_id()
    now.save(update_fields=["external_id", "next_external_id"])
    account.external_id, account.next_external_id = now.external_id, now.next_external_id


def role_template(account: Account, form: str) -> str:
    """Return what creates the scan role, as cloudformation, terraform or cli; KeyError for others."""
    write = {"cloudformation": role.cloudformation, "terraform": role.terraform, "cli": role.cli}
    return write[form](account.offered_external_id, settings.SCANNER_PRINCIPAL_ARN)


def usual_role_arn(account: Account) -> str:
    """Return the ARN that the role has when it was made from our template unchanged."""
    return f"arn:{account.partition}:iam::{account.aws_account}:role/{ROLE_NAME}"


class Rhythm(TypedDict, total=False):
    """What `planned` takes beside the account."""

    preset: Required[str]
    cron: str
    zone: str
    quiet_from: time | None
    quiet_until: time | None


PLANNED = ("preset", "cron", "zone", "jitter_seconds", "quiet_from", "quiet_until", "next_run")


def set_schedule(*, account: Account, **rhythm: Unpack[Rhythm]) -> Schedule:
    """Set when an account is scanned, inside `within` its organisation; raises InvalidError."""
    plan = planned(account=account, **rhythm)
    schedule, _ = Schedule.objects.select_for_update().get_or_create(
        account=account, defaults={"organisation_id": account.organisation_id}
    )
    for column in PLANNED:
        setattr(schedule, column, getattr(plan, column))
    schedule.save(update_fields=PLANNED)
    return schedule


def planned(  # noqa: PLR0913 - one form, all by keyword
    *,
    account: Account,
    preset: str,
    cron: str = "",
    zone: str = "UTC",
    quiet_from: time | None = None,
    quiet_until: time | None = None,
) -> Schedule:
    """Return a schedule that is not saved, to look at its runs; raises InvalidError.

    `cron` has five fields and is used by the preset custom; `zone` is an IANA name. A run that
    falls into the quiet hours, in that zone, waits for their end.
    """
    if preset not in Schedule.Preset.values:
        raise InvalidError("preset", f"Choose one of {', '.join(Schedule.Preset.values)}.")
    if (quiet_from is None) != (quiet_until is None):
        raise InvalidError("quiet_until", "Quiet hours need a beginning and an end.")
    if quiet_from is not None and quiet_from == quiet_until:
        raise InvalidError("quiet_until", "Quiet hours end when they begin; leave both empty.")
    now = database_now()
    custom = preset == Schedule.Preset.CUSTOM
    if custom:
        _check_cron(cron, _zone(zone), now)
    schedule = Schedule(
        organisation_id=account.organisation_id,
        account=account,
        preset=preset,
        cron=cron.strip() if custom else "",
        zone=_zone(zone).key,
        jitter_seconds=jitter_of(account.pk, preset),
        quiet_from=quiet_from,
        quiet_until=quiet_until,
    )
    schedule.next_run = schedule.run_after(now)
    return schedule


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = "Use the name of a time zone, such as Europe/Berlin or America/New_York."
        raise InvalidError("zone", message) from None


def _check_cron(cron: str, zone: ZoneInfo, now: datetime) -> None:
    """Five fields that come, and come at least a quarter of an hour apart in their first weeks."""
    fields = cron.split()
    if len(fields) != 5 or len(cron) > LONGEST_CRON:  # noqa: PLR2004 - what cron means
        message = "Use five short fields: minute, hour, day of month, month, day of week."
        raise InvalidError("cron", message)
    try:
        first = run = next_run(cron, zone, now)
        while run - first <= timedelta(weeks=WEEKS_LOOKED_AT):
            following = next_run(cron, zone, run)
            if following - run < timedelta(minutes=SHORTEST_PAUSE_MINUTES):
                message = f"Leave at least {SHORTEST_PAUSE_MINUTES} minutes between two scans."
                raise InvalidError("cron", message)
            run = following
    except CronSimError as error:
        raise InvalidError(
            "cron", f"This is not a cron expression that ever comes: {error}."
        ) from None


def pause(account: Account) -> None:
    """Stop scanning a connected account until `resume`; what was found stays."""
    _move(account, Account.State.CONNECTED, Account.State.PAUSED)


def resume(account: Account) -> None:
    """Let a paused account be scanned again; InvalidError where only a proof of its role can."""
    if account.state_code:
        message = f"{account.state_reason} Then test the connection: scanning goes on with that."
        raise InvalidError("state", message)
    _move(account, Account.State.PAUSED, Account.State.CONNECTED)


def disconnect(account: Account) -> None:
    """Stop looking at an account and forget the way in: its role and its external ids."""
    account.state, account.state_code = Account.State.DISCONNECTED, ""
    account.role_arn, account.external_id, account.next_external_id = "", _external_id(), ""
    account.connected_at = None
    account.save(
        update_fields=[
            "state", "state_code", "role_arn", "external_id", "next_external_id", "connected_at",
        ]
    )  # fmt: skip
    Schedule.objects.filter(account=account).update(preset=Schedule.Preset.OFF, next_run=None)


def _move(account: Account, old: str, new: str) -> None:
    """Only from the state it is in now, whatever the caller's copy says."""
    if Account.objects.filter(pk=account.pk, state=old, state_code="").update(state=new):
        account.state = new
