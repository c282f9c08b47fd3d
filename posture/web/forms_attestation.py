"""The form with which a person answers a manual control."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from posture.models import MOST_BYTES
from posture.web.forms import Styled
from posture.web.uploads import is_a_proof

LONGEST_DAYS = 730
MOST_MEGABYTES = MOST_BYTES >> 20


class AttestationForm(Styled):
    """Yes or no, a note, evidence as an address or a document, and the last day it holds."""

    answer = forms.ChoiceField(
        label="Is this so?",
        choices=[("yes", "Yes, I confirm it"), ("no", "No, it is not so (this opens a finding)")],
        widget=forms.RadioSelect,
        error_messages={"required": "Answer yes or no."},
    )
    note = forms.CharField(
        label="Note",
        help_text="How you know, or what is missing. Others read it.",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    evidence_url = forms.URLField(
        label="Evidence, as an address",
        help_text="A page that shows it. May stay empty.",
        max_length=2000,
        required=False,
        assume_scheme="https",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
        error_messages={"invalid": "Give an address that begins with https:// or http://."},
    )
    document = forms.FileField(
        label="Evidence, as a document",
        help_text=f"A PDF, a picture or plain text, up to {MOST_MEGABYTES} MB. It is kept with the answer and given out as a download only.",
        required=False,
        max_length=200,
        error_messages={"empty": "The document is empty. Choose another one, or none."},
    )
    valid_until = forms.DateField(
        label="Holds until",
        help_text="The last day, in UTC. Afterwards it is asked again.",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "required": "Give the last day on which this holds.",
            "invalid": "Give a day as year-month-day, for example 2027-05-31.",
        },
    )

    def clean_note(self) -> str:
        """One paragraph: evidence and history show it on a line."""
        return " ".join(self.cleaned_data["note"].split())

    def clean_evidence_url(self) -> str:
        """Pages link to it, so nothing but the web's own schemes may stand there."""
        url: str = self.cleaned_data["evidence_url"]
        if url and not url.startswith(("https://", "http://")):
            message = "Give an address that begins with https:// or http://."
            raise forms.ValidationError(message)
        return url

    def clean_document(self) -> UploadedFile[bytes] | None:
        """A page or two that prove it, not an archive."""
        document: UploadedFile[bytes] | None = self.cleaned_data["document"]
        if document is not None and (document.size or 0) > MOST_BYTES:
            message = f"The document has more than {MOST_MEGABYTES} MB. Give its address instead."
            raise forms.ValidationError(message)
        if document is not None:
            proof = is_a_proof(document.read())
            document.seek(0)
            if not proof:
                message = "Give a PDF, a picture (PNG or JPEG) or plain text in UTF-8."
                raise forms.ValidationError(message)
        return document

    def clean_valid_until(self) -> dt.date:
        """From tomorrow to two years from now."""
        last: dt.date = self.cleaned_data["valid_until"]
        today = timezone.now().date()
        if not today < last <= today + dt.timedelta(days=LONGEST_DAYS):
            message = "Choose a day after today and within the next two years."
            raise forms.ValidationError(message)
        return last

    def clean(self) -> dict[str, Any]:
        """A no needs a word: somebody else will have to do something about it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("answer") == "no" and not cleaned.get("note", "").strip():
            self.add_error("note", "Say what is missing, so that others know what to do.")
        return cleaned
