"""An answer of which only a part arrives is a gap, by whichever action and in whichever way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.aws.faults import Fault
from sandbox.aws.seeds import larkfield
from scanner.aws import Limits, Role
from scanner.role import policy_document
from tests.scanner.scan.remembered import RememberedAccount

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws
    from sandbox.aws.faults import FaultKind

EXTERNAL_ID = "seller-posture-0123456789abcdef"
LIMITS = Limits(slow_wait=0.05, slow_wait_most=0.2, report_wait=5.0, spaced=0.0)


@pytest.fixture(scope="module")
def account(fake_aws_server: FakeAws) -> RememberedAccount:
    """An account that answers whole, scanned once."""
    fake_aws_server.reset()
    fake_aws_server.seed("larkfield")
    arn = fake_aws_server.create_scan_role(
        account=larkfield.ACCOUNT, external_id=EXTERNAL_ID, policy_document=policy_document()
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in fake_aws_server.environment().items():
            patch.setenv(name, value)
        return RememberedAccount(Role(arn, EXTERNAL_ID), LIMITS)


@pytest.mark.parametrize("kind", ["cut", "truncate", "garbage"])
@pytest.mark.parametrize(
    ("action", "control"),
    [
        ("sqs:ListQueues", "SQS-03"),
        ("sqs:GetQueueAttributes", "SQS-03"),
        ("iam:GetAccountAuthorizationDetails", "SELL-01"),
        ("ec2:DescribeSnapshots", "AMI-08"),
        ("cloudtrail:DescribeTrails", "CT-01"),
        ("sns:ListSubscriptions", "SQS-03"),
    ],
)
def test_an_answer_that_is_not_whole_is_not_an_empty_account(
    fake_aws_server: FakeAws, account: RememberedAccount, kind: FaultKind, action: str, control: str
) -> None:
    assert account.before.unobserved == ()
    fake_aws_server.clear_faults()
    fake_aws_server.inject(Fault(kind=kind, action=action))
    report = account.scan(at_stake={action})
    missing = [one for one in report.outcomes if action in one.missing_action]
    assert control in {one.control for one in missing}
    assert action in {gap.action for gap in report.unobserved}
