"""Keys that stop delivery, what mends them, and policies that refuse plain HTTP."""

from __future__ import annotations

import json

import pytest

from scanner.facts.account import Account
from scanner.facts.kms import Key
from scanner.scope.cas import deliverers
from scanner.scope.sealing import (
    KEY_VALUES,
    REPAIR_CLI,
    REPAIR_STEPS,
    Seal,
    Users,
    of_aws,
    refuses_plain_http,
    repairs,
    seal_of,
)
from scanner.vocabulary import seen
from tests.builders import AUTHORIZATION_DETAILS, OWN, a_role, a_snapshot, denied
from tests.builders_cas import CAS, REPORTS, a_delivery, a_delivery_role
from tests.builders_storage import a_key_arn, a_kms_key
from tests.documents import a_policy, allow, deny, trust

ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
SERVICE = REPORTS["Service"]
ROLE = f"arn:aws:iam::{OWN}:role/cas"
NO_KEY = denied("kms:DescribeKey")
NO_POLICY = denied("kms:GetKeyPolicy")
ACCOUNT = Account(OWN)
USE = allow("kms:*", on=a_key_arn())


def users(*, may: bool = False, serves: bool = False, whole: bool = True) -> Users:
    """The delivery role, which may or may not use keys, and the reports service."""
    statements = (*a_delivery(), USE) if may else a_delivery()
    role = a_delivery_role(*statements)
    if not whole:
        gap = denied(AUTHORIZATION_DETAILS)
        role = a_role("cas", trusted=trust(CAS), inline={"p": a_policy(*statements), "q": gap})
    roles = seen(deliverers(a_snapshot(roles=(role,))))
    return Users(roles, (SERVICE,) if serves else (), ACTIONS, "s3.us-east-1.amazonaws.com")


FOR_REPORTS = allow(*ACTIONS, to=REPORTS)


@pytest.mark.parametrize(
    ("key", "asking", "expected"),
    [
        (a_kms_key(), users(may=True), Seal()),
        (a_kms_key(FOR_REPORTS), users(may=True, serves=True), Seal()),
        (a_kms_key(manager="AWS"), users(), Seal()),
        (a_kms_key(refused=NO_KEY), users(), Seal(gaps=(NO_KEY,))),
        (a_kms_key(policy_refused=NO_POLICY), users(), Seal(gaps=(NO_POLICY,))),
    ],
)
def test_a_key_serves(key: Key, asking: Users, expected: Seal) -> None:
    assert seal_of(key, asking) == expected


def test_a_key_stops_roles_services_or_everybody() -> None:
    both = seal_of(a_kms_key(), users(serves=True))
    assert (both.roles, both.services) == ((ROLE,), (SERVICE,))
    assert len(both.reasons) == 2
    assert seal_of(a_kms_key(state="Disabled"), users(may=True)).state == "Disabled"
    assert seal_of(a_kms_key(manager="AWS"), users(serves=True)).services == (SERVICE,)
    assert of_aws("aws/s3", ()) == Seal()


def test_a_role_that_was_not_read_whole_leaves_it_open() -> None:
    unread = seal_of(a_kms_key(), users(whole=False))
    assert (unread.reasons, len(unread.gaps)) == ((), 1)


def test_repairs_fit_what_is_wrong() -> None:
    asking = users(serves=True)
    key = a_kms_key()

    def given(seal: Seal, of: Key | None, *, wanted: bool = False) -> set[str]:
        values = repairs(seal, of, ACCOUNT, asking, wanted=wanted)
        assert set(values) == set(KEY_VALUES)
        return {name for name, value in values.items() if value}

    assert given(Seal(), key) == set()
    assert given(Seal(), None) == set()
    assert given(Seal(), None, wanted=True) == {"key_document", "fresh_document"}
    assert given(of_aws("aws/s3", (SERVICE,)), None) == {"key_document", "fresh_document"}
    assert given(seal_of(key, asking), key) == {"key", "key_document"}
    for state, name in (("Disabled", "disabled_key"), ("PendingDeletion", "deleting_key")):
        dead = a_kms_key(state=state)
        assert given(seal_of(dead, asking), dead) == {name}


def test_a_new_key_lets_everybody_in_who_needs_it() -> None:
    values = repairs(Seal(), None, ACCOUNT, users(serves=True), wanted=True)
    root, role, service = json.loads(values["fresh_document"])["Statement"]
    assert root["Principal"] == {"AWS": f"arn:aws:iam::{OWN}:root"}
    assert role["Principal"] == {"AWS": [ROLE]}
    assert service["Principal"] == REPORTS


def test_the_forms_ask_for_values_that_repairs_gives() -> None:
    for name in ("key", "disabled_key", "deleting_key"):
        assert f"[[{name}]]" in REPAIR_CLI
        assert any(f"[[{name}]]" in step for step in REPAIR_STEPS)


def test_plain_http_is_refused_for_the_bucket_and_its_objects() -> None:
    arn = "arn:aws:s3:::b"
    when = {"Bool": {"aws:SecureTransport": "false"}}
    assert refuses_plain_http(a_policy(deny("s3:*", to="*", on=[arn, f"{arn}/*"], when=when)), arn)
    assert not refuses_plain_http(a_policy(deny("s3:*", to="*", on=arn, when=when)), arn)
    assert not refuses_plain_http(a_policy(deny("s3:*", to="*")), arn)
