"""Which Marketplace actions a policy names, and which names are dead."""

from __future__ import annotations

import json

import pytest

from scanner.scope.naming import (
    dead_entries,
    names_marketplace,
    speaks_of_marketplace,
    without_dead,
)
from tests.builders import denied
from tests.documents import Document, a_malformed_policy, a_policy, allow, allow_all_but, deny

METER = "aws-marketplace:MeterUsage"
TASKS = "aws-marketplace:ListTasks"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow(METER), True),
        (deny("AWS-Marketplace-Management:viewReports"), True),
        (allow("aws-m*:*"), True),
        (allow("marketplacecommerceanalytics:*"), True),
        (allow_all_but("aws-marketplace:*"), True),
        (allow("*"), False),
        (allow("*:*"), False),
        (allow("*:List*"), False),
        (allow("aws-portal:*", "s3:*"), False),
    ],
)
def test_a_policy_names_marketplace_or_not(statement: Document, expected: bool) -> None:
    assert names_marketplace(a_policy(statement)) is expected


def test_what_was_not_read_or_not_understood_may_name_it() -> None:
    assert names_marketplace(denied("iam:GetAccountAuthorizationDetails"))
    assert names_marketplace(a_malformed_policy('{"Action": "s3:x"}'))


def test_a_broken_document_speaks_of_marketplace_by_its_text() -> None:
    assert speaks_of_marketplace(a_malformed_policy('{"Action": "aws-Marketplace:x"}'))
    assert not speaks_of_marketplace(a_malformed_policy('{"Action": "s3:x"}'))


def test_dead_entries_go_and_everything_else_stays() -> None:
    kept = allow("s3:*")
    policy = a_policy(
        kept,
        allow(TASKS, METER, sid="Half"),
        allow(TASKS),
        allow(METER, "aws-marketplace:DescribeEntity", on="arn:aws:aws-marketplace:us-east-1:1:x"),
        deny(METER, on="arn:aws:aws-marketplace:us-east-1:1:x"),
    )
    dead = dead_entries(policy)
    assert [(one.statement.index, one.action, one.exists) for one in dead] == [
        (1, TASKS, False),
        (2, TASKS, False),
        (3, METER, True),
    ]
    left = json.loads(without_dead(policy, dead))["Statement"]
    assert [one["Action"] for one in left] == [
        ["s3:*"],
        [METER],
        ["aws-marketplace:DescribeEntity"],
        [METER],
    ]
    assert left[0] == kept
    assert not without_dead(a_policy(allow(TASKS)), dead_entries(a_policy(allow(TASKS))))
