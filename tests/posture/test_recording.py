"""What recording a report does to findings, events, results, scores and the account."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from posture.models import (
    Account,
    ControlResult,
    Finding,
    FindingEvent,
    Scan,
    ScorePoint,
    StoredSnapshot,
    Waiver,
    database_now,
)
from posture.models.tenancy import OrganisationOwned, within
from posture.scans import record, stored_json
from scanner.control import Outcome
from scanner.evidence import Excerpt, Fact
from scanner.report import Report, Tally
from scanner.scan import replay
from scanner.vocabulary import Severity, Status, Unobserved
from tests.posture.reports import (
    ROOT,
    a_claimed_scan,
    a_report,
    an_image,
    an_outcome,
    day,
)
from tests.posture.rows import a_member, an_account, an_organisation

ONE, TWO = an_image("ami-1"), an_image("ami-2")
DENIED = Unobserved("ec2:DescribeImages", "UnauthorizedOperation", "us-east-1")

Visit = Callable[..., Scan]


@pytest.fixture
def visit(account: Account) -> Visit:
    """Record a scan of the account that gave these outcomes, on this day."""

    def visited(*outcomes: Outcome, on: int = 0, report: Report | None = None) -> Scan:
        scan = a_claimed_scan(account)
        assert record(
            scan=scan, fence=scan.fence, report=report or a_report(*outcomes, taken_at=day(on))
        )
        return scan

    return visited


@pytest.fixture(autouse=True)
def inside(account: Account) -> Iterator[None]:
    """Let tests look at what was recorded."""
    with within(account.organisation_id):
        yield


def finding(resource: str = ONE) -> Finding:
    return Finding.objects.get(resource=resource)


def events(resource: str = ONE) -> list[str]:
    found = FindingEvent.objects.filter(finding=finding(resource)).order_by("sequence")
    assert [event.sequence for event in found] == list(range(1, len(found) + 1))
    return [event.kind for event in found]


def test_a_fail_opens_a_finding_with_its_evidence(visit: Visit) -> None:
    scan = visit(an_outcome(resource=ONE))
    found = finding()
    assert (found.state, found.severity, found.severity_rank) == ("open", "critical", 0)
    assert found.reasons == ["Anybody can launch ami-1."]
    assert found.evidence == [
        {"kind": "fact", "label": "Public", "value": "True", "read_by": "ec2:DescribeImages"}
    ]
    assert found.values == {"image": "ami-1", "region": "us-east-1"}
    assert (found.first_seen, found.last_seen, found.last_scan_id) == (day(0), day(0), scan.pk)
    assert events() == ["opened"]


def test_a_scan_remembers_how_long_recording_took(visit: Visit) -> None:
    scan = visit(an_outcome())
    scan.refresh_from_db()
    assert scan.recording_seconds is not None
    assert 0 < scan.recording_seconds < 60


def test_an_excerpt_keeps_its_marked_lines(visit: Visit) -> None:
    excerpt = Excerpt(
        "Queue policy", "{\n}", ((1, 2),), "It admits everyone.", "sqs:GetQueueAttributes"
    )
    visit(an_outcome(evidence=(excerpt,)))
    assert finding().evidence == [
        {
            "kind": "excerpt",
            "title": "Queue policy",
            "text": "{\n}",
            "faults": [[1, 2]],
            "note": "It admits everyone.",
            "read_by": "sqs:GetQueueAttributes",
        }
    ]


def test_the_same_fail_again_is_no_event(visit: Visit) -> None:
    visit(an_outcome(), on=0)
    changed = finding().last_changed
    visit(an_outcome(), on=1)
    found = finding()
    assert events() == ["opened"]
    assert (found.first_seen, found.last_seen, found.last_changed) == (day(0), day(1), changed)


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        ("Key is 40 days old.", "Key is 41 days old.", None),
        ("Last used 2026-11-01.", "Last used 2026-11-02T10:00:00Z.", None),
        ("Account 1 may send.", "Accounts 1 and 2 may send.", "changed"),
        ("3 accounts may send.", "4 accounts may send.", "changed"),
    ],
)
def test_other_reasons_are_an_event_but_growing_older_is_not(
    visit: Visit, before: str, after: str, event: str | None
) -> None:
    visit(an_outcome(reasons=(before,)), on=0)
    visit(an_outcome(reasons=(after,)), on=1)
    assert events() == ["opened", *([event] if event else [])]
    assert finding().reasons == [after]


def test_another_severity_is_an_event_that_remembers_the_old_one(visit: Visit) -> None:
    visit(an_outcome(severity=Severity.HIGH), on=0)
    visit(an_outcome(severity=Severity.CRITICAL), on=1)
    assert events() == ["opened", "severity_changed"]
    assert FindingEvent.objects.get(kind="severity_changed").data["from"] == "high"
    assert finding().severity_rank == 0


@pytest.mark.parametrize(
    ("outcomes", "resolution"),
    [
        ([an_outcome(Status.PASS)], "fixed"),
        ([an_outcome(Status.NOT_APPLICABLE)], "not_applicable"),
        ([an_outcome(Status.PASS, TWO)], "gone"),
        ([an_outcome(Status.NOT_APPLICABLE, ROOT, region="")], "gone"),
    ],
    ids=["a pass", "not applicable", "gone from a list with others", "gone from an empty list"],
)
def test_what_was_seen_to_be_over_closes(
    visit: Visit, outcomes: list[Outcome], resolution: str
) -> None:
    visit(an_outcome(resource=ONE), on=0)
    scan = visit(*outcomes, on=1)
    found = finding()
    assert (found.state, found.resolution) == ("resolved", resolution)
    assert found.resolved_at is not None
    assert events() == ["opened", "resolved"]
    scan.refresh_from_db()
    assert scan.counts == {"opened": 0, "resolved": 1, "reopened": 0, "not_assessed": 0}


@pytest.mark.parametrize(
    "outcomes",
    [
        [an_outcome(Status.NOT_ASSESSED, missing=(DENIED,))],
        [an_outcome(Status.MANUAL)],
        [an_outcome(Status.NOT_ASSESSED, ROOT, region="", missing=(DENIED,))],
        [an_outcome(Status.NOT_ASSESSED, f"{ROOT}@us-east-1", missing=(DENIED,))],
        [
            an_outcome(Status.PASS, TWO),
            an_outcome(Status.NOT_ASSESSED, f"{ROOT}@us-east-1", missing=(DENIED,)),
        ],
        [an_outcome(Status.PASS, ROOT, control="CT-01")],
    ],
    ids=["not assessed", "manual", "no list", "no list of its region", "cut list", "not judged"],
)
def test_what_nobody_could_look_at_closes_nothing(visit: Visit, outcomes: list[Outcome]) -> None:
    visit(an_outcome(resource=ONE), on=0)
    score_before = Account.objects.get().score or 0
    visit(*outcomes, on=1)
    visit(*outcomes, on=2)
    found = finding()
    assert (found.state, found.last_seen) == ("open", day(0))
    assert found.not_rechecked_since == day(1)
    assert events() == ["opened", "not_rechecked"]
    score_after = Account.objects.get().score
    assert score_after is None or score_after <= score_before


def test_a_region_that_was_not_read_keeps_only_its_own_findings_open(visit: Visit) -> None:
    here, there = an_image("ami-1", "us-east-1"), an_image("ami-9", "eu-west-1")
    visit(an_outcome(resource=here), an_outcome(resource=there, region="eu-west-1"), on=0)
    gap = an_outcome(
        Status.NOT_ASSESSED, f"{ROOT}@eu-west-1", region="eu-west-1", missing=(DENIED,)
    )
    visit(gap, an_outcome(Status.PASS, TWO), on=1)
    assert finding(here).resolution == "gone"
    assert finding(there).state == "open"


def test_looking_again_ends_not_being_rechecked(visit: Visit) -> None:
    visit(an_outcome(), on=0)
    visit(an_outcome(Status.NOT_ASSESSED, missing=(DENIED,)), on=1)
    visit(an_outcome(), on=2)
    assert finding().not_rechecked_since is None
    assert events() == ["opened", "not_rechecked", "rechecked"]


def test_a_fix_that_is_seen_late_ends_not_being_rechecked_too(visit: Visit) -> None:
    visit(an_outcome(), on=0)
    visit(an_outcome(Status.NOT_ASSESSED, missing=(DENIED,)), on=1)
    visit(an_outcome(Status.PASS), on=2)
    found = finding()
    assert (found.resolution, found.not_rechecked_since) == ("fixed", None)
    assert (found.points, found.control_points) == (0, 0)


def test_a_fault_that_comes_back_reopens_the_same_finding(visit: Visit) -> None:
    visit(an_outcome(), on=0)
    first = finding().pk
    visit(an_outcome(Status.PASS), on=1)
    visit(an_outcome(), on=2)
    found = finding()
    assert (found.pk, found.state, found.resolution) == (first, "open", "")
    assert (found.resolved_at, found.first_seen) == (None, day(0))
    assert events() == ["opened", "resolved", "reopened"]


def test_work_in_progress_stays_so_until_a_scan_sees_the_fix(visit: Visit) -> None:
    visit(an_outcome(), on=0)
    Finding.objects.update(state="in_progress")
    visit(an_outcome(reasons=("Something else.",)), on=1)
    assert finding().state == "in_progress"
    visit(an_outcome(Status.PASS), on=2)
    assert finding().state == "resolved"


def test_findings_of_a_retired_control_no_longer_apply(visit: Visit) -> None:
    visit(an_outcome(control="AMI-98"), an_outcome(Status.PASS, TWO), on=0)
    visit(an_outcome(Status.PASS, TWO), on=1)
    assert finding().resolution == "not_applicable"
    assert Account.objects.get().score == 100


def test_recording_twice_changes_nothing(account: Account, visit: Visit) -> None:
    report = a_report(an_outcome(), an_outcome(resource=TWO))
    scan = visit(report=report)
    before = _everything()
    assert not record(scan=scan, fence=scan.fence, report=report)
    assert _everything() == before


def test_the_same_report_from_another_scan_repeats_no_event(visit: Visit) -> None:
    report = a_report(an_outcome(), an_outcome(resource=TWO))
    visit(report=report)
    visit(report=report)
    assert Finding.objects.count() == 2
    assert FindingEvent.objects.count() == 2
    assert StoredSnapshot.objects.count() == 1


def test_a_stale_fence_writes_nothing(account: Account) -> None:
    scan = a_claimed_scan(account)
    Scan.objects.update(lease_until=database_now() - timedelta(seconds=1))
    assert scan.claim()
    before = _everything()
    assert not record(scan=scan, fence=scan.fence - 1, report=a_report(an_outcome()))
    assert _everything() == before
    assert record(scan=scan, fence=scan.fence, report=a_report(an_outcome()))


def test_an_older_report_is_kept_but_touches_no_finding(visit: Visit) -> None:
    visit(an_outcome(Status.PASS), on=5)
    newest = Account.objects.get()
    scan = visit(an_outcome(), on=1)
    assert not Finding.objects.exists()
    account = Account.objects.get()
    assert (account.score, account.scored_at, account.last_scan_id) == (
        newest.score,
        newest.scored_at,
        newest.last_scan_id,
    )
    scan.refresh_from_db()
    assert (scan.state, scan.snapshot is not None) == ("done", True)
    assert (scan.reason_code, scan.counts["opened"]) == ("older_report", 0)
    assert "newer report" in scan.reason
    assert ScorePoint.objects.count() == 1


def test_an_older_report_with_gaps_says_both(visit: Visit) -> None:
    visit(an_outcome(Status.PASS), on=5)
    scan = visit(report=a_report(an_outcome(), taken_at=day(1), unread=DENIED))
    scan.refresh_from_db()
    assert (scan.state, scan.reason_code) == ("partial", "older_report")
    assert "newer report" in scan.reason
    assert DENIED.action in scan.reason


def test_a_report_from_the_future_is_refused_and_holds_up_no_honest_one(visit: Visit) -> None:
    visit(an_outcome(Status.PASS), on=0)
    before = _everything(but=Scan)
    future = database_now() + timedelta(minutes=6)
    scan = visit(report=a_report(an_outcome(), taken_at=future))
    scan.refresh_from_db()
    assert (scan.state, scan.reason_code, scan.snapshot) == ("failed", "clock", None)
    assert "clock of our worker" in scan.reason
    assert scan.finished_at is not None
    assert Account.objects.get().state_reason == scan.reason
    Account.objects.update(state_reason="")
    assert _everything(but=Scan) == before
    visit(an_outcome(), on=1)
    assert finding().state == "open"
    assert Account.objects.get().state_reason == ""


def test_clocks_may_differ_a_little(visit: Visit) -> None:
    soon = database_now() + timedelta(minutes=4)
    scan = visit(report=a_report(an_outcome(), taken_at=soon))
    scan.refresh_from_db()
    assert scan.state == "done"
    assert finding().first_seen == soon


@pytest.mark.parametrize(
    ("state", "expected", "code"),
    [
        (Account.State.DISCONNECTED, "failed", "not_connected"),
        (Account.State.PENDING, "failed", "not_connected"),
        (Account.State.PAUSED, "done", ""),
    ],
)
def test_a_scan_counts_only_while_we_may_look_at_the_account(
    account: Account, state: str, expected: str, code: str
) -> None:
    scan = a_claimed_scan(account)
    Account.objects.update(state=state)
    assert record(scan=scan, fence=scan.fence, report=a_report(an_outcome()))
    scan.refresh_from_db()
    assert (scan.state, scan.reason_code) == (expected, code)
    assert Finding.objects.exists() == (expected == "done")
    assert (Account.objects.get().score is not None) == (expected == "done")


def _everything(but: type[OrganisationOwned] | None = None) -> list[list[Any]]:
    models: tuple[type[OrganisationOwned], ...] = (
        Account,
        Finding,
        FindingEvent,
        ControlResult,
        Scan,
        ScorePoint,
        StoredSnapshot,
    )
    return [
        list(model._default_manager.order_by("pk").values()) for model in models if model is not but
    ]


def test_the_account_gets_score_topics_and_counters(visit: Visit) -> None:
    scan = visit(
        an_outcome(severity=Severity.HIGH),
        an_outcome(resource=TWO, severity=Severity.HIGH),
        an_outcome(Status.NOT_ASSESSED, ROOT, control="CT-01", missing=(DENIED,)),
    )
    account = Account.objects.get()
    assert (account.open_critical, account.open_high, account.not_assessed) == (0, 2, 1)
    assert (account.score, account.formula, account.scored_at) == (84, "1", day(0))
    assert account.score_low is not None
    assert account.score_low < 84
    assert account.last_scan_id == scan.pk
    assert account.topics["ami"]["open"] == {"critical": 0, "high": 2, "medium": 0, "low": 0}
    assert account.topics["ami"]["score"] == 84
    assert account.topics["ct"]["not_assessed"] == 1
    point = ScorePoint.objects.get()
    assert (point.score, point.low, point.at) == (84, account.score_low, day(0))


def test_points_say_what_fixing_one_or_all_would_win(visit: Visit) -> None:
    visit(
        an_outcome(severity=Severity.HIGH, resource=ONE),
        an_outcome(severity=Severity.HIGH, resource=TWO),
    )
    found = finding()
    assert found.control_points == 16
    assert 0 < found.points < found.control_points


def test_a_waived_finding_leaves_the_score_and_stays_in_sight(
    account: Account, visit: Visit
) -> None:
    alice = a_member(account.organisation)
    now = database_now()
    Waiver.objects.create(
        organisation=account.organisation,
        account=account,
        control="AMI-06",
        resource=ONE,
        kind="accepted_risk",
        reason="A public demo image.",
        owner=alice,
        created_by=alice,
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
    )
    visit(an_outcome(resource=ONE), an_outcome(Status.PASS, TWO))
    account.refresh_from_db()
    assert (account.score, account.waived, account.open_critical) == (100, 1, 0)
    assert (finding().state, finding().points) == ("open", 0)


def test_a_control_is_summed_up_with_its_share_and_what_was_missing(visit: Visit) -> None:
    visit(an_outcome(), an_outcome(Status.PASS, TWO), on=0)
    result = ControlResult.objects.get(control="AMI-06")
    assert (result.status, result.severity, result.failing, result.passing) == (
        "fail",
        "critical",
        1,
        1,
    )
    assert result.share == pytest.approx(0.35)
    assert result.stale_since is None
    visit(an_outcome(Status.NOT_ASSESSED, ROOT, region="", missing=(DENIED,)), on=1)
    result.refresh_from_db()
    assert (result.status, result.missing_action) == ("not_assessed", "ec2:DescribeImages")
    assert result.share == pytest.approx(0.35)
    assert result.stale_since == day(0)


def test_a_control_that_is_no_longer_judged_has_no_result(visit: Visit) -> None:
    visit(an_outcome(Status.PASS, ROOT, control="CT-01"), an_outcome(Status.PASS), on=0)
    visit(an_outcome(Status.PASS), on=1)
    assert list(ControlResult.objects.values_list("control", flat=True)) == ["AMI-06"]


def test_a_scan_that_could_not_read_everything_is_partial_and_says_what(visit: Visit) -> None:
    gap = Unobserved("cloudtrail:DescribeTrails", "AccessDeniedException", "us-east-1")
    scan = visit(report=a_report(an_outcome(), unread=gap))
    scan.refresh_from_db()
    assert (scan.state, scan.reason_code) == ("partial", "unobserved")
    assert "cloudtrail:DescribeTrails" in scan.reason


def test_a_stored_snapshot_can_be_judged_again(visit: Visit) -> None:
    scan = visit(report=a_report(taken_at=day(3)))
    scan.refresh_from_db()
    assert scan.snapshot is not None
    again = replay(stored_json(scan.snapshot))
    assert again.snapshot.now == day(3)
    assert again.document == stored_json(scan.snapshot)


def test_hostile_texts_are_stored_visibly(visit: Visit) -> None:
    name = "a\x00b\ud800c\u202e<script>" + "x" * 10_000
    resource = an_image(name)
    visit(
        an_outcome(
            resource=resource,
            name=name,
            reasons=(f"{name} is public.",),
            evidence=(Fact(name, name),),
            values={"image": name},
            region="\x00",
        )
    )
    found = Finding.objects.get()
    assert found.resource_name.startswith("a\\u0000b\\ud800c\u202e<script>xxx")
    assert found.values["image"] == found.resource_name
    assert found.evidence[0]["value"] == found.resource_name
    visit(an_outcome(Status.PASS, resource=resource, name=name), on=1)
    assert Finding.objects.get().resolution == "fixed"


def test_texts_that_differ_only_in_what_cannot_be_stored_stay_two_findings(visit: Visit) -> None:
    visit(an_outcome(resource=an_image("a\x00")), an_outcome(resource=an_image("a\\u0000")))
    assert Finding.objects.count() == 2


def test_the_number_of_statements_does_not_depend_on_the_number_of_outcomes(
    account: Account,
) -> None:
    def statements(number: int, on: int, status: Status) -> int:
        outcomes = [an_outcome(status, an_image(f"ami-{n}")) for n in range(number)]
        scan = a_claimed_scan(account)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert record(scan=scan, fence=scan.fence, report=a_report(*outcomes, taken_at=day(on)))
        return len(queries)

    small = [statements(10, 0, Status.FAIL), statements(10, 1, Status.PASS)]
    small += [statements(10, 2, Status.FAIL), statements(10, 3, Status.NOT_ASSESSED)]
    large = [statements(1_000, 4, Status.FAIL), statements(1_000, 5, Status.PASS)]
    large += [statements(1_000, 6, Status.FAIL), statements(1_000, 7, Status.NOT_ASSESSED)]
    assert small == large


def test_another_companys_finding_of_the_same_fingerprint_is_its_own(visit: Visit) -> None:
    visit(an_outcome())
    rival = an_organisation("Other")
    same = an_account(rival)
    scan = a_claimed_scan(same)
    assert record(scan=scan, fence=scan.fence, report=a_report(an_outcome(Status.PASS)))
    assert finding().state == "open"


def test_a_role_is_known_to_hold_what_a_scan_used_without_refusal(
    account: Account, visit: Visit
) -> None:
    Account.objects.update(role_actions=["sqs:ListQueues"])
    visit(an_outcome())
    account.refresh_from_db()
    assert account.role_actions == ["ec2:DescribeImages", "sqs:ListQueues"]
    report = replace(
        a_report(taken_at=day(1), unread=DENIED),
        calls=Tally({DENIED.action: 3, "iam:GetAccountSummary": 1, "sts:GetCallerIdentity": 1}),
    )
    Account.objects.update(role_actions=[])
    visit(report=report)
    account.refresh_from_db()
    assert account.role_actions == ["iam:GetAccountSummary"]
