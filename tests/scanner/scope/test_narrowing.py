"""A narrowed policy grants the least on queues, and nothing that it did not grant before."""

from __future__ import annotations

import json

import pytest

from scanner.policy import Policy, parse
from scanner.scope.narrowing import LISTS_QUEUES, is_wild, least, meets, narrowed
from tests.builders_resources import a_queue_arn
from tests.documents import Document, a_policy, allow, allow_all_but, deny

QUEUE = a_queue_arn()
JOBS = a_queue_arn("jobs")
NEEDED = [
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
]
LEAST: Document = {"Effect": "Allow", "Action": NEEDED, "Resource": [QUEUE]}


def after(*statements: Document, keep: bool = True) -> list[Document]:
    text = narrowed(a_policy(*statements), [QUEUE], keep=keep)
    found: list[Document] = json.loads(text)["Statement"]
    return found


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        (allow("sqs:*", on="*"), [LEAST]),
        (allow("sqs:ReceiveMessage", on="*"), [{**LEAST, "Action": ["sqs:ReceiveMessage"]}]),
        (allow("s3:*", on="*"), [allow("s3:*", on="*")]),
        (allow("sqs:*", on=JOBS), [allow("sqs:*", on=JOBS)]),
        (allow("sqs:*", on=[JOBS, QUEUE]), [allow("sqs:*", on=[JOBS]), LEAST]),
        (
            allow("SQS:*", "logs:Put*", "sqs:ListQueues"),
            [allow("logs:Put*", "sqs:ListQueues", on=["*"]), LEAST],
        ),
        (
            allow("*", on=["arn:aws:*"]),
            [{"Effect": "Allow", "Resource": ["arn:aws:*"], "NotAction": ["sqs:*"]}, LEAST],
        ),
        (
            allow_all_but("iam:*"),
            [allow_all_but("iam:*", "sqs:*"), LEAST],
        ),
    ],
)
def test_rights_on_queues_are_spelled_out(before: Document, wanted: list[Document]) -> None:
    assert after(before) == wanted


def test_conditions_stay_and_a_sid_names_one_statement() -> None:
    when = {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c"}}
    before = allow("sqs:*", "s3:*", when=when, sid="Work")
    first, second = after(before)
    assert first == {**before, "Action": ["s3:*"], "Resource": ["*"]}
    assert second == {**LEAST, "Condition": when}


def test_deny_statements_stay() -> None:
    no = deny("sqs:DeleteQueue")
    assert after(allow("sqs:*"), no) == [LEAST, no]


def test_who_needs_nothing_keeps_nothing_on_queues() -> None:
    assert after(allow("sqs:*", "s3:*"), keep=False) == [allow("s3:*", on=["*"])]
    assert after(allow("sqs:*"), keep=False) == [LISTS_QUEUES]


def test_not_resource_is_narrowed_to_the_queue() -> None:
    before = {"Effect": "Allow", "Action": ["sqs:*", "s3:*"], "NotResource": JOBS}
    assert after(before) == [{**before, "Action": ["s3:*"]}, LEAST]


def test_a_single_statement_outside_a_list_is_narrowed_too() -> None:
    policy = parse({"Statement": allow("sqs:*")}, source="iam:GetPolicyVersion")
    assert isinstance(policy, Policy)
    assert json.loads(narrowed(policy, [QUEUE]))["Statement"] == [LEAST]


def test_the_least_is_what_a_consumer_needs() -> None:
    assert json.loads(least([QUEUE])) == {"Version": "2012-10-17", "Statement": [LEAST]}


@pytest.mark.parametrize(
    ("resource", "wild", "met"),
    [
        (QUEUE, False, True),
        (JOBS, False, False),
        ("*", True, True),
        (a_queue_arn("mp-*"), True, True),
        (a_queue_arn("job?"), True, False),
        ("arn:aws:sqs:*:*:${aws:PrincipalTag/queue}", True, True),
    ],
)
def test_resources_are_told_apart(resource: str, *, wild: bool, met: bool) -> None:
    assert (is_wild(resource), meets(resource, [QUEUE])) == (wild, met)
