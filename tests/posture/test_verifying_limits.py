"""What no second look is for, and how many there may be at a time."""

import pytest

from posture.models import Account, Finding, Organisation, User, Verification, database_now
from posture.models.tenancy import within
from posture.scans import (
    NotVerifiableError,
    Said,
    attest,
    claim_verification,
    record,
    request_verification,
    verify,
    why_not,
    withdraw,
)
from scanner.vocabulary import Status, Unobserved
from tests.posture.reports import ROOT, a_claimed_scan, a_report, an_outcome
from tests.posture.rows import a_member, an_account
from tests.posture.web.rows import a_done_scan, a_finding

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ines(acme: Organisation) -> User:
    return a_member(acme, "ines")


def ask(finding: Finding) -> Verification:
    with within(finding.organisation_id):
        return request_verification(finding=finding, by=None)[0]


def refusal(finding: Finding) -> NotVerifiableError:
    with pytest.raises(NotVerifiableError) as refused:
        ask(finding)
    return refused.value


def findings(account: Account, number: int) -> list[Finding]:
    scan = a_done_scan(account)
    return [a_finding(scan, f"queue-{one}") for one in range(number)]


@pytest.mark.parametrize("where", [f"{ROOT}@us-east-1", ROOT], ids=["a list", "the account"])
@pytest.mark.parametrize("holds", [True, False], ids=["in force", "withdrawn"])
def test_a_finding_that_an_answer_opened_is_not_looked_at(
    account: Account, ines: User, where: str, holds: bool
) -> None:
    gap = Unobserved("ec2:DescribeImages", "AccessDenied", "us-east-1")
    unread = an_outcome(Status.NOT_ASSESSED, where, reasons=(gap.sentence(),), missing=(gap,))
    scan = a_claimed_scan(account)
    assert record(scan=scan, fence=scan.fence, report=a_report(unread))
    with within(account.organisation_id):
        until = database_now().replace(year=database_now().year + 1, day=1)
        said = attest(account=account, control_id="AMI-06", said=Said("no", until), by=ines)
        assert holds or withdraw(attestation=said, by=ines)
        finding = Finding.objects.get()
    refused = refusal(finding)
    assert refused.code == "answered_by_people"
    assert "Scan the account, or answer again" in str(refused)


def test_three_findings_of_an_account_are_checked_at_a_time(account: Account) -> None:
    *three, fourth = findings(account, 4)
    rows = [ask(one) for one in three]
    refused = refusal(fourth)
    assert refused.code == "too_many_checks"
    assert "3 findings of this account are being checked already" in str(refused)
    assert ask(three[0]) == rows[0]
    with within(account.organisation_id):
        Verification.objects.filter(pk=rows[0].pk).update(state="done")
    assert ask(fourth).state == "queued"


def test_ten_findings_of_an_organisation_are_checked_at_a_time(
    acme: Organisation, rival: Organisation
) -> None:
    accounts = [an_account(acme, f"{number:012}") for number in range(1, 5)]
    every = [one for account in accounts for one in findings(account, 3)]
    for one in every[:10]:
        ask(one)
    assert refusal(every[10]).code == "too_many_checks"
    assert "10 findings of this organisation" in str(refusal(every[10]))
    assert ask(findings(an_account(rival, "999900001111"), 1)[0]).state == "queued"


def test_a_control_that_was_retired_meanwhile_is_told_as_such(account: Account) -> None:
    [finding] = findings(account, 1)
    row = ask(finding)
    with within(account.organisation_id):
        Finding.objects.update(control="SQS-99")
    claim = claim_verification(row.pk)
    assert claim is not None
    verify(claim)
    with within(account.organisation_id):
        row.refresh_from_db()
        why = why_not(finding=Finding.objects.get(), account=account)
    assert why is not None
    assert (row.state, row.reason_code, row.reason) == ("failed", *why)
    assert row.reason_code == "control_retired"
