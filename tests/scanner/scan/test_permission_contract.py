"""The scan role is exactly what scans use: nothing is refused, and nothing is granted for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from sandbox.aws.calls import Call
from sandbox.aws.seeds import brightwater, larkfield
from scanner.aws import Limits, Role, Visit
from scanner.collect.plan import ALL_ACTIONS
from scanner.report import Report
from scanner.role import policy_document
from scanner.scan import scan

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

EXTERNAL_ID = "seller-posture-0123456789abcdef"
LIMITS = Limits(slow_wait=0.0, slow_wait_most=0.0, report_wait=5.0, spaced=0.0)

NOT_NEEDED = {
    "iam:ListAccessKeys": "only of users whose credential report says that they have more keys",
    "s3:GetBucketLocation": "only where the list of buckets does not tell their regions",
}
"""What neither account gives a reason to ask, and when a scan asks it."""


class Seen(NamedTuple):
    """What two full scans said, and what the fake AWS heard of them."""

    reports: list[Report]
    calls: list[Call]


@pytest.fixture
def seen(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Both accounts, scanned with a role that holds the policy of our template and nothing more."""
    fake_aws.seed("everything")
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    reports = []
    for account in (larkfield.ACCOUNT, brightwater.ACCOUNT):
        arn = fake_aws.create_scan_role(
            account=account, external_id=EXTERNAL_ID, policy_document=policy_document()
        )
        reports.append(scan(Visit(Role(arn, EXTERNAL_ID)), limits=LIMITS))
    return Seen(reports, fake_aws.calls())


def test_the_policy_of_the_template_suffices_and_holds_nothing_more(seen: Seen) -> None:
    assert [gap for report in seen.reports for gap in report.unobserved] == []
    assert [call for call in seen.calls if "AccessDenied" in call.code] == []
    used = {call.action for call in seen.calls} - {"sts:AssumeRole", "sts:GetCallerIdentity"}
    assert used & NOT_NEEDED.keys() == set()
    assert used | NOT_NEEDED.keys() == set(ALL_ACTIONS)
