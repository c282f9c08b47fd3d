"""Queues are found by list, by name and by redrive policy; one that is gone is dropped."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from scanner.aws import Answer, Kind, Trouble
from scanner.collect import sqs
from scanner.facts.messaging import EventsFacts, Queue, QueueAttributes, SnsFacts, SqsFacts
from scanner.facts.profile import Profile
from scanner.policy import Malformed, Policy
from scanner.vocabulary import Partial, Unobserved, gaps, seen
from tests.builders import OWN, STRANGER
from tests.builders_resources import a_rule, a_subscription
from tests.fakes import DENIED, FakeAws, Reply, limited

LIST, READ = "sqs:ListQueues", "sqs:GetQueueAttributes"
HOST = "https://sqs.us-east-1.amazonaws.com"
GONE = Trouble("AWS.SimpleQueueService.NonExistentQueue", Kind.OTHER)
NOTHING: Mapping[str, str] = {"SqsManagedSseEnabled": "true", "MessageRetentionPeriod": "345600"}


def arn(name: str, region: str = "us-east-1", account: str = OWN) -> str:
    return f"arn:aws:sqs:{region}:{account}:{name}"


def url(name: str, region: str = "us-east-1") -> str:
    return f"https://sqs.{region}.amazonaws.com/{OWN}/{name}"


class Account:
    """Queues by URL, each with its attributes or the trouble that reading it gives."""

    def __init__(self, **queues: Mapping[str, str] | Trouble) -> None:
        self.queues = {url(name): said for name, said in queues.items()}
        self.listed = list(self.queues)

    def reply(self, region: str, params: Answer) -> Answer:
        said = self.queues.get(params["QueueUrl"], GONE)
        if isinstance(said, Trouble):
            raise said
        name = params["QueueUrl"].rsplit("/", 1)[-1]
        return {"Attributes": {"QueueArn": arn(name, region), **said}}

    def replies(self) -> dict[str, Reply]:
        return {LIST: {"QueueUrls": self.listed}, READ: self.reply}


def collected(
    account: Account,
    *,
    subscribed: tuple[str, ...] = (),
    targets: tuple[str, ...] = (),
    profile: Profile | None = None,
    **limits: int,
) -> SqsFacts:
    aws = FakeAws(account.replies(), limits=limited(**limits))
    subscriptions = SnsFacts(tuple(a_subscription(one) for one in subscribed), ())
    rules = EventsFacts((a_rule(targets=targets),))
    return sqs.collect(aws, subscriptions, rules, profile or Profile())


def only(facts: SqsFacts) -> Queue:
    (queue,) = seen(facts.queues)
    return queue


def attributes(**said: str) -> QueueAttributes:
    found = only(collected(Account(orders={**NOTHING, **said}))).attributes
    assert isinstance(found, QueueAttributes)
    return found


def test_a_listed_queue_is_read() -> None:
    queue = only(collected(Account(orders=NOTHING)))
    assert (queue.arn, queue.url, queue.name) == (arn("orders"), url("orders"), "orders")
    assert queue.attributes == QueueAttributes(None, "", "true", 345600, None)


def test_a_policy_is_parsed_once_and_a_broken_one_is_kept() -> None:
    policy = (
        '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]}'
    )
    assert isinstance(attributes(Policy=policy).policy, Policy)
    broken = attributes(Policy='{"Statement": ').policy
    assert isinstance(broken, Malformed)
    assert (broken.action, broken.text) == (READ, '{"Statement": ')


def test_waiting_messages_are_counted_where_sqs_says() -> None:
    assert attributes(ApproximateNumberOfMessages="7").waiting == 7
    assert attributes().waiting is None


def test_an_empty_policy_is_no_policy() -> None:
    assert attributes(Policy="").policy is None


@pytest.mark.parametrize("count", [5, "5"])
def test_the_receive_count_may_be_a_number_or_a_text(count: object) -> None:
    text = json.dumps({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": count})
    redrive = attributes(RedrivePolicy=text).redrive
    assert redrive is not None
    assert not isinstance(redrive, Unobserved)
    assert (redrive.target, redrive.max_receives) == (arn("dead"), 5)


@pytest.mark.parametrize("text", ["{", "[]", '{"maxReceiveCount": 3}', "null", "[" * 9_999])
def test_a_broken_redrive_policy_is_unobserved(text: str) -> None:
    found = attributes(RedrivePolicy=text).redrive
    assert isinstance(found, Unobserved)
    assert found.error == "MalformedRedrivePolicy"


def test_a_nonsense_retention_leaves_the_attributes_unobserved() -> None:
    queue = only(collected(Account(orders={"MessageRetentionPeriod": "forever"})))
    assert isinstance(queue.attributes, Unobserved)
    assert queue.attributes.error == "BadAnswer"


@pytest.mark.parametrize(
    "answered",
    [
        {},
        NOTHING,
        {**NOTHING, "QueueArn": ""},
        {**NOTHING, "QueueArn": arn("invoices")},
        {**NOTHING, "QueueArn": arn("orders", "eu-west-1")},
        {**NOTHING, "QueueArn": arn("orders", account=STRANGER)},
    ],
)
def test_attributes_of_no_queue_or_of_another_are_unobserved(answered: Mapping[str, str]) -> None:
    answers = Account(orders=NOTHING).replies() | {READ: {"Attributes": dict(answered)}}
    queue = only(sqs.collect(FakeAws(answers), SnsFacts((), ()), EventsFacts(()), Profile()))
    detail = "QueueArn is missing or names another queue"
    assert queue.attributes == Unobserved(READ, "BadAnswer", "us-east-1", detail)
    assert queue.arn == arn("orders")


def test_queues_that_are_named_are_read_where_they_are() -> None:
    account = Account()
    named = {
        name: url(name, region) for name, region in {"a": "eu-west-1", "b": "us-west-2"}.items()
    }
    account.queues = dict.fromkeys((*named.values(), url("c")), NOTHING)
    facts = collected(
        account,
        subscribed=(arn("a", "eu-west-1"),),
        targets=(arn("b", "us-west-2"), "arn:aws:lambda:us-east-1:111122223333:function:f"),
        profile=Profile(queues=(arn("c"), "nonsense")),
    )
    assert [queue.arn for queue in seen(facts.queues)] == [
        arn("a", "eu-west-1"), arn("c"), arn("b", "us-west-2"),
    ]  # fmt: skip
    assert facts.regions == ("eu-west-1", "us-east-1", "us-west-2")


def test_a_queue_of_another_account_is_not_asked_for() -> None:
    facts = collected(Account(), subscribed=(arn("theirs", account=STRANGER),))
    assert facts.queues == ()


def test_dead_letter_queues_are_followed_until_none_is_new() -> None:
    def redrive(name: str, region: str = "us-east-1") -> dict[str, str]:
        target = {"deadLetterTargetArn": arn(name, region), "maxReceiveCount": 3}
        return {**NOTHING, "RedrivePolicy": json.dumps(target)}

    account = Account(orders=redrive("dead"), dead=redrive("deader", "eu-west-1"))
    account.queues[url("deader", "eu-west-1")] = redrive("orders")
    facts = collected(account)
    assert {queue.name for queue in seen(facts.queues)} == {"orders", "dead", "deader"}
    assert facts.regions == ("eu-west-1", "us-east-1")


@pytest.mark.parametrize("code", [GONE.code, "QueueDoesNotExist"])
def test_a_queue_that_is_gone_is_dropped(code: str) -> None:
    facts = collected(Account(orders=Trouble(code, Kind.OTHER)))
    assert facts.queues == ()


def test_a_refused_queue_stays_with_unobserved_attributes() -> None:
    queue = only(collected(Account(orders=DENIED)))
    assert queue.attributes == Unobserved(READ, "AccessDenied", "us-east-1", DENIED.detail)


def test_a_refused_list_leaves_the_named_queues() -> None:
    aws = FakeAws({LIST: DENIED, READ: Account(orders=NOTHING).reply})
    named = SnsFacts((a_subscription(arn("orders")),), ())
    facts = sqs.collect(aws, named, EventsFacts(()), Profile())
    assert isinstance(facts.queues, Partial)
    assert [queue.name for queue in facts.queues.items] == ["orders"]
    nothing = sqs.collect(aws, SnsFacts((), ()), EventsFacts(()), Profile())
    assert isinstance(nothing.queues, Unobserved)


def test_queues_beyond_the_cap_exist_but_are_not_read() -> None:
    account = Account(**{f"q{number}": NOTHING for number in range(5)})
    facts = collected(account, subscribed=(arn("q4"),), details=2)
    unread = {queue.name for queue in seen(facts.queues) if gaps(queue.attributes)}
    assert unread == {"q1", "q2", "q3"}
    assert len(seen(facts.queues)) == 5
