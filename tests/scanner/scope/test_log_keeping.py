"""Which logs there are, and the two questions asked of a bucket."""

from __future__ import annotations

from scanner.facts.s3 import LifecycleRule
from scanner.scope.log_keeping import LogStore, long_enough, records, safe_from_change
from scanner.scope.trail_buckets import LogBucket
from scanner.vocabulary import Partial, gaps, seen
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_data_store, a_trail
from tests.builders_storage import a_bucket

SHORT = LifecycleRule("short", enabled=True, expires_days=30)
BUCKET = a_bucket("seller-trail-logs", lifecycle=(SHORT,))
LOG = LogBucket(BUCKET.name, BUCKET.arn, BUCKET, (a_trail(),))


def test_stores_are_the_record_only_where_no_trail_is() -> None:
    stores = (a_data_store(),)
    (bucket,) = seen(records(a_snapshot(trails=(a_trail(),), data_stores=stores)))
    assert isinstance(bucket, LogBucket)
    (store,) = seen(records(a_snapshot(data_stores=stores)))
    assert isinstance(store, LogStore)
    assert (store.key, store.name, store.region) == (stores[0].arn, "lake", "us-east-1")
    assert records(a_snapshot()) == ()


def test_what_hides_a_record_cuts_the_list() -> None:
    gap = denied("cloudtrail:DescribeTrails")
    listed = records(a_snapshot(trails=gap, data_stores=(a_data_store(),)))
    assert isinstance(listed, Partial)
    assert [one.name for one in listed.items] == ["lake"]
    assert gaps(records(a_snapshot(data_stores=denied("cloudtrail:ListEventDataStores"))))


def test_the_rules_at_fault_are_given() -> None:
    found = long_enough(LOG, BUCKET, a_snapshot())
    assert found.rules == (SHORT,)
    assert "after 30 days, earlier than 365 days." in found.faults[0]


def test_nothing_is_at_fault_where_few_may_change_signed_logs() -> None:
    found = safe_from_change(LOG, BUCKET, a_snapshot())
    assert (found.faults, found.gaps) == ((), ())
