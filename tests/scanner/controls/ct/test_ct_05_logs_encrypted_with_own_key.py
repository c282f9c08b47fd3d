"""CT-05: trails that count encrypt with a KMS key that is enabled."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.ct.ct_05_logs_encrypted_with_own_key import CONTROL
from scanner.facts.catalog import Product
from scanner.facts.cloudtrail import Trail
from scanner.facts.kms import Key
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy, fill
from scanner.vocabulary import HOME_REGION, Listed, Partial, Severity
from tests.builders import OWN, STRANGER, a_snapshot, denied
from tests.builders_resources import a_product, a_trail
from tests.builders_storage import a_bucket, a_key_arn, a_kms_key
from tests.cases import Case, fails, not_applicable, not_assessed, passes

LIST = "cloudtrail:DescribeTrails"
STATUS = "cloudtrail:GetTrailStatus"
KEY = "kms:DescribeKey"
CATALOG = "aws-marketplace:ListEntities"
SAAS = a_product(type="SaaSProduct")
BARE = a_trail()
KEYED = a_trail(kms_key=a_key_arn())
ALIAS = f"arn:aws:kms:{HOME_REGION}:{OWN}:alias/trail"


def with_trails(
    *trails: Trail,
    keys: Listed[Key] = (),
    products: Listed[Product] = (),
    profile: Profile | None = None,
) -> Snapshot:
    return a_snapshot(
        trails=trails,
        keys=keys,
        products=products,
        profile=profile,
        buckets=(a_bucket("seller-trail-logs"),),
    )


CASES = (
    Case(
        "an enabled key passes",
        with_trails(KEYED, keys=(a_kms_key(),)),
        passes("seller-trail encrypts with a KMS key of its own", shows="State of the key: Enabled"),
    ),
    Case(
        "a key named by alias passes",
        with_trails(a_trail(kms_key=ALIAS), keys=(a_kms_key(reference=ALIAS),)),
        passes(),
    ),
    Case(
        "without a key it is low",
        with_trails(BARE),
        fails(Severity.LOW, "with a key that S3 manages", shows="KMS key: none"),
    ),
    Case(
        "for a seller of SaaS it is medium",
        with_trails(BARE, products=(SAAS,)),
        fails(Severity.MEDIUM, "with a key that S3 manages"),
    ),
    Case(
        "the profile may say that SaaS is sold",
        with_trails(BARE, profile=Profile(product_types=("saas_contract",))),
        fails(Severity.MEDIUM, "S3 manages"),
    ),
    Case(
        "whoever refuses the catalog gains nothing",
        with_trails(BARE, products=denied(CATALOG), profile=Profile(product_types=())),
        fails(Severity.MEDIUM, "S3 manages"),
    ),
    Case(
        "a disabled key fails",
        with_trails(KEYED, keys=(a_kms_key(state="Disabled"),)),
        fails(Severity.LOW, "is not enabled: its state is Disabled."),
    ),
    Case(
        "a key that waits for its material fails",
        with_trails(KEYED, keys=(a_kms_key(state="PendingImport"),), products=(SAAS,)),
        fails(Severity.MEDIUM, "its state is PendingImport."),
    ),
    Case(
        "a key that will be deleted is high",
        with_trails(KEYED, keys=(a_kms_key(state="PendingDeletion"),)),
        fails(Severity.HIGH, "is about to be deleted", shows="State of the key: PendingDeletion"),
    ),
    Case(
        "so is a replica",
        with_trails(KEYED, keys=(a_kms_key(state="PendingReplicaDeletion"),)),
        fails(Severity.HIGH, "is about to be deleted"),
    ),
    Case(
        "a key of another account passes with a note",
        with_trails(a_trail(kms_key=a_key_arn(account=STRANGER))),
        passes(f"a KMS key of account {STRANGER}", shows="in that account only"),
    ),
    Case(
        "a key that cannot be read is not assessed",
        with_trails(KEYED, keys=(a_kms_key(refused=denied(KEY, HOME_REGION)),)),
        not_assessed(KEY),
    ),
    Case(
        "keys that cannot be read are not assessed",
        with_trails(KEYED, keys=denied(KEY, HOME_REGION)),
        not_assessed(KEY),
    ),
    Case("a key that nobody read is not assessed", with_trails(KEYED), not_assessed(KEY)),
    Case(
        "an organization trail is changed in its own account",
        with_trails(a_trail("org", account=STRANGER, organization=True)),
        fails(Severity.LOW, "Trail org"),
    ),
    Case(
        "each trail that counts has a verdict of its own",
        with_trails(
            KEYED,
            a_trail("bare"),
            a_trail("off", logging=False),
            a_trail("one", multi_region=False),
            keys=(a_kms_key(),),
        ),
        {"seller-trail": passes(), "bare": fails(Severity.LOW, "S3 manages")},
    ),
    Case(
        "a trail of unknown status may not count",
        with_trails(a_trail(logging=denied(STATUS, HOME_REGION))),
        not_assessed(STATUS),
    ),
    Case("without trails CT-01 has said it", a_snapshot(), not_applicable("CT-01 says so")),
    Case(
        "refused trails are not assessed",
        a_snapshot(trails=denied(LIST, HOME_REGION)),
        not_assessed(LIST),
    ),
    Case(
        "a refusal in us-east-1 may hide a trail",
        a_snapshot(trails=Partial((BARE,), (denied(LIST, HOME_REGION),))),
        {"seller-trail": fails(Severity.LOW, ""), f"Account {OWN}": not_assessed(LIST)},
    ),
    Case(
        "a hostile trail name stays text",
        with_trails(a_trail("'; rm -rf")),
        fails(Severity.LOW, "Trail '; rm -rf encrypts"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_logs_are_encrypted_with_an_own_key(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_for(trail: Trail, *keys: Key, region: str = HOME_REGION) -> Remedy:
    snapshot = a_snapshot(
        trails=(trail,), keys=keys, buckets=(a_bucket("seller-trail-logs", region=region),)
    )
    (outcome,) = outcomes_of(CONTROL, snapshot)
    return fill(CONTROL.remedy, outcome.values)


def test_a_key_is_made_where_the_bucket_is_and_for_this_trail_alone() -> None:
    remedy = remedy_for(BARE, region="eu-north-1")
    assert "create-key --region eu-north-1" in remedy.cli
    assert not any("Sign in to account" in step for step in remedy.console)
    assert f"update-trail --region us-east-1 --name {BARE.arn} --kms-key-id" in remedy.cli
    policy = json.loads(remedy.cli.split("<<'JSON'\n")[1].split("\nJSON\n")[0])
    account, encrypts, looks = policy["Statement"]
    assert account["Principal"] == {"AWS": f"arn:aws:iam::{OWN}:root"}
    for one in (encrypts, looks):
        assert one["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        assert one["Condition"]["StringEquals"] == {"aws:SourceArn": BARE.arn}


def test_a_key_that_will_be_deleted_is_kept() -> None:
    remedy = remedy_for(KEYED, a_kms_key(state="PendingDeletion"))
    assert f"cancel-key-deletion --region us-east-1 --key-id {a_key_arn()}" in remedy.cli
    assert "create-key" not in remedy.cli
    assert remedy.cli.count("enable-key ") == 1


def test_a_disabled_key_is_enabled() -> None:
    remedy = remedy_for(KEYED, a_kms_key(state="Disabled"))
    assert remedy.cli.strip() == f"aws kms enable-key --region us-east-1 --key-id {a_key_arn()}"


def test_what_cannot_be_enabled_by_a_call_is_left_to_people() -> None:
    remedy = remedy_for(KEYED, a_kms_key(state="PendingImport"))
    assert remedy.cli == ""
    assert any("see what keeps it" in step for step in remedy.console)


def test_a_trail_of_another_account_is_changed_there() -> None:
    remedy = remedy_for(a_trail("org", account=STRANGER, organization=True))
    assert remedy.console[0].startswith(f"Sign in to account {STRANGER}")
    assert remedy.cli == ""
