"""Attesting what a refused call left open: beside what was seen, never over it, and how it ends."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from posture.models import (
    Account,
    Attestation,
    ControlResult,
    Finding,
    Organisation,
    User,
    database_now,
)
from posture.models.tenancy import within
from posture.scans import (
    NotAttestableError,
    Said,
    attest,
    end_expired_attestations,
    record,
    withdraw,
)
from scanner.control import Outcome
from scanner.vocabulary import Status, Unobserved
from tests.posture.reports import ROOT, a_claimed_scan, a_report, an_image, an_outcome, day
from tests.posture.rows import a_member

CONTROL = "AMI-06"
ACTION = "ec2:DescribeImages"
YEAR = timedelta(days=365)
GAP = Unobserved(ACTION, "AccessDenied", "us-east-1")
OTHER = an_outcome(Status.PASS, control="AMI-08")


def refused(gap: Unobserved = GAP, resource: str = f"{ROOT}@us-east-1") -> Outcome:
    """What AWS would not tell of a whole list, as the runner says it."""
    return an_outcome(
        Status.NOT_ASSESSED,
        resource,
        name="Account 111122223333",
        reasons=(gap.sentence(),),
        evidence=(),
        values={},
        missing=(gap,),
    )


FAILS = an_outcome()
PASSES = an_outcome(Status.PASS)


@pytest.fixture
def ines(acme: Organisation) -> User:
    return a_member(acme, "ines")


@pytest.fixture(autouse=True)
def inside(account: Account) -> Iterator[None]:
    with within(account.organisation_id):
        yield


Visit = Callable[..., None]


@pytest.fixture
def visit(account: Account) -> Visit:
    def visited(*outcomes: Outcome, on: int = 0) -> None:
        scan = a_claimed_scan(account)
        report = a_report(*outcomes, OTHER, taken_at=day(on))
        assert record(scan=scan, fence=scan.fence, report=report)

    return visited


def says(answer: str, until: timedelta = YEAR) -> Said:
    return Said(answer, database_now() + until, note="Seen in the console")


def result() -> ControlResult:
    return ControlResult.objects.get(control=CONTROL)


def figures(account: Account) -> tuple[int | None, int | None, int | None]:
    account.refresh_from_db()
    return account.score, account.score_low, account.coverage


UNSEEN = (100, 30, 50)
"""One of two critical controls was read; the other may take twice 35 %."""


def test_what_was_refused_is_offered_and_counts_as_unseen(account: Account, visit: Visit) -> None:
    visit(refused())
    assert (result().status, result().is_refused, result().is_attested) == (
        "not_assessed",
        True,
        False,
    )
    assert [one["read_by"] for one in result().evidence] == [ACTION]
    assert figures(account) == UNSEEN


@pytest.mark.parametrize(
    ("answer", "score", "status"), [("yes", (100, 100, 100), "pass"), ("no", (65, 65, 100), "fail")]
)
def test_an_answer_counts_at_once_and_in_the_next_scan(
    account: Account,
    visit: Visit,
    ines: User,
    answer: str,
    score: tuple[int, int, int],
    status: str,
) -> None:
    visit(refused())
    made = attest(account=account, control_id=CONTROL, said=says(answer), by=ines)
    assert made.statement.endswith(".")
    for on in (1, 2):
        assert figures(account) == score
        assert account.not_assessed == 0
        assert (result().status, result().is_attested) == (status, True)
        assert (result().not_assessed, result().missing_action) == (1, ACTION)
        assert f"This is attested, not seen: {ACTION} was refused." in result().reason
        assert Finding.objects.filter(resource=ROOT).count() == (answer == "no")
        visit(refused(), on=on)
    made.refresh_from_db()
    assert made.ended_at is None


def test_a_yes_after_a_no_resolves_its_finding(account: Account, visit: Visit, ines: User) -> None:
    visit(refused())
    attest(account=account, control_id=CONTROL, said=says("no"), by=ines)
    visit(refused(), on=1)
    attest(account=account, control_id=CONTROL, said=says("yes"), by=ines)
    assert Finding.objects.get().state == "resolved"
    assert figures(account) == (100, 100, 100)


def test_what_was_seen_beside_it_stays_counted(account: Account, visit: Visit, ines: User) -> None:
    unread = refused(resource=an_image("ami-2"))
    visit(PASSES, unread)
    attest(account=account, control_id=CONTROL, said=says("yes"), by=ines)
    kept = figures(account)
    assert (result().passing, result().not_assessed) == (1, 1)
    visit(PASSES, unread, on=1)
    assert figures(account) == kept == (100, 100, 100)
    assert (result().passing, result().not_assessed) == (1, 1)


@pytest.mark.parametrize("seen", [FAILS, PASSES, an_outcome(Status.NOT_APPLICABLE, ROOT)])
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_scan_that_can_see_again_ends_the_answer(
    account: Account, visit: Visit, ines: User, seen: Outcome, answer: str
) -> None:
    visit(refused())
    made = attest(account=account, control_id=CONTROL, said=says(answer), by=ines)
    visit(seen, on=1)
    made.refresh_from_db()
    assert (made.end, made.ended_by) == ("replaced", None)
    assert (result().status, result().asked) == (seen.status.value, False)
    open_now = Finding.objects.exclude(state="resolved").values_list("resource", flat=True)
    assert list(open_now) == ([FAILS.resource] if seen is FAILS else [])
    assert not withdraw(attestation=made, by=ines)


@pytest.mark.parametrize("trouble", ["Throttling", "Timeout"])
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_scan_that_could_not_look_leaves_the_answer(
    account: Account, visit: Visit, ines: User, trouble: str, answer: str
) -> None:
    visit(refused())
    made = attest(account=account, control_id=CONTROL, said=says(answer), by=ines)
    counted = figures(account)
    visit(PASSES, refused(Unobserved(ACTION, trouble, "us-east-1")), on=1)
    made.refresh_from_db()
    assert (made.end, made.ended_at) == ("", None)
    assert (result().status, result().is_attested) == ("not_assessed", False)
    assert Finding.objects.exclude(state="resolved").count() == (answer == "no")
    visit(refused(), on=2)
    assert (result().is_attested, figures(account)) == (True, counted)


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_no_answer_overrules_a_fail_that_was_seen(
    account: Account, visit: Visit, ines: User, answer: str
) -> None:
    """Neither one beside it, nor one from before the refusal."""
    visit(FAILS, refused(resource=an_image("ami-2")))
    with pytest.raises(NotAttestableError):
        attest(account=account, control_id=CONTROL, said=says(answer), by=ines)
    visit(refused(), on=1)
    assert not result().asked
    with pytest.raises(NotAttestableError):
        attest(account=account, control_id=CONTROL, said=says(answer), by=ines)
    assert Finding.objects.get().state == "open"
    assert figures(account)[0] == 65


@pytest.mark.parametrize(
    "gap",
    [
        Unobserved(ACTION, "Throttling"),
        Unobserved(ACTION, "Timeout"),
        Unobserved("", "AccessDenied"),
        Unobserved(ACTION, "Malformed", detail="no Statement"),
    ],
)
def test_only_a_refusal_is_offered(
    account: Account, visit: Visit, ines: User, gap: Unobserved
) -> None:
    visit(refused(gap))
    assert not result().asked
    with pytest.raises(NotAttestableError, match="decided by what AWS shows"):
        attest(account=account, control_id=CONTROL, said=says("yes"), by=ines)


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_it_is_unseen_again_when_the_answer_ends(
    account: Account, visit: Visit, ines: User, answer: str
) -> None:
    visit(refused())
    before = (result().reason, result().passing, result().not_assessed, result().open_ended)
    made = attest(account=account, control_id=CONTROL, said=says(answer), by=ines)
    Attestation.objects.update(at=made.at - 2 * YEAR, valid_until=made.at - YEAR)
    assert end_expired_attestations() == 1
    made.refresh_from_db()
    assert (made.end, made.ended_by) == ("expired", None)
    assert (result().status, result().is_attested) == ("not_assessed", False)
    after = (result().reason, result().passing, result().not_assessed, result().open_ended)
    assert after == before
    if answer == "yes":
        assert figures(account) == UNSEEN
        return
    assert Finding.objects.get().not_rechecked_since is not None
    kept = figures(account)
    assert kept == (65, 30, 50)
    visit(refused(), on=1)
    assert figures(account) == kept
    attest(account=account, control_id=CONTROL, said=says("yes"), by=ines)
    assert Finding.objects.get().state == "resolved"
