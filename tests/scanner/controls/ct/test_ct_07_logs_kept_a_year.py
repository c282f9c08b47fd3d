"""CT-07: log files live a year, and nobody but administrators could change that."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from scanner.control import outcomes_of
from scanner.controls.ct.ct_07_logs_kept_a_year import CONTROL
from scanner.facts.catalog import Product
from scanner.facts.cloudtrail import EventDataStore, Trail
from scanner.facts.iam import Role
from scanner.facts.organizations import Organization
from scanner.facts.profile import Profile
from scanner.facts.s3 import LifecycleRule, PublicAccessBlock, Retention, Versioning
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy, fill
from scanner.vocabulary import HOME_REGION, Listed, Observed, Partial, Severity
from tests.builders import (
    ALL_BLOCKED,
    AUTHORIZATION_DETAILS,
    OWN,
    STRANGER,
    a_managed_policy,
    a_role,
    a_snapshot,
    days_ago,
    denied,
)
from tests.builders_resources import a_data_store, a_product, a_trail
from tests.builders_storage import UNVERSIONED, a_bucket
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, allow, deny

TRAILS = "cloudtrail:DescribeTrails"
STORES = "cloudtrail:ListEventDataStores"
STORE = "cloudtrail:GetEventDataStore"
BUCKETS = "s3:ListAllMyBuckets"
LIFECYCLE = "s3:GetLifecycleConfiguration"
LOCK = "s3:GetBucketObjectLockConfiguration"
VERSIONS = "s3:GetBucketVersioning"
POLICY = "s3:GetBucketPolicy"
ORGANIZATIONS = "organizations:DescribeOrganization"
CATALOG = "aws-marketplace:ListEntities"
NAME = "seller-trail-logs"
ARN = f"arn:aws:s3:::{NAME}"
TRAIL = a_trail()
UNSIGNED = a_trail(validates_files=False)
SAAS = a_product(type="SaaSProduct")
ADMIN = a_managed_policy("AdministratorAccess", allow("*"), aws=True)


def rule(
    days: int | None = 90,
    prefix: str = "",
    *,
    id: str = "expire",  # noqa: A002  # the fact's own word
    enabled: bool = True,
    narrowed: bool = False,
    on_date: bool = False,
    noncurrent: int | None = None,
) -> LifecycleRule:
    when = days_ago(-30) if on_date else None
    return LifecycleRule(id, enabled, prefix, narrowed, days, when, noncurrent)


def kept(
    *rules: LifecycleRule,
    lifecycle: Listed[LifecycleRule] | None = None,
    lock: Observed[Retention | None] = None,
    versions: Observed[Versioning] = UNVERSIONED,
    policy: Observed[Policy | None] | Document = None,
    trails: Listed[Trail] = (TRAIL,),
    stores: Listed[EventDataStore] = (),
    roles: Listed[Role] = (),
    products: Listed[Product] = (SAAS,),
    profile: Profile | None = None,
    organization: Observed[Organization | None] = None,
    block: PublicAccessBlock = ALL_BLOCKED,
    account_block: PublicAccessBlock = ALL_BLOCKED,
) -> Snapshot:
    bucket = a_bucket(
        NAME,
        lifecycle=rules if lifecycle is None else lifecycle,
        object_lock=lock,
        versioning=versions,
        policy=policy,
        block=block,
    )
    return a_snapshot(
        trails=trails,
        data_stores=stores,
        buckets=(bucket,),
        roles=roles,
        policies=(ADMIN,),
        products=products,
        profile=profile,
        organization=organization,
        account_block=account_block,
    )


def able(*actions: str, on: str | Sequence[str] = "*", name: str = "cleaner") -> Role:
    return a_role(name, inline={"logs": allow(*actions, on=on)})


def let(who: Role | str, *actions: str, on: str = f"{ARN}/*") -> Document:
    """A statement of the bucket's policy for a role or an account."""
    to = {"AWS": who if isinstance(who, str) else who.arn}
    return allow(*(actions or ("s3:DeleteObject",)), on=on, to=to)


READER = a_role("reader")
IN_AN_ORGANIZATION = allow(
    "s3:*", on=f"{ARN}/*", to="*", when={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
)


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


def low(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.LOW, says, shows=shows)


YEAR = Retention("GOVERNANCE", 365)

CASES = (
    Case(
        "without lifecycle rules, with digests and few rights it passes",
        kept(),
        passes("keeps log files 365 days or more", shows="kept for good"),
    ),
    Case("a year is enough", kept(rule(365)), passes(shows="after 365 days")),
    Case(
        "a day less is medium",
        kept(rule(364)),
        medium(f"Lifecycle rule expire of bucket {NAME} deletes log files after 364 days, earlier than 365 days."),
    ),
    Case("it is low when no SaaS is sold", kept(rule(90), products=()), low("after 90 days")),
    Case(
        "the profile may say that SaaS is sold",
        kept(rule(90), products=(), profile=Profile(product_types=("saas_subscription",))),
        medium("after 90 days"),
    ),
    Case(
        "whoever refuses the catalog gains nothing",
        kept(rule(90), products=denied(CATALOG), profile=Profile(product_types=())),
        medium("after 90 days"),
    ),
    Case(
        "the profile may ask for longer",
        kept(rule(400), profile=Profile(log_retention_min_days=730)),
        medium("earlier than 730 days"),
    ),
    Case("a rule that is off deletes nothing", kept(rule(90, enabled=False)), passes()),
    Case("a rule on another prefix hits no logs", kept(rule(90, "reports/")), passes(shows="kept for good")),
    Case(
        "a rule on other services' logs hits none of the trail's",
        kept(rule(90, f"AWSLogs/{OWN}/elasticloadbalancing/")),
        passes(),
    ),
    Case("a rule on the trail's own prefix does", kept(rule(90, f"AWSLogs/{OWN}/")), medium("after 90")),
    Case(
        "a rule on digests alone does",
        kept(rule(90, f"AWSLogs/{OWN}/CloudTrail-Digest/")),
        medium("after 90"),
    ),
    Case(
        "the trail's prefix counts",
        kept(rule(90, "AWSLogs/"), trails=(a_trail(prefix="mp"),)),
        passes(),
    ),
    Case("a rule under the trail's prefix", kept(rule(90, "mp/"), trails=(a_trail(prefix="mp"),)), medium("after 90")),
    Case(
        "logs of an organization trail lie deeper",
        kept(rule(90, f"AWSLogs/o-a1b2c3d4e5/{OWN}/"), trails=(a_trail(organization=True),)),
        medium("after 90"),
    ),
    Case("a rule with a date deletes them then", kept(rule(None, on_date=True)), medium("on 2026-12-24")),
    Case(
        "a rule for some tags or sizes is told, not held against it",
        kept(rule(90, narrowed=True)),
        passes(shows="only those with certain tags or sizes"),
    ),
    Case("a transition is no deletion", kept(rule(None)), passes(shows="kept for good")),
    Case("old versions may go", kept(rule(None, noncurrent=30)), passes()),
    Case(
        "a store that keeps a year makes up for it",
        kept(rule(90), stores=(a_data_store(),)),
        passes(shows="Event data store lake: keeps 2557 days"),
    ),
    Case(
        "a store that keeps less does not",
        kept(rule(90), stores=(a_data_store(retention_days=90),)),
        medium("after 90"),
    ),
    Case(
        "a store that does not record does not",
        kept(rule(90), stores=(a_data_store(management_events=False),)),
        medium("after 90"),
    ),
    Case(
        "without digests and lock it is low",
        kept(trails=(UNSIGNED,)),
        low("trail seller-trail does not sign its log files.", shows="off for seller-trail"),
    ),
    Case("a lock of a year stands for digests", kept(trails=(UNSIGNED,), lock=YEAR), passes(shows="Object Lock: GOVERNANCE, 365 days")),
    Case(
        "so does one in compliance mode",
        kept(trails=(UNSIGNED,), lock=Retention("COMPLIANCE", 730)),
        passes(),
    ),
    Case(
        "a shorter lock does not",
        kept(trails=(UNSIGNED,), lock=Retention("GOVERNANCE", 30)),
        low("has no lock", shows="GOVERNANCE, 30 days"),
    ),
    Case("a lock without a default neither", kept(trails=(UNSIGNED,), lock=Retention()), low("has no lock")),
    Case(
        "MFA delete stands for digests",
        kept(trails=(UNSIGNED,), versions=Versioning("Enabled", mfa_delete=True)),
        passes(shows="MFA delete: on"),
    ),
    Case(
        "versioning alone does not",
        kept(trails=(UNSIGNED,), versions=Versioning("Enabled")),
        low("has no lock"),
    ),
    Case(
        "MFA delete without versioning neither",
        kept(trails=(UNSIGNED,), versions=Versioning("Suspended", mfa_delete=True)),
        low("has no lock"),
    ),
    Case(
        "digests are asked of trails that still write",
        kept(trails=(TRAIL, a_trail("old", bucket=NAME, logging=False, validates_files=False))),
        passes(),
    ),
    Case(
        "if none writes any more, of those that did",
        kept(trails=(a_trail(logging=False, validates_files=False),)),
        low("does not sign"),
    ),
    Case(
        "somebody who may delete logs is low",
        kept(roles=(able("s3:DeleteObject"),)),
        low("role cleaner may delete or unprotect its logs.", shows="role cleaner"),
    ),
    Case(
        "two of them are counted",
        kept(roles=(able("s3:*"), able("s3:DeleteObjectVersion", name="other"))),
        low("role cleaner and 1 more", shows="role cleaner, role other"),
    ),
    Case(
        "who may shorten the lifecycle counts",
        kept(roles=(able("s3:PutLifecycleConfiguration", on=ARN),)),
        low("role cleaner"),
    ),
    Case("rights on another bucket do not", kept(roles=(able("s3:*", on="arn:aws:s3:::other*"),)), passes()),
    Case("rights to read do not", kept(roles=(able("s3:Get*"),)), passes(shows="administrators only")),
    Case("administrators do not", kept(roles=(a_role("admin", managed=(ADMIN,)),)), passes()),
    Case(
        "a bucket policy that denies it to all keeps logs",
        kept(
            roles=(able("s3:DeleteObject"),),
            policy=deny("s3:DeleteObject*", on=f"{ARN}/*", to="*"),
        ),
        passes(),
    ),
    Case(
        "a role that the bucket policy lets delete logs is low",
        kept(roles=(READER,), policy=let(READER)),
        low("role reader may delete or unprotect its logs.", shows="by the bucket's policy: role reader"),
    ),
    Case(
        "so is one that it lets shorten the lifecycle",
        kept(roles=(READER,), policy=let(READER, "s3:PutLifecycleConfiguration", on=ARN)),
        low("role reader may delete"),
    ),
    Case(
        "another account that it lets delete logs is low",
        kept(policy=let(STRANGER)),
        low(f"foreign account {STRANGER} may delete", shows=f"by the bucket's policy: foreign account {STRANGER}"),
    ),
    Case(
        "an approved account is no administrator either",
        kept(policy=let(STRANGER), profile=Profile(approved_accounts=(STRANGER,))),
        low(f"approved account {STRANGER} may delete"),
    ),
    Case(
        "whom its policy and whom the bucket's lets are told apart",
        kept(roles=(able("s3:DeleteObject"), READER), policy=let(READER)),
        low("role cleaner and 1 more may", shows="no administrator: role cleaner"),
    ),
    Case(
        "an administrator that the bucket policy names is one all the same",
        kept(roles=(a_role("reader", managed=(ADMIN,)),), policy=let(READER)),
        passes(),
    ),
    Case(
        "naming the account leaves it to the policies of its users and roles",
        kept(roles=(READER,), policy=let(OWN)),
        passes(),
    ),
    Case("a bucket policy that lets read only is fine", kept(roles=(READER,), policy=let(READER, "s3:Get*")), passes()),
    Case(
        "with a lock what the bucket policy lets does not matter",
        kept(policy=let(STRANGER), lock=YEAR),
        passes(),
    ),
    Case(
        "a bucket policy that cannot be read may let somebody delete",
        kept(policy=denied(POLICY, HOME_REGION)),
        not_assessed(POLICY),
    ),
    Case(
        "a malformed one too",
        kept(policy=a_malformed_policy(source=POLICY)),
        not_assessed(POLICY),
    ),
    Case(
        "neither matters beside somebody who may by own policies",
        kept(roles=(able("s3:DeleteObject"),), policy=denied(POLICY, HOME_REGION)),
        low("role cleaner"),
    ),
    Case(
        "what a public bucket policy lets everybody do is low too",
        kept(policy=let("*"), account_block=PublicAccessBlock(), block=PublicAccessBlock()),
        low("any AWS account may delete"),
    ),
    Case(
        "an organisation that cannot be read may be a foreign one",
        kept(policy=IN_AN_ORGANIZATION, organization=denied(ORGANIZATIONS)),
        not_assessed(ORGANIZATIONS),
    ),
    Case(
        "with a lock rights do not matter",
        kept(roles=(able("s3:*"),), lock=YEAR),
        passes(),
    ),
    Case(
        "both faults are told and the worst counts",
        kept(rule(90), trails=(UNSIGNED,)),
        medium("after 90 days, earlier than 365 days. Bucket seller-trail-logs has no lock"),
    ),
    Case(
        "a lifecycle that cannot be read is not assessed",
        kept(lifecycle=denied(LIFECYCLE, HOME_REGION)),
        not_assessed(LIFECYCLE),
    ),
    Case(
        "a store that keeps a year makes up for it too",
        kept(lifecycle=denied(LIFECYCLE, HOME_REGION), stores=(a_data_store(),)),
        passes(),
    ),
    Case(
        "an unread lifecycle may be worse than what is known",
        kept(lifecycle=denied(LIFECYCLE, HOME_REGION), trails=(UNSIGNED,)),
        not_assessed(LIFECYCLE, "does not sign its log files.", shows="Log file validation"),
    ),
    Case(
        "but not worse than low without SaaS",
        kept(lifecycle=denied(LIFECYCLE, HOME_REGION), trails=(UNSIGNED,), products=()),
        low("does not sign"),
    ),
    Case(
        "a cut lifecycle still proves a fault",
        kept(lifecycle=Partial((rule(90),), (denied(LIFECYCLE, HOME_REGION),))),
        medium("after 90"),
    ),
    Case(
        "stores that cannot be read may make up for it",
        kept(rule(90), stores=denied(STORES, HOME_REGION)),
        not_assessed(
            STORES,
            f"Lifecycle rule expire of bucket {NAME} deletes log files after 90 days, earlier than 365"
            " days. An event data store that was not read may keep them: let the scan read it, or",
        ),
    ),
    Case(
        "a store that cannot be read may make up for it",
        kept(rule(90), stores=(a_data_store(refused=denied(STORE, HOME_REGION)),)),
        not_assessed(STORE),
    ),
    Case(
        "a lock that cannot be read is not assessed",
        kept(trails=(UNSIGNED,), lock=denied(LOCK, HOME_REGION)),
        not_assessed(LOCK),
    ),
    Case(
        "versioning that cannot be read is not assessed",
        kept(roles=(able("s3:*"),), versions=denied(VERSIONS, HOME_REGION)),
        not_assessed(VERSIONS),
    ),
    Case(
        "neither matters with digests and few rights",
        kept(lock=denied(LOCK, HOME_REGION), versions=denied(VERSIONS, HOME_REGION)),
        passes(),
    ),
    Case(
        "rights that cannot be read are not assessed",
        kept(roles=denied(AUTHORIZATION_DETAILS)),
        not_assessed(AUTHORIZATION_DETAILS),
    ),
    Case(
        "a policy that cannot be read is not assessed",
        kept(roles=(a_role("cleaner", inline={"logs": denied(AUTHORIZATION_DETAILS)}),)),
        not_assessed(AUTHORIZATION_DETAILS),
    ),
    Case(
        "a bucket of another account is not assessed",
        a_snapshot(trails=(TRAIL,)),
        not_assessed(BUCKETS, "OtherAccount"),
    ),
    Case(
        "without trails a store of seven years passes",
        a_snapshot(data_stores=(a_data_store(),), products=(SAAS,)),
        passes("Event data store lake keeps events 2557 days"),
    ),
    Case(
        "without trails a store of 90 days is medium",
        a_snapshot(data_stores=(a_data_store(retention_days=90),), products=(SAAS,)),
        medium("lake keeps events 90 days, less than 365.", shows="Retention: 90 days"),
    ),
    Case(
        "a store that can be deleted is low",
        a_snapshot(data_stores=(a_data_store(protected=False),), products=(SAAS,)),
        low("lake can be deleted with one call.", shows="Termination protection: off"),
    ),
    Case(
        "a store that does not say how long is not assessed",
        a_snapshot(data_stores=(a_data_store(retention_days=None),)),
        not_assessed(STORE, "RetentionPeriod"),
    ),
    Case(
        "without trails a store that cannot be read is not assessed",
        a_snapshot(data_stores=(a_data_store(refused=denied(STORE, HOME_REGION)),)),
        not_assessed(STORE),
    ),
    Case("without any record CT-01 has said it", a_snapshot(), not_applicable("CT-01 says so")),
    Case(
        "refused trails are not assessed",
        a_snapshot(trails=denied(TRAILS, HOME_REGION)),
        not_assessed(TRAILS),
    ),
    Case(
        "a hostile rule name stays text",
        kept(rule(90, id="`$(reboot)`'")),
        medium("Lifecycle rule `$(reboot)`' of"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_logs_are_kept(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_for(snapshot: Snapshot) -> Remedy:
    (outcome,) = outcomes_of(CONTROL, snapshot)
    return fill(CONTROL.remedy, outcome.values)


def test_rules_at_fault_go_and_the_others_stay() -> None:
    remedy = remedy_for(kept(rule(90, id="it's"), rule(400, id="late")))
    assert "put-bucket-lifecycle-configuration" in remedy.cli
    assert '[?!contains(`["it\'"\'"\'s"]`, ID)]' in remedy.cli
    assert "put-object-lock" not in remedy.cli


def test_the_only_rule_goes_with_the_whole_lifecycle() -> None:
    remedy = remedy_for(kept(rule(90)))
    assert f"delete-bucket-lifecycle --bucket {NAME}" in remedy.cli
    assert "put-bucket-lifecycle-configuration" not in remedy.cli


def test_a_lock_is_put_on_as_long_as_the_profile_asks() -> None:
    snapshot = kept(trails=(UNSIGNED,), profile=Profile(log_retention_min_days=400))
    remedy = remedy_for(snapshot)
    lock = json.loads(remedy.cli.split("<<'JSON'\n")[1].split("\nJSON\n")[0])
    assert lock["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 400}
    assert "put-bucket-versioning" in remedy.cli
    assert "lifecycle" not in remedy.cli


def test_a_store_is_kept_longer_and_never_shorter() -> None:
    store = a_data_store(protected=False)
    remedy = remedy_for(a_snapshot(data_stores=(store,)))
    assert f"--event-data-store {store.arn} --retention-period 2557" in remedy.cli
    assert "s3api" not in remedy.cli


def test_buckets_are_judged_and_stores_beside_them_are_not() -> None:
    outcomes = outcomes_of(CONTROL, kept(stores=(a_data_store(retention_days=7),)))
    assert [one.resource for one in outcomes] == [ARN]
    foreign = a_trail("org", account=STRANGER, organization=True, bucket=NAME)
    assert len(outcomes_of(CONTROL, kept(trails=(TRAIL, foreign)))) == 1
