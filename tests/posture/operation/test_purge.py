"""manage.py purge: an account or an organisation goes with all that hangs on it, and no more."""

import subprocess
import uuid

import pytest

from posture.models import Organisation, Scan, User
from posture.models.installation import Lock
from posture.models.tenancy import within
from posture.operation.owning import NotOwnerError
from posture.operation.purging import CannotPurgeError, find_target, purge
from tests.posture.operation.commands import manage, printed
from tests.posture.operation.full import OWNED, Company, rows_of
from tests.posture.rows import a_member, a_scan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def larkfield() -> Company:
    return Company("Larkfield")


@pytest.fixture
def brightwater() -> Company:
    return Company("Brightwater")


def test_every_table_is_filled_so_that_these_tests_mean_something(larkfield: Company) -> None:
    assert set(rows_of(larkfield.organisation)) == {model.__name__ for model in OWNED}


def test_an_account_goes_with_its_rows_and_files(larkfield: Company, brightwater: Company) -> None:
    before, other = rows_of(larkfield.organisation), rows_of(brightwater.organisation)
    said = printed(
        *("purge", str(larkfield.organisation.pk), "--account", "111122223333"),
        *("--apply", "111122223333"),
    )
    assert "Removed." in said
    after = rows_of(larkfield.organisation)
    assert after.pop("AuditEvent") == before.pop("AuditEvent") + 1
    kept = {
        "Membership", "Invitation", "ApiToken", "ServiceAccount", "AuditHead", "IdentityProvider",
        "ProviderSubject",
    }  # fmt: skip
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert {name: count * 2 for name, count in after.items() if name not in kept} == {
        name: count for name, count in before.items() if name not in kept
    }
    assert [file.exists() for file in larkfield.files] == [False, True]
    assert rows_of(brightwater.organisation) == other


def test_an_organisation_goes_with_people_who_are_nowhere_else(
    larkfield: Company, brightwater: Company
) -> None:
    guest = a_member(larkfield.organisation, "guest")
    with within(brightwater.organisation):
        guest.memberships.create(organisation=brightwater.organisation, role="viewer")
    other = rows_of(brightwater.organisation)
    printed("purge", str(larkfield.organisation.pk), "--apply", "Larkfield")
    assert rows_of(larkfield.organisation) == {}
    with within(larkfield.organisation):
        assert not Organisation.objects.exists()
    assert not User.objects.filter(pk=larkfield.user.pk).exists()
    assert User.objects.filter(pk=guest.pk).exists()
    assert [file.exists() for file in larkfield.files] == [False, False]
    assert rows_of(brightwater.organisation) == other


@pytest.mark.parametrize("name", [None, "larkfield", ""])
def test_without_the_name_everything_stays(larkfield: Company, name: str | None) -> None:
    before = rows_of(larkfield.organisation)
    typed = () if name is None else ("--apply", name)
    done = manage("purge", str(larkfield.organisation.pk), *typed)
    assert rows_of(larkfield.organisation) == before
    assert all(file.exists() for file in larkfield.files)
    if name is None:
        assert (done.returncode, "Nothing was removed" in done.stdout) == (0, True)
        assert "       2  account" in done.stdout
        assert "       2  snapshot files" in done.stdout
    else:
        assert (done.returncode, "not the name" in done.stderr) == (1, True)


def test_the_application_itself_may_not_remove_history(larkfield: Company) -> None:
    with within(larkfield.organisation):
        target = find_target(organisation=larkfield.organisation.pk, aws_account=None)
        with pytest.raises(NotOwnerError, match="owner"):
            purge(target=target, typed="Larkfield")


def apply(company: Company) -> "subprocess.CompletedProcess[str]":
    return manage("purge", str(company.organisation.pk), "--apply", "Larkfield")


def test_a_store_that_refuses_leaves_every_row_to_try_again(larkfield: Company) -> None:
    before, blocked = rows_of(larkfield.organisation), larkfield.files[1]
    blocked.unlink()
    (blocked / "full").mkdir(parents=True)
    done = apply(larkfield)
    assert (done.returncode, "did not delete a file" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr
    assert rows_of(larkfield.organisation) == before
    (blocked / "full").rmdir()
    blocked.rmdir()
    assert apply(larkfield).returncode == 0
    assert rows_of(larkfield.organisation) == {}
    assert not larkfield.files[0].exists()


def test_a_locked_copy_is_not_purged(larkfield: Company) -> None:
    before = rows_of(larkfield.organisation)
    Lock.objects.create(reason="Restored from a backup.")
    done = apply(larkfield)
    assert (done.returncode, "unlock --apply" in done.stderr) == (1, True)
    assert rows_of(larkfield.organisation) == before
    assert all(file.exists() for file in larkfield.files)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_what_is_being_scanned_is_not_purged(larkfield: Company, state: str) -> None:
    """Its worker would keep another file after all have gone."""
    scan = a_scan(larkfield.accounts[1], state=state)
    one = ("--account", "444455556666", "--apply", "444455556666")
    done = manage("purge", str(larkfield.organisation.pk), *one)
    assert (done.returncode, "Cancel it" in done.stderr) == (1, True)
    assert (apply(larkfield).returncode, larkfield.files[1].exists()) == (1, True)
    other = ("--account", "111122223333", "--apply", "111122223333")
    printed("purge", str(larkfield.organisation.pk), *other)
    with within(larkfield.organisation):
        assert [row.pk for row in Scan.objects.filter(state=state)] == [scan.pk]


@pytest.mark.parametrize("account", [None, "999999999999"])
def test_what_is_not_there_cannot_be_removed(acme: Organisation, account: str | None) -> None:
    organisation = uuid.uuid4() if account is None else acme.pk
    with within(acme), pytest.raises(CannotPurgeError, match="no "):
        find_target(organisation=organisation, aws_account=account)
