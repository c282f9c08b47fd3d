"""Confirming what no API shows: the list, one item, its answers, hostile documents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posture.models import MOST_BYTES, Account, Attestation, ControlResult, Finding, Scan, User
from posture.models.tenancy import within
from tests.posture.web.rows import a_result, an_attestation, scored

ITEM = "M-AMMP-2"
HINT = {"kind": "fact", "label": "Users with a password", "value": "3", "read_by": "iam:X"}


@pytest.fixture
def asked(scan: Scan, account: Account) -> Scan:
    """A scan that left one item to confirm."""
    a_result(scan, ITEM, status="manual", asked=True, topic="ammp", severity="medium", passing=0,
             evidence=[HINT])  # fmt: skip
    scored(account, scan)
    return scan


def text(content: bytes) -> str:
    return " ".join(content.decode().split())


def answer(client: Client, account: Account, **form: object) -> tuple[int, str]:
    until = (timezone.now() + timedelta(days=90)).date().isoformat()
    response = client.post(
        reverse("attestation", args=[account.pk, ITEM]), {"valid_until": until, **form}
    )
    return response.status_code, text(response.content)


def stored(account: Account) -> list[Attestation]:
    with within(account.organisation_id):
        return list(Attestation.objects.order_by("at"))


def test_the_list_names_what_waits_and_what_was_answered(
    owner: Client, account: Account, asked: Scan, alice: User
) -> None:
    an_attestation(asked, alice, control="M-AMMP-3")
    page = text(owner.get(reverse("attestations", args=[account.pk])).content)
    assert "1 waiting, 1 answered" in page
    assert f'/attestations/{ITEM}"' in page
    assert "Confirmed" in page
    assert "Alice" in page


def test_an_account_without_items_says_so(owner: Client, account: Account, scan: Scan) -> None:
    page = text(owner.get(reverse("attestations", args=[account.pk])).content)
    assert "Nothing waits for you here." in page


def test_the_item_shows_the_statement_the_hint_and_the_form(
    owner: Client, account: Account, asked: Scan
) -> None:
    page = text(owner.get(reverse("attestation", args=[account.pk, ITEM])).content)
    assert "Users with a password" in page
    assert "<code>iam:X</code>" in page
    assert 'enctype="multipart/form-data"' in page
    assert "Nobody has answered yet." in page


def test_a_viewer_sees_the_item_and_no_form(
    member: Callable[[str], Client], account: Account, asked: Scan, alice: User
) -> None:
    an_attestation(asked, alice)
    page = text(member("viewer").get(reverse("attestation", args=[account.pk, ITEM])).content)
    assert "Record the answer" not in page
    assert "Withdraw" not in page


def test_a_yes_with_evidence_is_recorded(owner: Client, account: Account, asked: Scan) -> None:
    document = SimpleUploadedFile("review.pdf", b"%PDF-1.7 \x00 <script>")
    code, _ = answer(owner, account, answer="yes", note="Seen", document=document,
                     evidence_url="https://wiki.example/x")  # fmt: skip
    assert code == 302
    (row,) = stored(account)
    assert (row.answer, row.note, row.evidence_name) == ("yes", "Seen", "review.pdf")
    assert bytes(row.evidence or b"") == b"%PDF-1.7 \x00 <script>"
    assert (row.valid_until.hour, row.valid_until.minute) == (23, 59)
    page = text(owner.get(reverse("attestation", args=[account.pk, ITEM])).content)
    assert 'href="https://wiki.example/x"' in page
    with within(account.organisation_id):
        assert ControlResult.objects.get(control=ITEM).status == "pass"


def test_a_document_is_only_ever_a_download(
    owner: Client, account: Account, asked: Scan, alice: User
) -> None:
    row = an_attestation(asked, alice, evidence=b"<script>", evidence_name='x".html')
    response = owner.get(reverse("attestation_document", args=[row.pk]))
    assert response.content == b"<script>"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == f'attachment; filename="{ITEM}-evidence.bin"'
    assert response["X-Content-Type-Options"] == "nosniff"


def test_an_answer_without_a_document_has_none(
    owner: Client, account: Account, asked: Scan, alice: User
) -> None:
    row = an_attestation(asked, alice)
    assert owner.get(reverse("attestation_document", args=[row.pk])).status_code == 404


def test_a_no_opens_a_finding(owner: Client, account: Account, asked: Scan) -> None:
    assert answer(owner, account, answer="no", note="Sent by mail")[0] == 302
    with within(account.organisation_id):
        assert Finding.objects.get().control == ITEM
    page = text(owner.get(reverse("findings")).content)
    assert ITEM in page


WRONG = {
    "nothing": ({}, "Answer yes or no."),
    "maybe": ({"answer": "maybe"}, "maybe is not one of the available choices"),
    "no without a word": ({"answer": "no"}, "Say what is missing"),
    "yesterday": ({"answer": "yes", "valid_until": "2020-01-01"}, "Choose a day after today"),
    "for ever": ({"answer": "yes", "valid_until": "9999-12-31"}, "within the next two years"),
    "no day": ({"answer": "yes", "valid_until": "soon"}, "Give a day as year-month-day"),
    "javascript": (
        {"answer": "yes", "evidence_url": "javascript:alert(1)"},
        "begins with https://",
    ),
    "ftp": ({"answer": "yes", "evidence_url": "ftp://x.example/y"}, "begins with https://"),
    "null": ({"answer": "yes", "note": "a\x00b"}, "Null characters are not allowed"),
    "novel": ({"answer": "yes", "note": "x" * 2001}, "at most 2000 characters"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_answer_that_cannot_be_used_is_refused_beside_its_field(
    owner: Client, account: Account, asked: Scan, name: str
) -> None:
    form, words = WRONG[name]
    code, page = answer(owner, account, **form)
    assert code == 400
    assert words in page
    assert stored(account) == []


@pytest.mark.parametrize(
    ("size", "words"), [(0, "The document is empty"), (MOST_BYTES + 1, "more than 2 MB")]
)
def test_a_document_of_odd_size_is_refused(
    owner: Client, account: Account, asked: Scan, size: int, words: str
) -> None:
    document = SimpleUploadedFile("x.bin", b"x" * size)
    code, page = answer(owner, account, answer="yes", document=document)
    assert (code, words in page) == (400, True)
    assert stored(account) == []


def test_what_a_scan_does_not_ask_cannot_be_answered(
    owner: Client, account: Account, scan: Scan
) -> None:
    code, page = answer(owner, account, answer="yes")
    assert code == 400
    assert "has nothing to confirm" in page


@pytest.mark.parametrize("control", ["SQS-03", "M-NONE-1", "x"])
def test_only_items_for_people_have_a_page(owner: Client, account: Account, control: str) -> None:
    assert owner.get(reverse("attestation", args=[account.pk, control])).status_code == 404


def test_an_answer_can_be_withdrawn_and_stays_in_the_history(
    owner: Client, account: Account, asked: Scan
) -> None:
    answer(owner, account, answer="yes")
    (row,) = stored(account)
    address = reverse("attestation_withdrawal", args=[row.pk])
    assert owner.post(address).status_code == 302
    assert owner.post(address).status_code == 302
    assert stored(account)[0].end == "withdrawn"
    page = text(owner.get(reverse("attestation", args=[account.pk, ITEM])).content)
    assert "Withdrawn" in page


def test_home_leads_to_the_items(owner: Client, account: Account, asked: Scan) -> None:
    page = text(owner.get(reverse("home")).content)
    assert f'href="{reverse("attestations", args=[account.pk])}">1 item for you to confirm' in page


def test_a_request_far_longer_than_a_document_is_not_read(
    owner: Client, account: Account, asked: Scan
) -> None:
    address = reverse("attestation", args=[account.pk, ITEM])
    response = owner.post(address, b"--x--", content_type="multipart/form-data; boundary=x",
                          headers={"content-length": str(1 << 40)})  # fmt: skip
    assert response.status_code in {400, 413}
    assert stored(account) == []


def test_an_item_that_a_scan_decided_says_so_and_can_only_be_withdrawn(
    owner: Client, account: Account, scan: Scan, alice: User
) -> None:
    a_result(scan, ITEM, status="not_applicable", topic="ammp", severity="medium", passing=0)
    an_attestation(scan, alice)
    scored(account, scan)
    page = text(owner.get(reverse("attestation", args=[account.pk, ITEM])).content)
    assert "no answer is needed and none counts now" in page
    assert "Record the answer" not in page
    assert "Withdraw it" in page
    assert answer(owner, account, answer="yes")[0] == 400


REFUSED = "AMI-06"
NOT_SEEN = "ec2:DescribeImages could not be read in us-east-1: AccessDenied."


@pytest.fixture
def refused(scan: Scan, account: Account) -> Scan:
    """A scan that AWS refused the images."""
    hint = {"kind": "fact", "label": "Not seen", "value": NOT_SEEN, "read_by": "ec2:DescribeImages"}
    a_result(scan, REFUSED, status="not_assessed", asked=True, topic="ami", severity="critical",
             passing=0, not_assessed=1, missing_action="ec2:DescribeImages", reason=NOT_SEEN,
             evidence=[hint])  # fmt: skip
    scored(account, scan)
    return scan


def test_a_refused_call_offers_an_attestation(
    owner: Client, account: Account, refused: Scan
) -> None:
    item = reverse("attestation", args=[account.pk, REFUSED])
    for page in (reverse("account", args=[account.pk]), reverse("control", args=[REFUSED])):
        assert f'<a href="{item}">Attest it</a>' in text(owner.get(page).content)
    assert "1 waiting" in text(owner.get(reverse("attestations", args=[account.pk])).content)
    page = text(owner.get(item).content)
    assert "AWS refused <code>ec2:DescribeImages</code>" in page
    assert NOT_SEEN in page
    assert "Record the answer" in page


def test_an_attested_control_is_marked_as_not_seen(
    owner: Client, account: Account, refused: Scan
) -> None:
    item = reverse("attestation", args=[account.pk, REFUSED])
    until = (timezone.now() + timedelta(days=90)).date().isoformat()
    response = owner.post(item, {"valid_until": until, "answer": "yes", "note": "Looked"})
    assert response.status_code == 302
    for page in (
        item,
        reverse("account", args=[account.pk]),
        reverse("control", args=[REFUSED]),
        reverse("attestations", args=[account.pk]),
    ):
        assert "Attested, not seen" in text(owner.get(page).content)
    (row,) = stored(account)
    assert (row.control, row.answer, row.note) == (REFUSED, "yes", "Looked")
    assert row.statement.endswith(".")


def test_strangers_and_viewers_attest_nothing_that_was_refused(
    stranger: Client, member: Callable[[str], Client], account: Account, refused: Scan
) -> None:
    item = reverse("attestation", args=[account.pk, REFUSED])
    assert stranger.get(item).status_code == 404
    assert stranger.post(item, {"answer": "yes"}).status_code == 404
    viewer = member("viewer")
    assert "Record the answer" not in text(viewer.get(item).content)
    assert viewer.post(item, {"answer": "yes"}).status_code == 403
    assert stored(account) == []


def test_what_a_scan_saw_is_no_item(owner: Client, account: Account, scan: Scan) -> None:
    a_result(scan, REFUSED, topic="ami")
    scored(account, scan)
    item = reverse("attestation", args=[account.pk, REFUSED])
    assert owner.get(item).status_code == 404
    assert owner.post(item, {"answer": "yes"}).status_code == 404


def test_an_answer_that_a_scan_ended_says_so(
    owner: Client, account: Account, scan: Scan, alice: User
) -> None:
    an_attestation(scan, alice, control=REFUSED, end="replaced", ended_at=timezone.now())
    page = text(owner.get(reverse("attestation", args=[account.pk, REFUSED])).content)
    assert "Ended by what a scan saw" in page
