"""Looking again with one control says what a full scan says, and asks for nothing but its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.aws import clock
from sandbox.aws.faults import Fault
from sandbox.aws.seeds import brightwater, larkfield
from scanner.again import look_again
from scanner.aws import Limits, Role, Stopped, Visit
from scanner.control import Control, Outcome
from scanner.controls import every_control
from scanner.handbook import actions_of
from scanner.role import policy_document
from scanner.scan import scan
from scanner.vocabulary import Status

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

EXTERNAL_ID = "seller-posture-0123456789abcdef"
LIMITS = Limits(slow_wait=0.0, slow_wait_most=0.0, report_wait=5.0, spaced=0.0)
ALWAYS = {"sts:AssumeRole", "sts:GetCallerIdentity"}
CONTROLS = {one.id: one for one in every_control()}


def enter(aws: FakeAws, monkeypatch: pytest.MonkeyPatch, account: str) -> Visit:
    aws.seed("demo")
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    arn = aws.create_scan_role(
        account=account, external_id=EXTERNAL_ID, policy_document=policy_document()
    )
    return Visit(Role(arn, EXTERNAL_ID))


@pytest.fixture
def visit(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """The way into the account that has faults in every topic."""
    return enter(fake_aws, monkeypatch, larkfield.ACCOUNT)


def told(outcome: Outcome) -> tuple[object, ...]:
    return (outcome.resource, outcome.status, outcome.severity, outcome.reasons, outcome.values)


@pytest.mark.parametrize("account", [larkfield.ACCOUNT, brightwater.ACCOUNT])
def test_every_control_that_fails_says_the_same_with_its_own_facts_alone(
    fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    visit = enter(fake_aws, monkeypatch, account)
    full = scan(visit, limits=LIMITS).outcomes
    failing = sorted({one.control for one in full if one.status is Status.FAIL})
    assert failing
    for name in failing:
        fake_aws.forget_calls()
        look = look_again(visit, control=CONTROLS[name], now=clock.days_ago(0), limits=LIMITS)
        expected = [told(one) for one in full if one.control == name]
        assert sorted(map(told, look.outcomes), key=str) == sorted(expected, key=str), name
        assert set(fake_aws.count_calls()) <= {*actions_of(CONTROLS[name]), *ALWAYS}, name


def test_a_region_narrows_what_is_read_and_not_what_is_said_of_it(
    fake_aws: FakeAws, visit: Visit
) -> None:
    maker = fake_aws.maker(larkfield.ACCOUNT)
    maker.snapshot("snap-0e0e0e0e0e0e0e0e0", region="eu-west-1", groups=["all"])
    full = scan(visit, limits=LIMITS).outcomes
    elsewhere = [one for one in full if one.region == "eu-west-1" and one.status is Status.FAIL]
    assert elsewhere
    for outcome in elsewhere:
        fake_aws.forget_calls()
        look = look_again(
            visit,
            control=CONTROLS[outcome.control],
            now=clock.days_ago(0),
            region=outcome.region,
            limits=LIMITS,
        )
        assert told(outcome) in [told(one) for one in look.outcomes]
        assert {call.region for call in fake_aws.calls("ec2:*")} <= {"us-east-1", "eu-west-1"}


def an_image_control() -> Control[Any]:
    return CONTROLS["AMI-06"]


def test_a_refused_read_is_not_assessed_and_names_the_action(
    fake_aws: FakeAws, visit: Visit
) -> None:
    fake_aws.inject(Fault(kind="deny", action="ec2:DescribeImages"))
    look = look_again(visit, control=an_image_control(), now=clock.days_ago(0), limits=LIMITS)
    assert {one.status for one in look.outcomes} == {Status.NOT_ASSESSED}
    assert {one.missing_action for one in look.outcomes} == {"ec2:DescribeImages"}


def test_it_stops_when_it_is_told_to(visit: Visit) -> None:
    with pytest.raises(Stopped):
        look_again(
            visit,
            control=an_image_control(),
            now=clock.days_ago(0),
            limits=LIMITS,
            stop=lambda: True,
        )
