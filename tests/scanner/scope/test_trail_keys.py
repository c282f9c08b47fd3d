"""The policy of a trail's key lets the account and one trail use it."""

from __future__ import annotations

import json

from scanner.policy import Policy, parse
from scanner.scope.trail_keys import key_policy
from tests.builders import a_snapshot

TRAIL = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"


def test_the_account_may_do_all_and_cloudtrail_may_encrypt_for_one_trail() -> None:
    account = a_snapshot().account
    policy = parse(json.dumps(key_policy(TRAIL, account)), source="kms:GetKeyPolicy")
    assert isinstance(policy, Policy)
    own, *services = policy.allows()
    assert own.covers_action("kms:PutKeyPolicy")
    assert [principal.value for principal in own.principals or ()] == [account.key]
    for one in services:
        assert one.services() == ("cloudtrail.amazonaws.com",)
        assert [test.values for test in one.conditions_on("aws:SourceArn")] == [(TRAIL,)]
        assert not one.covers_action("kms:Decrypt")
