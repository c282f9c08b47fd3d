"""How long the record of an account is kept, and who could shorten or change it (CT-07)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scanner.evidence import Fact
from scanner.facts.cloudtrail import EventDataStore, Trail
from scanner.facts.s3 import Bucket, LifecycleRule, Retention, Versioning
from scanner.facts.snapshot import Snapshot
from scanner.scope.buckets import READ_POLICY
from scanner.scope.ct import owner_of, recording_stores
from scanner.scope.holder import READ_BY
from scanner.scope.log_changers import Changer, changers
from scanner.scope.trail_buckets import LogBucket, log_buckets
from scanner.vocabulary import Listed, Unobserved, gaps, merged, seen

READ_RULES = "s3:GetLifecycleConfiguration"
READ_LOCK = "s3:GetBucketObjectLockConfiguration"
READ_VERSIONS = "s3:GetBucketVersioning"
READ_STORE = "cloudtrail:GetEventDataStore"
READ_TRAIL = "cloudtrail:DescribeTrails"
NAMED_AT_MOST = 5
IN_A_STORE = (
    "An event data store that was not read may keep them: let the scan read it, or let the rule"
    " wait longer."
)


@dataclass(frozen=True, eq=False)
class LogStore:
    """An event data store that is the record of an account without trails."""

    store: EventDataStore

    @property
    def key(self) -> str:
        """The store's ARN."""
        return self.store.arn

    @property
    def name(self) -> str:
        """The store's name."""
        return self.store.name

    @property
    def region(self) -> str:
        """Where it is."""
        return self.store.region


def records(snapshot: Snapshot) -> Listed[LogBucket | LogStore]:
    """The log buckets of all trails; where no trail has one, the event data stores that record."""
    buckets: Listed[LogBucket | LogStore] = log_buckets(snapshot)
    if seen(buckets):
        return buckets
    stores = recording_stores(snapshot)
    found: Listed[LogBucket | LogStore] = tuple(map(LogStore, seen(stores)))
    return merged(buckets, found, _without_items(stores))


def _without_items(listed: Listed[EventDataStore]) -> Listed[LogBucket | LogStore]:
    why = gaps(listed)
    return why[0] if why else ()


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether logs are kept: `faults` say why not, `gaps` what hides it, `facts` what was seen."""

    faults: tuple[str, ...] = ()
    gaps: tuple[Unobserved, ...] = ()
    facts: tuple[Fact, ...] = ()
    rules: tuple[LifecycleRule, ...] = ()
    """The lifecycle rules at fault, or that would be if the gaps hide nothing."""
    unsure: str = ""
    """What was seen all the same, and what to do, where there are gaps."""


def long_enough(log: LogBucket, bucket: Bucket, snapshot: Snapshot) -> Kept:
    """Say whether no lifecycle rule deletes logs too early, or a store keeps them long enough."""
    least = snapshot.profile.log_retention_min_days
    hitting = [one for one in seen(bucket.lifecycle) if one.enabled and _hits(one, log)]
    short = [one for one in hitting if not one.narrowed and _is_short(one, least)]
    facts = [Fact(f"Lifecycle rule {one.id}", _in_words(one), READ_RULES) for one in hitting]
    if not hitting and not gaps(bucket.lifecycle):
        facts = [Fact("Lifecycle", "no rule that reaches log files: kept for good", READ_RULES)]
    missing = gaps(bucket.lifecycle)
    if not short and not missing:
        return Kept(facts=tuple(facts))
    stores = recording_stores(snapshot)
    for store in seen(stores):
        days = _days_of(store)
        if days is not None and days >= least:
            facts.append(Fact(f"Event data store {store.name}", f"keeps {days} days", READ_STORE))
            return Kept(facts=tuple(facts))
    if missing and not short:
        return Kept(gaps=missing, facts=tuple(facts))
    faults = tuple(
        f"Lifecycle rule {one.id} of bucket {log.name} deletes log files {_when(one)},"
        f" earlier than {least} days."
        for one in short
    )
    if gaps(stores):
        unsure = " ".join((*faults, IN_A_STORE))
        return Kept((), gaps(stores), tuple(facts), tuple(short), unsure)
    return Kept(faults, (), tuple(facts), tuple(short))


def _hits(rule: LifecycleRule, log: LogBucket) -> bool:
    if rule.expires_days is None and rule.expires_on is None:
        return False
    places = [_prefix_of(trail) for trail in log.trails]
    return any(one.startswith(rule.prefix) or rule.prefix.startswith(one) for one in places)


def _prefix_of(trail: Trail) -> str:
    """Where a trail's log and digest files lie; those of an organization lie deeper."""
    start = f"{trail.prefix}/AWSLogs/" if trail.prefix else "AWSLogs/"
    return start if trail.organization else f"{start}{owner_of(trail)}/CloudTrail"


def _is_short(rule: LifecycleRule, least: int) -> bool:
    """A date deletes whatever is there then, and all that comes later at once."""
    return rule.expires_on is not None or (
        rule.expires_days is not None and rule.expires_days < least
    )


def _when(rule: LifecycleRule) -> str:
    if rule.expires_on is not None:
        return f"on {rule.expires_on:%Y-%m-%d}"
    return f"after {rule.expires_days} days"


def _in_words(rule: LifecycleRule) -> str:
    some = ", but only those with certain tags or sizes" if rule.narrowed else ""
    return f"deletes objects under '{rule.prefix}' {_when(rule)}{some}"


def _days_of(store: EventDataStore) -> int | None:
    return None if isinstance(store.details, Unobserved) else store.details.retention_days


def safe_from_change(log: LogBucket, bucket: Bucket, snapshot: Snapshot) -> Kept:
    """Say whether something keeps logs from being changed: a lock, MFA, or few rights and digests."""
    least = snapshot.profile.log_retention_min_days
    lock, versions = bucket.object_lock, bucket.versioning
    if isinstance(lock, Retention) and lock.mode and lock.days is not None and lock.days >= least:
        return Kept(facts=(Fact("Object Lock", f"{lock.mode}, {lock.days} days", READ_LOCK),))
    if isinstance(versions, Versioning) and versions.status == "Enabled" and versions.mfa_delete:
        return Kept(facts=(Fact("MFA delete", "on, with versioning", READ_VERSIONS),))
    missing = (*gaps(lock), *gaps(versions))
    facts = () if missing else (Fact("Object Lock", _locked(lock), READ_LOCK),)
    unsigned = [one.name for one in _writers(log) if not one.validates_files]
    if unsigned:
        names = ", ".join(unsigned)
        fact = Fact("Log file validation", f"off for {names}", READ_TRAIL)
        why = f"Bucket {log.name} has no lock, and trail {names} does not sign its log files."
        return Kept(() if missing else (why,), missing, (*facts, fact))
    answers = list(changers(log, bucket, snapshot))
    if able := [one for one in answers if isinstance(one, Changer)]:
        more = f" and {len(able) - 1} more" if len(able) > 1 else ""
        why = (
            f"Bucket {log.name} has no lock, and {able[0].name}{more} may delete or unprotect"
            " its logs."
        )
        return Kept(() if missing else (why,), missing, (*facts, *_named(able)))
    hidden = [one for one in answers if isinstance(one, Unobserved)]
    fact = Fact("May delete or unprotect logs", "administrators only", READ_BY)
    return Kept((), tuple(dict.fromkeys(hidden)), (*facts, *(() if hidden else (fact,))))


def _named(able: Iterable[Changer]) -> Iterator[Fact]:
    for by_bucket, how, read_by in (
        (False, "no administrator", READ_BY),
        (True, "by the bucket's policy", READ_POLICY),
    ):
        if names := [one.name for one in able if one.by_bucket is by_bucket]:
            told = ", ".join(names[:NAMED_AT_MOST])
            yield Fact(f"May delete or unprotect logs, {how}", told, read_by)


def _writers(log: LogBucket) -> list[Trail]:
    """Trails whose files are still written here; if none is on, all that ever wrote."""
    return [one for one in log.trails if one.logging is not False] or list(log.trails)


def _locked(lock: Retention | Unobserved | None) -> str:
    if not isinstance(lock, Retention) or not lock.mode:
        return "no default retention"
    return f"{lock.mode}, {lock.days} days"
