"""The page of an account's assessment profile: what the seller tells us, and the limits."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from posture.access import accounts_of, scope_of
from posture.models import Account
from posture.profiles import (
    ALWAYS_APPROVED,
    CHOICES,
    LIMITS,
    LISTS,
    InvalidAnswerError,
    profile_of,
    set_profile,
)
from posture.templatetags.names import visible
from posture.web.doors import find, page, require
from posture.web.forms import PRODUCTS, Styled

LONGEST_TEXT = 40_000
YES_NO = [("", "Not answered"), ("yes", "Yes"), ("no", "No")]
TITLES = {
    "cas_enrolled": ("Commerce Analytics is enrolled", ""),
    "data_feeds": ("Seller data feeds are delivered", ""),
    "psc_ever_enrolled": ("Product Support Connection was ever enrolled", "AWS ended it in November 2022."),
    "queues": ("Queues that hear product notifications", "Only those that subscriptions do not show. One ARN a line."),
    "images": ("Product images", "Only those that the catalog does not name. One id a line."),
    "public_images": ("Images that are public on purpose", "One id a line."),
    "cas_buckets": ("Buckets of Commerce Analytics", "Only if its role does not name them. One name a line."),
    "cas_topics": ("Topics of Commerce Analytics", "Only if its role does not name them. One ARN a line."),
    "psc_buckets": ("Buckets that held support contacts", "One name a line."),
    "feed_buckets": ("Buckets of data feeds", "Only those whose policy does not name the reports service. One name a line."),
    "approved_accounts": ("Accounts you approve", "They may be trusted and shared with. AWS's own two are always approved. One id a line."),
    "approved_admins": ("Approved administrators", "Users and roles that may administer the account or hold full seller access. One ARN a line."),
    "finance_principals": ("Finance people", "Users and roles that may change payouts and tax settings. Empty: not asked. One ARN a line."),
    "max_seller_admins": ("Holders of full seller access, at most", ""),
    "max_metering_principals": ("Metering identities, at most", ""),
    "unused_days": ("Days until a password or key counts as unused", ""),
    "key_max_age_days": ("Days until an access key counts as old", ""),
    "role_unused_days": ("Days until a portal role counts as unused", ""),
    "root_use_window_days": ("Days that the root user must have been idle", ""),
    "ami_max_age_days": ("Days until a product image is too old", "AWS's rule is two years."),
    "ami_age_warn_days": ("Days until we warn of an old product image", ""),
    "log_retention_min_days": ("Days that logs must be kept", "AWS's rule for SaaS sellers is one year."),
    "delivery_lag_hours": ("Hours within which a trail must have delivered", ""),
}  # fmt: skip
PARTS = (
    ("What you sell and use", ("product_types", *CHOICES)),
    ("What we cannot find by ourselves",
     ("queues", "images", "public_images", "cas_buckets", "cas_topics", "feed_buckets", "psc_buckets")),
    ("Whom you approve", ("approved_accounts", "approved_admins", "finance_principals")),
    ("Limits", tuple(LIMITS)),
)  # fmt: skip


class ProfileForm(Styled):
    """All answers of the profile; lists are texts with one entry a line."""

    product_types = forms.MultipleChoiceField(
        label="What you sell",
        help_text="Adds to what the catalog shows; it never takes away.",
        choices=list(PRODUCTS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in CHOICES:
            self.fields[name] = forms.ChoiceField(
                choices=YES_NO, required=False, label=TITLES[name][0], help_text=TITLES[name][1]
            )
        for name in LISTS:
            text = forms.Textarea(
                attrs={"rows": 3, "spellcheck": "false", "class": "input input-code"}
            )
            self.fields[name] = forms.CharField(
                widget=text,
                required=False,
                max_length=LONGEST_TEXT,
                label=TITLES[name][0],
                help_text=TITLES[name][1],
            )
        for name, (least, most) in LIMITS.items():
            self.fields[name] = forms.IntegerField(
                min_value=least, max_value=most, label=TITLES[name][0], help_text=TITLES[name][1]
            )
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")

    def answers(self) -> dict[str, Any]:
        """The answers as the profile keeps them."""
        said = self.cleaned_data
        return {
            "product_types": said["product_types"],
            **{name: {"yes": True, "no": False}.get(said[name]) for name in CHOICES},
            **{name: said[name].split() for name in LISTS},
            **{name: said[name] for name in LIMITS},
        }

    def parts(self) -> list[dict[str, Any]]:
        """The fields in the order of the page, under their headings."""
        return [
            {"title": title, "fields": [self[name] for name in names]} for title, names in PARTS
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@page()
def profile(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the profile; POST keeps it for the next scan."""
    scope = scope_of(request)
    row = find(accounts_of(scope), pk, "account")
    if request.method != "POST":
        return _shown(request, row, ProfileForm(initial=_said(row)))
    require(request, "connect")
    form = ProfileForm(request.POST)
    if form.is_valid():
        try:
            set_profile(account=row, answers=form.answers(), by=scope.user)
        except InvalidAnswerError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, "The profile is saved. The next scan goes by it.")
            return redirect("account", row.pk)
    return _shown(request, row, form, status=400)


def _said(row: Account) -> dict[str, Any]:
    """The stored profile as the form shows it."""
    now = profile_of(row)
    lists = {name: [visible(one) for one in getattr(now, name)] for name in LISTS}
    lists["approved_accounts"] = [
        one for one in lists["approved_accounts"] if one not in ALWAYS_APPROVED
    ]
    words = {None: "", True: "yes", False: "no"}
    return {
        "product_types": list(now.product_types or ()),
        **{name: words[getattr(now, name)] for name in CHOICES},
        **{name: "\n".join(entries) for name, entries in lists.items()},
        **{name: getattr(now, name) for name in LIMITS},
    }


def _shown(
    request: HttpRequest, row: Account, form: ProfileForm, status: int = 200
) -> HttpResponse:
    context = {"place": "accounts", "here": row, "form": form, "parts": form.parts()}
    return render(request, "accounts/profile.html", context, status=status)
