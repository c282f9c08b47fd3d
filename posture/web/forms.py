"""Forms: what people may type, what it becomes, and what is said when it cannot be used."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.forms.renderers import BaseRenderer
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from posture.models import Schedule

PRODUCTS = {
    "saas_subscription": "SaaS, pay as you go",
    "saas_contract": "SaaS, contracts",
    "saas_contract_usage": "SaaS, contracts with usage",
    "ami": "Machine images (AMI)",
    "container": "Containers",
    "ml": "Machine learning models",
    "data": "Data products",
    "proserv": "Professional services",
}
PRESET_TITLES = {
    "daily": "Every day, at night",
    "every_6_hours": "Every 6 hours",
    "hourly": "Every hour",
    "weekly": "Every Monday, at night",
    "custom": "By a cron expression",
    "off": "Only when asked",
}
ACCOUNT_NUMBER = re.compile(r"[0-9]{12}")
TICKET_SYSTEM = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
SEPARATORS = re.compile(r"[\s-]+")


class LongSelect(forms.Select):
    """A select whose hundreds of options are written at once; Django takes two templates for each."""

    def optgroups(self, *_args: Any, **_options: Any) -> list[Any]:
        """None: the template writes the element only."""
        return []

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> SafeString:
        """Return the same text as a plain select, whose choices have no groups."""
        chosen = self.format_value(value) or []
        options = format_html_join(
            "",
            '\n  <option value="{}"{}>{}</option>\n',
            ((key, " selected" if key in chosen else "", words) for key, words in self.choices),
        )
        element, end, after = super().render(name, value, attrs, renderer).rpartition("\n</select>")
        return mark_safe(f"{element}{options}{end}{after}")  # noqa: S308 - Django's own text  # nosec B308, B703 # the same


class Styled(forms.Form):
    """A form whose fields carry the classes of our stylesheets."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            choice = isinstance(field.widget, (forms.CheckboxSelectMultiple, forms.RadioSelect))
            field.widget.attrs.setdefault("class", "check" if choice else "input")


def one_line(label: str, help_text: str = "", **options: Any) -> forms.CharField:
    """Return a field for a line of text that no browser fills in or corrects."""
    attrs = {"autocomplete": "off", "spellcheck": "false"} | options.pop("attrs", {})
    widget = forms.TextInput(attrs=attrs)
    return forms.CharField(label=label, help_text=help_text, widget=widget, **options)


def _clock(label: str, help_text: str) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        help_text=help_text,
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": "Give a time of day, such as 22:00."},
    )


class AccountForm(Styled):
    """Step 1: which account, and what is sold from it."""

    aws_account = one_line(
        "AWS account id",
        "The 12 digits of the account you sell from. The console shows them on the top right.",
        max_length=32,
        attrs={"inputmode": "numeric", "placeholder": "1111-2222-3333"},
        error_messages={"required": "Give the 12 digits of the account id."},
    )
    label = one_line(
        "Label",
        "What your colleagues call it.",
        max_length=200,
        attrs={"placeholder": "larkfield-seller"},
        error_messages={"required": "Give the account a label."},
    )
    product_types = forms.MultipleChoiceField(
        label="What do you sell from it?",
        help_text="Choose all that apply.",
        choices=list(PRODUCTS.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )

    def clean_aws_account(self) -> str:
        """Take the digits with or without spaces and hyphens; other scripts' digits are none."""
        digits = SEPARATORS.sub("", self.cleaned_data["aws_account"])
        if not ACCOUNT_NUMBER.fullmatch(digits):
            message = "An AWS account id has 12 digits, for example 1111-2222-3333."
            raise forms.ValidationError(message)
        return digits


class RoleForm(Styled):
    """Step 3: the role to test."""

    role_arn = one_line(
        "Role ARN",
        "Made from the account id and the role name. Change it if you gave the role another name or path.",
        max_length=2048,
        attrs={"class": "input input-code"},
        error_messages={"required": "Give the ARN of the role you created."},
    )


@cache
def zones() -> tuple[tuple[str, str], ...]:
    """The time zones that people call by a place, and UTC."""
    known = {name for name in available_timezones() if "/" in name and not name.startswith(OLD)}
    return tuple((name, name.replace("_", " ")) for name in ("UTC", *sorted(known)))


NO_ZONE = "Use the name of a time zone, such as Europe/Berlin or America/New_York."
OLD = ("Etc/", "US/", "Canada/", "Brazil/", "Chile/", "Mexico/", "SystemV/", "posix/", "right/")


class ScheduleForm(Styled):
    """Step 4, and the account page: when to scan."""

    preset = forms.ChoiceField(
        label="How often",
        choices=[(name, PRESET_TITLES[name]) for name in PRESET_TITLES],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how often to scan."},
    )
    zone = forms.ChoiceField(
        label="Time zone",
        choices=zones,
        widget=LongSelect,
        error_messages={"invalid_choice": NO_ZONE},
    )
    cron = one_line(
        "Cron expression",
        "Used by the choice By a cron expression: minute, hour, day, month, weekday.",
        max_length=200,
        required=False,
        attrs={"class": "input input-code", "placeholder": "30 2 * * 1-5"},
    )
    quiet_from = _clock("Quiet from", "A scan that is due in quiet hours waits for their end.")
    quiet_until = _clock("Quiet until", "In the time zone above. Leave both empty to have none.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = str(self.data.get("zone") or self.initial.get("zone") or "")
        if now not in dict(zones()) and now in available_timezones():
            self.fields["zone"].choices = [*zones(), (now, now)]  # type: ignore[attr-defined] # above

    def clean(self) -> dict[str, Any]:
        """A cron expression is needed for the choice that uses one, and dropped otherwise."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("preset") != Schedule.Preset.CUSTOM:
            return cleaned | {"cron": ""}
        if not cleaned.get("cron", "").strip():
            self.add_error("cron", "Give a cron expression, or choose another rhythm.")
        return cleaned


class TicketForm(Styled):
    """The ticket in which a finding is worked on."""

    system = one_line(
        "Tracker",
        "A short name, such as jira or servicenow.",
        max_length=40,
        error_messages={"required": "Name the tracker, for example jira."},
    )
    key = one_line(
        "Ticket",
        "What people call it there, such as SEC-1482.",
        max_length=200,
        error_messages={"required": "Give the ticket's key, for example SEC-1482."},
    )
    url = forms.URLField(
        label="Address",
        help_text="Where it opens. May stay empty.",
        max_length=2000,
        required=False,
        assume_scheme="https",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
        error_messages={"invalid": "Give an address that begins with https:// or http://."},
    )

    def clean_system(self) -> str:
        """Trackers are told apart by a short name, in the form that the API takes, too."""
        name: str = self.cleaned_data["system"].lower()
        if not TICKET_SYSTEM.fullmatch(name):
            message = "Use letters, digits, hyphens and underscores, for example jira."
            raise forms.ValidationError(message)
        return name

    def clean_url(self) -> str:
        """Pages link to it, so nothing but the web's own schemes may stand there."""
        url: str = self.cleaned_data["url"]
        if url and not url.startswith(("https://", "http://")):
            message = "Give an address that begins with https:// or http://."
            raise forms.ValidationError(message)
        return url
