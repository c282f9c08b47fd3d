"""The demo's account scores low, and clearly better once its owner fixed three things."""

import pytest

from sandbox.aws.client import FakeAws
from sandbox.aws.seeds.larkfield import ACCOUNT
from sandbox.demo_data import MISSING
from sandbox.demo_fixes import fix_some_faults
from scanner.aws import Limits, Role, Visit
from scanner.report import Report
from scanner.role import policy_document
from scanner.scan import scan
from scanner.vocabulary import Severity, Status

EXTERNAL_ID = "seller-posture-0123456789abcdef"


def scanned(fake: FakeAws, without: str = "") -> Report:
    policy = policy_document()
    for statement in policy["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != without]
    role = fake.create_scan_role(account=ACCOUNT, external_id=EXTERNAL_ID, policy_document=policy)
    quick = Limits(slow_wait=0.0, slow_wait_most=0.0, report_wait=3.0, spaced=0.0)
    return scan(Visit(Role(role, EXTERNAL_ID, "seller-posture-demo")), limits=quick)


def test_the_score_moves_from_poor_to_fair(
    fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    fake_aws.seed("demo")
    before = scanned(fake_aws).score
    assert before.value is not None
    assert 25 <= before.value <= 40
    fix_some_faults(fake_aws)
    fix_some_faults(fake_aws)
    after = scanned(fake_aws, without=MISSING)
    assert after.score.value is not None
    assert after.score.value >= before.value + 30
    assert after.score.total.open[Severity.CRITICAL] == 0
    unseen = {one.control for one in after.outcomes if one.status is Status.NOT_ASSESSED}
    assert unseen == {"AMI-08"}
