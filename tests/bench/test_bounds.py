"""Bounds are told from what was seeded: by calls in flight, by paced chains, by token buckets."""

from __future__ import annotations

import pytest

from bench.accounts import SIZES
from bench.calls import plan
from bench.collecting import bound, let_through
from bench.soak import growth


def test_the_plan_of_iam_does_not_grow_with_users_and_roles_within_a_page() -> None:
    asked = [
        {name: count for name, count in plan(SIZES[size]).items() if name.startswith("iam:")}
        for size in ("small", "medium")
    ]
    assert asked[0] == asked[1]
    large = plan(SIZES["large"])
    assert large["iam:GetAccountAuthorizationDetails"] == 3
    assert asked[0]["iam:GetAccountAuthorizationDetails"] == 1


def test_many_calls_are_bound_by_how_many_are_in_flight() -> None:
    assert bound({"sqs:GetQueueAttributes": 3_200}, 0.08) == pytest.approx(8.32)


def test_few_calls_are_bound_by_the_longest_chain() -> None:
    assert bound({"iam:GetPolicy": 100, "sqs:ListQueues": 1}, 0.08) == pytest.approx(8.16)
    assert bound({"sqs:ListQueues": 1}, 0.08) == pytest.approx(1.32)


def test_buckets_let_through_their_burst_and_what_they_refill() -> None:
    assert let_through({"ec2:DescribeImageAttribute": 610}) == pytest.approx(25.0)
    assert let_through({"iam:GetPolicy": 45, "ec2:DescribeImages": 20}) == pytest.approx(2.0)


def test_growth_is_from_the_tenth_scan_to_the_largest_after_it() -> None:
    assert growth([300.0] * 9 + [100.0, 104.0, 102.0]) == pytest.approx(1.04)
