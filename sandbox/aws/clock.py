"""The fake AWS's own clock: it issues dates, so it may ask the machine for the time."""

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """The present moment in UTC, without microseconds, as AWS prints it."""
    moment = datetime.now(UTC)  # noqa: TID251 - a server that issues dates is a source of time
    return moment.replace(microsecond=0)


def days_ago(days: float) -> datetime:
    """The moment that lies `days` days before now; seeds use it so that their dates never age."""
    return now() - timedelta(days=days)


def as_iso(moment: datetime) -> str:
    """A moment as AWS writes it where a field is text: 2026-11-23T10:00:00.000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def aware(moment: datetime) -> datetime:
    """The same moment in whole seconds with its zone; moto keeps UTC without saying so."""
    return moment.replace(microsecond=0, tzinfo=moment.tzinfo or UTC)
