"""manage.py purge: an account or an organisation goes with all that hangs on it, and no more."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import timezone

from posture import tokens
from posture.models import (
    Account,
    Organisation,
    Schedule,
    Ticket,
    User,
)
from posture.models.tenancy import OrganisationOwned, within
from posture.operation.purging import CannotPurgeError, find_target, purge
from posture.scans.storing import keep
from tests.posture.operation.commands import manage, printed
from tests.posture.rows import a_member, an_account, an_organisation
from tests.posture.web.rows import (
    a_done_scan,
    a_finding,
    a_result,
    a_score,
    a_waiver,
    an_attestation,
    an_event,
    scored,
)

pytestmark = pytest.mark.django_db(transaction=True)

OWNED = [model for model in apps.get_models() if issubclass(model, OrganisationOwned)]


def fill(account: Account, user: User) -> Path:
    """Give an account a row in every table; return the file of its snapshot."""
    scan = a_done_scan(account, requested_by=user)
    scored(account, scan)
    a_score(scan, 60, 40, timezone.now() - timedelta(days=1))
    finding = a_finding(scan, "queue")
    an_event(finding, "opened", 2, scan=scan, by_user=user)
    a_waiver(finding, user)
    a_result(scan, "SQS-03", status="fail", failing=1)
    an_attestation(scan, user)
    with within(account.organisation_id):
        own = {"organisation_id": account.organisation_id}
        Ticket.objects.create(**own, finding=finding, system="jira", key="SEC-1")
        Schedule.objects.create(**own, account=account)
        tokens.issue(
            organisation=Organisation.objects.get(), by=user, name="t", scopes=["findings:read"],
            accounts=[account], networks=[], days=1,
        )  # fmt: skip
        snapshot = keep(
            account.aws_account.encode(), scan=scan, taken_at=timezone.now(), engine="1"
        )
        snapshot.save()
    return settings.SNAPSHOT_DIR / snapshot.path


def rows_of(organisation: Organisation) -> dict[str, int]:
    with within(organisation):
        counts = {model.__name__: model._default_manager.count() for model in OWNED}
    return {name: count for name, count in counts.items() if count}


class Company:
    """An organisation with an owner and two full accounts."""

    def __init__(self, name: str) -> None:
        self.organisation = an_organisation(name)
        self.user = a_member(self.organisation, "alice")
        numbers = ("111122223333", "444455556666")
        self.accounts = [an_account(self.organisation, number) for number in numbers]
        self.files = [fill(account, self.user) for account in self.accounts]


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
    kept = {"Membership", "ApiToken"}
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
        with pytest.raises(CannotPurgeError, match="owner"):
            purge(target=target, typed="Larkfield")


@pytest.mark.parametrize("account", [None, "999999999999"])
def test_what_is_not_there_cannot_be_removed(acme: Organisation, account: str | None) -> None:
    organisation = uuid.uuid4() if account is None else acme.pk
    with within(acme), pytest.raises(CannotPurgeError, match="no "):
        find_target(organisation=organisation, aws_account=account)
