"""M-SAAS-9: this account's trail is one log; those of the product itself are elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.control import Reference
from scanner.evidence import Fact, Piece
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.log_keeping import READ_STORE, LogStore, long_enough, records
from scanner.scope.saas import GUIDELINES, GUIDELINES_URL, NOT_SOLD, READS, sells_saas
from scanner.scope.trail_buckets import LogBucket
from scanner.vocabulary import Unobserved, gaps, seen

NOT_READ = "Not read"


def hint(snapshot: Snapshot) -> tuple[Piece, ...]:
    """How long the account's own trail is kept, as CT-07 sees it."""
    listed = records(snapshot)
    facts = [fact for record in seen(listed) for fact in _kept(record, snapshot)]
    facts += [Fact(NOT_READ, gap.sentence()) for gap in gaps(listed)]
    return (*(facts or [Fact("Record of this account", "none, see CT-01")]),)


def _kept(record: LogBucket | LogStore, snapshot: Snapshot) -> Iterator[Fact]:
    """What a bucket's rules or a store's settings say, in a bucket of this account."""
    if isinstance(record, LogStore):
        details = record.store.details
        if not isinstance(details, Unobserved):
            yield Fact(f"Store {record.name}", f"keeps {details.retention_days} days", READ_STORE)
        return
    if isinstance(record.bucket, Unobserved):
        yield Fact(NOT_READ, record.bucket.sentence())
        return
    kept = long_enough(record, record.bucket, snapshot)
    yield Fact("Log bucket", record.name, "cloudtrail:DescribeTrails")
    yield from kept.facts
    yield from (Fact(NOT_READ, gap.sentence()) for gap in kept.gaps)


CONTROL = attested(
    module=__name__,
    title="Audit logs of the SaaS product are kept for a year",
    statement="We keep the security logs of our SaaS product at least a year, safe from change.",
    risk="A breach is often found after months, when the logs that would tell whose data was taken"
    " are gone.",
    steps=(
        "List what the product logs of sign-ins, rights, changes of settings and access to data.",
        "Keep each of these logs at least a year, where the people who run the product cannot"
        " change or delete them.",
        "Fetch an entry of eleven months ago and see that it is there.",
        "Keep list and entry as evidence.",
    ),
    references=(Reference(GUIDELINES, GUIDELINES_URL),),
    hint=hint,
    applies=sells_saas,
    not_applicable_because=NOT_SOLD,
    reads=(*READS, "cloudtrail.trails", "cloudtrail.data_stores", "s3.buckets"),
)
