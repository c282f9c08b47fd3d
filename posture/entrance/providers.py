"""Identity providers: making and changing them, finding one by its name, and what a session got from one."""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass
from typing import Any, Required, TypedDict, Unpack

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction
from django.urls import reverse

from posture.auditing import record
from posture.models import IdentityProvider, Organisation, ProviderSubject, User
from posture.models.crossing import provider_with_slug
from posture.models.provider import SLUG
from posture.models.tenancy import within

VOUCHED = "vouched"
"""The key of a session under which stands what a provider said when it began."""

BY_PROVIDER = "provider"
"""How allauth's record of a sign-in calls this way of proving who one is."""

IDENTITY = ("issuer", "client_id")
"""With another of these, the same subject may be another person."""

TOLD = ("name", "slug", "issuer", "client_id", "required", "active")


class TakenError(Exception):
    """Another provider of this installation has that name in addresses."""


class Fields(TypedDict, total=False):
    """What people enter of a provider."""

    name: Required[str]
    slug: Required[str]
    issuer: Required[str]
    client_id: Required[str]
    client_secret: str
    domains: Required[list[str]]
    required: bool
    active: bool


@dataclass(frozen=True, slots=True)
class Vouched:
    """That a provider vouched for the person of a session, and for which organisation alone."""

    organisation: uuid.UUID
    provider: uuid.UUID
    slug: str
    user: uuid.UUID
    with_factor: bool
    """Whether it said that they gave a second factor there."""
    at: float

    def is_fresh(self) -> bool:
        """Say whether it was within the time for which a proof counts."""
        return time.time() - self.at < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def vouch(
    session: SessionBase, provider: IdentityProvider, user: User, *, with_factor: bool, at: float
) -> None:
    """Bind a session that is about to begin to the provider's organisation.

    `at`: when they proved there who they are, in seconds since 1970; 0 when that is not known.
    """
    session[VOUCHED] = {
        "organisation": str(provider.organisation_id),
        "provider": str(provider.pk),
        "slug": provider.slug,
        "user": str(user.pk),
        "with_factor": with_factor,
        "at": at,
    }


def vouched(session: SessionBase, user: User) -> Vouched | None:
    """Return what a provider said of this person at the beginning of the session; None for nothing."""
    said: dict[str, Any] = session.get(VOUCHED) or {}
    if said.get("user") != str(user.pk):
        return None
    ids = {name: uuid.UUID(said[name]) for name in ("organisation", "provider", "user")}
    return Vouched(**{**said, **ids})


def named(slug: str) -> IdentityProvider | None:
    """Return the provider with this name in addresses, of whatever organisation, active or not."""
    place = provider_with_slug(slug) if re.fullmatch(SLUG, slug) else None
    if place is None:
        return None
    with within(place.organisation):
        return IdentityProvider.objects.filter(pk=place.id).first()


def callback_url(provider: IdentityProvider) -> str:
    """Return the address to which the provider sends people back."""
    return settings.BASE_URL + reverse("sso_callback", args=[provider.slug])


def create(*, organisation: Organisation, by: User, **fields: Unpack[Fields]) -> IdentityProvider:
    """Make a provider inside `within(organisation)`; raises TakenError for a slug that is taken."""
    try:
        with transaction.atomic():
            row = IdentityProvider.objects.create(organisation=organisation, **fields)
    except IntegrityError as error:
        raise _taken(error) from error
    record(
        organisation=organisation.pk, by=by, action="provider.made", target=row, after=_told(row)
    )
    return row


def _told(provider: IdentityProvider) -> dict[str, object]:
    """What the audit log keeps of a provider; never its secret."""
    plain = {name: getattr(provider, name) for name in TOLD}
    return {**plain, "domains": list(provider.domains)}


def change(*, provider: IdentityProvider, by: User, **fields: Unpack[Fields]) -> int:
    """Change a provider; return how many people it forgot, because it is another one now.

    An empty `client_secret` leaves the secret as it is. Raises TakenError.
    """
    if not fields.get("client_secret"):
        fields.pop("client_secret", None)
    before = _told(provider)
    for name, value in fields.items():
        setattr(provider, name, value)
    try:
        with transaction.atomic():
            provider.save(update_fields=list(fields))
    except IntegrityError as error:
        raise _taken(error) from error
    other = any(getattr(provider, name) != before[name] for name in IDENTITY)
    forgotten = forget(provider=provider) if other else 0
    new_secret = {"new_client_secret": True} if "client_secret" in fields else {}
    record(
        organisation=provider.organisation_id,
        by=by,
        action="provider.changed",
        target=provider,
        before=before,
        after={**_told(provider), **new_secret},
    )
    return forgotten


def forget(*, provider: IdentityProvider) -> int:
    """Forget who its subjects are; each is found by their address again. Returns how many."""
    return ProviderSubject.objects.filter(provider=provider).delete()[0]


def _taken(error: IntegrityError) -> Exception:
    return TakenError() if "slug" in str(error) else error
