"""An operator gives one organisation more or fewer places for scans than the others have."""

import io
import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from posture.models import Organisation
from posture.models.tenancy import within
from posture.scans.waiting import slots_full
from tests.posture.rows import a_scan, an_account


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("limit_scans", *arguments, stdout=output)
    return output.getvalue().strip()


def reread(organisation: Organisation) -> Organisation:
    with within(organisation):
        return Organisation.objects.get(pk=organisation.pk)


def test_places_are_given_and_taken_back(acme: Organisation) -> None:
    assert run(str(acme.pk), "1") == "At most 1 of its scans run at once."
    assert reread(acme).scans_at_once == 1
    usual = f"At most {settings.SCANS_PER_ORGANISATION} of its scans run at once."
    assert run(str(acme.pk), "usual") == usual
    assert reread(acme).scans_at_once is None


def test_the_number_counts_for_the_next_scan(acme: Organisation) -> None:
    with within(acme):
        later = timezone.now() + timedelta(minutes=5)
        a_scan(an_account(acme), state="running", lease_until=later)
    assert settings.SCANS_PER_ORGANISATION > 1
    with within(acme):
        assert not slots_full(reread(acme))
    run(str(acme.pk), "1")
    with within(acme):
        assert slots_full(reread(acme))


@pytest.mark.parametrize("number", ["0", "-1", "1001", "two", "٣", "1.5", ""])
def test_what_is_no_number_of_places_is_refused(acme: Organisation, number: str) -> None:
    with pytest.raises(CommandError, match="number"):
        run(str(acme.pk), "--", number)
    assert reread(acme).scans_at_once is None


def test_an_unknown_organisation_is_named_and_no_other_is_touched(acme: Organisation) -> None:
    stranger = uuid.uuid4()
    with pytest.raises(CommandError, match=f"no organisation {stranger}"):
        run(str(stranger), "2")
    assert reread(acme).scans_at_once is None
