"""Metric filters are read where a trail's log group is; a group that is not read is a gap."""

from __future__ import annotations

import pytest

from scanner.aws import Answer, Kind, Trouble
from scanner.collect import logs
from scanner.facts.monitoring import LogsFacts, Metric, MetricFilter
from scanner.vocabulary import Partial, Unobserved, gaps, seen
from tests.builders import OWN, STRANGER
from tests.fakes import DENIED, FakeAws, Reply

FILTERS = "logs:DescribeMetricFilters"
GROUP = f"arn:aws:logs:eu-west-1:{OWN}:log-group:/trails/Audit_log:*"
SAID: Answer = {
    "filterName": "changes",
    "filterPattern": '{ $.eventName = "StartChangeSet" }',
    "metricTransformations": [
        {"metricName": "MpChangeSet", "metricNamespace": "Seller", "metricValue": "1"}
    ],
    "logGroupName": "/trails/Audit_log",
}


def read(reply: Reply | list[Reply], *groups: str) -> tuple[FakeAws, LogsFacts]:
    aws = FakeAws({FILTERS: reply})
    return aws, logs.collect(aws, groups or (GROUP,))


def test_filters_of_a_group_are_read_in_its_region() -> None:
    aws, facts = read({"metricFilters": [SAID]})
    assert facts.filters == (
        MetricFilter(
            "changes", "eu-west-1", "/trails/Audit_log", '{ $.eventName = "StartChangeSet" }',
            (Metric("Seller", "MpChangeSet"),),
        ),
    )  # fmt: skip
    assert aws.asked == [(FILTERS, "eu-west-1", {"logGroupName": "/trails/Audit_log", "limit": 50})]


def test_an_arn_without_the_mark_of_streams_is_the_same_group() -> None:
    aws, _ = read({"metricFilters": []}, GROUP.removesuffix(":*"))
    assert aws.asked[0][2]["logGroupName"] == "/trails/Audit_log"


def test_each_group_is_asked_once_and_no_group_never() -> None:
    aws, facts = read({"metricFilters": []}, GROUP, GROUP)
    assert (len(aws.asked), facts.filters) == (1, ())
    assert logs.collect(FakeAws({}), ()) == LogsFacts(())


def test_pages_are_joined() -> None:
    pages: list[Reply] = [
        {"metricFilters": [SAID], "nextToken": "t"},
        {"metricFilters": [SAID, SAID | {"filterName": "root"}]},
    ]
    aws, facts = read(pages)
    assert [one.name for one in seen(facts.filters)] == ["changes", "root"]
    assert aws.asked[1][2]["nextToken"] == "t"


@pytest.mark.parametrize(
    ("group", "reply", "gap"),
    [
        (GROUP, DENIED, Unobserved(FILTERS, "AccessDenied", "eu-west-1", GROUP)),
        (
            GROUP.replace(OWN, STRANGER),
            DENIED,
            Unobserved(FILTERS, "OtherAccount", "eu-west-1", GROUP.replace(OWN, STRANGER)),
        ),
        ("audit", DENIED, Unobserved(FILTERS, "MalformedArn", "", "audit")),
        (GROUP, {}, Unobserved(FILTERS, "BadAnswer", "eu-west-1", GROUP)),
    ],
)
def test_a_group_that_is_not_read_is_a_gap_that_names_it(
    group: str, reply: Reply, gap: Unobserved
) -> None:
    assert read(reply, group)[1].filters == gap


def test_a_group_that_is_gone_has_no_filters() -> None:
    assert read(Trouble("ResourceNotFoundException", Kind.OTHER))[1].filters == ()


def test_one_refused_group_leaves_the_others() -> None:
    other = GROUP.replace("eu-west-1", "us-east-1")

    def reply(region: str, params: Answer) -> Answer:
        if region == "us-east-1":
            raise DENIED
        return {"metricFilters": [SAID, {"filterName": "odd"}]}

    facts = read(reply, GROUP, other)[1]
    assert isinstance(facts.filters, Partial)
    assert len(facts.filters.items) == 1
    assert [(gap.error, gap.detail) for gap in gaps(facts.filters)] == [
        ("BadAnswer", GROUP), ("AccessDenied", other),
    ]  # fmt: skip
