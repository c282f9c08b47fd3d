"""Resources that statements treat alike stand together, whatever the statements spell."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from scanner.policy import Statement
from scanner.scope.reaching import Reaching
from tests.builders_resources import a_queue_arn
from tests.documents import a_policy, allow, deny

QUEUES = tuple(map(a_queue_arn, ("a", "ab", "b", "b1", "orders", "orders-dead")))
PATTERNS = st.sampled_from([
    "*", *QUEUES[:3], a_queue_arn("*"), a_queue_arn("a*"), a_queue_arn("?"), a_queue_arn("orders*"),
    "arn:aws:sqs:*", "arn:aws:s3:::x", a_queue_arn("${aws:username}"), a_queue_arn("o${x}s"), "arn:aws:sqs",
])  # fmt: skip


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    patterns = draw(st.lists(PATTERNS, min_size=1, max_size=3))
    one = dict(draw(st.sampled_from([allow, deny]))("sqs:*", on=patterns))
    if draw(st.booleans()):
        one["NotResource"] = one.pop("Resource")
    return a_policy(one).statements[0]


@given(st.lists(statements(), max_size=4))
def test_those_in_one_class_are_reached_and_covered_alike(asked: list[Statement]) -> None:
    classes = list(Reaching(QUEUES).classes(asked))
    assert sorted(arn for part in classes for arn in part) == sorted(QUEUES)
    for part in classes:
        for first, second in combinations(part, 2):
            for one in asked:
                assert one.reaches(first) == one.reaches(second)
                assert one.covers(first) == one.covers(second)


def test_without_statements_all_are_alike_and_of_nothing_there_are_no_classes() -> None:
    assert list(Reaching(QUEUES).classes([])) == [tuple(sorted(QUEUES))]
    assert list(Reaching(()).classes([])) == []


def test_a_name_stands_apart() -> None:
    (named,) = a_policy(allow("sqs:*", on=QUEUES[0])).statements
    first, _ = Reaching(QUEUES).classes([named])
    assert first == (QUEUES[0],)
