"""When an account is scanned: what people say, its next runs, and what is refused."""

from datetime import datetime, time, timedelta
from typing import Required, TypedDict, Unpack
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSimError

from posture.auditing import record
from posture.connections.wording import InvalidError
from posture.models import (
    Account,
    ApiToken,
    Schedule,
    User,
    database_now,
    jitter_of,
    next_run,
)

SHORTEST_PAUSE_MINUTES = 15
LONGEST_CRON = 100
WEEKS_LOOKED_AT = 5
"""Long enough for every weekday and nearly every pair of days of a month to have come."""


class Rhythm(TypedDict, total=False):
    """What `planned` takes beside the account."""

    preset: Required[str]
    cron: str
    zone: str
    quiet_from: time | None
    quiet_until: time | None


PLANNED = ("preset", "cron", "zone", "jitter_seconds", "quiet_from", "quiet_until", "next_run")


SAID = ("preset", "cron", "zone", "quiet_from", "quiet_until")


def set_schedule(
    *, account: Account, by: User | ApiToken | None, **rhythm: Unpack[Rhythm]
) -> Schedule:
    """Set when an account is scanned, inside `within` its organisation; raises InvalidError."""
    plan = planned(account=account, **rhythm)
    Account.objects.select_for_update().get(pk=account.pk)  # first, as by everybody who locks both
    schedule, _ = Schedule.objects.select_for_update().get_or_create(
        account=account, defaults={"organisation_id": account.organisation_id}
    )
    before = _rhythm(schedule)
    for column in PLANNED:
        setattr(schedule, column, getattr(plan, column))
    schedule.save(update_fields=PLANNED)
    record(
        organisation=account.organisation_id,
        by=by,
        action="schedule.changed",
        target=account,
        before=before,
        after=_rhythm(schedule),
    )
    return schedule


def _rhythm(schedule: Schedule) -> dict[str, object]:
    return {name: str(getattr(schedule, name) or "") for name in SAID}


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
