"""Forms about API tokens and the service accounts that they belong to."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.db.models import Model

from posture.access import Scope, service_accounts_of
from posture.models import ServiceAccount
from posture.templatetags.names import visible
from posture.tokens import (
    DEFAULT_DAYS,
    DEFAULT_OVERLAP_HOURS,
    LONGEST_DAYS,
    LONGEST_OVERLAP_HOURS,
    SCOPES,
)
from posture.web.forms import Styled, one_line
from posture.web.forms_people import ReachForm

SCOPE_TITLES = {
    "findings:read": "Read accounts, scores and findings",
    "findings:triage": "Set the ticket of a finding",
    "scans:run": "Start scans",
    "admin": "Everything",
}
"""The scopes that open a door today; the others of `tokens.SCOPES` wait for theirs."""


class Owners(forms.ModelChoiceField):  # type: ignore[type-arg] # takes none when it runs
    """Service accounts by their names, which people gave them."""

    def label_from_instance(self, obj: Model) -> str:
        """Show what is unseen in a name."""
        return visible(obj)


class TokenForm(ReachForm):
    """A new API token, and the service account that it belongs to."""

    owner = Owners(
        label="Service account",
        help_text="The program that it belongs to.",
        queryset=ServiceAccount.objects.none(),
        required=False,
        empty_label="A new one, named like the token",
    )

    once = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)
    """The id of the token, so that a form that is sent twice makes one."""

    name = one_line(
        "Name",
        "Who or what will use it.",
        max_length=100,
        attrs={"placeholder": "jira-sync"},
        error_messages={"required": "Give the token a name that says who uses it."},
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=[
            (scope, f"{SCOPE_TITLES[scope]} ({scope})") for scope in SCOPES if scope in SCOPE_TITLES
        ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    days = forms.IntegerField(
        label="Days until it ends",
        help_text=f"From 1 to {LONGEST_DAYS}.",
        initial=DEFAULT_DAYS,
        min_value=1,
        max_value=LONGEST_DAYS,
    )
    networks = one_line(
        "Networks",
        "CIDR ranges from which it may be used, separated by commas. Empty: from everywhere.",
        max_length=1000,
        required=False,
        attrs={"placeholder": "203.0.113.0/24"},
    )

    def __init__(self, scope: Scope, *args: Any, **kwargs: Any) -> None:
        super().__init__(scope, *args, **kwargs)
        field = self.fields["owner"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = service_accounts_of(scope).filter(active=True).order_by("name")


class ServiceAccountForm(Styled):
    """A new service account."""

    name = one_line(
        "Name",
        "The program or tool, such as jira-sync.",
        max_length=100,
        error_messages={"required": "Give the service account a name."},
    )
    purpose = one_line(
        "Purpose", "What it does with what it reads.", max_length=300, required=False
    )


class RotationForm(Styled):
    """How long an old token works beside the new one, and the id of that one."""

    once = forms.UUIDField(required=False)
    overlap_hours = forms.IntegerField(
        initial=DEFAULT_OVERLAP_HOURS, min_value=0, max_value=LONGEST_OVERLAP_HOURS
    )
