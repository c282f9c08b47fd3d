"""Forms of signing in and of the page about oneself: allauth's checks in our words and look."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as factor
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from cryptography.exceptions import InvalidSignature
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError

from posture.entrance import limits
from posture.entrance.adapter import wait
from posture.models import User
from posture.web.forms import Styled

PASSWORD_HELP = "At least 12 characters; not a common password, and not like your name or email."  # noqa: S105 - a sentence about passwords
CODE_HELP = "The six digits that your authenticator app shows, or one of your recovery codes."
USED_SECONDS = 120
"""For longer than an authenticator's code is taken, so that each opens only once."""


class Dressed(forms.Form):
    """A form of allauth's whose fields carry the classes of our stylesheets."""

    use_required_attribute = False
    labels: dict[str, str] = {}
    helps: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.help_text = self.helps.get(name, "")
            field.widget.attrs["class"] = "input"
            field.widget.attrs.pop("placeholder", None)


class PasswordAgain(Dressed, account.ReauthenticateForm):  # type: ignore[misc] # allauth has no types
    """The password, to prove who sits there."""


class NewPassword(Dressed, account.SetPasswordForm):  # type: ignore[misc] # allauth has no types
    """A new password, twice."""

    labels = {"password1": "New password", "password2": "The same again"}
    helps = {"password1": PASSWORD_HELP}


class PasswordByMail(Dressed, account.ResetPasswordKeyForm):  # type: ignore[misc] # allauth has no types
    """A new password, twice, for whoever followed the link of a mail."""

    labels, helps = NewPassword.labels, NewPassword.helps


class _Code(Dressed):
    """A code of an app or of the list of recovery codes: counted, and taken once."""

    labels = {"code": "Code"}
    helps = {"code": CODE_HELP}
    user: User

    def clean_code(self) -> str:
        """Check it; refuse an app's code that was used before, and say how long a refusal lasts."""
        code = _counted(self.user, super().clean_code)  # type: ignore[misc] # of allauth's form beside us
        used = getattr(self, "authenticator", None)
        if used is not None and used.type == Authenticator.Type.TOTP:
            _once(self.user, code)
        return code


class Code(_Code, factor.AuthenticateForm):  # type: ignore[misc] # allauth has no types
    """The second factor while signing in."""


class CodeAgain(_Code, factor.ReauthenticateForm):  # type: ignore[misc] # allauth has no types
    """A code, to prove who sits there."""


class FirstCode(Dressed, ActivateTOTPForm):  # type: ignore[misc] # allauth has no types
    """The first code of a new authenticator app, which shows that it has our secret."""

    labels = {"code": "Code that the app shows now"}

    def clean_code(self) -> str:
        """Check it, and take it, so that it does not sign anybody in afterwards."""
        code = _counted(self.user, super().clean_code)
        _once(self.user, code)
        return code


class _Credential(forms.Form):
    """What a browser says of a passkey; allauth and fido2 expect no other shape than browsers give."""

    def clean_credential(self) -> Authenticator:
        """Check it; anything that cannot be read is a wrong one, never a crash."""
        with refusing_nonsense(), limits.keeping_failures_of_address(context.request):
            found: Authenticator = super().clean_credential()  # type: ignore[misc] # of allauth's form beside us
        return found


class Passkey(_Credential, AuthenticateWebAuthnForm):  # type: ignore[misc] # allauth has no types
    """A passkey while signing in."""


class PasskeyAgain(_Credential, ReauthenticateWebAuthnForm):  # type: ignore[misc] # allauth has no types
    """A passkey, to prove who sits there."""


class NewPasskey(Dressed, AddWebAuthnForm):  # type: ignore[misc] # allauth has no types
    """A passkey's name, and what the browser says of it."""

    labels = {"name": "Name"}
    helps = {"name": "So that you know later which device this is."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = cast(forms.CharField, self.fields["name"])
        name.widget.attrs["maxlength"] = name.max_length = 60
        name.validators.append(_short)

    def clean(self) -> dict[str, Any]:
        """Check what the browser made; anything that cannot be read is refused."""
        with refusing_nonsense():
            said = super().clean()
        return said or {}


class Forgotten(Styled):
    """Whose password is to be made anew."""

    email = forms.EmailField(
        label="Email", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


class FirstOwner(Styled):
    """The first organisation, and who owns it."""

    company = forms.CharField(label="Company", max_length=200)
    name = forms.CharField(
        label="Your name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label="Email", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label="Password",
        help_text=PASSWORD_HELP,
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Judge the password together with whose it is."""
        said = super().clean() or {}
        if "password" in said:
            person = User(email=said.get("email", ""), name=said.get("name", ""))
            try:
                validate_password(said["password"], person)
            except ValidationError as refusal:
                self.add_error("password", refusal)
        return said


@contextmanager
def refusing_nonsense() -> Iterator[None]:
    """Turn what the passkey code raises for hostile or wrong input into one refusal."""
    wrong = ValidationError("This passkey was not accepted. Try again, or use another way.")
    try:
        yield
    except ValidationError as refusal:
        raise (wrong if refusal.code == "incorrect_code" else refusal) from refusal
    except (*NONSENSE, InvalidSignature) as error:
        raise wrong from error


NONSENSE = (LookupError, TypeError, ValueError, AttributeError, struct.error)


def _short(name: str) -> None:
    if len(name) > 60:  # noqa: PLR2004 - what the field says too
        message = "A name has at most 60 characters."
        raise ValidationError(message)


def _counted(user: User, clean: Any) -> str:
    """Let allauth check a code; where it refuses for too many attempts, say for how long."""
    try:
        with limits.keeping_failures_of_address(context.request):
            return str(clean())
    except ValidationError as refusal:
        if refusal.code not in {"too_many_login_attempts", "rate_limited"}:
            raise
        minutes = limits.minutes_left(context.request, f"mfa-auth-user-{user.pk}")
        raise wait(minutes) from refusal


def _once(user: User, code: str) -> None:
    """Take a code; raises the refusal of a wrong one when it was taken before."""
    digits = "".join(one for one in code if one.isdecimal())
    if not cache.add(f"second-factor:{user.pk}:{digits}", 1, USED_SECONDS):
        raise get_adapter().validation_error("incorrect_code")
