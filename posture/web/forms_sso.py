"""The form of an identity provider."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from posture import fetching
from posture.models import IdentityProvider
from posture.models.provider import SLUG
from posture.web.forms import Styled

DOMAIN = re.compile(
    r"(?=.{3,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}\Z"
)
MOST_DOMAINS = 50


def _text(label: str, help_text: str, longest: int, **options: Any) -> forms.CharField:
    attrs = {"autocomplete": "off", "spellcheck": "false", **options.pop("attrs", {})}
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=longest,
        widget=forms.TextInput(attrs=attrs),
        **options,
    )


class ProviderForm(Styled):
    """OpenID Connect: what the provider and we have to know of each other."""

    name = _text(
        "Name", "What the button says, for example: Larkfield staff.", 60,
        error_messages={"required": "Give it a name that your colleagues know."},
    )  # fmt: skip
    slug = _text(
        "Name in the address",
        "What colleagues type to get to it, and part of the redirect URL: small letters, digits and "
        "hyphens, at least 4. Changing it changes the redirect URL.",
        40,
        error_messages={"required": "Give it a name for its address."},
    )
    issuer = _text(
        "Issuer",
        "The address that the provider calls issuer, without /.well-known/openid-configuration.",
        2000,
        attrs={"class": "input input-code", "placeholder": "https://login.example.com"},
        error_messages={"required": "Give the issuer of the provider."},
    )
    client_id = _text(
        "Client id", "The provider shows it when you register this dashboard there.", 255,
        attrs={"class": "input input-code"},
        error_messages={"required": "Give the client id."},
    )  # fmt: skip
    client_secret = forms.CharField(
        label="Client secret",
        max_length=2000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    domains = _text(
        "Email domains",
        "For whose addresses it may speak, separated by commas.",
        5000,
        attrs={"placeholder": "example.com"},
        error_messages={"required": "Give at least one domain."},
    )
    active = forms.BooleanField(
        label="On", required=False, help_text="While it is off, nobody signs in with it."
    )
    required = forms.BooleanField(
        label="Required",
        required=False,
        help_text="Members with these domains get in by it only. Owners keep their password, in case "
        "the provider fails.",
    )

    def __init__(self, *args: Any, row: IdentityProvider | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        secret = self.fields["client_secret"]
        secret.required = row is None
        secret.error_messages["required"] = "Give the client secret."
        secret.help_text = "It is kept encrypted and never shown." + (
            " Leave it empty to keep the one there is." if row else ""
        )
        for name in ("active", "required"):
            self.fields[name].widget.attrs["class"] = "check"

    def clean_slug(self) -> str:
        """Take it in small letters."""
        slug = self.cleaned_data["slug"].lower()
        if not re.fullmatch(SLUG, slug):
            message = "Use 4 to 40 small letters, digits and hyphens, for example larkfield-staff."
            raise forms.ValidationError(message)
        return str(slug)

    def clean_issuer(self) -> str:
        """Take an address that we may call."""
        issuer = self.cleaned_data["issuer"].removesuffix("/.well-known/openid-configuration")
        if not fetching.may_be_fetched(issuer) or "?" in issuer or "#" in issuer:
            message = "An issuer is an https address, for example https://login.example.com."
            raise forms.ValidationError(message)
        return str(issuer)

    def clean_domains(self) -> list[str]:
        """Take them one by one, in small letters."""
        parts = re.split(r"[,\s]+", self.cleaned_data["domains"].lower())
        found = sorted({one.removeprefix("@") for one in parts if one})
        wrong = next((one for one in found if not DOMAIN.match(one)), "")
        if wrong or not found:
            message = f"{wrong[:80] or 'That'} is no domain such as example.com."
            raise forms.ValidationError(message)
        if len(found) > MOST_DOMAINS:
            message = f"A provider speaks for at most {MOST_DOMAINS} domains."
            raise forms.ValidationError(message)
        return found
