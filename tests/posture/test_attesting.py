"""Answers to manual controls: what they do to results, findings and the score, and how they end."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from posture.models import (
    Account,
    Attestation,
    ControlResult,
    Finding,
    FindingEvent,
    Organisation,
    ScorePoint,
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
from scanner.evidence import Fact
from scanner.vocabulary import Severity, Status
from tests.posture.reports import ROOT, a_claimed_scan, a_report, an_outcome, day
from tests.posture.rows import a_member

ASKED = "M-AMMP-2"
YEAR = timedelta(days=365)


def asks(status: Status = Status.MANUAL) -> Outcome:
    """The outcome of a manual control, with a hint."""
    outcome = an_outcome(
        status,
        ROOT,
        control=ASKED,
        severity=Severity.MEDIUM,
        region="",
        name="Account 111122223333",
        reasons=("No API shows this.",),
        evidence=(Fact("Users with a password", "3"),),
        values={},
    )
    return replace(outcome, ceiling=Severity.MEDIUM)


PASSING = an_outcome(Status.PASS)


@pytest.fixture
def ines(acme: Organisation) -> User:
    return a_member(acme, "ines")


@pytest.fixture(autouse=True)
def inside(account: Account) -> Iterator[None]:
    with within(account.organisation_id):
        yield


@pytest.fixture
def visit(account: Account) -> Callable[..., None]:
    def visited(*outcomes: Outcome, on: int = 0) -> None:
        scan = a_claimed_scan(account)
        report = a_report(*(outcomes or (asks(), PASSING)), taken_at=day(on))
        assert record(scan=scan, fence=scan.fence, report=report)

    return visited


def says(answer: str, until: timedelta = YEAR, **more: str) -> Said:
    return Said(answer, database_now() + until, **more)  # type: ignore[arg-type] # texts only


def result() -> ControlResult:
    return ControlResult.objects.get(control=ASKED)


def score(account: Account) -> tuple[int | None, int | None]:
    account.refresh_from_db()
    return account.score, account.score_low


Visit = Callable[..., None]


def test_a_scan_keeps_the_hint_and_leaves_the_item_outside_the_score(
    account: Account, visit: Visit
) -> None:
    visit()
    assert (result().status, result().share) == ("manual", 0)
    assert [one["label"] for one in result().evidence] == ["Users with a password"]
    assert score(account) == (100, 100)
    assert account.topics["ammp"]["manual"] == 1


def test_a_yes_passes_at_once(account: Account, visit: Visit, ines: User) -> None:
    visit()
    made = attest(account=account, control_id=ASKED, said=says("yes", note="See the wiki"), by=ines)
    assert made.statement
    assert (result().status, result().passing, result().failing) == ("pass", 1, 0)
    assert f"Ines confirmed on {made.at:%-d %B %Y}" in result().reason
    assert score(account) == (100, 100)
    assert account.topics["ammp"]["manual"] == 0
    assert ScorePoint.objects.filter(scan=None).count() == 1
    assert not Finding.objects.exists()


def test_a_no_is_a_finding_with_who_and_why(account: Account, visit: Visit, ines: User) -> None:
    visit()
    attest(account=account, control_id=ASKED, said=says("no", note="Passwords by mail"), by=ines)
    finding = Finding.objects.get()
    assert (finding.control, finding.severity, finding.state) == (ASKED, "medium", "open")
    assert finding.reasons[0].startswith("Ines denied on")
    assert {"Answer", "Note"} <= {piece["label"] for piece in finding.evidence}
    event = FindingEvent.objects.get()
    assert (event.kind, event.by_user, event.scan) == ("opened", ines, None)
    assert (result().status, result().failing) == ("fail", 1)
    assert result().share == pytest.approx(0.04)
    assert score(account) == (96, 96)
    assert finding.points == 4
    assert account.open_medium == 1


def test_the_next_scan_keeps_the_answer(account: Account, visit: Visit, ines: User) -> None:
    visit()
    attest(account=account, control_id=ASKED, said=says("no"), by=ines)
    before = FindingEvent.objects.count()
    visit(on=1)
    assert Finding.objects.get().state == "open"
    assert result().status == "fail"
    assert score(account) == (96, 96)
    assert FindingEvent.objects.count() == before
    assert [one["label"] for one in Finding.objects.get().evidence][-1] == "Users with a password"


def test_changing_the_answer_resolves_the_finding_and_keeps_both_rows(
    account: Account, visit: Visit, ines: User
) -> None:
    visit()
    attest(account=account, control_id=ASKED, said=says("no"), by=ines)
    attest(account=account, control_id=ASKED, said=says("yes"), by=ines)
    finding = Finding.objects.get()
    assert (finding.state, finding.resolution) == ("resolved", "fixed")
    assert score(account) == (100, 100)
    ends = {(one.answer, one.end) for one in Attestation.objects.all()}
    assert ends == {("no", "replaced"), ("yes", "")}


def test_a_withdrawn_yes_is_asked_again(account: Account, visit: Visit, ines: User) -> None:
    visit()
    made = attest(account=account, control_id=ASKED, said=says("yes"), by=ines)
    withdraw(attestation=made, by=ines)
    made.refresh_from_db()
    assert (made.end, made.ended_by) == ("withdrawn", ines)
    assert (result().status, result().passing) == ("manual", 0)
    assert account.topics == {} or score(account) == (100, 100)


def test_a_no_that_ends_closes_nothing(account: Account, visit: Visit, ines: User) -> None:
    visit()
    made = attest(account=account, control_id=ASKED, said=says("no"), by=ines)
    withdraw(attestation=made, by=ines)
    finding = Finding.objects.get()
    assert (finding.state, finding.not_rechecked_since is None) == ("open", False)
    assert score(account)[0] == 96
    visit(on=1)
    assert Finding.objects.get().state == "open"
    assert score(account)[0] == 96


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_an_answer_expires_back(account: Account, visit: Visit, ines: User, answer: str) -> None:
    visit()
    made = attest(account=account, control_id=ASKED, said=says(answer), by=ines)
    assert end_expired_attestations() == 0
    Attestation.objects.update(at=made.at - 2 * YEAR, valid_until=made.at - YEAR)
    assert end_expired_attestations() == 1
    assert end_expired_attestations() == 0
    made.refresh_from_db()
    assert (made.end, made.ended_by) == ("expired", None)
    assert result().status == "manual"
    assert score(account)[0] == (100 if answer == "yes" else 96)


def test_an_expired_answer_does_not_count_in_a_scan_before_the_tick(
    account: Account, visit: Visit, ines: User
) -> None:
    visit()
    made = attest(account=account, control_id=ASKED, said=says("yes"), by=ines)
    Attestation.objects.update(at=made.at - 2 * YEAR, valid_until=made.at - YEAR)
    visit(on=1)
    assert result().status == "manual"


def test_what_an_api_decides_is_not_for_an_answer(
    account: Account, visit: Visit, ines: User
) -> None:
    visit(asks(Status.NOT_APPLICABLE), PASSING)
    for control in (ASKED, "AMI-06", "NO-1"):
        with pytest.raises(NotAttestableError):
            attest(account=account, control_id=control, said=says("yes"), by=ines)
    assert not Attestation.objects.exists()


def test_an_account_that_was_never_scanned_has_nothing_to_confirm(
    account: Account, ines: User
) -> None:
    with pytest.raises(NotAttestableError, match="Scan it"):
        attest(account=account, control_id=ASKED, said=says("yes"), by=ines)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (lambda: says("maybe"), "yes or no"),
        (lambda: says("yes", timedelta(0)), "two years"),
        (lambda: says("yes", timedelta(days=800)), "two years"),
        (
            lambda: Said("yes", database_now() + YEAR, evidence=b"x" * (2 << 20) + b"x"),
            "two megabytes",
        ),
    ],
)
def test_an_answer_that_cannot_hold_changes_nothing(
    account: Account, visit: Visit, ines: User, said: Callable[[], Said], words: str
) -> None:
    visit()
    with pytest.raises(ValueError, match=words):
        attest(account=account, control_id=ASKED, said=said(), by=ines)
    assert not Attestation.objects.exists()


def test_two_answers_in_force_are_refused_by_the_database(
    account: Account, visit: Visit, ines: User
) -> None:
    visit()
    made = attest(account=account, control_id=ASKED, said=says("yes"), by=ines)
    made.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        Attestation.objects.create(
            organisation_id=made.organisation_id,
            account=account,
            control=ASKED,
            resource=ROOT,
            answer="no",
            statement="x",
            by=ines,
            at=made.at,
            valid_until=made.valid_until,
        )


def test_an_answer_scores_as_a_scan_would(account: Account, visit: Visit, ines: User) -> None:
    """The stored results and the outcomes lead to one and the same score."""
    failing = [an_outcome(resource=f"{ROOT}#image/{n}", name=str(n)) for n in range(4)]
    unread = an_outcome(Status.NOT_ASSESSED, f"{ROOT}#image/9", name="9", control="AMI-08")
    visit(asks(), PASSING, *failing, unread)
    attest(account=account, control_id=ASKED, said=says("no"), by=ines)
    account.refresh_from_db()
    kept = (account.score, account.score_low, account.coverage, account.topics)
    points = dict(Finding.objects.values_list("resource", "points"))
    visit(asks(), PASSING, *failing, unread, on=1)
    account.refresh_from_db()
    assert (account.score, account.score_low, account.coverage, account.topics) == kept
    assert dict(Finding.objects.values_list("resource", "points")) == points


API_VERDICTS = (Status.PASS, Status.NOT_APPLICABLE, Status.FAIL, Status.NOT_ASSESSED)


@pytest.mark.parametrize("decided", API_VERDICTS)
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_what_a_later_scan_decides_no_answer_changes(
    account: Account, visit: Visit, ines: User, decided: Status, answer: str
) -> None:
    visit()
    made = attest(account=account, control_id=ASKED, said=says(answer), by=ines)
    visit(asks(decided), PASSING, on=1)
    account.refresh_from_db()
    kept = (account.score, account.score_low, account.coverage, account.topics)
    told = (result().status, result().failing, result().passing, result().not_assessed)
    findings = list(Finding.objects.values_list("state", "resolution"))
    with pytest.raises(NotAttestableError, match="nothing to confirm"):
        attest(account=account, control_id=ASKED, said=says("yes"), by=ines)
    assert withdraw(attestation=made, by=ines)
    assert not withdraw(attestation=made, by=ines)
    account.refresh_from_db()
    assert (account.score, account.score_low, account.coverage, account.topics) == kept
    assert (result().status, result().failing, result().passing, result().not_assessed) == told
    assert list(Finding.objects.values_list("state", "resolution")) == findings


def test_a_no_that_ended_before_a_scan_stays_counted_when_the_tick_comes(
    account: Account, visit: Visit, ines: User
) -> None:
    visit()
    made = attest(account=account, control_id=ASKED, said=says("no"), by=ines)
    Attestation.objects.update(at=made.at - 2 * YEAR, valid_until=made.at - YEAR)
    visit(on=1)
    assert end_expired_attestations() == 1
    assert (result().status, result().failing) == ("manual", 1)
    assert result().stale_since is not None
    attest(account=account, control_id=ASKED, said=says("yes"), by=ines)
    assert (result().failing, result().stale_since) == (0, None)


def test_the_newest_point_is_that_of_the_last_change(
    account: Account, visit: Visit, ines: User
) -> None:
    visit()
    attest(account=account, control_id=ASKED, said=says("no"), by=ines)
    visit(on=1)
    account.refresh_from_db()
    newest = ScorePoint.objects.order_by("-at")[0]
    assert newest.scan_id == account.last_scan_id


def test_the_hint_stays_beside_an_answer(account: Account, visit: Visit, ines: User) -> None:
    visit()
    attest(account=account, control_id=ASKED, said=says("yes"), by=ines)
    visit(on=1)
    assert [one["label"] for one in result().evidence] == ["Users with a password"]
