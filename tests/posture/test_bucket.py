"""Snapshots in a bucket of S3: kept once, encrypted, and refused with a reason."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.storage import storages

from posture import environment
from posture.models import Account, Scan, StoredSnapshot
from posture.models.tenancy import within
from posture.scans import record
from posture.scans.stores import StoreError
from posture.scans.storing import BrokenSnapshotError, keep, stored_json
from sandbox.aws.client import FakeAws
from sandbox.aws.faults import Fault
from tests.posture.reports import MONDAY, a_claimed_scan, a_report, an_outcome
from tests.posture.rows import a_scan
from tests.sandbox.aws.clients import Keys, admin_keys, client

DOCUMENT = b'{"account": "111122223333"}'
BUCKET = "acme-snapshots"


@pytest.fixture
def keys(fake_aws: FakeAws) -> Keys:
    return admin_keys(fake_aws)


@pytest.fixture
def s3(fake_aws: FakeAws, keys: Keys) -> Any:
    """A client of the account in which the bucket is."""
    made = client(fake_aws, "s3", keys)
    made.create_bucket(Bucket=BUCKET)
    return made


@pytest.fixture(autouse=True)
def bucket(
    s3: Any,
    fake_aws: FakeAws,
    keys: Keys,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """Let snapshots lie in the bucket, as the setting would; credentials from the environment."""
    address = f"s3://{BUCKET}/kept/here?region=us-east-1&endpoint={fake_aws.url}"
    monkeypatch.setenv("SNAPSHOT_STORAGE_URL", address)
    monkeypatch.setenv("AWS_S3_ACCESS_KEY_ID", keys.access)
    monkeypatch.setenv("AWS_S3_SECRET_ACCESS_KEY", keys.secret)
    options = environment.bucket("SNAPSHOT_STORAGE_URL")
    store = {"BACKEND": "posture.scans.stores.Bucket", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "snapshots": store}
    yield
    fake_aws.clear_faults()


@pytest.fixture
def scan(account: Account) -> Scan:
    return a_scan(account)


def put(scan: Scan, document: bytes = DOCUMENT) -> StoredSnapshot:
    return keep(document, scan=scan, taken_at=MONDAY, engine="test")


def test_a_snapshot_lies_under_the_prefix_encrypted_and_comes_back(s3: Any, scan: Scan) -> None:
    stored = put(scan)
    found = s3.head_object(Bucket=BUCKET, Key=f"kept/here/{stored.path}")
    assert found["ServerSideEncryption"] == "AES256"
    assert found["ContentLength"] == stored.stored_bytes
    assert hashlib.sha256(DOCUMENT).hexdigest() in stored.path
    assert stored_json(stored) == DOCUMENT


def test_the_same_snapshot_is_sent_once_and_nothing_is_listed(
    fake_aws: FakeAws, scan: Scan
) -> None:
    assert put(scan).pk == put(scan).pk
    calls = fake_aws.count_calls("s3:*")
    assert calls["s3:PutObject"] == 1
    assert set(calls) == {"s3:CreateBucket", "s3:PutObject", "s3:GetObject"}


@pytest.mark.parametrize("damage", ["gone", "cut", "changed"])
def test_an_object_that_is_not_what_was_stored_is_refused(s3: Any, scan: Scan, damage: str) -> None:
    stored = put(scan)
    key = f"kept/here/{stored.path}"
    whole = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    if damage == "gone":
        s3.delete_object(Bucket=BUCKET, Key=key)
    else:
        s3.put_object(Bucket=BUCKET, Key=key, Body=whole[:-3] if damage == "cut" else b"x")
    with pytest.raises(BrokenSnapshotError):
        stored_json(stored)


def test_a_cut_object_is_replaced_when_its_content_is_kept_again(s3: Any, scan: Scan) -> None:
    stored = put(scan)
    s3.put_object(Bucket=BUCKET, Key=f"kept/here/{stored.path}", Body=b"cut")
    assert stored_json(put(scan)) == DOCUMENT


def test_a_bucket_that_is_gone_is_a_store_error_and_records_nothing(
    s3: Any, account: Account
) -> None:
    s3.delete_bucket(Bucket=BUCKET)
    scan = a_claimed_scan(account)
    with pytest.raises(StoreError, match="NoSuchBucket"):
        record(scan=scan, fence=scan.fence, report=a_report(an_outcome()))
    with within(account.organisation_id):
        scan.refresh_from_db()
        account.refresh_from_db()
    assert (scan.state, scan.snapshot_id, account.scored_at) == ("running", None, None)


def test_denied_access_says_so_and_the_next_attempt_records(
    fake_aws: FakeAws, account: Account
) -> None:
    fake_aws.inject(Fault(kind="deny", action="s3:*"))
    scan = a_claimed_scan(account)
    with pytest.raises(StoreError, match="AccessDenied"):
        record(scan=scan, fence=scan.fence, report=a_report(an_outcome()))
    fake_aws.clear_faults()
    assert record(scan=scan, fence=scan.fence, report=a_report(an_outcome()))
    with within(account.organisation_id):
        scan.refresh_from_db()
        assert scan.snapshot is not None
        assert stored_json(scan.snapshot)


def test_reading_what_is_refused_now_is_not_called_broken(fake_aws: FakeAws, scan: Scan) -> None:
    stored = put(scan)
    fake_aws.inject(Fault(kind="deny", action="s3:GetObject"))
    with pytest.raises(StoreError):
        stored_json(stored)


def test_deleting_twice_is_no_error(scan: Scan) -> None:
    stored = put(scan)
    for _ in range(2):
        storages["snapshots"].delete(stored.path)
    with pytest.raises(BrokenSnapshotError):
        stored_json(stored)
