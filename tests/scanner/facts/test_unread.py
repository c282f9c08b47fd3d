"""Facts that nobody read say so in every field, and gaps are found wherever they stand."""

from __future__ import annotations

import pytest

from scanner.collect.plan import KINDS
from scanner.control import judge
from scanner.controls import every_control
from scanner.facts.gaps import gaps_in
from scanner.facts.iam import IamFacts
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import NOT_READ, unread
from scanner.vocabulary import Partial, Status, Unobserved
from tests.builders import a_role, a_snapshot, an_inline_policy, denied
from tests.builders_resources import a_queue
from tests.documents import a_malformed_policy


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_unread_facts_are_gaps_throughout(kind: type[object]) -> None:
    gap = Unobserved("some:Action", "AccessDenied")
    assert set(gaps_in(unread(kind, gap))) == {gap}


def test_what_no_topic_asked_for_is_no_gap() -> None:
    assert unread(IamFacts).users == NOT_READ
    assert gaps_in(unread(IamFacts)) == ()


def test_gaps_are_found_in_lists_maps_and_items_once_each() -> None:
    image_block = denied("ec2:GetImageBlockPublicAccessState", "eu-west-1")
    cut = denied("sns:ListSubscriptions", "us-east-1")
    broken = a_malformed_policy()
    inline = an_inline_policy("arn:aws:iam::111122223333:role/worker", "inline", broken)
    snapshot = a_snapshot(
        subscriptions=Partial((), (cut, cut)),
        image_block={"eu-west-1": image_block},
        queues=(a_queue(refused=denied("sqs:GetQueueAttributes")),),
        roles=(a_role(trusted=broken),),
        policies=(),
    )
    assert inline.document == broken
    assert set(gaps_in(snapshot)) == {
        cut, image_block, broken, denied("sqs:GetQueueAttributes"),
    }  # fmt: skip


def test_no_control_passes_when_nothing_was_read() -> None:
    read = a_snapshot()
    gap = denied("some:Action")
    facts = {name: unread(kind, gap) for name, kind in KINDS.items()}
    snapshot = Snapshot(read.account, read.now, read.profile, read.topics, "", **facts)
    statuses = {one.status for one in judge(every_control(), snapshot)}
    assert Status.PASS not in statuses
    assert Status.FAIL not in statuses
