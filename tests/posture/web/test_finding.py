"""The page of a finding: evidence, fix, ticket, history."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posture.models import Account, Finding, FindingEvent, Scan, Ticket, User
from posture.models.tenancy import within
from posture.templatetags.excerpts import speaks_of_commands
from tests.posture.web.rows import (
    LONG_AGO,
    a_finding,
    a_result,
    a_waiver,
    an_event,
    scored,
)

POLICY = '{\n  "Statement": [\n    {\n      "Principal": "*"\n    }\n  ]\n}'


def shown(client: Client, finding: Finding, query: str = "") -> str:
    response = client.get(reverse("finding", args=[finding.pk]) + query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def finding(scan: Scan) -> Finding:
    return a_finding(scan)


def link(client: Client, finding: Finding, **form: str) -> tuple[int, str]:
    response = client.post(reverse("finding_ticket", args=[finding.pk]), form)
    return response.status_code, " ".join(response.content.decode().split())


def ticket_of(finding: Finding) -> Ticket | None:
    with within(finding.organisation_id):
        return Ticket.objects.filter(finding=finding).first()


def test_the_title_is_what_was_seen(owner: Client, finding: Finding) -> None:
    page = shown(owner, finding)
    assert "<h1>Anybody may read orders</h1>" in page
    assert "<title>Anybody may read orders · Seller Posture</title>" in page


def test_evidence_shows_facts_and_the_offending_lines(owner: Client, scan: Scan) -> None:
    evidence = [
        {"kind": "excerpt", "title": "Queue policy", "text": POLICY, "faults": [[3, 5]],
         "note": "Nobody is kept out.", "read_by": "sqs:GetQueueAttributes"},
        {"kind": "fact", "label": "Owner", "value": "287250355862", "read_by": "sns:ListTopics"},
    ]  # fmt: skip
    page = shown(owner, a_finding(scan, evidence=evidence))
    assert page.count("code-line code-fault") == 3
    assert "<b>Lines 3\u20135:</b> Nobody is kept out." in page
    assert ">287250355862<" in page
    assert "<code>sns:ListTopics</code>" in page


@pytest.mark.parametrize(
    "evidence",
    [
        [],
        [{"kind": "excerpt"}],
        [{"kind": "fact"}],
        [{"kind": "something new"}],
        ["text", None, 7],
        [{"kind": "excerpt", "title": "t", "text": "x", "faults": None}],
    ],
)
def test_evidence_that_we_do_not_understand_breaks_nothing(
    owner: Client, scan: Scan, evidence: list[object]
) -> None:
    assert "What we saw" in shown(owner, a_finding(scan, evidence=evidence))


def test_several_reasons_are_a_list(owner: Client, scan: Scan) -> None:
    page = shown(owner, a_finding(scan, reasons=["One fault.", "Another fault."]))
    assert "<li>One fault.</li>" in page
    assert "<li>Another fault.</li>" in page


def test_the_fix_comes_in_four_forms_without_a_script(owner: Client, finding: Finding) -> None:
    page = shown(owner, finding)
    choices = re.findall(r'<input type="radio" name="fix" class="tabs-choice-(\d)"', page)
    panels = re.findall(r'class="tabs-panel tabs-panel-(\d)"', page)
    assert choices == panels == ["1", "2", "3", "4"]
    assert page.index("Console") < page.index("CloudFormation") < page.index("Terraform")
    assert "What could break" in page
    assert "Way back" in page


def test_the_fix_carries_the_real_names(owner: Client, scan: Scan) -> None:
    values = {"queue": "orders", "region": "us-east-1", "queue_url": "https://queue.example/orders"}
    page = shown(owner, a_finding(scan, control="SQS-04", severity="medium", values=values))
    assert "--region us-east-1" in page
    assert "https://queue.example/orders" in page


def test_points_say_what_the_score_would_be(owner: Client, finding: Finding) -> None:
    a_finding_beside = finding.last_scan
    a_finding(a_finding_beside, "second", points=0, control_points=30)
    page = shown(owner, finding)
    assert "+20 points, 65 → 85" in page
    assert "fix all 2: +30" in page


def test_a_finding_that_gains_nothing_alone_says_what_all_would_gain(
    owner: Client, scan: Scan
) -> None:
    finding = a_finding(scan, points=0, control_points=30)
    a_finding(scan, "second", points=0, control_points=30)
    page = shown(owner, finding)
    assert "counts when all 2 are fixed" in page
    assert "→" not in page.partition("<h1>")[2]


def test_the_history_tells_what_happened_newest_first(
    owner: Client, scan: Scan, finding: Finding, alice: User
) -> None:
    later = LONG_AGO + timedelta(days=1)
    an_event(finding, "severity_changed", 2, at=later, scan=scan,
             data={"from": "high", "severity": "critical"})  # fmt: skip
    an_event(finding, "ticket_linked", 3, at=later, by_user=alice,
             data={"system": "jira", "key": "SEC-1", "status": "To Do"})  # fmt: skip
    history = shown(owner, finding).partition('id="h-history"')[2]
    words = re.findall(r"</time></span> ?<span>([^<]*)", history)
    assert [word.strip() for word in words] == [
        "Ticket linked: jira SEC-1, To Do",
        "Severity changed: high to critical",
        "Opened",
    ]
    assert "by Alice" in history


@pytest.mark.parametrize("kind", [one.value for one in FindingEvent.Kind])
def test_every_kind_of_event_has_words(owner: Client, finding: Finding, kind: str) -> None:
    an_event(finding, kind, 2)
    assert f">{kind}" not in shown(owner, finding).partition('id="h-history"')[2]


def test_other_findings_of_the_resource_are_linked(
    owner: Client, scan: Scan, finding: Finding
) -> None:
    other = a_finding(scan, control="SQS-04", severity="medium", reasons=["Stored in clear."])
    elsewhere = a_finding(scan, "elsewhere")
    section = shown(owner, finding).partition('id="h-same"')[2].partition("</section>")[0]
    assert str(other.pk) in section
    assert "Stored in clear" in section
    assert str(elsewhere.pk) not in section


def test_the_next_finding_follows_the_order_of_the_list(
    owner: Client, scan: Scan, finding: Finding
) -> None:
    following = a_finding(scan, "second", severity="high")
    other = a_finding(scan, "third", severity="low", region="eu-west-1")
    assert f'/findings/{following.pk}" rel="next"' in shown(owner, finding)
    narrowed = shown(owner, finding, "?region=us-east-1,eu-west-1&severity=critical,low")
    assert f"/findings/{other.pk}?severity=critical%2Clow&amp;region=" in narrowed
    assert 'rel="next"' not in shown(owner, other)


def test_a_finding_that_nobody_could_look_at_again_says_so(owner: Client, scan: Scan) -> None:
    a_result(scan, "SQS-03", status="not_assessed", missing_action="sqs:GetQueueAttributes")
    page = shown(owner, a_finding(scan, not_rechecked_since=LONG_AGO))
    assert "Nobody could look again since" in page
    assert "<code>sqs:GetQueueAttributes</code> was refused" in page


@pytest.mark.parametrize(
    ("resolution", "words"),
    [
        ("fixed", "read this resource again and the fault was gone"),
        ("gone", "it is no longer there"),
        ("not_applicable", "the control no longer applies"),
    ],
)
def test_a_resolved_finding_says_why(
    owner: Client, scan: Scan, resolution: str, words: str
) -> None:
    finding = a_finding(scan, state="resolved", resolution=resolution, resolved_at=timezone.now())
    page = shown(owner, finding)
    assert words in page
    assert "+20" not in page


def test_a_waived_finding_says_who_why_and_until_when(
    owner: Client, finding: Finding, alice: User
) -> None:
    a_waiver(finding, alice)
    page = shown(owner, finding)
    assert "said by Alice: Free community image" in page
    assert "It is left out of the score." in page
    assert "+20" not in page


def test_a_waiver_that_has_ended_is_none(owner: Client, finding: Finding, alice: User) -> None:
    now = timezone.now()
    a_waiver(finding, alice, starts_at=now - timedelta(days=9), ends_at=now - timedelta(days=1))
    assert "said by Alice" not in shown(owner, finding)


def test_a_paused_account_is_named_as_the_reason(
    owner: Client, account: Account, scan: Scan
) -> None:
    scored(account, scan, state="paused", state_reason="Paused for the audit.")
    assert "Paused for the audit." in shown(owner, a_finding(scan))


def test_a_ticket_can_be_linked_changed_and_unlinked(
    owner: Client, finding: Finding, alice: User
) -> None:
    address = "https://tickets.example.com/SEC-1"
    assert link(owner, finding, do="link", system="Jira", key="SEC-1", url=address)[0] == 302
    ticket = ticket_of(finding)
    assert ticket is not None
    assert (ticket.system, ticket.key, ticket.url) == ("jira", "SEC-1", address)
    assert ticket.by_user_id == alice.pk
    assert f'<a href="{address}" rel="noreferrer noopener">SEC-1</a>' in shown(owner, finding)
    assert link(owner, finding, do="link", system="jira", key="SEC-2", url="")[0] == 302
    assert link(owner, finding, do="unlink")[0] == 302
    assert ticket_of(finding) is None
    with within(finding.organisation_id):
        kinds = FindingEvent.objects.filter(finding=finding).order_by("sequence")
        assert [one.kind for one in kinds] == [
            "opened", "ticket_linked", "ticket_linked", "ticket_unlinked",
        ]  # fmt: skip


def test_saving_the_same_ticket_keeps_the_status_that_the_tracker_set(
    owner: Client, finding: Finding
) -> None:
    with within(finding.organisation_id):
        Ticket.objects.create(
            organisation_id=finding.organisation_id, finding=finding, system="jira", key="SEC-1",
            status="In Progress",
        )  # fmt: skip
    link(owner, finding, do="link", system="jira", key="SEC-1", url="https://t.example/SEC-1")
    ticket = ticket_of(finding)
    assert ticket is not None
    assert ticket.status == "In Progress"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"system": "", "key": "X-1"}, "Name the tracker"),
        ({"system": "my tracker!", "key": "X-1"}, "Use letters, digits, hyphens"),
        ({"system": "jira", "key": ""}, "Give the ticket"),
        ({"system": "jira", "key": "x" * 201}, "at most 200 characters"),
        ({"system": "jira", "key": "X", "url": "javascript:alert(1)"}, "begins with https://"),
        ({"system": "jira", "key": "X", "url": "ftp://files.example/x"}, "begins with https://"),
        ({"system": "jira", "key": "X\x00"}, "Null characters are not allowed"),
    ],
)
def test_a_ticket_that_cannot_be_used_is_refused_beside_its_field(
    owner: Client, finding: Finding, form: dict[str, str], words: str
) -> None:
    status, page = link(owner, finding, do="link", **form)
    assert status == 400
    assert words in page
    assert '<details class="more" open>' in page
    assert ticket_of(finding) is None


def test_a_stored_address_that_is_no_web_address_is_never_a_link(
    owner: Client, finding: Finding
) -> None:
    with within(finding.organisation_id):
        Ticket.objects.create(
            organisation_id=finding.organisation_id, finding=finding, system="jira", key="SEC-1",
            url="javascript:alert(1)",
        )  # fmt: skip
    assert 'href="javascript' not in shown(owner, finding)
    assert 'href="javascript' not in owner.get(reverse("findings")).content.decode()


@pytest.mark.parametrize("method", ["get", "head"])
def test_the_address_of_a_refused_ticket_form_leads_back_to_the_finding(
    owner: Client, finding: Finding, method: str
) -> None:
    response = getattr(owner, method)(reverse("finding_ticket", args=[finding.pk]))
    assert response.status_code == 302
    assert response["Location"] == reverse("finding", args=[finding.pk])


def test_a_resolved_finding_says_so_in_its_head_and_offers_no_fix(
    owner: Client, scan: Scan
) -> None:
    row = a_finding(scan, state="resolved", resolution="fixed", resolved_at=LONG_AGO)
    page = shown(owner, row)
    head = page.partition('<div class="head')[2].partition("</h1>")[2].partition("</div>")[0]
    assert "Resolved: the fault is gone" in head
    assert "1 Oct 2026" in head
    assert '<h2 id="h-fix">How it was to be fixed</h2>' in page
    assert "about 5 min" not in page


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("aws cloudtrail update-trail with --no-enable-log-file-validation switches it off.", True),
        ("Run the last command with queue-before.json in place of queue-after.json.", True),
        ("Stop logging on the trail; its earlier settings are in trail-before.json.", True),
        ("In IAM open Users, alice, Security credentials, and remove the device.", False),
        ("Delete the inline policy.", False),
    ],
)
def test_a_way_back_in_words_of_the_cli_is_told_from_others(text: str, *, spoken: bool) -> None:
    assert speaks_of_commands(text) is spoken
