"""manage.py rotate_secrets and what else keeps secrets at rest: migration, backup, doctor."""

import os
import secrets
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import psycopg
import pytest
import redis
from django.conf import LazySettings, settings
from django.test import Client

from posture import connections
from posture.models import Account, Organisation
from posture.models.tenancy import within
from posture.operation.doctoring import examine
from posture.sealing import Sealed
from tests.posture.operation.commands import manage, printed
from tests.posture.rows import a_member, an_account

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

CANARIES = tuple(f"seller-posture-{number:02}{'ca9a71' * 6}" for number in range(20))


def a_key(name: str) -> str:
    return f"{name}:{b64encode(secrets.token_bytes(32)).decode()}"


@pytest.fixture
def accounts(acme: Organisation) -> list[Account]:
    """Twenty accounts, each with a canary for an external id."""
    return [
        an_account(acme, f"{number:012}", external_id=canary)
        for number, canary in enumerate(CANARIES)
    ]


def as_owner(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        answer = owner.execute(statement.encode(), parameters)
        return answer.fetchall() if answer.description else []


def key_ids() -> set[str]:
    rows = as_owner("SELECT external_id FROM posture_account")
    return {Sealed(text).key_id for (text,) in rows}


READING = """
from posture.models import Account
from posture.models.tenancy import within
with within("ORGANISATION"):
    print(*sorted(one.external_id for one in Account.objects.all()), sep="\\n")
"""


def opened(environment: dict[str, str]) -> list[str]:
    """What web and workers with these keys read."""
    organisation = as_owner("SELECT id FROM posture_organisation")[0][0]
    script = READING.replace("ORGANISATION", str(organisation))
    return printed("shell", "--no-imports", "-c", script, environment=environment).split()


def test_rotation_seals_everything_with_the_first_key_and_the_old_one_can_go(
    accounts: list[Account],
) -> None:
    old, new = os.environ["SECRET_KEYS"], a_key("next")
    both = {"SECRET_KEYS": f"{new},{old}"}
    looked = printed("rotate_secrets", "--dry-run", environment=both)
    assert "20 to seal anew, 0 sealed by next already, 0 cannot be opened" in looked
    assert key_ids() == {"1"}
    assert "20 sealed anew" in printed("rotate_secrets", environment=both)
    assert key_ids() == {"next"}
    again = printed("rotate_secrets", environment=both)
    assert "0 sealed anew, 20 sealed by next already" in again
    assert opened({"SECRET_KEYS": new}) == list(CANARIES)
    assert not any(canary in looked + again for canary in CANARIES)
    # the secrets are what they were, so that nothing of an organisation has changed
    assert as_owner("SELECT count(*) FROM posture_auditevent") == [(0,)]


def test_an_interrupted_rotation_goes_on_where_it_stopped(accounts: list[Account]) -> None:
    both = {"SECRET_KEYS": f"{a_key('next')},{os.environ['SECRET_KEYS']}"}
    printed("rotate_secrets", environment=both)
    with within(accounts[0].organisation_id):
        for one in accounts[:7]:  # by processes that did not have the new key yet
            one.save(update_fields=["external_id"])
    assert key_ids() == {"1", "next"}
    assert "7 sealed anew, 13 sealed by next" in printed("rotate_secrets", environment=both)


def test_what_does_not_open_is_named_and_left_and_the_rest_is_sealed_anew(
    accounts: list[Account],
) -> None:
    as_owner(
        """UPDATE posture_account a SET external_id = b.external_id FROM posture_account b
           WHERE (a.aws_account, b.aws_account) IN (('000000000000', '000000000001'),
                                                    ('000000000001', '000000000000'))"""
    )
    before = as_owner("SELECT external_id FROM posture_account WHERE aws_account < '000000000002'")
    both = {"SECRET_KEYS": f"{a_key('next')},{os.environ['SECRET_KEYS']}"}
    done = manage("rotate_secrets", environment=both)
    assert done.returncode == 1
    assert "18 sealed anew" in done.stdout
    assert str(accounts[0].pk) in done.stderr
    assert "sealed for another place" in done.stderr
    after = as_owner("SELECT external_id FROM posture_account WHERE aws_account < '000000000002'")
    assert sorted(before) == sorted(after)


def test_rotation_needs_the_owner(accounts: list[Account]) -> None:
    done = manage("rotate_secrets", environment={"DATABASE_OWNER_URL": os.environ["DATABASE_URL"]})
    assert (done.returncode, "DATABASE_OWNER_URL" in done.stderr) == (1, True)


def test_doctor_names_a_key_that_is_missing_and_one_that_is_old(
    accounts: list[Account], settings: LazySettings
) -> None:
    def looked() -> tuple[str, str]:
        (seen,) = (seen for name, seen in examine() if name == "secret keys")
        return seen.grade, seen.said

    mine = settings.SECRET_KEYS
    assert looked()[0] == "ok"
    settings.SECRET_KEYS = {"next": secrets.token_bytes(32), **mine}
    assert looked() == ("warn", "still sealed by 1. Run: manage.py rotate_secrets")
    settings.SECRET_KEYS = {"next": secrets.token_bytes(32)}
    grade, said = looked()
    assert grade == "fail"
    assert "lacks 1 (for posture_account.external_id)" in said


def test_a_page_whose_secret_cannot_be_opened_says_so(
    accounts: list[Account], settings: LazySettings
) -> None:
    browser = Client(raise_request_exception=False)
    with within(accounts[0].organisation_id):
        organisation = Organisation.objects.get()
    browser.force_login(a_member(organisation))
    assert browser.get(f"/accounts/{accounts[0].pk}").status_code == 200
    settings.SECRET_KEYS = {"next": secrets.token_bytes(32)}
    answer = browser.get(f"/accounts/{accounts[0].pk}")
    assert answer.status_code == 503
    assert "manage.py doctor" in answer.content.decode()
    assert browser.get("/accounts").status_code == 200


@pytest.fixture
def broker() -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        yield server


def test_canaries_appear_in_no_table_no_backup_no_redis_and_no_log(
    accounts: list[Account],
    fake_aws: "FakeAws",
    broker: "redis.Redis",
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    for account in accounts[:3]:  # refused, and what was said is kept
        assert not connections.test(account=account, role_arn=account.role_arn, by=None).ok
    printed("backup", str(tmp_path / "posture.zip"))
    with ZipFile(tmp_path / "posture.zip") as archive:
        kept = b"".join(archive.read(name) for name in archive.namelist())
    kept += b"".join(broker.dump(key) or b"" for key in broker.scan_iter())
    noisy = manage("shell", "--no-imports", "-c", FAILING, environment=fake_aws.environment())
    assert "ZeroDivisionError" in noisy.stderr
    kept += noisy.stderr.encode() + noisy.stdout.encode()
    assert kept.count(b"s1.1.") >= len(CANARIES)
    assert [one for one in CANARIES if one.encode() in kept] == []


FAILING = """
import logging
import psycopg, os
from posture.models import Account
from posture.models.tenancy import within
from posture.models.crossing import scanned_accounts
with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
    organisation = owner.execute("SELECT id FROM posture_organisation").fetchone()[0]
with within(organisation):
    for account in Account.objects.all():
        try:
            external_id = account.external_id
            1 / 0
        except ZeroDivisionError:
            logging.getLogger("posture").exception("broke with %s", external_id)
            logging.getLogger("posture").error("row", extra={"row": vars(account)})
"""


def test_the_migration_seals_what_is_there_and_opens_it_on_the_way_back(
    accounts: list[Account],
) -> None:
    try:
        back = printed("migrate", "posture", "0008")
        assert "OK" in back
        plain = as_owner("SELECT external_id FROM posture_account ORDER BY 1")
        assert [text for (text,) in plain] == list(CANARIES)
    finally:
        printed("migrate")
    assert key_ids() == {"1"}
    assert opened({}) == list(CANARIES)
