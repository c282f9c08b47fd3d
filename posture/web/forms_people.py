"""Forms about people: the role that somebody gets, and the accounts that they may see."""

from __future__ import annotations

from typing import Any

from django import forms

from posture.access import Scope, accounts_of, may_give
from posture.models import Account, Role
from posture.web.forms import ACCOUNT_NUMBER, Styled

ROLE_TITLES = {
    Role.OWNER: "Owner: everything, and who is an owner",
    Role.ADMIN: "Admin: connects accounts, manages people and tokens",
    Role.ANALYST: "Analyst: starts scans, answers, links tickets",
    Role.VIEWER: "Viewer: reads",
}
NAMED_AT_MOST = 1_000


class ReachForm(Styled):
    """To which accounts something is limited; `accounts` is None for all of them once cleaned."""

    limited = forms.BooleanField(
        label="Only these accounts", required=False, widget=forms.CheckboxInput({"class": "check"})
    )
    accounts = forms.CharField(
        label="Their AWS account ids",
        help_text="One a line, or separated by commas; 12 digits each.",
        required=False,
        max_length=NAMED_AT_MOST * 16,
        widget=forms.Textarea({"rows": 3, "autocomplete": "off", "class": "input input-code"}),
    )

    def __init__(self, scope: Scope, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope = scope

    def clean_accounts(self) -> list[Account] | None:
        """Find the accounts; what is no id, or none of this organisation's, is named."""
        words = self.cleaned_data["accounts"].replace(",", " ").split()
        if not self.cleaned_data.get("limited"):
            if words:
                message = "Tick “Only these accounts” for this list, or empty it for all accounts."
                raise forms.ValidationError(message)
            return None
        numbers = list(dict.fromkeys(word.replace("-", "") for word in words))
        if not numbers:
            message = "Name at least one account, or untick “Only these accounts”."
            raise forms.ValidationError(message)
        wrong = next((one for one in numbers if not ACCOUNT_NUMBER.fullmatch(one)), None)
        if wrong is not None:
            message = (
                f"{wrong[:20]} is no AWS account id; it has 12 digits, such as 1111-2222-3333."
            )
            raise forms.ValidationError(message)
        found = {one.aws_account: one for one in _named(self.scope, numbers)}
        missing = [one for one in numbers if one not in found]
        if missing:
            message = f"There is no account {', '.join(missing[:5])} in this organisation."
            raise forms.ValidationError(message)
        return list(found.values())


def _named(scope: Scope, numbers: list[str]) -> list[Account]:
    rows = accounts_of(scope).filter(aws_account__in=numbers[:NAMED_AT_MOST])
    return list(rows.only("aws_account", "label", "organisation_id").order_by("label", "pk"))


class RoleForm(ReachForm):
    """A role, and the accounts that it holds for; only roles that the reader may give."""

    role = forms.ChoiceField(label="Role", error_messages={"required": "Choose a role."})

    field_order: tuple[str, ...] = ("role", "limited", "accounts")

    def __init__(self, scope: Scope, *args: Any, **kwargs: Any) -> None:
        super().__init__(scope, *args, **kwargs)
        given = [(role, title) for role, title in ROLE_TITLES.items() if may_give(scope, role)]
        field = self.fields["role"]
        if isinstance(field, forms.ChoiceField):
            field.choices = given


class InvitationForm(RoleForm):
    """Who is invited, in which role, to which accounts."""

    email = forms.EmailField(
        label="Email",
        help_text="The address that they sign in with.",
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={"required": "Give the address of whom you invite."},
    )

    field_order = ("email", "role", "limited", "accounts")

    def clean_email(self) -> str:
        """Bring the address into the form in which it is stored."""
        email: str = self.cleaned_data["email"]
        if not email.isascii():
            message = "Use an address in ASCII letters, as mail servers know it."
            raise forms.ValidationError(message)
        return email.strip().lower()


class NewPersonForm(Styled):
    """Name and password of somebody who joins and has no user yet."""

    name = forms.CharField(
        label="Your name",
        max_length=100,
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": "Say what your colleagues call you."},
    )
    password = forms.CharField(
        label="Password",
        help_text="At least 12 characters; a sentence is fine.",
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": "Choose a password."},
    )
