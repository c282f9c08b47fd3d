"""Who came back from an identity provider: a member of its organisation, or nobody."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from posture.models import IdentityProvider, Membership, ProviderSubject, User

log = logging.getLogger(__name__)

NOBODY = (
    "{name} knows you, but you cannot sign in here with it. Ask an owner or admin of your "
    "organisation to add you with this address."
)
"""The same for people who are unknown, of other organisations, deactivated, or known otherwise."""

NO_EMAIL = "{name} does not say your email address. Whoever runs it has to send the claim email."
UNVERIFIED = (
    "{name} does not say that it verified your email address. Whoever runs it has to send the claim "
    "email_verified."
)
ELSEWHERE = "{name} may not speak for your email address. An owner or admin can add its domain."
LONGEST_SUBJECT = 255
"""Characters; OpenID Connect Core, section 2."""


class RefusedError(Exception):
    """Nobody is signed in; the message is for people."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider proved about somebody."""

    subject: str
    email: str
    verified: bool
    with_factor: bool
    """Whether it says that they gave a second factor."""
    proved_at: float
    """When they last proved there who they are, in seconds since 1970; 0 where it does not say."""

    @property
    def domain(self) -> str:
        """What the address ends on, in small letters."""
        return self.email.rpartition("@")[2].lower()


def find(*, provider: IdentityProvider, claims: Claims) -> User:
    """Return the member whom the claims are about, inside `within` the provider's organisation.

    By the subject, or the first time by the verified address. Raises RefusedError for all others.
    """
    if not claims.email:
        raise RefusedError(NO_EMAIL.format(name=provider.name))
    if not claims.verified:
        raise RefusedError(UNVERIFIED.format(name=provider.name))
    if not _is_plain(claims.email) or claims.domain not in provider.domains:
        raise RefusedError(ELSEWHERE.format(name=provider.name))
    user = _user(provider, claims)
    members = Membership.objects.filter(organisation=provider.organisation_id, user=user)
    if user is None or not user.is_active or not members.exists():
        log.warning("stranger came from a provider", extra={"provider": str(provider.pk)})
        raise RefusedError(NOBODY.format(name=provider.name))
    return user


def _user(provider: IdentityProvider, claims: Claims) -> User | None:
    if not _is_plain(claims.subject) or not 0 < len(claims.subject) <= LONGEST_SUBJECT:
        return None
    known = ProviderSubject.objects.filter(provider=provider)
    row = known.filter(subject=claims.subject).select_related("user").first()
    if row is not None:
        return row.user
    # One who is known by another subject was given up by the provider, and their address to another.
    others = known.values("user")
    return User.objects.filter(email=claims.email.lower()).exclude(pk__in=others).first()


def _is_plain(text: str) -> bool:
    """Whether it is printable ASCII: no two spellings that look, or are stored, alike."""
    return text.isascii() and text.isprintable()


def admit(*, provider: IdentityProvider, claims: Claims) -> User:
    """Return the member to sign in, and remember their subject; raises RefusedError."""
    user = find(provider=provider, claims=claims)
    used = ProviderSubject.objects.filter(provider=provider, subject=claims.subject, user=user)
    if used.update(last_used_at=Now()):
        return user
    try:
        with transaction.atomic():
            ProviderSubject.objects.create(
                organisation_id=provider.organisation_id,
                provider=provider,
                user=user,
                subject=claims.subject,
            )
    except IntegrityError as error:
        raise RefusedError(NOBODY.format(name=provider.name)) from error
    log.info("subject linked", extra={"provider": str(provider.pk), "user": str(user.pk)})
    return user
