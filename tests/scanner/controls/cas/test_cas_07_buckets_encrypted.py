"""CAS-07 on encryption at rest, on keys that stop delivery, and on plain HTTP."""

from __future__ import annotations

import json

import pytest

from scanner.controls.cas.cas_07_buckets_encrypted import CONTROL
from scanner.facts.kms import Key
from scanner.facts.profile import Profile
from scanner.facts.s3 import Bucket, Encryption
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy, fill
from scanner.vocabulary import Observed, Partial, Severity
from tests.builders import AUTHORIZATION_DETAILS, OWN, STRANGER, a_role, a_snapshot, denied
from tests.builders_cas import (
    BUCKET,
    BUCKET_ARN,
    CAS,
    FROM_US,
    REPORTS,
    a_delivery,
    a_delivery_role,
)
from tests.builders_storage import a_bucket, a_key_arn, a_kms_key
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny, trust

ACCOUNT = f"Account {OWN}"
IAM = denied(AUTHORIZATION_DETAILS)
NO_ENCRYPTION = denied("s3:GetEncryptionConfiguration")
NO_POLICY = denied("s3:GetBucketPolicy")
NO_KEY = denied("kms:DescribeKey", "us-east-1")
NO_KEY_POLICY = denied("kms:GetKeyPolicy", "us-east-1")
KEY = a_key_arn()
BY_KEY = Encryption("aws:kms", KEY)
BY_AWS_KEY = Encryption("aws:kms", "alias/aws/s3")
BOTH = [BUCKET_ARN, f"{BUCKET_ARN}/*"]
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}
TLS = deny("s3:*", to="*", on=BOTH, when=PLAIN, sid="TlsOnly")
FEED = allow("s3:PutObject", to=REPORTS, on=f"{BUCKET_ARN}/*", when=FROM_US)
USE = allow("kms:GenerateDataKey", "kms:Decrypt", on=KEY)
FOR_REPORTS = allow("kms:GenerateDataKey*", "kms:Decrypt", to=REPORTS, when=FROM_US)
ROLE = f"arn:aws:iam::{OWN}:role/cas"


def high(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.HIGH, says, shows=shows)


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


HTTP = medium("does not refuse requests without TLS.")


def enrolled(bucket: Bucket, *keys: Key, more: tuple[Document, ...] = ()) -> Snapshot:
    role = a_delivery_role(*a_delivery(), *more)
    return a_snapshot(roles=(role,), buckets=(bucket,), keys=keys)


def under(sentence: str, expected: Expected, *statements: Document) -> Case:
    bucket = a_bucket(policy=a_policy(*statements))
    return Case(sentence, enrolled(bucket), {BUCKET: expected})


def refusing(sentence: str, expected: Expected, **changes: object) -> Case:
    return under(sentence, expected, {**TLS, **changes})


def keyed(
    sentence: str,
    expected: Expected,
    *keys: Key,
    encryption: Observed[Encryption | None] = BY_KEY,
    policy: Observed[Policy | None] | Document = TLS,
    more: tuple[Document, ...] = (),
) -> Case:
    bucket = a_bucket(policy=policy, encryption=encryption)
    return Case(sentence, enrolled(bucket, *keys, more=more), {BUCKET: expected})


def through(service: str) -> Key:
    when = {"StringEquals": {"kms:ViaService": service}}
    return a_kms_key(allow("kms:*", to={"AWS": ROLE}, when=when))


def feed(sentence: str, expected: Expected, encryption: Encryption | None, *keys: Key) -> Case:
    bucket = a_bucket(policy=a_policy(FEED, TLS), encryption=encryption)
    return Case(sentence, a_snapshot(buckets=(bucket,), keys=keys), {BUCKET: expected})


IN_TRANSIT = (
    under("A Deny without TLS passes", passes("refuses requests without TLS"), TLS),
    refusing("The AWS star is everyone", passes(), Principal={"AWS": "*"}),
    refusing("Reading, writing and listing are enough", passes(), Action=["s3:GetObject", "s3:PutObject", "s3:List*"]),
    refusing("A false that is no text", passes(), Condition={"Bool": {"AWS:securetransport": False}}),
    refusing("An absent key refuses too", passes(), Condition={"BoolIfExists": {"aws:SecureTransport": "false"}}),
    refusing("Old TLS is refused", passes(), Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    refusing("NotResource covers both", passes(), Resource="*"),
    under("Two statements may share it", passes(), {**TLS, "Resource": BOTH[0]}, {**TLS, "Resource": BOTH[1]}),
    under("No Deny at all", HTTP, allow("s3:*", to={"AWS": ROLE})),
    refusing("An Allow with TLS refuses nothing", HTTP, Effect="Allow"),
    refusing("The objects alone", HTTP, Resource=BOTH[1]),
    refusing("The bucket alone", HTTP, Resource=BOTH[0]),
    refusing("A role is not everyone", HTTP, Principal={"AWS": ROLE}),
    refusing("Writing alone", HTTP, Action="s3:PutObject"),
    refusing("A true", HTTP, Condition={"Bool": {"aws:SecureTransport": "true"}}),
    refusing("A further condition", HTTP, Condition={**PLAIN, "StringEquals": {"aws:PrincipalAccount": STRANGER}}),
    refusing("Any of several", HTTP, Condition={"ForAnyValue:Bool": {"aws:SecureTransport": "false"}}),
    refusing("TLS 1.0 is refused only below it", HTTP, Condition={"NumericLessThan": {"s3:TlsVersion": "1.1"}}),
    refusing("A version that is no number", HTTP, Condition={"NumericLessThan": {"s3:TlsVersion": "new"}}),
    keyed("No policy at all", medium("without TLS", shows="Bucket policy: none"), policy=None, encryption=None),
    keyed("A policy that was not read", not_assessed(NO_POLICY.action), policy=NO_POLICY, encryption=None),
    keyed("One that does not parse", not_assessed(NO_POLICY.action, "no Statement"),
          policy=a_malformed_policy(source=NO_POLICY.action), encryption=None),
)  # fmt: skip

AT_REST = (
    keyed("S3's own key is enough for data sets", passes(shows="AES256"), encryption=None),
    keyed("So is AWS's key", passes(shows="alias/aws/s3"), encryption=BY_AWS_KEY),
    keyed("And KMS without a name", passes(), encryption=Encryption("aws:kms")),
    keyed(
        "A customer key that the role may use",
        passes(shows="managed by CUSTOMER, Enabled"),
        a_kms_key(),
        more=(USE,),
    ),
    keyed(
        "A key policy that names the role",
        passes(),
        a_kms_key(allow("kms:GenerateDataKey", to={"AWS": ROLE})),
    ),
    keyed(
        "A key that the role may use through S3", passes(), through("s3.us-east-1.amazonaws.com")
    ),
    keyed("Not through another service", high("may not"), through("sqs.us-east-1.amazonaws.com")),
    keyed(
        "A key by its alias",
        passes(),
        a_kms_key(reference="alias/reports"),
        encryption=Encryption("aws:kms:dsse", "alias/reports"),
        more=(USE,),
    ),
    keyed(
        "A role without the right stops delivery",
        high("Role cas may not do kms:GenerateDataKey with key", shows="Key policy"),
        a_kms_key(),
    ),
    keyed(
        "A Deny in the key policy stops it",
        high("Role cas may not"),
        a_kms_key(deny("kms:*", to={"AWS": ROLE})),
        more=(USE,),
    ),
    keyed(
        "A disabled key stops everybody",
        high("is in state Disabled."),
        a_kms_key(state="Disabled"),
        more=(USE,),
    ),
    keyed(
        "A key that is being deleted", high("PendingDeletion"), a_kms_key(state="PendingDeletion")
    ),
    keyed(
        "Broken delivery is told beside plain HTTP",
        high(
            "Role cas may not do kms:GenerateDataKey with key 0b01d000-0000-4000-8000-00000000000b."
            " The policy of bucket"
        ),
        a_kms_key(),
        policy=None,
    ),
    keyed(
        "It counts with a policy that was not read",
        high("Role cas may not"),
        a_kms_key(),
        policy=NO_POLICY,
    ),
    keyed("A key that was not read", not_assessed("kms:DescribeKey", "NotRead"), more=(USE,)),
    keyed(
        "It may be worse than plain HTTP",
        not_assessed(NO_KEY.action),
        a_kms_key(refused=NO_KEY),
        policy=None,
    ),
    keyed(
        "A key policy that was not read",
        not_assessed(NO_KEY_POLICY.action),
        a_kms_key(policy_refused=NO_KEY_POLICY),
        more=(USE,),
    ),
    keyed(
        "Another account's key",
        not_assessed("kms:DescribeKey", "OtherAccount"),
        encryption=Encryption("aws:kms", a_key_arn(account=STRANGER)),
    ),
    keyed(
        "Encryption that was not read", not_assessed(NO_ENCRYPTION.action), encryption=NO_ENCRYPTION
    ),
)

FEEDS = (
    feed("A feed with S3's own key is medium", medium("is not encrypted with a KMS key"), None),
    feed("A feed with AWS's key never arrives", high("aws/s3 is AWS's own"), BY_AWS_KEY),
    feed("So with the key of KMS's default", high("AWS's own"), Encryption("aws:kms")),
    feed(
        "AWS's key by its ARN too",
        high(f"policy cannot let {REPORTS['Service']} in."),
        BY_KEY,
        a_kms_key(manager="AWS"),
    ),
    feed(
        "A key that does not let the service in",
        high(f"does not let {REPORTS['Service']} use it."),
        BY_KEY,
        a_kms_key(),
    ),
    feed("A key that does", passes(), BY_KEY, a_kms_key(FOR_REPORTS)),
    Case(
        "The profile makes a feed as well",
        a_snapshot(buckets=(a_bucket(policy=NO_POLICY),), profile=Profile(feed_buckets=(BUCKET,))),
        {BUCKET: medium("takes data feeds")},
    ),
)

SCOPE = (
    Case("Without buckets it is not applicable", a_snapshot(), not_applicable()),
    Case(
        "Roles that were not read may have to use the key",
        a_snapshot(
            roles=IAM,
            buckets=(a_bucket(policy=TLS, encryption=BY_KEY),),
            keys=(a_kms_key(),),
            profile=Profile(cas_buckets=(BUCKET,)),
        ),
        {BUCKET: not_assessed(IAM.action), ACCOUNT: not_assessed(IAM.action)},
    ),
    Case(
        "A policy of the role that was not read may let it use the key",
        a_snapshot(
            roles=(
                a_role(
                    "cas",
                    trusted=trust(CAS),
                    inline={"a": a_policy(*a_delivery()), "b": a_malformed_policy()},
                ),
            ),
            buckets=(a_bucket(policy=TLS, encryption=BY_KEY),),
            keys=(a_kms_key(),),
        ),
        {BUCKET: not_assessed(IAM.action), ACCOUNT: not_assessed(IAM.action)},
    ),
    Case(
        "Without the buckets nothing is assessed",
        a_snapshot(roles=(a_delivery_role(),), buckets=Partial((), (NO_POLICY,))),
        {BUCKET: not_assessed(NO_POLICY.action), ACCOUNT: not_assessed(NO_POLICY.action)},
    ),
)

CASES = (*IN_TRANSIT, *AT_REST, *FEEDS, *SCOPE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_report_buckets_are_encrypted(case: Case) -> None:
    case.holds_for(CONTROL)


def remedied(case: Case) -> Remedy:
    return fill(CONTROL.remedy, judged(CONTROL, case.snapshot)[BUCKET].values)


def named(sentence: str) -> Case:
    return next(case for case in CASES if case.sentence == sentence)


def test_the_deny_is_added_to_the_buckets_own_policy() -> None:
    case = named("No Deny at all")
    values = judged(CONTROL, case.snapshot)[BUCKET].values
    statements = json.loads(values["policy"])["Statement"]
    assert [one["Effect"] for one in statements] == ["Allow", "Deny"]
    bucket = a_bucket(policy=a_policy(*statements))
    assert judged(CONTROL, enrolled(bucket))[BUCKET].status == "pass"
    assert "kms" not in remedied(case).cli


def test_a_feed_gets_a_key_of_its_own() -> None:
    for sentence in ("A feed with S3's own key is medium", "A feed with AWS's key never arrives"):
        filled = remedied(named(sentence))
        assert "kms create-key" in filled.cli
        assert "put-bucket-encryption" in filled.cli
        assert "put-key-policy" not in filled.cli
        assert "put-bucket-policy" not in filled.cli


def test_the_key_policy_lets_in_who_was_shut_out() -> None:
    for sentence in (
        "A role without the right stops delivery",
        "A key that does not let the service in",
    ):
        case = named(sentence)
        values = judged(CONTROL, case.snapshot)[BUCKET].values
        root, *more = json.loads(values["key_document"])["Statement"]
        assert root["Sid"] == "root"
        assert f"--key-id {KEY} --policy-name default" in remedied(case).cli.replace("\\\n  ", "")
        mended = a_kms_key(*more)
        bucket = case.snapshot.s3.buckets
        after = a_snapshot(roles=case.snapshot.iam.roles, buckets=bucket, keys=(mended,))
        assert judged(CONTROL, after)[BUCKET].status == "pass"


def test_a_key_is_enabled_again() -> None:
    assert remedied(named("A disabled key stops everybody")).cli.startswith("aws kms enable-key")
    assert "cancel-key-deletion" in remedied(named("A key that is being deleted")).cli
    assert remedied(named("A key that is being deleted")).cloudformation == ""
