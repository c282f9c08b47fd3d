"""Settings that are missing or weak stop the start with one line that says what to do."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = "q8Zt3Vx1Lk9Rw7Yc5Nh2Bf6Md4Gs0JpAeUiOoTyXzCvBnMlKjHg"
PEPPER = "1:" + "0123456789abcdef" * 4
SEALING = "2026:" + "q8Zt3Vx1Lk9Rw7Yc5Nh2Bf6Md4Gs0JpAeUiOoTyXzCv="
GOOD = {
    "SECRET_KEYS": SEALING,
    "SECRET_KEY": KEY,
    "TOKEN_PEPPERS": PEPPER,
    "DATABASE_URL": "postgresql://app@127.0.0.1:1/posture",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SCANNER_PRINCIPAL_ARN": "arn:aws:iam::999988887777:role/scanner",
}


Load = Callable[[Mapping[str, str | None]], dict[str, Any]]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Run the settings afresh, with nothing but these variables; return their names."""

    def loaded(changes: Mapping[str, str | None]) -> dict[str, Any]:
        variables = {**GOOD, **changes}
        monkeypatch.setattr("os.environ", {k: v for k, v in variables.items() if v is not None})
        spec = spec_from_file_location("fresh_settings", ROOT / "posture" / "settings.py")
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return vars(module)

    return loaded


def test_these_are_enough(load: Load) -> None:
    found = load({})
    assert (found["LEASE_SECONDS"], found["HEARTBEAT_SECONDS"], found["DEBUG"]) == (90, 20, False)


def test_the_first_of_the_keys_seals_and_a_file_may_hold_them(load: Load, tmp_path: Path) -> None:
    kept = tmp_path / "keys"
    kept.write_text(f"{SEALING},old:{'Qz' + SEALING[7:]}\n")
    found = load({"SECRET_KEYS": None, "SECRET_KEYS_FILE": str(kept)})["SECRET_KEYS"]
    assert list(found) == ["2026", "old"]
    assert [len(one) for one in found.values()] == [32, 32]


def test_figures_are_for_nobody_unless_a_setting_says_so(load: Load) -> None:
    found = load({})
    assert (found["METRICS_TOKEN"], found["METRICS_NETWORKS"]) == ("", [])
    told = load({"METRICS_TOKEN": KEY, "METRICS_NETWORKS": "10.0.0.0/8, ::1/128"})
    assert [str(one) for one in told["METRICS_NETWORKS"]] == ["10.0.0.0/8", "::1/128"]
    assert told["METRICS_TOKEN"] == KEY


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "django-insecure-" + KEY}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": None, "SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE names a file"),
        ({"SECRET_KEY_FILE": "/etc/hostname"}, "SECRET_KEY and SECRET_KEY_FILE are both set"),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN is weak"),
        ({"METRICS_TOKEN": "ab" * 20}, "METRICS_TOKEN is weak"),
        ({"METRICS_NETWORKS": "10.0.0.0/8,nearby"}, "METRICS_NETWORKS must be networks"),
        ({"METRICS_NETWORKS": "10.0.0.1/8"}, "METRICS_NETWORKS must be networks"),
        ({"SSO_ALLOWED_NETWORKS": "intranet"}, "SSO_ALLOWED_NETWORKS must be networks"),
        ({"TICK_LATE_SECONDS": "0"}, "TICK_LATE_SECONDS must be a number from 1"),
        ({"TOKEN_PEPPERS": None}, "TOKEN_PEPPERS is not set"),
        ({"TOKEN_PEPPERS": "1:abc"}, "TOKEN_PEPPERS must look like"),
        ({"TOKEN_PEPPERS": PEPPER + "," + PEPPER}, "TOKEN_PEPPERS must look like"),
        ({"TOKEN_PEPPERS": "0:" + PEPPER[2:]}, "TOKEN_PEPPERS must look like"),
        ({"TOKEN_PEPPERS": "1:" + "0" * 64}, "TOKEN_PEPPERS holds a pepper that is not random"),
        ({"SECRET_KEYS": None}, "SECRET_KEYS is not set"),
        ({"SECRET_KEYS": "1:abc"}, "SECRET_KEYS must look like"),
        ({"SECRET_KEYS": SEALING + "," + SEALING}, "SECRET_KEYS must look like"),
        ({"SECRET_KEYS": SEALING + ",2027" + SEALING[4:]}, "SECRET_KEYS must look like"),
        ({"SECRET_KEYS": "a.b" + SEALING[4:]}, "SECRET_KEYS must look like"),
        ({"SECRET_KEYS": "1:" + "A" * 43 + "="}, "SECRET_KEYS holds a key that is not random"),
        ({"DATABASE_URL": None}, "DATABASE_URL is not set"),
        ({"DATABASE_URL": "sqlite:///posture.db"}, "DATABASE_URL must be a URL that begins with"),
        ({"DATABASE_URL": "postgresql://[oops"}, "DATABASE_URL must be a URL that begins with"),
        ({"REDIS_URL": "memory://"}, "REDIS_URL must be a URL that begins with"),
        ({"SCANNER_PRINCIPAL_ARN": None}, "SCANNER_PRINCIPAL_ARN is not set"),
        ({"SCANNER_PRINCIPAL_ARN": "*"}, "SCANNER_PRINCIPAL_ARN must be the ARN"),
        ({"LEASE_SECONDS": "soon"}, "LEASE_SECONDS must be a number from 1 to 3600"),
        ({"LEASE_SECONDS": "nan"}, "LEASE_SECONDS must be a number"),
        ({"HEARTBEAT_SECONDS": "80"}, "HEARTBEAT_SECONDS must be a number from 0.1 to 45"),
        ({"SCAN_CONCURRENCY": "1.5"}, "SCAN_CONCURRENCY must be a whole number"),
        ({"RATE_CEILINGS": "ec2"}, "RATE_CEILINGS must look like"),
        ({"RATE_CEILINGS": "ec2=20/100,ec2=1/1"}, "RATE_CEILINGS must look like"),
        ({"RATE_CEILINGS": "lookupevents=2/1"}, "RATE_CEILINGS must look like"),
        ({"RATE_CEILINGS": "iam=0.4/1"}, "RATE_CEILINGS must look like"),
        ({"RATE_CEILINGS": "iam=15/0"}, "RATE_CEILINGS must look like"),
        ({"RATE_CEILINGS": "iam=nan/1"}, "RATE_CEILINGS must look like"),
        ({"RATE_CEILINGS": "iam=99999/1"}, "RATE_CEILINGS must look like"),
        ({"DEBUG": "perhaps"}, "DEBUG must be on or off"),
        ({"ROLE_TEMPLATE_URL": "http://x.example/t"}, "ROLE_TEMPLATE_URL must be a URL"),
        ({"EMAIL_URL": "pigeon://coop"}, "EMAIL_URL must be a URL"),
        ({"EMAIL_URL": "file:mails"}, "EMAIL_URL must name a folder from the root"),
        ({"EMAIL_URL": "file://host/mails"}, "EMAIL_URL must name a folder from the root"),
        ({"IDLE_MINUTES": "0"}, "IDLE_MINUTES must be a number from 1"),
        ({"SESSION_HOURS": "forever"}, "SESSION_HOURS must be a number from 1"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be one of"),
        (
            {"SNAPSHOT_STORAGE_URL": "gs://b"},
            "SNAPSHOT_STORAGE_URL must be a URL that begins with s3",
        ),
        ({"SNAPSHOT_STORAGE_URL": "s3://[b"}, "SNAPSHOT_STORAGE_URL must look like"),
        ({"SNAPSHOT_STORAGE_URL": "s3://bucket?region"}, "SNAPSHOT_STORAGE_URL must look like"),
        ({"SNAPSHOT_STORAGE_URL": "s3://"}, "SNAPSHOT_STORAGE_URL names no bucket"),
        ({"SNAPSHOT_STORAGE_URL": "s3://B_d"}, "SNAPSHOT_STORAGE_URL names no bucket"),
        ({"SNAPSHOT_STORAGE_URL": "s3://10.0.0.1"}, "SNAPSHOT_STORAGE_URL names no bucket"),
        ({"SNAPSHOT_STORAGE_URL": "s3://id:key@bucket"}, "SNAPSHOT_STORAGE_URL holds credentials"),
        ({"SNAPSHOT_STORAGE_URL": "s3://bucket/../up"}, "SNAPSHOT_STORAGE_URL has a prefix"),
        ({"SNAPSHOT_STORAGE_URL": "s3://bucket?zone=1"}, "SNAPSHOT_STORAGE_URL has 'zone'"),
        ({"SNAPSHOT_STORAGE_URL": "s3://bucket?region=mars"}, "SNAPSHOT_STORAGE_URL has a region"),
        ({"SNAPSHOT_STORAGE_URL": "s3://bucket?key=k"}, "SNAPSHOT_STORAGE_URL has a key"),
        (
            {"SNAPSHOT_STORAGE_URL": "s3://bucket?endpoint=http://store.example"},
            "SNAPSHOT_STORAGE_URL has an endpoint",
        ),
        (
            {"SNAPSHOT_STORAGE_URL": "s3://bucket?endpoint=https://h:x"},
            "SNAPSHOT_STORAGE_URL has an endpoint",
        ),
        ({"SNAPSHOT_KEEP_DAYS": "0"}, "SNAPSHOT_KEEP_DAYS must be a number from 1"),
        ({"SNAPSHOT_KEEP_NEWEST": "none"}, "SNAPSHOT_KEEP_NEWEST must be a number from 1"),
    ],
)
def test_what_is_missing_or_weak_is_refused_in_one_line(
    load: Load,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, str | None],
    said: str,
) -> None:
    with pytest.raises(SystemExit) as end:
        load(changes)
    text = capsys.readouterr().err
    assert end.value.code == 2
    assert text.startswith(f"seller-posture cannot start: {said}")
    assert text.count("\n") == 1
    assert KEY not in text
    assert PEPPER[2:] not in text
    assert SEALING[5:] not in text


def test_every_program_stops_with_that_line() -> None:
    for program in (["manage.py", "check"], ["-m", "celery", "-A", "posture", "report"]):
        ran = subprocess.run(
            [sys.executable, *program], cwd=ROOT, env={**GOOD, "SECRET_KEY": "short"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 2
        assert ran.stderr.count("\n") == 1
        assert ran.stderr.startswith("seller-posture cannot start: SECRET_KEY is weak")


def test_a_secret_may_lie_in_a_file(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    assert load({"SECRET_KEY": None, "SECRET_KEY_FILE": str(file)})["SECRET_KEY"] == KEY


def test_the_demo_needs_no_principal(load: Load) -> None:
    assert load({"SCANNER_PRINCIPAL_ARN": None, "DEMO": "on"})["DEMO"]


@pytest.mark.parametrize(
    ("argv", "role"),
    [
        (["manage.py", "migrate"], "owner"),
        (["manage.py", "purge"], "owner"),
        (["manage.py", "backup"], "owner"),
        (["manage.py", "restore"], "owner"),
        (["manage.py", "requeue"], "app"),
        (["manage.py", "doctor"], "app"),
        (["manage.py"], "app"),
        (["manage.py", "runserver"], "app"),
        (["celery", "migrate"], "app"),
    ],
)
def test_only_commands_that_cross_organisations_connect_as_owner(
    load: Load, monkeypatch: pytest.MonkeyPatch, argv: list[str], role: str
) -> None:
    monkeypatch.setattr("sys.argv", argv)
    found = load({"DATABASE_OWNER_URL": "postgresql://owner@127.0.0.1:1/posture"})
    assert found["DATABASES"]["default"]["USER"] == role


def test_secure_cookies_have_the_host_prefix(load: Load) -> None:
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SECURE_HSTS_SECONDS")
    secure, plain = load({}), load({"SECURE": "off"})
    assert [secure[name] for name in names] == ["__Host-sid", "__Host-csrf", 31_536_000]
    assert [plain[name] for name in names] == ["sid", "csrf", 0]


@pytest.mark.parametrize(
    ("url", "backend", "details"),
    [
        ("file:///var/spool/my%20mails", "filebased", {"EMAIL_FILE_PATH": "/var/spool/my mails"}),
        (
            "smtp+tls://me:secret@mail.example:587",
            "smtp",
            {"EMAIL_HOST": "mail.example", "EMAIL_PORT": 587, "EMAIL_USE_TLS": True},
        ),
        (None, "console", {}),
    ],
)
def test_mail_goes_where_its_url_says(
    load: Load, url: str | None, backend: str, details: dict[str, object]
) -> None:
    found = load({"EMAIL_URL": url})
    assert found["EMAIL_BACKEND"] == f"django.core.mail.backends.{backend}.EmailBackend"
    assert found.items() >= details.items()


def test_snapshots_lie_in_files_until_a_bucket_is_named(load: Load) -> None:
    assert load({})["STORAGES"]["snapshots"]["BACKEND"].endswith("AtomicFiles")
    address = "s3://acme.snapshots/seller/posture?region=eu-west-1"
    store = load({"SNAPSHOT_STORAGE_URL": address})["STORAGES"]["snapshots"]
    assert store["BACKEND"].endswith("Bucket")
    assert store["OPTIONS"] == {
        "bucket_name": "acme.snapshots",
        "location": "seller/posture",
        "region_name": "eu-west-1",
        "endpoint_url": None,
        "object_parameters": {"ServerSideEncryption": "AES256"},
    }


def test_a_bucket_may_have_a_key_and_be_elsewhere(load: Load) -> None:
    key = "arn:aws:kms:eu-west-1:111122223333:key/0f3e"
    address = f"s3://snapshots?key={key}&endpoint=https://minio.example:9000&region=us-east-1"
    options = load({"SNAPSHOT_STORAGE_URL": address})["STORAGES"]["snapshots"]["OPTIONS"]
    assert options["endpoint_url"] == "https://minio.example:9000"
    assert options["object_parameters"] == {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
