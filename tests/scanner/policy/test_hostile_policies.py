"""Hostile and malformed policies crash nothing, and none of them turns into a pass.

FUZZ_POLICIES says how many are tried; bin/long tries 10,000.
"""

from __future__ import annotations

import os
from dataclasses import replace

from scanner.control import Outcome, judge
from scanner.controls import every_control
from scanner.facts.iam import InlinePolicy
from scanner.facts.snapshot import Snapshot
from scanner.policy import Malformed, Policy, parse
from scanner.vocabulary import Observed, Status, Unobserved
from tests.builders import a_group, a_key, a_report, a_role, a_row, a_snapshot, a_user
from tests.builders_resources import a_queue, a_subscription, a_topic, a_trail
from tests.builders_storage import a_bucket, a_kms_key
from tests.scanner.policy.hostile import hostile_policies

TRIED = int(os.environ.get("FUZZ_POLICIES", "150"))
REFUSED = Unobserved("iam:GetAccountAuthorizationDetails", "AccessDenied")


def an_account(policy: Observed[Policy]) -> Snapshot:
    """An account that has this policy wherever a policy can stand."""
    role = a_role("MarketplaceCommerceAnalyticsRole", trusted=policy, inline={"p": policy})
    user = a_user(inline={"p": policy}, groups=["people"])
    group = a_group()
    group = replace(group, inline=(InlinePolicy(group.arn, "g", policy),))
    key = a_kms_key()
    return a_snapshot(
        users=(user,),
        groups=(group,),
        roles=(role, a_role("metering", trusted=policy)),
        report=a_report(a_row(password=True, keys=(a_key(),))),
        queues=(a_queue(policy=policy, kms_key=key.reference),),
        subscriptions=(a_subscription(),),
        sns_topics=(a_topic(policy=policy),),
        buckets=(a_bucket("seller-trail-logs", policy=policy),),
        keys=(replace(key, policy=policy),),
        trails=(a_trail(),),
    )


def passes(snapshot: Snapshot) -> set[tuple[str, str]]:
    return {
        (one.control, one.resource)
        for one in judged(snapshot)
        if one.status in {Status.PASS, Status.NOT_APPLICABLE}
    }


def judged(snapshot: Snapshot) -> tuple[Outcome, ...]:
    outcomes = judge(every_control(), snapshot)
    crashed = [one.control for one in outcomes if "fault of ours" in one.reason]
    assert crashed == []
    return outcomes


def test_hostile_policies_crash_nothing_and_never_pass() -> None:
    unread = passes(an_account(REFUSED))
    malformed = 0
    for text in hostile_policies(TRIED):
        policy = parse(text, source=REFUSED.action)
        found = passes(an_account(policy))
        if isinstance(policy, Malformed):
            malformed += 1
            assert found <= unread, text[:2_000]
    assert malformed > TRIED / 10
    assert malformed < TRIED
