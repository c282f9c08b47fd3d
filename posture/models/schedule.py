"""When an account is scanned: cron in the seller's own zone, computed to UTC (design 2.9)."""

import hashlib
import uuid
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from django.db import models

from posture.models.tenancy import OrganisationOwned, one_of, within_organisation


class Preset(models.TextChoices):
    """The choices of the form; custom uses `cron`."""

    OFF = "off"
    HOURLY = "hourly"
    EVERY_6_HOURS = "every_6_hours"
    DAILY = "daily"
    WEEKLY = "weekly"
    CUSTOM = "custom"


class Schedule(OrganisationOwned):
    """The scan schedule of one account; `next_run` is null when it is off."""

    Preset = Preset

    account = within_organisation("posture.Account", one_to_one=True, related_name="schedule")
    preset = models.TextField(choices=Preset.choices, default=Preset.DAILY)
    cron = models.TextField(blank=True)
    zone = models.TextField(default="UTC")
    jitter_seconds = models.PositiveIntegerField(default=0)
    """How long after the cron moment this account's scans start, always the same."""
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    next_run = models.DateTimeField(null=True)
    last_run = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            one_of(Preset, "preset", "schedule_preset_known"),
            models.CheckConstraint(
                condition=models.Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_begin_and_end",
            ),
        )
        indexes = (
            models.Index(
                fields=("next_run",),
                name="schedule_due",
                condition=models.Q(next_run__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.preset if self.preset != self.Preset.CUSTOM else self.cron

    def run_after(self, moment: datetime) -> datetime | None:
        """Return the first run after an aware moment, in UTC; None when the schedule is off.

        Runs that were missed are not made up for one by one: there is one next run only.
        """
        cron = self.cron if self.preset == self.Preset.CUSTOM else PRESETS[Preset(self.preset)]
        if not cron:
            return None
        quiet = (self.quiet_from, self.quiet_until)
        return next_run(cron, ZoneInfo(self.zone), moment, jitter=self.jitter_seconds, quiet=quiet)

    def next_runs(self, number: int = 3) -> list[datetime]:
        """Return the next runs as aware moments in UTC; none when the schedule is off."""
        runs = [self.next_run] if self.next_run else []
        while runs and len(runs) < number:
            following = self.run_after(runs[-1])
            if following is None:
                break
            runs.append(following)
        return runs


PRESETS = {
    Preset.OFF: "",
    Preset.HOURLY: "0 * * * *",
    Preset.EVERY_6_HOURS: "0 */6 * * *",
    Preset.DAILY: "0 3 * * *",
    Preset.WEEKLY: "0 3 * * 1",
}

JITTER_SPAN = {
    Preset.HOURLY: 10 * 60,
    Preset.EVERY_6_HOURS: 30 * 60,
    Preset.DAILY: 60 * 60,
    Preset.WEEKLY: 60 * 60,
}


def jitter_of(account_id: uuid.UUID, preset: str) -> int:
    """Return the seconds by which an account's scans start later, so that not all start at once.

    It depends on nothing but the account's id, so it never moves; custom schedules keep to their minute.
    """
    span = JITTER_SPAN.get(Preset(preset), 0)
    spread = int.from_bytes(hashlib.sha256(account_id.bytes).digest()[:8])
    return spread % span if span else 0


def next_run(
    cron: str,
    zone: ZoneInfo,
    after: datetime,
    *,
    jitter: int = 0,
    quiet: tuple[time | None, time | None] = (None, None),
) -> datetime:
    """Return the first moment after `after` that a five-field cron expression names, in UTC.

    `jitter` seconds are added; a moment within the quiet hours moves to their end. Where clocks
    change, cronsim does what Debian's cron does: a skipped moment runs right after the gap, a
    repeated one runs once. Raises cronsim.CronSimError for an expression it does not know or that
    never comes.
    """
    offset = timedelta(seconds=jitter)
    for moment in CronSim(cron, (after - offset).astimezone(zone)):
        run = _after_quiet_hours(moment.astimezone(UTC) + offset, zone, *quiet)
        if run > after:
            return run
    message = f"{cron} names no moment in the next 50 years"
    raise CronSimError(message)


def _after_quiet_hours(
    moment: datetime, zone: ZoneInfo, start: time | None, end: time | None
) -> datetime:
    if start is None or end is None or start == end:
        return moment
    local = moment.astimezone(zone)
    clock = local.time()
    within = start <= clock < end if start < end else clock >= start or clock < end
    if not within:
        return moment
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, zone).astimezone(UTC)
