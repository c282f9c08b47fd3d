"""What an API can show those who attest how reports and contacts are handled (controls.md 10)."""

from __future__ import annotations

from scanner.evidence import Fact, Piece
from scanner.facts.s3 import Bucket, LifecycleRule
from scanner.facts.snapshot import Snapshot
from scanner.scope.callers import callers, credentials_of
from scanner.scope.cas import deliverers
from scanner.scope.holder import READ_BY, Holder
from scanner.scope.psc import contact_buckets
from scanner.scope.reports import Kind, ReportBucket, report_buckets
from scanner.vocabulary import (
    Listed,
    NotSeen,
    Observed,
    Unobserved,
    derived,
    gaps,
    seen,
)

READ_RULES = "s3:GetLifecycleConfiguration"
LIST = "s3:ListBucket"
NAMED_AT_MOST = 10


def takes_reports(snapshot: Snapshot) -> Observed[bool]:
    """Whether the seller gets data sets or data feeds, by what is there or by the profile."""
    profile = snapshot.profile
    roles, buckets = deliverers(snapshot), report_data(snapshot)
    found = bool(seen(roles)) or bool(seen(buckets))
    if found or profile.cas_enrolled or profile.data_feeds:
        return True
    missing = (*gaps(roles), *gaps(buckets))
    return missing[0] if missing else False


def has_callers(snapshot: Snapshot) -> Observed[bool]:
    """Whether somebody may ask for data sets, or takes them."""
    listed = callers(snapshot)
    if seen(listed):
        return True
    missing = gaps(listed)
    return missing[0] if missing else takes_reports(snapshot)


def report_data(snapshot: Snapshot) -> Listed[ReportBucket]:
    """The buckets of data sets and data feeds."""
    asked = {Kind.CAS, Kind.FEED}
    return derived(report_buckets(snapshot), lambda one: [one] if one.kinds & asked else [])


def who_may_call(snapshot: Snapshot) -> tuple[Piece, ...]:
    """Who may call GenerateDataSet, and with which keys; administrators are not told."""
    listed = callers(snapshot)
    facts = [
        Fact("May call GenerateDataSet", _caller(one, snapshot), READ_BY) for one in seen(listed)
    ]
    return (*facts[:NAMED_AT_MOST], *_rest(len(facts)), *_untold(gaps(listed)))


def how_long_kept(snapshot: Snapshot) -> tuple[Piece, ...]:
    """What the lifecycle rules of the buckets of data sets and feeds say."""
    listed = report_data(snapshot)
    facts = [Fact(f"Bucket {one.name}", _kept(one.bucket), READ_RULES) for one in seen(listed)]
    return (*facts[:NAMED_AT_MOST], *_rest(len(facts)), *_untold(gaps(listed)))


def contacts_left(snapshot: Snapshot) -> tuple[Piece, ...]:
    """How many files with buyers' contacts lie in the buckets that may hold some (PSC-02)."""
    listed = contact_buckets(snapshot)
    facts = [Fact(f"Bucket {one.name}", _left(one.bucket), LIST) for one in seen(listed)]
    return (*facts[:NAMED_AT_MOST], *_rest(len(facts)), *_untold(gaps(listed)))


def _caller(holder: Holder, snapshot: Snapshot) -> str:
    name = f"{holder.kind} {holder.name}"
    if holder.kind == "role":
        return name
    try:
        keys = credentials_of(holder, snapshot).active_keys()
    except NotSeen as unseen:
        return f"{name}, keys not read: {unseen}"
    return (
        f"{name}, {len(keys)} active access keys" if len(keys) != 1 else f"{name}, one access key"
    )


def _kept(bucket: Bucket) -> str:
    rules = bucket.lifecycle
    missing = " ".join(gap.sentence() for gap in gaps(rules))
    told = [text for one in seen(rules) if one.enabled and (text := _rule(one))]
    if not told and not missing:
        return "no rule: everything is kept"
    return " ".join(filter(None, ("; ".join(told), missing)))


def _rule(rule: LifecycleRule) -> str:
    place = f" under {rule.prefix}" if rule.prefix else ""
    some = ", for some objects only" if rule.narrowed else ""
    if rule.expires_days is not None:
        return f"rule {rule.id} deletes after {rule.expires_days} days{place}{some}"
    if rule.expires_on is not None:
        return f"rule {rule.id} deletes on {rule.expires_on:%Y-%m-%d}{place}{some}"
    return ""


def _left(bucket: Bucket) -> str:
    missing = " ".join(gap.sentence() for gap in gaps(bucket.contacts))
    count = len(seen(bucket.contacts))
    return f"{count} file{'s' if count != 1 else ''} with contacts seen. {missing}".strip()


def _rest(count: int) -> tuple[Fact, ...]:
    return (Fact("More", str(count - NAMED_AT_MOST)),) if count > NAMED_AT_MOST else ()


def _untold(missing: tuple[Unobserved, ...]) -> tuple[Fact, ...]:
    return tuple(Fact("Not all could be read", gap.sentence()) for gap in missing)
