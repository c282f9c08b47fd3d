"""Questions within the usual ones are answered from one look, as if they were asked alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scanner.policy import (
    ASKED_OF_ALL,
    BUYER_SPEND,
    METER,
    PORTAL_CORE,
    PORTAL_MANAGEMENT,
    PORTAL_PATTERN,
    Granted,
    Policy,
    granted,
    is_within,
)
from tests.documents import a_policy

About = tuple[dict[str, object], dict[str, object], frozenset[str]]
NO_ACTION = "nobody:AsksThis"
"""With it a question is beyond the usual ones and is answered by itself."""

SETS = (PORTAL_CORE, METER, BUYER_SPEND, frozenset({"aws-marketplace:StartChangeSet"}))
ENTRIES = st.sampled_from(
    (
        "*",
        "aws-marketplace:*",
        "aws-marketplace:*Meter*",
        "aws-marketplace:Batch*",
        "aws-marketplace:?eterUsage",
        "aws-marketplace:StartChangeSet",
        "aws-marketplace:Subscribe",
        "aws-marketplace-management:*",
        "AWS-Marketplace-Management:viewFuture",
        "aws-marketplace-management:View*",
        "aws-marketplace-management:put*",
        "sqs:*",
        "iam:*",
    )
)
CONDITION = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


@st.composite
def statements(draw: st.DrawFn) -> Mapping[str, Any]:
    said: dict[str, Any] = {
        "Effect": draw(st.sampled_from(("Allow", "Allow", "Deny"))),
        draw(st.sampled_from(("Action", "Action", "NotAction"))): draw(
            st.lists(ENTRIES, min_size=1, max_size=3)
        ),
        "Resource": draw(st.sampled_from(("*", "arn:aws:sqs:us-east-1:111122223333:orders"))),
    }
    return said | ({"Condition": CONDITION} if draw(st.booleans()) else {})


policies = st.lists(statements(), min_size=1, max_size=3).map(lambda some: a_policy(*some))
boundaries = st.none() | policies


def what(found: Granted, actions: frozenset[str]) -> About:
    """What an answer says about some actions, or about entries that have no name."""
    about = {one for one in found.actions if one in actions or one not in ASKED_OF_ALL}
    return (
        {
            one: [(grant.policy.text, grant.statement.index, grant.conditional) for grant in some]
            for one, some in found.grants.items()
            if one in about
        },
        {
            one: [deny.index for deny in some]
            for one, some in found.denied_if.items()
            if one in about
        },
        found.mfa_gated & about,
    )


@given(st.lists(policies, min_size=1, max_size=3), st.sampled_from(SETS), boundaries)
def test_one_look_answers_as_if_asked_alone(
    held: list[Policy], actions: frozenset[str], boundary: Policy | None
) -> None:
    alone = granted(held, actions | {NO_ACTION}, boundary=boundary)
    alone_about = what(alone, actions)
    alone_about[0].pop(NO_ACTION, None)  # NotAction grants it too
    alone_about[1].pop(NO_ACTION, None)
    assert what(granted(held, actions, boundary=boundary), actions)[:2] == alone_about[:2]
    within = granted(held, ASKED_OF_ALL, boundary=boundary).within(actions)
    assert what(within, actions)[:2] == alone_about[:2]
    assert within.mfa_gated == alone.mfa_gated - {NO_ACTION}


def test_a_part_of_the_portal_is_no_part_of_the_look() -> None:
    some = frozenset({PORTAL_PATTERN, *sorted(PORTAL_MANAGEMENT)[:3]})
    assert is_within(PORTAL_CORE, ASKED_OF_ALL)
    assert is_within(METER, ASKED_OF_ALL)
    assert not is_within(some, ASKED_OF_ALL)
    assert not is_within(frozenset({NO_ACTION}), ASKED_OF_ALL)
