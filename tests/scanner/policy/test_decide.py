"""decide() with policies that were read before, and what its answer offers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from scanner.policy import Decision, Malformed, Policies, Policy, Request, decide, parse
from scanner.vocabulary import NotSeen, Unobserved

QUEUE = "arn:aws:sqs:us-east-1:111122223333:orders"
REQUEST = Request("arn:aws:iam::111122223333:user/a", "sqs:SendMessage", QUEUE, "111122223333")
ALLOW = {"Statement": {"Sid": "Yes", "Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}


def read(document: Mapping[str, object]) -> Policy | Malformed:
    return parse(document, source="iam:GetPolicyVersion")


def test_policies_that_were_read_before_are_taken_as_they_are() -> None:
    policy = read(ALLOW)
    decision = decide(REQUEST, Policies(identity=[policy], boundary=policy, scps=[[policy]]))
    assert decision.effect == "allowed"
    assert [(one.layer, one.number, one.sid) for one in decision.because] == [
        ("identity", 0, "Yes"),
        ("boundary", 0, "Yes"),
        ("scp", 0, "Yes"),
    ]


def test_every_layer_that_allows_says_so_by_its_name() -> None:
    resource = {"Statement": ALLOW["Statement"] | {"Principal": "*"}}
    decision = decide(REQUEST, Policies(identity=[ALLOW], session=ALLOW, resource=resource))
    assert {one.layer for one in decision.because} == {"identity", "session", "resource"}


def test_policies_of_several_levels_are_counted_through() -> None:
    decision = decide(REQUEST, Policies(identity=[ALLOW], scps=[[ALLOW, ALLOW], [ALLOW]]))
    assert [one.number for one in decision.because if one.layer == "scp"] == [0, 1, 2]


@pytest.mark.parametrize(
    "unknown",
    [
        read({"Statement": 5}),
        Unobserved("sqs:GetQueueAttributes", "AccessDenied"),
    ],
)
def test_a_policy_that_was_not_seen_gives_no_decision(unknown: Unobserved) -> None:
    with pytest.raises(NotSeen) as caught:
        decide(REQUEST, Policies(identity=[ALLOW], resource=unknown))
    assert caught.value.gaps == (unknown,)


def test_undecided_variables_are_named() -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "*",
            "Resource": ["arn:aws:s3:::${s3:x}", "arn:aws:sqs:*:*:${aws:username}"],
        },
    }
    request = Request(REQUEST.principal, REQUEST.action, QUEUE, unknown=True)
    decision = decide(request, Policies(identity=document))
    (only,) = decision.because
    assert (decision.effect, only.variables, only.is_certain) == (
        "conditional",
        ("aws:username",),
        False,
    )


def test_a_decision_is_a_value() -> None:
    assert decide(REQUEST, Policies()) == Decision(
        "implicitly_denied", missing=("identity", "resource")
    )
    assert decide(REQUEST, Policies(identity=ALLOW)) == decide(REQUEST, Policies(identity=[ALLOW]))
