"""What tests of judging again share: a scan that older controls judged, and one more judgement."""

from posture.models import Account, Finding, Rejudgement, Scan
from posture.models.tenancy import within
from posture.rejudge import claim, request, run
from posture.scans import record
from scanner.control import Outcome
from tests.posture.reports import a_claimed_scan, a_report, day

OLDER = "seller-posture 0.0.9"


def visited(account: Account, *outcomes: Outcome, on: int = 0, engine: str = OLDER) -> Scan:
    """Record a scan that an older engine judged: it said what these outcomes say."""
    scan = a_claimed_scan(account)
    assert record(scan=scan, fence=scan.fence, report=a_report(*outcomes, taken_at=day(on)))
    with within(account.organisation_id):
        Scan.objects.filter(pk=scan.pk).update(engine=engine)
        scan.refresh_from_db()
    return scan


def requested(account: Account) -> Rejudgement:
    with within(account.organisation_id):
        return request(account=account, by=None)[0]


def judged(row: Rejudgement) -> Rejudgement:
    """Run one attempt; return the row as it stands then."""
    taken = claim(row.pk)
    assert taken is not None
    run(taken)
    with within(row.organisation_id):
        return Rejudgement.objects.get(pk=row.pk)


def findings(account: Account) -> dict[str, str]:
    with within(account.organisation_id):
        return dict(Finding.objects.filter(account=account).values_list("control", "state"))
