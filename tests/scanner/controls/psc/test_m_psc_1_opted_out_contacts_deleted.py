"""M-PSC-1 is asked once of all who may have used the service."""

from __future__ import annotations

import pytest

from scanner.controls.psc.m_psc_1_opted_out_contacts_deleted import CONTROL
from scanner.facts.profile import Profile
from scanner.facts.s3 import ContactFile
from scanner.vocabulary import Status
from tests.builders import NOW, a_snapshot, denied
from tests.builders_storage import a_bucket
from tests.cases import Case, Expected, not_applicable

NEVER = Profile(psc_ever_enrolled=False, psc_buckets=("contacts",))
USED = Profile(psc_ever_enrolled=True, psc_buckets=("contacts",))
NO_LISTING = denied("s3:ListBucket")
NO_BUCKETS = denied("s3:ListAllMyBuckets")
FILE = ContactFile("customer_support_contacts_data.csv", NOW)


def asked(shows: str = "") -> Expected:
    return Expected(Status.MANUAL, says="To confirm: Contact data of buyers", shows=shows)


CASES = (
    Case("Who never answered is asked", a_snapshot(), asked()),
    Case(
        "What is left is shown",
        a_snapshot(buckets=(a_bucket("contacts", contacts=(FILE,)),), profile=USED),
        asked("Bucket contacts: 1 file with contacts seen."),
    ),
    Case(
        "A listing that is not permitted is told",
        a_snapshot(buckets=(a_bucket("contacts", contacts=NO_LISTING),), profile=NEVER),
        asked(f"0 files with contacts seen. {NO_LISTING.action} could not be read"),
    ),
    Case(
        "A bucket that is not named is told",
        a_snapshot(profile=Profile(psc_ever_enrolled=True)),
        asked("Not all could be read"),
    ),
    Case(
        "Files speak louder than the profile",
        a_snapshot(buckets=(a_bucket("contacts", contacts=(FILE,)),), profile=NEVER),
        asked("1 file with"),
    ),
    Case(
        "Buckets that were not read may hold some",
        a_snapshot(buckets=NO_BUCKETS, profile=NEVER),
        asked(NO_BUCKETS.action),
    ),
    Case(
        "Who never used it and has nothing left is not asked",
        a_snapshot(buckets=(a_bucket("contacts"),), profile=NEVER),
        not_applicable("never used"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_deletion_is_attested(case: Case) -> None:
    case.holds_for(CONTROL)


def test_one_answer_stands() -> None:
    assert CONTROL.attestation is not None
    assert CONTROL.attestation.valid_days > 365
