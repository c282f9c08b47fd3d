"""Consumers are found by what they surely may do, and those that may be are not forgotten."""

from __future__ import annotations

from scanner.facts.snapshot import Snapshot
from scanner.scope.consumers import consumers, consumers_of, named_by_policy, rights_on
from scanner.scope.excess import reach_of
from scanner.scope.principals import roles
from scanner.vocabulary import gaps, seen
from tests.builders import AUTHORIZATION_DETAILS, OWN, a_role, a_snapshot, denied
from tests.builders_resources import a_queue, a_queue_arn, a_subscription
from tests.documents import allow, deny

QUEUE = a_queue()
READS = allow("sqs:ReceiveMessage", on=QUEUE.arn)
GAP = denied(AUTHORIZATION_DETAILS)
ROLES = (
    a_role("poller", inline={"q": READS}),
    a_role("deleter", inline={"q": allow("sqs:Delete*", on="*")}),
    a_role("sender", inline={"q": allow("sqs:SendMessage", on="*")}),
    a_role("elsewhere", inline={"q": allow("sqs:*", on=a_queue_arn("jobs"))}),
    a_role("kept-out", inline={"q": READS, "no": deny("sqs:*")}),
    a_role("admin", inline={"all": allow("*")}),
    a_role("dark", inline={"q": GAP}),
)


def an_account() -> Snapshot:
    return a_snapshot(queues=(QUEUE,), subscriptions=(a_subscription(),), roles=ROLES)


def test_consumers_may_receive_or_delete_or_may_be_hidden() -> None:
    names = [one.name for one in seen(consumers(an_account()))]
    assert names == ["poller", "deleter", "dark"]


def test_of_one_queue_the_hidden_ones_are_a_gap() -> None:
    listed = consumers_of(QUEUE, an_account())
    assert [one.name for one in seen(listed)] == ["poller", "deleter"]
    assert [gap.action for gap in gaps(listed)] == [AUTHORIZATION_DETAILS]


def test_without_a_queue_there_are_no_consumers() -> None:
    assert consumers(a_snapshot(roles=ROLES)) == ()


def test_roles_with_the_same_policies_get_one_answer() -> None:
    snapshot = a_snapshot(
        roles=(a_role("a", inline={"q": READS}), a_role("b", inline={"q": READS})),
        queues=(QUEUE,),
        subscriptions=(a_subscription(QUEUE.name),),
    )
    first, second = seen(roles(snapshot))
    assert rights_on(first, QUEUE.arn, snapshot) is rights_on(second, QUEUE.arn, snapshot)
    assert rights_on(first, QUEUE.arn, snapshot).actions == {"sqs:ReceiveMessage"}
    assert not rights_on(first, a_queue_arn("jobs"), snapshot)  # hears no product


def test_identities_that_the_queue_names_are_known_and_not_whole_accounts() -> None:
    poller = f"arn:aws:iam::{OWN}:role/poller"
    named = allow("sqs:*", to={"AWS": [OWN, poller, "arn:aws:iam::999988887777:role/x"]})
    assert list(named_by_policy(a_queue(policy=named), a_snapshot())) == [poller]
    assert list(named_by_policy(a_queue(), a_snapshot())) == []


def test_queues_are_told_apart_where_principals_overlap() -> None:
    names = ("one", "two", "three", "four")
    pairs = {"first": names[:2], "second": names[1:3], "all": names}
    holders = tuple(
        a_role(name, inline={"q": allow("sqs:ReceiveMessage", on=[a_queue_arn(q) for q in pair])})
        for name, pair in pairs.items()
    )
    snapshot = a_snapshot(
        queues=tuple(a_queue(name) for name in names),
        subscriptions=tuple(a_subscription(name) for name in names),
        roles=holders,
    )
    for queue in seen(snapshot.sqs.queues):
        readers = [one.name for one in seen(consumers_of(queue, snapshot))]
        assert readers == [name for name, pair in pairs.items() if queue.name in pair]
    first, *_ = seen(roles(snapshot))
    reach = reach_of(first, snapshot)
    assert [[queue.name for queue in alike.queues] for alike in reach] == [["one", "two"]]
