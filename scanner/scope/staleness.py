"""Which credentials of a user are unused or too old (controls.md AMMP-08, MTR-02)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from scanner.evidence import Fact
from scanner.facts.iam import ReportKey
from scanner.facts.snapshot import Snapshot
from scanner.scope.credentials import READ_BY, Credentials
from scanner.vocabulary import Unobserved, known

EVERY_ACTIVE_KEY = "AccessKeyMetadata[?Status=='Active'].AccessKeyId"


@dataclass(frozen=True, slots=True)
class Stale:
    """A password or access key (`key`) that should go, with the sentence and the fact for it."""

    reason: str
    fact: Fact
    key: ReportKey | None = None


def stale_credentials(
    user: Credentials, snapshot: Snapshot
) -> tuple[list[Stale], list[Unobserved]]:
    """What of a user is stale, and what the report does not tell; raises NotSeen without a row.

    Unused means not used for `unused_days`; a credential that was never used counts from the day
    it was made. A key is also stale `key_max_age_days` after it was made.
    """
    stale: list[Stale] = []
    untold: list[Unobserved] = []
    for found in (*_password(user, snapshot), *_keys(user, snapshot)):
        if isinstance(found, Stale):
            stale.append(found)
        else:
            untold.append(found)
    return stale, [*untold, *user.hidden_keys(), *user.unconfirmed]


def key_age(key: ReportKey, now: datetime) -> timedelta | None:
    """How long ago a key was made, as far as the report tells."""
    return None if key.last_rotated is None else now - key.last_rotated


def query_for(keys: list[ReportKey]) -> str:
    """The --query of aws iam list-access-keys that finds these keys; empty for none.

    The report does not know key ids, so they are told by the minute they were made.
    """
    made = dict.fromkeys(key.last_rotated for key in keys)
    if None in made:
        return EVERY_ACTIVE_KEY
    tests = [f"starts_with(CreateDate,'{when:%Y-%m-%dT%H:%M}')" for when in made]
    return f"AccessKeyMetadata[?{'||'.join(tests)}].AccessKeyId" if tests else ""


def key_fact(number: int, key: ReportKey) -> Fact:
    """An access key as evidence shows it."""
    made = f"{key.last_rotated:%Y-%m-%d}" if key.last_rotated else "at an unknown date"
    used = f"last used {key.last_used:%Y-%m-%d}" if key.last_used else "never used"
    return Fact(f"Access key {number}", f"active, made {made}, {used}", READ_BY)


def _password(user: Credentials, snapshot: Snapshot) -> Iterator[Stale | Unobserved]:
    row = known(user.row)
    if isinstance(user.password, Unobserved):
        yield user.password
    if user.password is not True:
        return
    used, made = row.password_last_used, row.password_last_changed
    if used is None and made is None:
        yield user.blank("password_last_changed")
    since = f"last used {used:%Y-%m-%d}" if used else "never used"
    fact = Fact("Password", f"enabled, {since}", READ_BY)
    for reason in _idle(f"The password of user {user.name}", used, made, snapshot):
        yield Stale(reason, fact)


def _keys(user: Credentials, snapshot: Snapshot) -> Iterator[Stale | Unobserved]:
    limit = timedelta(days=snapshot.profile.key_max_age_days)
    for number, key in user.active_keys():
        what = f"Access key {number} of user {user.name}"
        fact = key_fact(number, key)
        for reason in _idle(what, key.last_used, key.last_rotated, snapshot):
            yield Stale(reason, fact, key)
        age = key_age(key, snapshot.now)
        if age is None:
            yield user.blank(f"access_key_{number}_last_rotated")
        elif age >= limit:
            yield Stale(f"{what} is {age.days} days old.", fact, key)


def _idle(
    what: str, used: datetime | None, made: datetime | None, snapshot: Snapshot
) -> Iterator[str]:
    since = used or made
    if since is None or snapshot.now - since < timedelta(days=snapshot.profile.unused_days):
        return
    how = "was last used" if used else "was never used since it was made"
    yield f"{what} {how} {(snapshot.now - since).days} days ago."
