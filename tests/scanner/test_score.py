"""The score keeps the promises of design section 3."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.control import Outcome
from scanner.score import score
from scanner.tally import OpenFinding, is_unseen, share_of
from scanner.vocabulary import Severity, Status, Topic

ROOT = "arn:aws:iam::111122223333:root"
SCORED = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)


def an_outcome(
    control: str = "SQS-03",
    resource: str = "arn:aws:sqs:us-east-1:111122223333:a",
    status: Status = Status.FAIL,
    severity: Severity = Severity.HIGH,
    ceiling: Severity = Severity.CRITICAL,
    topic: Topic = Topic.SQS,
    region: str = "us-east-1",
) -> Outcome:
    return Outcome(
        control, topic, resource, resource, region, status, severity, ceiling, ("Seen.",)
    )


def fails(severity: Severity, n: int, control: str = "SQS-03") -> list[Outcome]:
    return [
        an_outcome(control, f"arn:aws:sqs:us-east-1:111122223333:{severity}{i}", severity=severity)
        for i in range(n)
    ]


def opened(outcome: Outcome) -> OpenFinding:
    return OpenFinding(
        outcome.control, outcome.topic, outcome.resource, outcome.region, outcome.severity
    )


@pytest.mark.parametrize(
    ("outcomes", "value"),
    [
        (fails(Severity.CRITICAL, 1), 65),
        (fails(Severity.HIGH, 1), 88),
        (fails(Severity.HIGH, 3), 82),
        (fails(Severity.HIGH, 10), 76),
        (fails(Severity.HIGH, 1000), 76),
        (fails(Severity.MEDIUM, 1), 96),
        (fails(Severity.LOW, 1), 99),
        (fails(Severity.HIGH, 1) + fails(Severity.LOW, 5), 84),
        (fails(Severity.HIGH, 1) + fails(Severity.LOW, 1, "SQS-08"), 87),
        ([an_outcome(status=Status.PASS)], 100),
    ],
)
def test_the_worst_severity_and_the_count_decide_a_controls_share(
    outcomes: list[Outcome], value: int
) -> None:
    assert score(outcomes).value == value


@pytest.mark.parametrize("status", [Status.NOT_ASSESSED, Status.MANUAL, Status.NOT_APPLICABLE])
def test_nothing_assessed_means_no_score(status: Status) -> None:
    result = score([an_outcome(resource=ROOT, region="", status=status)])
    assert (result.value, result.low, result.coverage) == (None, None, None)
    assert result.total.manual == (status is Status.MANUAL)
    assert result.total.applicable == (status is not Status.NOT_APPLICABLE)


def test_an_unread_control_costs_bound_and_coverage_but_not_the_score() -> None:
    result = score(
        [
            an_outcome(status=Status.PASS, ceiling=Severity.HIGH),
            an_outcome("AMI-08", ROOT, Status.NOT_ASSESSED, topic=Topic.AMI, region=""),
        ]
    )
    assert (result.value, result.low) == (100, 30)
    assert result.coverage == 25  # high 12 of high 12 + critical 35
    assert result.topics[Topic.AMI].value is None
    assert result.topics[Topic.AMI].not_assessed == 1


def test_unread_resources_of_a_partly_read_control_count_in_n() -> None:
    result = score(
        [
            an_outcome(status=Status.PASS, resource="arn:aws:sqs:us-east-1:1:a"),
            an_outcome(status=Status.NOT_ASSESSED, resource="arn:aws:sqs:us-east-1:1:b"),
        ]
    )
    assert (result.value, result.low, result.coverage) == (100, 65, 50)


def test_a_queue_named_root_is_no_gap() -> None:
    unread = an_outcome(
        status=Status.NOT_ASSESSED, resource="arn:aws:sqs:us-east-1:111122223333:root"
    )
    assert not is_unseen([unread], "us-east-1")


def test_a_gap_in_one_region_hides_only_that_region() -> None:
    gap = an_outcome(status=Status.NOT_ASSESSED, resource=f"{ROOT}@eu-west-1", region="eu-west-1")
    assert is_unseen([gap], "eu-west-1")
    assert not is_unseen([gap], "us-east-1")


def test_what_failed_before_and_cannot_be_read_stays_in_the_score() -> None:
    failing = an_outcome(severity=Severity.CRITICAL)
    unread = replace(failing, status=Status.NOT_ASSESSED)
    other = an_outcome("SQS-08", status=Status.PASS)
    result = score([unread, other], open_before=[opened(failing)])
    assert result.value == 65
    assert next(one for one in result.controls if one.control == "SQS-03").stale == 1


def test_what_is_gone_leaves_the_score() -> None:
    failing = an_outcome(severity=Severity.CRITICAL)
    passing = an_outcome(status=Status.PASS, resource="arn:aws:sqs:us-east-1:1:other")
    assert score([passing], open_before=[opened(failing)]).value == 100


def test_a_waived_finding_leaves_the_score_and_is_counted() -> None:
    failing = an_outcome()
    for waived in ({(failing.control, failing.resource)}, {(failing.control, "")}):
        result = score([failing], waived=waived)
        assert (result.value, result.total.waived) == (100, 1)


def test_gains_are_the_points_won_by_fixing_one_or_all() -> None:
    result = score([*fails(Severity.HIGH, 3), *fails(Severity.LOW, 1, "SQS-08")])
    control = next(one for one in result.controls if one.control == "SQS-03")
    assert result.value == 81
    assert control.gain == 18
    assert set(control.gains.values()) == {2}


def test_share_doubles_from_ten_on() -> None:
    assert share_of(Severity.HIGH, 10) == pytest.approx(0.24)
    assert share_of(Severity.HIGH, 500) == pytest.approx(0.24)
    assert share_of(Severity.HIGH, 0) == 0.0


outcome_lists = st.lists(
    st.builds(
        an_outcome,
        control=st.sampled_from(("SQS-03", "SQS-08")),
        resource=st.integers(0, 12).map(lambda n: f"arn:aws:sqs:us-east-1:111122223333:q{n}"),
        status=st.sampled_from((Status.PASS, Status.FAIL)),
        severity=st.sampled_from(SCORED),
    ),
    min_size=1,
    max_size=24,
    unique_by=lambda one: (one.control, one.resource),
)


@given(outcome_lists, st.data())
def test_fixing_never_lowers_and_breaking_never_raises(
    outcomes: list[Outcome], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(outcomes) - 1))
    fixed = [*outcomes]
    fixed[at] = replace(fixed[at], status=Status.PASS)
    worse = [*outcomes]
    worse[at] = replace(worse[at], status=Status.FAIL, severity=Severity.CRITICAL)
    now, after_fix, after_break = score(outcomes), score(fixed), score(worse)
    assert (after_fix.value or 0) >= (now.value or 0) >= (after_break.value or 0)


@given(outcome_lists, st.data())
def test_denying_a_read_raises_neither_score_nor_bound_nor_coverage(
    outcomes: list[Outcome], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(outcomes) - 1))
    denied = [*outcomes]
    denied[at] = replace(denied[at], status=Status.NOT_ASSESSED)
    before = [opened(one) for one in outcomes if one.status is Status.FAIL]
    now, later = score(outcomes), score(denied, open_before=before)
    if later.value is not None:
        assert later.value <= (now.value or 0)
        assert (later.low or 0) <= (now.low or 0)
        assert (later.coverage or 0) <= (now.coverage or 0)


@given(outcome_lists, st.sampled_from(("SQS-03", "SQS-08")))
def test_denying_a_whole_list_raises_neither_score_nor_bound(
    outcomes: list[Outcome], control: str
) -> None:
    kept = [one for one in outcomes if one.control != control]
    gap = an_outcome(control, ROOT, Status.NOT_ASSESSED, region="")
    before = [opened(one) for one in outcomes if one.status is Status.FAIL]
    now, later = score(outcomes), score([*kept, gap], open_before=before)
    if later.value is not None:
        assert later.value <= (now.value or 0)
        assert (later.low or 0) <= (now.low or 0)


@given(outcome_lists, st.integers(1, 50))
def test_harmless_resources_do_not_dilute(outcomes: list[Outcome], n: int) -> None:
    harmless = [an_outcome(resource=f"arn:new{i}", status=Status.PASS) for i in range(n)]
    assert score([*outcomes, *harmless]).value == score(outcomes).value


@given(outcome_lists)
def test_the_bound_is_never_above_the_score(outcomes: list[Outcome]) -> None:
    result = score(outcomes)
    assert result.low is not None
    assert result.value is not None
    assert 0 <= result.low <= result.value <= 100
