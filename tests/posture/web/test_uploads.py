"""Documents: judged by what is in them, whatever they are called, and given out as downloads only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from posture.web.forms_attestation import AttestationForm

MASKED = {
    "page": b"<!DOCTYPE html><script>alert(1)</script>",
    "drawing": b"\xef\xbb\xbf \n<svg onload=alert(1)>",
    "archive": b"PK\x03\x04" + b"\x00" * 26,
    "program": b"\x7fELF" + b"\x00" * 60,
    "Windows program": b"MZ\x90\x00\xff",
    "Word macro": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "text in UTF-16": "text".encode("utf-16"),
    "text with controls": b"proof\x1b[2Jproof",
    "GIF": b"\xffGIF89a/*<svg/onload=alert(1)>*/",
}


def sent(content: bytes, name: str, kind: str) -> AttestationForm:
    """The form as it comes back with this document."""
    last = (timezone.now() + timedelta(days=30)).date().isoformat()
    document = SimpleUploadedFile(name, content, kind)
    return AttestationForm({"answer": "yes", "valid_until": last}, {"document": document})


@pytest.mark.parametrize("content", MASKED.values(), ids=MASKED)
def test_what_is_no_proof_is_refused_whatever_it_is_called(content: bytes) -> None:
    form = sent(content, "review.pdf", "application/pdf")
    assert not form.is_valid()
    assert "Give a PDF, a picture" in form.errors["document"][0]


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.4\x00",
        b"\x89PNG\r\n\x1a\n\x00",
        b"\xff\xd8\xff\xe0\x00",
        "Grüße\r\n\tx".encode(),
    ],
)
def test_what_proves_something_is_taken_whole(content: bytes) -> None:
    form = sent(content, "x.exe", "text/html")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["document"].read() == content
