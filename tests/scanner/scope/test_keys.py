"""Keys are found under any of their names, and their policies say who may use them."""

from __future__ import annotations

import pytest

from scanner.policy import Policy
from scanner.scope.holder import Holder
from scanner.scope.keys import (
    is_aws_alias,
    key_at,
    lets_through,
    principal_may_use,
    service_may_use,
)
from scanner.scope.principals import principals
from scanner.vocabulary import HOME_REGION, NotSeen, Partial, complete
from tests.builders import OWN, STRANGER, Inline, a_role, a_snapshot, denied
from tests.builders_resources import PRODUCT_TOPIC
from tests.builders_storage import KEY_ID, a_key_arn, a_kms_key
from tests.documents import Document, a_policy, allow, deny

ALIAS = "alias/marketplace"
ALIAS_ARN = f"arn:aws:kms:{HOME_REGION}:{OWN}:{ALIAS}"
SNS = {"Service": "sns.amazonaws.com"}
USE = ("kms:Decrypt", "kms:GenerateDataKey")
ROOT = allow("kms:*", to={"AWS": f"arn:aws:iam::{OWN}:root"}, sid="root")
REFUSED = denied("kms:DescribeKey", HOME_REGION)


@pytest.mark.parametrize(
    ("read_as", "asked_as"),
    [
        (a_key_arn(), a_key_arn()),
        (a_key_arn(), KEY_ID),
        (KEY_ID, a_key_arn()),
        (ALIAS, ALIAS),
        (ALIAS, ALIAS_ARN),
        (ALIAS_ARN, ALIAS),
        (ALIAS, a_key_arn()),
        (ALIAS_ARN, KEY_ID),
    ],
)
def test_a_key_is_found_under_any_of_its_names(read_as: str, asked_as: str) -> None:
    key = a_kms_key(reference=read_as)
    assert key_at(asked_as, HOME_REGION, a_snapshot(keys=(key,))) == key


def test_a_name_of_another_region_is_another_key() -> None:
    keys = (a_kms_key(reference=ALIAS, region="eu-west-1"), a_kms_key(reference=ALIAS))
    assert key_at(ALIAS, HOME_REGION, a_snapshot(keys=keys)) == keys[1]
    assert key_at(ALIAS, "eu-west-1", a_snapshot(keys=keys)) == keys[0]


def test_the_name_as_it_was_read_comes_before_the_same_key_by_another() -> None:
    unread = a_kms_key(refused=REFUSED)
    keys = (a_kms_key(reference=ALIAS), unread)
    assert key_at(KEY_ID, HOME_REGION, a_snapshot(keys=keys)) == unread


@pytest.mark.parametrize(
    ("reference", "error"),
    [
        ("alias/other", "NotRead"),
        (a_key_arn("1b01d000-0000-4000-8000-00000000000b"), "NotRead"),
        (a_key_arn(account=STRANGER), "OtherAccount"),
    ],
)
def test_a_key_that_was_not_read_is_not_seen(reference: str, error: str) -> None:
    with pytest.raises(NotSeen) as unseen:
        key_at(reference, HOME_REGION, a_snapshot(keys=(a_kms_key(),)))
    assert [(gap.action, gap.error) for gap in unseen.value.gaps] == [("kms:DescribeKey", error)]
    assert reference.rpartition(":")[2] in unseen.value.gaps[0].detail


def test_a_key_that_a_gap_may_hide_names_the_gap_of_its_region() -> None:
    elsewhere = denied("kms:DescribeKey", "eu-west-1")
    snapshot = a_snapshot(keys=Partial((), (elsewhere, REFUSED)))
    with pytest.raises(NotSeen) as unseen:
        key_at(KEY_ID, HOME_REGION, snapshot)
    assert unseen.value.gaps == (REFUSED,)


@pytest.mark.parametrize(
    ("reference", "is_it"),
    [
        ("alias/aws/sqs", True),
        (f"arn:aws:kms:us-east-1:{OWN}:alias/aws/sqs", True),
        ("alias/aws/sns", False),
        ("alias/aws/sqs-2", False),
        ("alias/my/aws/sqs", False),
        (KEY_ID, False),
        ("", False),
    ],
)
def test_the_alias_of_the_managed_key_is_known_in_both_spellings(
    reference: str, is_it: bool
) -> None:
    assert is_aws_alias(reference, "sqs") is is_it


def used_by_sns(*statements: Document) -> tuple[str, ...]:
    found = service_may_use(a_policy(*statements), "sns.amazonaws.com", USE, key=a_key_arn())
    return tuple(one.label for one in found)


NOT_STRANGER: Document = {
    "Sid": "a",
    "Effect": "Allow",
    "NotPrincipal": {"AWS": f"arn:aws:iam::{STRANGER}:root"},
    "Action": "kms:*",
    "Resource": "*",
}
NOT_SNS: Document = {**NOT_STRANGER, "NotPrincipal": SNS}


@pytest.mark.parametrize(
    ("statements", "by"),
    [
        ((ROOT,), ()),
        ((ROOT, allow(*USE, to=SNS, sid="a")), ("a",)),
        ((allow("kms:Decrypt", "kms:GenerateDataKey*", to=SNS, sid="a"),), ("a",)),
        ((allow("KMS:*", to=SNS, sid="a"),), ("a",)),
        ((allow(*USE, on=a_key_arn(), to=SNS, sid="a"),), ("a",)),
        ((allow(*USE, on=a_key_arn("other"), to=SNS, sid="a"),), ()),
        ((allow("kms:Decrypt", to=SNS, sid="a"),), ()),
        (
            (allow("kms:Decrypt", to=SNS, sid="a"), allow("kms:Gen*", to=SNS, sid="b")),
            ("a", "b"),
        ),
        ((allow(*USE, to={"Service": "events.amazonaws.com"}, sid="a"),), ()),
        ((allow(*USE, to="*", sid="a"),), ("a",)),
        (
            (allow(*USE, to="*", when={"StringEquals": {"kms:CallerAccount": OWN}}, sid="a"),),
            (),
        ),
        (
            (allow(*USE, to="*", when={"ArnLike": {"aws:SourceArn": PRODUCT_TOPIC}}, sid="a"),),
            ("a",),
        ),
        ((NOT_STRANGER,), ("a",)),
        ((NOT_SNS,), ()),
        ((allow(*USE, to=SNS, sid="a"), deny("kms:*", to="*")), ()),
        ((allow(*USE, to=SNS, sid="a"), deny("kms:Decrypt", to=SNS)), ()),
        ((allow(*USE, to=SNS, sid="a"), deny("kms:Decrypt", to={"AWS": OWN})), ("a",)),
        ((allow(*USE, to=SNS, sid="a"), deny("kms:Encrypt", to=SNS)), ("a",)),
        (
            (
                allow(*USE, to=SNS, sid="a"),
                deny("kms:*", to="*", when={"Bool": {"aws:SecureTransport": "false"}}),
            ),
            ("a",),
        ),
    ],
)
def test_a_service_is_let_in_by_name_or_as_everybody(
    statements: tuple[Document, ...], by: tuple[str, ...]
) -> None:
    assert used_by_sns(*statements) == by


def test_without_the_keys_arn_a_statement_on_any_key_counts() -> None:
    policy = a_policy(allow(*USE, on=a_key_arn(), to=SNS))
    assert service_may_use(policy, "sns.amazonaws.com", USE)


@pytest.mark.parametrize(
    ("when", "through"),
    [
        (None, True),
        ({"ArnLike": {"aws:SourceArn": PRODUCT_TOPIC}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:287250355862:*"}}, True),
        ({"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{OWN}:orders"}}, False),
        ({"StringEquals": {"aws:SourceAccount": "287250355862"}}, True),
        ({"StringEquals": {"aws:SourceAccount": OWN}}, False),
        ({"StringEquals": {"kms:CallerAccount": OWN}}, False),
        ({"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": "x"}}, True),
    ],
)
def test_conditions_may_keep_a_topic_out(when: Document | None, through: bool) -> None:
    policy = a_policy(ROOT, allow(*USE, to=SNS, when=when))
    answer = lets_through(
        policy, "sns.amazonaws.com", USE, resource=a_key_arn(), source=PRODUCT_TOPIC
    )
    assert answer is through


def a_consumer(inline: Inline | None = None, boundary: str = "") -> Holder:
    (holder,) = complete(
        principals(a_snapshot(roles=(a_role("consumer", inline=inline, boundary=boundary),)))
    )
    return holder


DECRYPTS: Inline = {"key": allow("kms:Decrypt", on=a_key_arn())}
VIA = "sqs.us-east-1.amazonaws.com"


def may_decrypt(policy: Policy, holder: Holder) -> bool:
    return principal_may_use(policy, holder, ("kms:Decrypt",), key=a_key_arn(), via=VIA)


@pytest.mark.parametrize(
    ("statements", "inline", "may"),
    [
        ((ROOT,), DECRYPTS, True),
        ((ROOT,), {}, False),
        ((allow("kms:*", to=SNS),), DECRYPTS, False),
        ((allow("kms:Decrypt", to={"AWS": f"arn:aws:iam::{OWN}:role/consumer"}),), {}, True),
        ((allow("kms:Decrypt", to={"AWS": f"arn:aws:iam::{OWN}:role/other"}),), {}, False),
        (
            (allow("kms:*", to="*", when={"StringEquals": {"kms:CallerAccount": OWN}}),),
            {},
            True,
        ),
        ((allow("kms:*", to="*", when={"StringEquals": {"kms:ViaService": VIA}}),), {}, True),
        (
            (allow("kms:*", to="*", when={"StringEquals": {"kms:ViaService": "s3.x"}}),),
            {},
            False,
        ),
        ((ROOT,), {"key": allow("kms:Decrypt", on=a_key_arn("other"))}, False),
        ((ROOT,), {**DECRYPTS, "no": deny("kms:*")}, False),
        ((ROOT, deny("kms:Decrypt", to="*")), DECRYPTS, False),
    ],
)
def test_a_principal_needs_the_keys_policy_and_its_own_or_to_be_named(
    statements: tuple[Document, ...], inline: Inline, may: bool
) -> None:
    assert may_decrypt(a_policy(*statements), a_consumer(inline)) is may


def test_what_was_not_read_of_a_principal_leaves_it_open() -> None:
    unread = denied("iam:GetPolicyVersion")
    with pytest.raises(NotSeen):
        may_decrypt(a_policy(ROOT), a_consumer({**DECRYPTS, "more": unread}))
    with pytest.raises(NotSeen):
        may_decrypt(a_policy(ROOT), a_consumer(DECRYPTS, boundary="arn:aws:iam::aws:policy/X"))


def test_a_deny_that_was_read_is_enough() -> None:
    holder = a_consumer({"no": deny("kms:*"), "more": denied("iam:GetPolicyVersion")})
    assert may_decrypt(a_policy(ROOT), holder) is False
