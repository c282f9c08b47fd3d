"""PSC-02 on files with buyers' contacts: where they lie, and for how long."""

from __future__ import annotations

from datetime import datetime

import pytest

from scanner.controls.psc.psc_02_contacts_are_gone import CONTROL
from scanner.facts.profile import Profile
from scanner.facts.s3 import Bucket, ContactFile, LifecycleRule, PublicAccessBlock, Versioning
from scanner.remedy import fill
from scanner.vocabulary import Listed, Partial, Severity, Status, Unobserved
from tests.builders import AUTHORIZATION_DETAILS, OWN, a_snapshot, days_ago, denied
from tests.builders_cas import BUCKET, REPORTS, a_delivery_role
from tests.builders_storage import a_bucket
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import allow

ACCOUNT = f"Account {OWN}"
IAM = denied(AUTHORIZATION_DETAILS)
NO_LISTING = denied("s3:ListBucket")
NO_RULES = denied("s3:GetLifecycleConfiguration")
NO_BLOCK = denied("s3:GetBucketPublicAccessBlock")
NO_BUCKETS = denied("s3:ListAllMyBuckets")
CAPPED = Unobserved("s3:ListBucket", "Capped", detail="after 50,000 keys")
OPEN = PublicAccessBlock()
USED = Profile(psc_ever_enrolled=True, psc_buckets=("contacts",))
NEVER_USED = Profile(psc_ever_enrolled=False, psc_buckets=("contacts",))
NAMED = Profile(psc_buckets=("contacts",))


def a_file(
    key: str = "psc/customer_support_contacts_data_2021.csv", age: float = 1500
) -> ContactFile:
    return ContactFile(key, days_ago(age))


FILE = a_file()


def high(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.HIGH, says, shows=shows)


def medium(says: str = "no rule says when they go", *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


def rule(days: int | None = 3650, prefix: str = "", **more: object) -> LifecycleRule:
    return LifecycleRule("old", enabled=True, prefix=prefix, expires_days=days, **more)  # type: ignore[arg-type]


def of(sentence: str, expected: Expected, bucket: Bucket, profile: Profile = USED) -> Case:
    snapshot = a_snapshot(buckets=(bucket,), account_block=OPEN, profile=profile)
    return Case(sentence, snapshot, {"contacts": expected})


def kept(sentence: str, expected: Expected, *rules: LifecycleRule, age: float = 1500) -> Case:
    bucket = a_bucket("contacts", contacts=(a_file(age=age),), lifecycle=rules)
    return of(sentence, expected, bucket)


def listing(sentence: str, expected: Expected, contacts: Listed[ContactFile]) -> Case:
    return of(sentence, expected, a_bucket("contacts", contacts=contacts))


LATER = datetime(2030, 1, 1, tzinfo=days_ago(0).tzinfo)

CASES = (
    listing("Nothing left of a used service passes", passes("holds no contacts of buyers", shows="contacts: none"), ()),
    of(
        "Nothing left of one that was never used is not applicable",
        not_applicable("No contacts of buyers are left"),
        a_bucket("contacts"),
        NEVER_USED,
    ),
    of("Nor of one that nobody speaks of", not_applicable(), a_bucket("contacts"), NAMED),
    of(
        "Files count whatever the profile says",
        medium("Bucket contacts holds a file with contacts of buyers, and no rule", shows="2022-10"),
        a_bucket("contacts", contacts=(FILE,)),
        NEVER_USED,
    ),
    listing("Several are counted", medium("holds 2 files"), (FILE, a_file("customer_support_contacts_data"))),
    Case(
        "Among data sets they are high",
        a_snapshot(
            roles=(a_delivery_role(),), buckets=(a_bucket(contacts=(FILE,)),)
        ),
        {BUCKET: high("among the data sets of Commerce Analytics", shows="psc/customer_support")},
    ),
    of(
        "In a public bucket they are high",
        high("holds a file with contacts of buyers and is public.", shows="Block Public Access of"),
        a_bucket("contacts", contacts=(FILE,), block=OPEN, policy=allow("s3:*", to="*")),
    ),
    of(
        "Where nothing blocks the public too",
        high("and nothing keeps it from becoming public."),
        a_bucket("contacts", contacts=(FILE,), block=OPEN),
    ),
    Case(
        "All dangers are told",
        a_snapshot(
            roles=(a_delivery_role(),),
            buckets=(a_bucket(contacts=(FILE,), block=OPEN),),
            account_block=OPEN,
        ),
        {BUCKET: high("of Commerce Analytics. Bucket larkfield-reports holds a file")},
    ),
    kept("A rule that ends later keeps them till then", passes("a lifecycle rule will delete them", shows="old deletes"), rule()),
    kept("A rule that should have ended is none", medium(), rule(30)),
    kept("The newest file counts", passes(), rule(30), age=10),
    kept("A rule for another prefix is none", medium(), rule(prefix="other/")),
    kept("A rule for the prefix is one", passes(), rule(prefix="psc/")),
    kept("A rule for some objects only is none", medium(), rule(narrowed=True)),
    kept("A rule with a date is one", passes(), rule(None, expires_on=LATER)),
    kept("A rule without an end is none", medium(), rule(None)),
    kept("A rule that is off is none", medium(), LifecycleRule("off", enabled=False, expires_days=3650)),
    of(
        "A file of unknown date is none that a rule keeps",
        medium(shows="of unknown date"),
        a_bucket("contacts", contacts=(ContactFile("x", None),), lifecycle=(rule(),)),
    ),
    of(
        "Versions of deleted files live on",
        medium(shows="Versioning: Enabled: deleted files live on"),
        a_bucket("contacts", contacts=(FILE,), versioning=Versioning("Enabled")),
    ),
    listing("A listing that is not permitted", not_assessed(NO_LISTING.action), NO_LISTING),
    listing("A capped listing proves nothing", not_assessed("s3:ListBucket", "50,000"), Partial((), (CAPPED,))),
    listing("But it may show a file", medium(), Partial((FILE,), (CAPPED,))),
    of(
        "Rules that were not read may state a retention",
        not_assessed(NO_RULES.action),
        a_bucket("contacts", contacts=(FILE,), lifecycle=NO_RULES),
    ),
    of(
        "A block that was not read may be off",
        not_assessed(NO_BLOCK.action),
        a_bucket("contacts", contacts=(FILE,), block=NO_BLOCK),
    ),
    Case(
        "Roles that were not read may deliver here",
        a_snapshot(buckets=(a_bucket("contacts", contacts=(FILE,)),), roles=IAM, profile=USED),
        {"contacts": not_assessed(IAM.action), ACCOUNT: not_assessed(IAM.action)},
    ),
    Case(
        "Feeds hold no contacts",
        a_snapshot(
            buckets=(a_bucket("feed", policy=allow("s3:PutObject", to=REPORTS), contacts=NO_LISTING),)
        ),
        not_applicable("No bucket took data sets"),
    ),
    Case("Without buckets it is not applicable", a_snapshot(), not_applicable()),
    Case(
        "Without the list of buckets nothing is assessed",
        a_snapshot(buckets=NO_BUCKETS, profile=USED),
        {"contacts": not_assessed(NO_BUCKETS.action), ACCOUNT: not_assessed(NO_BUCKETS.action)},
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_contacts_are_gone(case: Case) -> None:
    case.holds_for(CONTROL)


def test_a_used_service_without_a_bucket_is_asked_for() -> None:
    (outcome,) = judged(CONTROL, a_snapshot(profile=Profile(psc_ever_enrolled=True))).values()
    assert outcome.status is Status.NOT_ASSESSED
    assert "names no bucket of it" in outcome.reason


def test_the_commands_spare_made_up_files() -> None:
    outcome = judged(CONTROL, CASES[3].snapshot)["contacts"]
    assert outcome.values["region"] == "us-east-1"
    filled = fill(CONTROL.remedy, outcome.values)
    assert "!contains(Key,'test_customer_support_contacts_data')" in filled.cli
    assert "delete-object --region us-east-1 --bucket contacts" in filled.cli
