"""Which patterns may tell somebody of changes to products, trails, rights, and of root."""

import json
from typing import Any

import pytest

from scanner.scope.alert_events import (
    CHANGE_SET_CALLS,
    CHANGE_SET_EVENTS,
    POLICY_CALLS,
    ROOT_SIGN_IN,
    TRAIL_CALLS,
    api_call,
    catalog_event,
    hears_any,
    hears_root,
    may_alert,
)

API = "AWS API Call via CloudTrail"


def stopping(*names: str) -> str:
    detail = {"eventSource": ["cloudtrail.amazonaws.com"], "eventName": list(names)}
    return json.dumps({"source": ["aws.cloudtrail"], "detail-type": [API], "detail": detail})


def test_these_calls_and_events_are_to_be_heard() -> None:
    kinds = ("User", "Group", "Role")
    assert set(POLICY_CALLS) == {
        *(f"{verb}{what}" for verb in ("Create", "Delete") for what in ("Policy", "PolicyVersion")),
        *(
            f"{verb}{kind}Policy"
            for verb in ("Put", "Delete", "Attach", "Detach")
            for kind in kinds
        ),
    }
    assert set(TRAIL_CALLS) == {"StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"}
    assert CHANGE_SET_CALLS == ("StartChangeSet",)
    assert ROOT_SIGN_IN == {
        "source": "aws.signin",
        "detail-type": "AWS Console Sign In via CloudTrail",
        "detail": {"eventSource": "signin.amazonaws.com", "userIdentity": {"type": "Root"}},
    }
    ends = ("Succeeded", "Failed", "Cancelled")
    assert set(CHANGE_SET_EVENTS) == {f"Change Set {end}" for end in ends}


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["aws.marketplacecatalog"]},
        {"source": [{"prefix": "aws.marketplace"}], "detail-type": ["Change Set Failed"]},
        {"detail-type": [API]},
        {"detail": {"eventSource": ["iam.amazonaws.com"]}},
        {"detail": {"eventName": ["StopLogging"]}},
        {"source": ["aws.signin"]},
        {"account": ["111122223333"]},
        {"detail": {"userIdentity": {"type": ["Root"]}}},
        {"source": ["aws.s3"], "detail": {"userIdentity": {"type": ["Root"]}}},
    ],
)
def test_what_may_alert_is_worth_asking_about(pattern: dict[str, Any]) -> None:
    assert may_alert(json.dumps(pattern))


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        '{"source": ["aws.ec2"]}',
        '{"source": ["aws.s3"], "detail": {"eventSource": ["s3.amazonaws.com"]}}',
        '{"detail-type": ["EC2 Instance State-change Notification"]}',
        '{"source": ["aws.s3"], "detail": {"userIdentity": {"type": ["IAMUser"]}}}',
    ],
)
def test_other_rules_alert_nobody_of_these(pattern: str) -> None:
    assert not may_alert(pattern)


@pytest.mark.parametrize("pattern", ["{broken", "[]", "7"])
def test_a_pattern_nobody_can_read_may_alert(pattern: str) -> None:
    assert may_alert(pattern)
    with pytest.raises(ValueError, match=r"."):
        hears_any(pattern, (ROOT_SIGN_IN,))


def test_a_rule_hears_the_calls_it_names() -> None:
    pattern = stopping("StopLogging", "DeleteTrail")
    heard = [name for name in TRAIL_CALLS if hears_any(pattern, (api_call("cloudtrail", name),))]
    assert heard == ["StopLogging", "DeleteTrail"]
    assert not hears_any(pattern, (api_call("iam", "StopLogging"),))
    assert not hears_any(pattern, [api_call("iam", name) for name in POLICY_CALLS])


def test_change_sets_are_heard_as_calls_or_as_events_of_the_catalog() -> None:
    call = '{"detail": {"eventName": ["StartChangeSet"]}}'
    assert hears_any(call, [api_call("marketplacecatalog", name) for name in CHANGE_SET_CALLS])
    failed = '{"source": ["aws.marketplacecatalog"], "detail-type": ["Change Set Failed"]}'
    assert hears_any(failed, map(catalog_event, CHANGE_SET_EVENTS))
    assert not hears_any(failed, (catalog_event("Offer Released"),))


@pytest.mark.parametrize(
    ("pattern", "root"),
    [
        ('{"detail": {"userIdentity": {"type": ["Root"]}}}', True),
        ('{"detail": {"userIdentity": {"arn": [{"suffix": ":root"}]}}}', True),
        ('{"source": ["aws.signin"], "detail": {"userIdentity": {"type": ["Root"]}}}', True),
        ('{"source": ["aws.signin"]}', False),
        ('{"detail": {"userIdentity": {"type": ["IAMUser"]}}}', False),
        ("", False),
    ],
)
def test_root_is_heard_by_rules_that_ask_for_the_caller(pattern: str, root: bool) -> None:
    assert hears_root(pattern) is root


def test_a_caller_may_be_part_of_a_call() -> None:
    by_root = '{"detail": {"eventName": ["StopLogging"], "userIdentity": {"type": ["Root"]}}}'
    assert hears_any(by_root, (api_call("cloudtrail", "StopLogging", "Root"),))
    assert not hears_any(by_root, (api_call("cloudtrail", "StopLogging", "IAMUser"),))
