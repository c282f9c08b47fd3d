"""The restore drill: saved in full traffic, restored elsewhere, nothing leaves it until unlocked."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from zipfile import ZipFile

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from psycopg import sql

from posture.models import Account, note_tick
from posture.models.tenancy import within
from tests.posture.operation.commands import manage, printed
from tests.posture.operation.full import OWNED, PASSWORD, Company, rows_of
from tests.posture.rows import an_organisation
from tests.posture.sellers import a_seller
from tests.posture.web.rows import a_done_scan, a_finding, an_event
from tests.posture.workers import wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

HIDDEN = ("SECRET_KEY", "SECRET_KEYS", "TOKEN_PEPPERS", "AWS_SECRET_ACCESS_KEY")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def larkfield() -> Company:
    return Company("Larkfield")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of another installation: an empty database and an empty store."""
    name = f"{connection.settings_dict['NAME']}_copy"

    def run(statement: str) -> None:
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute(sql.SQL(statement).format(sql.Identifier(name)))

    run("CREATE DATABASE {}")
    urls = {
        variable: urlunsplit(urlsplit(os.environ[variable])._replace(path=f"/{name}"))
        for variable in ("DATABASE_URL", "DATABASE_OWNER_URL")
    }
    yield {**urls, "SNAPSHOT_DIR": str(tmp_path / "copied")}
    run("DROP DATABASE {} WITH (FORCE)")


def tables(url: str) -> dict[str, Any]:
    """Every row of every table, in no order, as the role owner sees them."""
    with psycopg.connect(url) as owner:
        names = owner.execute(
            """SELECT relname FROM pg_class WHERE relkind = 'r' AND relname !~ '^django_'
               AND relname NOT IN ('posture_cache', 'posture_tick', 'posture_lock')
               AND relnamespace = 'public'::regnamespace"""
        ).fetchall()
        return {
            name: sorted(
                str(row)
                for row in owner.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name)))
            )
            for (name,) in names
        }


@contextmanager
def traffic(company: Company) -> Iterator[list[int]]:
    """Findings are opened meanwhile, each in one transaction with its three events."""
    over, opened = threading.Event(), [0]
    scan = a_done_scan(company.accounts[0])

    def open_some() -> None:
        try:
            while not over.wait(0.01):  # traffic is there all the time, and no core is full of it
                with within(company.organisation):
                    finding = a_finding(scan, f"traffic-{opened[0]}")
                    an_event(finding, "opened", 2, scan=scan)
                    an_event(finding, "changed", 3, scan=scan)
                opened[0] += 1
        finally:
            connection.close()

    thread = threading.Thread(target=open_some)
    thread.start()
    try:
        yield opened
    finally:
        over.set()
        thread.join()


def ask_copy(script: str, environment: Mapping[str, str]) -> Any:
    """Run Python inside the copy; return what it prints as JSON."""
    return json.loads(printed("shell", "--no-imports", "-c", script, environment=environment))


SIGN_IN = f"""
import json
from django.test import Client
answer = Client().post("/sign-in", {{"login": "alice@larkfield.example", "password": "{PASSWORD}"}})
print(json.dumps([answer.status_code, answer.get("Location")]))
"""

SCAN = """
import json, uuid
from posture import scans
from posture.models import Account, Scan
from posture.models.tenancy import within
from posture.tasks import run_scan, tick

tick()
organisation, state, row = uuid.UUID("ORGANISATION"), "refused", None
with within(organisation):
    account = Account.objects.get(aws_account="111122223333")
    try:
        row = scans.request_scan(account=account, by=None, trigger="manual")[0].pk
    except scans.LockedError:
        pass
if row is not None:
    run_scan(str(row))
    with within(organisation):
        state = Scan.objects.get(pk=row).state
print(json.dumps(state))
"""


def scanned(account: Account, environment: Mapping[str, str]) -> str:
    """Ask the copy for a scan and run it; return how it ended."""
    script = SCAN.replace("ORGANISATION", str(account.organisation_id))
    return str(ask_copy(script, environment))


def test_what_is_saved_in_full_traffic_is_one_moment_and_starts_locked(
    larkfield: Company, elsewhere: dict[str, str], tmp_path: Path, fake_aws: "FakeAws"
) -> None:
    fake_aws.seed("larkfield")
    seller = a_seller(fake_aws, an_organisation("Seller"))
    file, there = tmp_path / "posture.zip", {**elsewhere, **fake_aws.environment()}
    with traffic(larkfield) as opened:
        wait_until(lambda: opened[0] > 5)
        printed("backup", str(file))
    assert "Locked" in printed("restore", str(file), environment=there)
    with psycopg.connect(elsewhere["DATABASE_OWNER_URL"]) as owner:
        ((findings, events),) = owner.execute(
            """SELECT (SELECT count(*) FROM posture_finding WHERE resource_name ~ '^traffic'),
                      (SELECT count(*) FROM posture_findingevent e
                       JOIN posture_finding f ON f.id = e.finding_id
                       WHERE f.resource_name ~ '^traffic')"""
        ).fetchall()
    assert 5 <= findings <= opened[0]
    assert events == findings * 3
    assert ask_copy(SIGN_IN, there) == [302, "/"]
    fake_aws.forget_calls()
    assert scanned(seller, there) == "refused"
    assert fake_aws.calls() == []
    printed("unlock", "--apply", environment=there)
    assert scanned(seller, there) in {"done", "partial"}
    assert len(fake_aws.calls()) > 0


def test_everything_comes_back_as_it_was(
    larkfield: Company, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    brightwater = Company("Brightwater")
    Client().force_login(larkfield.user)
    note_tick()
    file = tmp_path / "posture.zip"
    printed("backup", str(file))
    printed("restore", str(file), environment=elsewhere)
    before = tables(os.environ["DATABASE_OWNER_URL"])
    assert tables(elsewhere["DATABASE_OWNER_URL"]) == before
    assert {model._meta.db_table for model in OWNED} <= {
        name for name, rows in before.items() if rows
    }
    assert files(Path(elsewhere["SNAPSHOT_DIR"])) == {
        path.relative_to(settings.SNAPSHOT_DIR): path.read_bytes()
        for path in larkfield.files + brightwater.files
    }
    with psycopg.connect(elsewhere["DATABASE_OWNER_URL"]) as owner:
        left_out = [
            owner.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
            ).fetchone()
            for name in ("django_session", "posture_tick")
        ]
        walled = owner.execute(
            "SELECT count(*) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
        ).fetchone()
    assert left_out == [(0,), (0,)]
    assert walled == (len(OWNED) + 1,)
    with psycopg.connect(elsewhere["DATABASE_URL"]) as app:
        assert app.execute("SELECT count(*) FROM posture_account").fetchone() == (0,)
    printed("migrate", "--check", environment=elsewhere)


def files(folder: Path) -> dict[Path, bytes]:
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_backup_holds_no_key_and_no_session(larkfield: Company, tmp_path: Path) -> None:
    client = Client()
    client.force_login(larkfield.user)
    hidden = [os.environ[name] for name in HIDDEN]
    hidden += [client.session.session_key or "", PASSWORD]
    file = tmp_path / "posture.zip"
    printed("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    with ZipFile(file) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert len(hidden) == 6
    assert [one for one in hidden if one.encode() in content] == []


def test_a_backup_replaces_nothing_and_leaves_nothing_when_it_fails(tmp_path: Path) -> None:
    file = tmp_path / "posture.zip"
    file.write_text("precious")
    done = manage("backup", str(file))
    assert (done.returncode, "Nothing was saved" in done.stderr) == (1, True)
    as_app = {"DATABASE_OWNER_URL": os.environ["DATABASE_URL"]}
    done = manage("backup", str(tmp_path / "other.zip"), environment=as_app)
    assert (done.returncode, "Only the role owner" in done.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["posture.zip"]
    assert file.read_text() == "precious"


def test_a_snapshot_that_the_store_lost_is_named_and_the_rest_is_saved(
    larkfield: Company, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    larkfield.files[0].unlink()
    file = tmp_path / "posture.zip"
    done = manage("backup", str(file))
    assert (done.returncode, larkfield.files[0].name in done.stderr) == (1, True)
    printed("restore", str(file), environment=elsewhere)
    there = {path.name for path in files(Path(elsewhere["SNAPSHOT_DIR"]))}
    assert [one.name in there for one in larkfield.files] == [False, True]


def test_what_is_not_empty_is_not_restored_into(larkfield: Company, tmp_path: Path) -> None:
    file = tmp_path / "posture.zip"
    printed("backup", str(file))
    before = rows_of(larkfield.organisation)
    done = manage("restore", str(file))
    assert (done.returncode, "Give an empty database" in done.stderr) == (1, True)
    assert rows_of(larkfield.organisation) == before
