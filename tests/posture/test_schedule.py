"""Schedules: cron in the seller's zone, through changes of the clock, with jitter and quiet hours."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSimError
from django.db import IntegrityError, transaction

from posture import connections
from posture.models import Account, Schedule, database_now, jitter_of, next_run
from posture.models.tenancy import within


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def runs(cron: str, zone: str, after: str, number: int, **options: int) -> list[str]:
    """The next runs, in UTC, as text."""
    found: list[str] = []
    now = moment(after)
    for _ in range(number):
        now = next_run(cron, ZoneInfo(zone), now, jitter=options.get("jitter", 0))
        assert now.tzinfo is UTC
        found.append(now.strftime("%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        # an ordinary day
        ("0 3 * * *", "UTC", "2026-11-23T12:00", ["11-24 03:00", "11-25 03:00"]),
        ("0 3 * * *", "America/New_York", "2026-11-23T12:00", ["11-24 08:00", "11-25 08:00"]),
        # Berlin, 2027-03-28: 02:00 becomes 03:00; a skipped moment runs right after the gap
        ("30 2 * * *", "Europe/Berlin", "2027-03-26T12:00", ["03-27 01:30", "03-28 01:00"]),
        ("0 3 * * *", "Europe/Berlin", "2027-03-26T12:00", ["03-27 02:00", "03-28 01:00"]),
        # Berlin, 2026-10-25: 03:00 becomes 02:00; a repeated moment runs once
        ("30 2 * * *", "Europe/Berlin", "2026-10-23T12:00", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:45", ["10-26 01:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10", ["10-26 01:30"]),
        # every hour is every hour, whatever the clock does
        ("0 * * * *", "Europe/Berlin", "2026-10-24T22:30", ["10-24 23:00", "10-25 00:00", "10-25 01:00", "10-25 02:00"]),
        ("0 * * * *", "Europe/Berlin", "2027-03-27T23:30", ["03-28 00:00", "03-28 01:00", "03-28 02:00"]),
        # half an hour of summer time, and a zone that is 45 minutes off
        ("0 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", ["10-03 15:30", "10-04 15:00"]),
        ("0 3 * * *", "Asia/Kathmandu", "2026-11-23T12:00", ["11-23 21:15"]),
        # New York, 2027-03-14: 02:00 becomes 03:00; 2026-11-01: 02:00 becomes 01:00
        ("30 2 * * *", "America/New_York", "2027-03-12T12:00", ["03-13 07:30", "03-14 07:00", "03-15 06:30"]),
        ("30 1 * * *", "America/New_York", "2026-10-30T12:00", ["10-31 05:30", "11-01 05:30", "11-02 06:30"]),
        ("0 */6 * * *", "America/New_York", "2026-10-31T23:00", ["11-01 04:00", "11-01 11:00", "11-01 17:00"]),
        # Lord Howe, 2027-04-04: 02:00 becomes 01:30; 2026-10-04: 02:00 becomes 02:30
        ("45 1 * * *", "Australia/Lord_Howe", "2027-04-02T12:00", ["04-02 14:45", "04-03 14:45", "04-04 15:15"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T12:00", ["10-02 15:45", "10-03 15:30", "10-04 15:15"]),
        # leap day, at home and seen from a zone where it is the day before
        ("0 6 29 2 *", "Australia/Lord_Howe", "2027-03-01T12:00", ["02-28 19:00"]),
        ("0 0 29 2 *", "UTC", "2026-11-23T12:00", ["02-29 00:00"]),
    ],
)  # fmt: skip
def test_cron_moments_in_their_zone(cron: str, zone: str, after: str, expected: list[str]) -> None:
    assert runs(cron, zone, after, len(expected)) == expected


def test_jitter_moves_every_run_by_the_same() -> None:
    assert runs("0 3 * * *", "UTC", "2026-11-23T03:10", 2, jitter=1200) == [
        "11-23 03:20",
        "11-24 03:20",
    ]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (time(2), time(5), "2026-11-24T05:00"),
        (time(22), time(6), "2026-11-24T06:00"),
        (time(4), time(5), "2026-11-24T03:00"),
        (time(3), time(3), "2026-11-24T03:00"),
    ],
    ids=["within", "over midnight", "outside", "empty"],
)
def test_a_run_in_quiet_hours_waits_for_their_end(start: time, end: time, expected: str) -> None:
    found = next_run("0 3 * * *", ZoneInfo("UTC"), moment("2026-11-23T12:00"), quiet=(start, end))
    assert found == moment(expected)


def test_after_its_quiet_hours_comes_the_next_day_and_not_the_same_run_again() -> None:
    quiet = (time(2), time(5))
    first = next_run("0 3 * * *", ZoneInfo("UTC"), moment("2026-11-23T12:00"), quiet=quiet)
    second = next_run("0 3 * * *", ZoneInfo("UTC"), first, quiet=quiet)
    assert second == first + timedelta(days=1)


def test_an_account_s_jitter_never_moves_and_spreads_accounts() -> None:
    accounts = [uuid.UUID(int=number) for number in range(200)]
    spread = {jitter_of(account, "daily") for account in accounts}
    assert [jitter_of(one, "daily") for one in accounts] == [
        jitter_of(one, "daily") for one in accounts
    ]
    assert len(spread) > 150
    assert max(spread) < 3600
    assert jitter_of(accounts[0], "custom") == 0


def test_a_cron_that_never_comes_is_an_error() -> None:
    with pytest.raises(CronSimError):
        next_run("0 0 30 2 *", ZoneInfo("UTC"), moment("2026-11-23T12:00"))


def schedule(account: Account, **options: object) -> Schedule:
    with within(account.organisation_id):
        return connections.set_schedule(
            account=account,
            by=None,
            **options,  # type: ignore[arg-type] # a test gives what fits
        )


@pytest.mark.parametrize("preset", ["hourly", "every_6_hours", "daily", "weekly"])
def test_a_preset_says_when_the_first_run_is(account: Account, preset: str) -> None:
    now = database_now()
    set_now = schedule(account, preset=preset, zone="Europe/Berlin")
    assert set_now.next_run is not None
    assert now < set_now.next_run <= now + timedelta(days=8)
    assert set_now.jitter_seconds == jitter_of(account.pk, preset)


def test_switching_off_leaves_no_next_run_and_keeps_one_row(account: Account) -> None:
    schedule(account, preset="daily")
    off = schedule(account, preset="off")
    assert off.next_run is None
    with within(account.organisation_id):
        assert Schedule.objects.count() == 1


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"preset": "often"}, "preset"),
        ({"preset": "daily", "zone": "Mars/Base"}, "zone"),
        ({"preset": "daily", "zone": "../../etc/passwd"}, "zone"),
        ({"preset": "daily", "zone": ""}, "zone"),
        ({"preset": "daily", "zone": "a\x00b"}, "zone"),
        ({"preset": "custom", "cron": ""}, "cron"),
        ({"preset": "custom", "cron": "nonsense at all times now"}, "cron"),
        ({"preset": "custom", "cron": "* * * * * *"}, "cron"),
        ({"preset": "custom", "cron": "*/5 * * * *"}, "cron"),
        ({"preset": "custom", "cron": "0,5 3 * * *"}, "cron"),
        ({"preset": "custom", "cron": "0,59 0,2,4,6,8,10,12,14,16,17 * * *"}, "cron"),
        ({"preset": "custom", "cron": "0,50 0,2,4,6,8,10,12,23 * * *"}, "cron"),
        ({"preset": "custom", "cron": "0,59 0,2,4,23 1,2 6 *"}, "cron"),
        ({"preset": "custom", "cron": "0,59 0,2,4,23 1,15,16 6 *"}, "cron"),
        ({"preset": "custom", "cron": "0 0 30 2 *"}, "cron"),
        ({"preset": "custom", "cron": "0 3 * * " + "1," * 500 + "1"}, "cron"),
        ({"preset": "daily", "quiet_from": time(2)}, "quiet_until"),
    ],
)
def test_nonsense_is_refused_and_names_the_field(
    account: Account, options: dict[str, object], field: str
) -> None:
    with pytest.raises(connections.InvalidError) as refusal:
        schedule(account, **options)
    assert refusal.value.field == field
    assert str(refusal.value)
    with within(account.organisation_id):
        assert not Schedule.objects.exists()


@pytest.mark.parametrize("cron", ["*/15 * * * *", "0,59 0,2,4 * * *", "0 0 29 2 *"])
def test_a_quarter_of_an_hour_between_two_scans_is_enough(account: Account, cron: str) -> None:
    assert schedule(account, preset="custom", cron=cron, zone="Europe/Berlin").next_run


def test_the_database_refuses_half_of_the_quiet_hours(account: Account) -> None:
    with (
        within(account.organisation_id),
        pytest.raises(IntegrityError, match="quiet_hours"),
        transaction.atomic(),
    ):
        Schedule.objects.create(
            organisation_id=account.organisation_id, account=account, quiet_from=time(2)
        )


@pytest.mark.parametrize(
    ("zone", "year"),
    [("Europe/Berlin", 2026), ("America/New_York", 2027), ("Australia/Lord_Howe", 2028)],
)
@pytest.mark.parametrize("cron", ["30 2 * * *", "15 1 * * *", "0 3 * * *"])
def test_through_a_year_there_is_one_run_for_each_day(zone: str, year: int, cron: str) -> None:
    here = ZoneInfo(zone)
    now = datetime(year, 1, 1, tzinfo=here).astimezone(UTC)
    end = datetime(year + 1, 1, 1, tzinfo=here).astimezone(UTC)
    days = []
    quiet = (time(2, 10), time(2, 50))
    while (now := next_run(cron, here, now, jitter=600, quiet=quiet)) < end:
        days.append(now.astimezone(here).date())
    first = date(year, 1, 1)
    assert days == [
        first + timedelta(days=one) for one in range((date(year + 1, 1, 1) - first).days)
    ]


def test_the_next_three_runs_follow_each_other(account: Account) -> None:
    saved = schedule(account, preset="every_6_hours", zone="America/New_York")
    runs = saved.next_runs()
    assert runs[0] == saved.next_run
    assert runs == [runs[0], *(saved.run_after(one) for one in runs[:2])]
    assert schedule(account, preset="off").next_runs() == []


def test_quiet_hours_that_end_when_they_begin_are_refused(account: Account) -> None:
    with pytest.raises(connections.InvalidError) as refusal:
        schedule(account, preset="daily", quiet_from=time(2), quiet_until=time(2))
    assert refusal.value.field == "quiet_until"


def test_looking_at_a_plan_saves_nothing(account: Account) -> None:
    with within(account.organisation_id):
        plan = connections.planned(account=account, preset="daily", zone="Europe/Berlin")
        assert len(plan.next_runs()) == 3
        assert not Schedule.objects.exists()
