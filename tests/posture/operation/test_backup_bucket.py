"""A backup whose snapshots lie in a bucket that does not answer: one line, and no half of a file."""

from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from django.conf import settings

from sandbox.aws.faults import Fault
from tests.posture.operation.commands import manage
from tests.posture.operation.full import Company
from tests.sandbox.aws.clients import admin_keys, client

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

BUCKET = "acme-snapshots"


@pytest.fixture
def in_bucket(fake_aws: "FakeAws") -> dict[str, str]:
    """The environment of an installation whose snapshots, two of them, lie in a bucket."""
    keys = admin_keys(fake_aws)
    s3 = client(fake_aws, "s3", keys)
    s3.create_bucket(Bucket=BUCKET)
    for file in Company("Larkfield").files:
        path = file.relative_to(settings.SNAPSHOT_DIR)
        s3.put_object(Bucket=BUCKET, Key=str(path), Body=file.read_bytes())
    return {
        "SNAPSHOT_STORAGE_URL": f"s3://{BUCKET}?region=us-east-1&endpoint={fake_aws.url}",
        "AWS_S3_ACCESS_KEY_ID": keys.access,
        "AWS_S3_SECRET_ACCESS_KEY": keys.secret,
    }


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="error", status=503, action="s3:GetObject"),
        Fault(kind="deny", action="s3:GetObject"),
        Fault(kind="cut", action="s3:GetObject", after=1),
    ],
    ids=lambda one: one.kind,
)
def test_a_store_that_fails_leaves_no_file_and_says_so(
    fake_aws: "FakeAws", in_bucket: dict[str, str], fault: Fault, tmp_path: Path
) -> None:
    fake_aws.inject(fault)
    done = manage("backup", str(tmp_path / "saved.zip"), environment=in_bucket)
    fake_aws.clear_faults()
    assert done.returncode == 1
    assert "Nothing was saved: the store of snapshots says " in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_copy_whose_store_takes_nothing_stays_empty(
    fake_aws: "FakeAws",
    in_bucket: dict[str, str],
    elsewhere: dict[str, str],
    tmp_path: Path,
) -> None:
    file = tmp_path / "saved.zip"
    assert manage("backup", str(file), environment=in_bucket).returncode == 0
    bucket = in_bucket["SNAPSHOT_STORAGE_URL"]
    copy = {**in_bucket, **elsewhere, "SNAPSHOT_STORAGE_URL": bucket.replace("?", "/copy?")}
    fake_aws.inject(Fault(kind="error", status=503, action="s3:PutObject"))
    done = manage("restore", str(file), environment=copy)
    fake_aws.clear_faults()
    assert done.returncode == 1
    assert "Not restored: the store of snapshots says " in done.stderr
    assert "Traceback" not in done.stderr
    assert manage("restore", str(file), environment=copy).returncode == 0


def test_a_store_that_answers_is_saved_with_every_snapshot(
    in_bucket: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "saved.zip"
    done = manage("backup", str(file), environment=in_bucket)
    assert done.returncode == 0, done.stderr
    with ZipFile(file) as archive:
        kept = [name for name in archive.namelist() if name.startswith("snapshots/")]
    assert len(kept) == 2
