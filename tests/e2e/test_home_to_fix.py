"""Journey 3: from the first screen to the text of the fix, with the real names in it."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from posture.models import Organisation, Scan, User
from tests.e2e.conftest import PASSWORD
from tests.e2e.eyes import Eyes
from tests.posture.rows import an_account
from tests.posture.web.rows import (
    a_done_scan,
    a_finding,
    a_result,
    a_score,
    a_topic,
    a_waiver,
    scored,
)

POLICY = (
    '{\n  "Statement": [\n    {\n      "Sid": "AllowAll",\n      "Principal": "*"\n    }\n  ]\n}'
)


@pytest.fixture
def scan(larkfield: Organisation, owner: User) -> Scan:
    """A seller account with one thing of each kind."""
    account = an_account(larkfield, label="larkfield-seller")
    scan = a_done_scan(account)
    a_score(scan, 65, 40, timezone.now())
    excerpt = {
        "kind": "excerpt", "title": "Queue policy", "text": POLICY, "faults": [[3, 6]],
        "note": "Everyone may receive.", "read_by": "sqs:GetQueueAttributes",
    }  # fmt: skip
    a_finding(
        scan,
        "larkfield-orders",
        control="SQS-04",
        severity="medium",
        reasons=["Queue larkfield-orders stores messages in clear."],
        evidence=[excerpt, {"kind": "fact", "label": "SSE", "value": "off", "read_by": "sqs:GetQueueAttributes"}],
        values={
            "queue": "larkfield-orders",
            "queue_url": "https://sqs.us-east-1.amazonaws.com/111122223333/larkfield-orders",
            "region": "us-east-1",
        },
    )  # fmt: skip
    a_finding(scan, "<b>hostile</b>\u202e" + "x" * 10_000, control="SQS-08", severity="low")
    a_waiver(a_finding(scan, "community-image", control="AMI-06"), owner)
    a_result(scan, "SQS-04", status="fail", failing=1)
    a_result(scan, "AMI-08", status="not_assessed", missing_action="ec2:DescribeSnapshotAttribute")
    topics = {
        "sqs": a_topic(88, 80, open={"medium": 1, "low": 1}),
        "ami": a_topic(100, 70, not_assessed=1, waived=1),
        "psc": a_topic(None, applicable=False),
    }
    scored(account, scan, topics=topics, open_medium=1, open_low=1, waived=1, not_assessed=1)
    return scan


def test_the_fix_is_three_clicks_away_and_carries_the_names(
    eyes: Eyes, owner: User, scan: Scan
) -> None:
    page = eyes.page
    eyes.sign_in(owner.email, PASSWORD)
    expect(page.locator(".score-value")).to_have_text("65")
    expect(page.get_by_text("(40\u201365), 93 % seen")).to_be_visible()
    eyes.look()
    page.get_by_text("Show as table").click()
    eyes.look()
    page.get_by_role("link", name="Queue larkfield-orders stores messages in clear").first.click()
    expect(page.get_by_role("heading", name="What we saw")).to_be_visible()
    expect(page.locator(".code-fault")).to_have_count(4)
    eyes.look()
    page.get_by_role("radio", name="CLI").check()
    expect(page.locator(".tabs-panel-2")).to_contain_text("--region us-east-1")
    expect(page.locator(".tabs-panel-1")).to_be_hidden()
    eyes.look()
    page.get_by_text("Link a ticket").click()
    page.get_by_label("Tracker").fill("jira")
    page.get_by_role("textbox", name="Ticket").fill("SEC-1482")
    eyes.look()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("SEC-1482", exact=True)).to_be_visible()
    expect(page.get_by_text("Ticket linked: jira SEC-1482")).to_be_visible()


def test_copying_needs_a_script_and_gives_the_whole_text(
    eyes: Eyes, owner: User, scan: Scan
) -> None:
    eyes.page.context.grant_permissions(["clipboard-write"])
    eyes.sign_in(owner.email, PASSWORD)
    eyes.page.get_by_role(
        "link", name="Queue larkfield-orders stores messages in clear"
    ).first.click()
    eyes.page.get_by_role("button", name="Copy: Queue policy").click()
    expect(eyes.page.locator("#said")).to_have_text("Copied")
    eyes.page.evaluate(  # no page of ours may read the clipboard, so it is pasted
        "const field = document.createElement('textarea');"
        "field.ariaLabel = 'Pasted'; document.body.append(field); field.focus()"
    )
    eyes.page.keyboard.press("ControlOrMeta+V")
    expect(eyes.page.get_by_label("Pasted")).to_have_value(POLICY + "\n")


def test_a_hostile_finding_is_a_page_like_others(eyes: Eyes, owner: User, scan: Scan) -> None:
    eyes.sign_in(owner.email, PASSWORD)
    eyes.go("/findings?control=SQS-08")
    eyes.look()
    eyes.page.get_by_role("link", name="Anybody may read").click()
    expect(eyes.page.locator("h1")).to_contain_text("<b>hostile</b>\u2039U+202E\u203a")
    eyes.look()


def test_account_and_control_pages_are_for_everyone(eyes: Eyes, owner: User, scan: Scan) -> None:
    eyes.sign_in(owner.email, PASSWORD)
    eyes.page.get_by_role("link", name="See it").click()
    expect(eyes.page.get_by_role("heading", name="Coverage")).to_be_visible()
    eyes.look()
    eyes.go("/controls/SQS-04")
    eyes.look()
    eyes.go("/controls")
    eyes.look()
