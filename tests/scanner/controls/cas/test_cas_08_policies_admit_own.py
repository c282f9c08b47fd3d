"""CAS-08 on whom the policy of a report bucket lets in."""

from __future__ import annotations

import json

import pytest

from scanner.controls.cas.cas_08_policies_admit_own import CONTROL
from scanner.facts.organizations import Organization
from scanner.facts.profile import CAS_ACCOUNT, MARKETPLACE_AMI_OWNER, Profile
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import fill
from scanner.vocabulary import Observed, Severity, Status
from tests.builders import ORGANIZATION, OWN, STRANGER, a_snapshot, denied
from tests.builders_cas import BUCKET, BUCKET_ARN, FROM_US, REPORTS, a_delivery_role
from tests.builders_storage import a_bucket
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny

NO_POLICY = denied("s3:GetBucketPolicy")
NO_LIST = denied("s3:ListAllMyBuckets")
NO_ORGANIZATION = denied("organizations:DescribeOrganization")
OUR_ROLE = {"AWS": f"arn:aws:iam::{OWN}:role/analyst"}
STRANGERS = {"AWS": f"arn:aws:iam::{STRANGER}:root"}
FOREIGN_ORG = "o-foreign123"
READ = "s3:GetObject"


def high(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.HIGH, says, shows=shows)


def medium(says: str = "no condition names this account") -> Expected:
    return fails(Severity.MEDIUM, says)


def low(says: str) -> Expected:
    return fails(Severity.LOW, says)


def may(*actions: str, to: object, when: Document | None = None, sid: str = "") -> Document:
    """A statement about the objects of the bucket."""
    return allow(*actions, on=f"{BUCKET_ARN}/*", to=to, when=when, sid=sid)


def having(
    policy: Observed[Policy | None],
    organization: Observed[Organization | None] = ORGANIZATION,
    profile: Profile | None = None,
) -> Snapshot:
    return a_snapshot(
        roles=(a_delivery_role(),),
        buckets=(a_bucket(policy=policy),),
        organization=organization,
        profile=profile,
    )


def under(
    sentence: str,
    expected: Expected,
    *statements: Document,
    organization: Observed[Organization | None] = ORGANIZATION,
    profile: Profile | None = None,
) -> Case:
    return Case(sentence, having(a_policy(*statements), organization, profile), {BUCKET: expected})


def everyone(when: Document) -> Document:
    return may(READ, to="*", when=when, sid="Open")


def serving(when: Document | None) -> Document:
    return may("s3:PutObject", to=REPORTS, when=when, sid="Feed")


ACCOUNT_LIMIT = {"StringEquals": {"aws:PrincipalAccount": STRANGER}}
OWN_ORG = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}
OTHER_ORG = {"StringEquals": {"aws:PrincipalOrgID": FOREIGN_ORG}}

STRANGE = (
    under(
        "A foreign account is high",
        high(f"Partner lets foreign account {STRANGER} use bucket larkfield-reports.", shows='"Partner"'),
        may(READ, to=STRANGERS, sid="Partner"),
    ),
    under(
        "Beside our own as well",
        high(f"account {STRANGER}"),
        may(READ, to={"AWS": [OWN, STRANGER]}),
    ),
    under("A canonical user is somebody unknown", high("account 79a59d"), may(READ, to={"CanonicalUser": "79a59d"})),
    under("Everyone is every account", high("Statement 1 lets any AWS account"), may(READ, to="*")),
    under("NotPrincipal is everyone", high("any AWS account"), {
        "Effect": "Allow", "NotPrincipal": STRANGERS, "Action": READ, "Resource": "*",
    }),
    under("Everyone of a foreign account", high(f"account {STRANGER}"), everyone(ACCOUNT_LIMIT)),
    under(
        "Everyone of a foreign organisation",
        high(f"foreign organisation {FOREIGN_ORG}"),
        everyone(OTHER_ORG),
    ),
    under(
        "Our organisation does not make a foreign account ours",
        high(f"account {STRANGER}"),
        may(READ, to=STRANGERS, when=OWN_ORG),
    ),
    under(
        "A Deny is not looked at",
        high(f"account {STRANGER}"),
        may(READ, to=STRANGERS),
        deny("s3:*", to=STRANGERS),
    ),
    under(
        "All is told and the worst counts",
        high("no condition names this account. Statement Partner lets"),
        serving(None),
        may(READ, to=STRANGERS, sid="Partner"),
    ),
)  # fmt: skip

SERVICES = (
    under("The reports service without a condition is medium", medium("Feed lets reports"), serving(None)),
    under("With the account it passes", passes("nobody but this account"), serving(FROM_US)),
    under("With the account's own subscription", passes(), serving(
        {"ArnLike": {"aws:SourceArn": f"arn:aws:marketplace::{OWN}:AWSMarketplace/SellerDataSubscription/*"}}
    )),
    under("With its organisation", passes(), serving({"StringEquals": {"aws:SourceOrgID": ORGANIZATION.id}})),
    under("With another account", medium(), serving({"StringEquals": {"aws:SourceAccount": STRANGER}})),
    under("If it exists is no condition", medium(), serving({"StringEqualsIfExists": {"aws:SourceAccount": OWN}})),
    under("TLS is no condition on whom", medium(), serving({"Bool": {"aws:SecureTransport": "true"}})),
    under(
        "Other services are told, not judged",
        passes(shows="Services not tied to this account: logging.s3.amazonaws.com"),
        may("s3:PutObject", to={"Service": "logging.s3.amazonaws.com"}),
    ),
    under(
        "An organisation that was not read may be ours",
        not_assessed(NO_ORGANIZATION.action),
        serving({"StringEquals": {"aws:SourceOrgID": ORGANIZATION.id}}),
        organization=NO_ORGANIZATION,
    ),
)  # fmt: skip

CASES = (
    Case("No policy passes", having(None), {BUCKET: passes("has no policy")}),
    under("Our own identities pass", passes(), may("s3:*", to=OUR_ROLE)),
    under("Everyone of our organisation passes", passes(), everyone(OWN_ORG)),
    under(
        "Everyone of an endpoint passes",
        passes(),
        everyone({"StringEquals": {"aws:SourceVpce": "vpce-0a1b"}}),
    ),
    under(
        "An approved account passes",
        passes(),
        may(READ, to=STRANGERS),
        profile=Profile(approved_accounts=(STRANGER,)),
    ),
    under("Marketplace is approved", passes(), may(READ, to={"AWS": MARKETPLACE_AMI_OWNER})),
    under(
        "The CAS account needs no policy",
        low("which delivers through its role"),
        may("s3:PutObject", to={"AWS": CAS_ACCOUNT}),
    ),
    under("A Deny lets nobody in", passes(), deny("s3:*", to="*")),
    *STRANGE,
    *SERVICES,
    under(
        "Our organisation, when it was not read, may be a foreign one",
        not_assessed(NO_ORGANIZATION.action),
        everyone(OWN_ORG),
        serving(None),
        organization=NO_ORGANIZATION,
    ),
    under(
        "A stranger is high whatever was not read",
        high(f"account {STRANGER}"),
        everyone(OWN_ORG),
        may(READ, to=STRANGERS),
        organization=NO_ORGANIZATION,
    ),
    under(
        "An account alone has no organisation",
        high("foreign organisation"),
        everyone(OWN_ORG),
        organization=None,
    ),
    Case(
        "A policy that was not read",
        having(NO_POLICY),
        {BUCKET: not_assessed(NO_POLICY.action)},
    ),
    Case(
        "One that does not parse",
        having(a_malformed_policy(source=NO_POLICY.action)),
        {BUCKET: not_assessed(NO_POLICY.action, "no Statement")},
    ),
    Case("Without buckets it is not applicable", a_snapshot(), not_applicable()),
    Case(
        "Without the list of buckets nothing is assessed",
        a_snapshot(roles=(a_delivery_role(),), buckets=NO_LIST),
        {BUCKET: not_assessed(NO_LIST.action), f"Account {OWN}": not_assessed(NO_LIST.action)},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_policies_admit_own_principals(case: Case) -> None:
    case.holds_for(CONTROL)


FAILING = [
    case
    for case in CASES
    if isinstance(case.expected, dict) and case.expected[BUCKET].status is Status.FAIL
]


@pytest.mark.parametrize("case", FAILING, ids=str)
def test_the_policy_of_the_remedy_passes(case: Case) -> None:
    before = judged(CONTROL, case.snapshot)[BUCKET]
    document = before.values["policy"]
    policy = a_policy(*json.loads(document)["Statement"]) if document else None
    snapshot = having(policy, case.snapshot.organizations.organization)
    after = judged(CONTROL, snapshot)[BUCKET]
    unread = after.status is Status.NOT_ASSESSED and not after.values
    assert after.status is Status.PASS or unread, after.reason


def test_nothing_left_deletes_the_policy() -> None:
    outcome = judged(CONTROL, having(a_policy(may(READ, to=STRANGERS))))[BUCKET]
    filled = fill(CONTROL.remedy, outcome.values)
    assert filled.cli.startswith("aws s3api delete-bucket-policy --region us-east-1")
    assert filled.cloudformation == filled.terraform == ""


def test_what_is_ours_stays() -> None:
    ours = may("s3:*", to=OUR_ROLE)
    outcome = judged(CONTROL, having(a_policy(ours, may(READ, to=STRANGERS))))[BUCKET]
    assert json.loads(outcome.values["policy"])["Statement"] == [ours]
    assert "Services not tied" not in str(outcome.evidence)
    assert "delete-bucket-policy" not in fill(CONTROL.remedy, outcome.values).cli
