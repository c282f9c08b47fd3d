"""Issuing and verifying the API's bearer tokens (reliability.md D.9).

The text is `spt_<12 key>.<32 secret><6 checksum>` in base62. It is shown once; stored is an
HMAC-SHA-256 of it under a numbered pepper from the settings, of which the highest signs.
"""

import hashlib
import hmac
import re
import secrets
import uuid
import zlib
from collections.abc import Collection, Iterable
from datetime import timedelta
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from posture.auditing import record
from posture.models import (
    Account,
    ApiToken,
    Organisation,
    ServiceAccount,
    TokenAccount,
    User,
    database_now,
)
from posture.models.crossing import token_with_key
from posture.models.tenancy import within

SCOPES = (
    "findings:read",
    "findings:triage",
    "scans:run",
    "exports:read",
    "webhooks:manage",
    "admin",
)
DEFAULT_DAYS, LONGEST_DAYS = 90, 365
DEFAULT_OVERLAP_HOURS, LONGEST_OVERLAP_HOURS = 24, 7 * 24

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY, _SECRET, _CHECKSUM = 12, 32, 6
_TEXT = re.compile(r"spt_([0-9A-Za-z]{12})\.[0-9A-Za-z]{32}([0-9A-Za-z]{6})")


class RefusedError(Exception):
    """The token does not open the door; `code` is for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class MadeAlreadyError(Exception):
    """The form was sent again: it made its token the first time."""


@transaction.atomic
def issue(  # noqa: PLR0913 - a token has that many properties, all by keyword
    *,
    organisation: Organisation,
    by: User | None,
    name: str,
    scopes: Collection[str],
    accounts: Iterable[Account] = (),
    networks: Collection[str] = (),
    days: int = DEFAULT_DAYS,
    owner: ServiceAccount | None = None,
    pk: uuid.UUID | None = None,
) -> tuple[ApiToken, str]:
    """Make a token inside `within(organisation)`; return its row and its text, shown this once.

    `networks` are CIDR texts; without an `owner` it belongs to the service account of its own name,
    which is made where there is none. Raises ValueError, with a sentence for people, for an unknown
    scope, a network that is none, a blank name, a disabled owner or a life outside 1 to 365 days;
    and MadeAlreadyError when there is a token with the id `pk` already.
    """
    _check(name, scopes, days)
    nets = [_network(network.strip()) for network in networks]
    name = name.strip()
    owner = (
        owner
        or ServiceAccount.objects.get_or_create(
            organisation=organisation, name=name, defaults={"created_by": by}
        )[0]
    )
    _check_owner(owner)
    named = [account.pk for account in accounts]
    token = ApiToken(
        pk=pk or uuid.uuid4(),
        organisation=organisation,
        service_account=owner,
        name=name,
        scopes=sorted(set(scopes)),
        restricted=bool(named),
        networks=nets,
        expires_at=database_now() + timedelta(days=days),
        created_by=by,
    )
    text = _stored(token, named)
    record(
        organisation=organisation.pk,
        by=by,
        action="token.issued",
        target=token,
        after=_told(token, owner),
    )
    return token, text


def _told(token: ApiToken, owner: ServiceAccount) -> dict[str, object]:
    """What the audit log keeps of a token; never its text or digest."""
    named = TokenAccount.objects.filter(token=token).values_list("account__aws_account", flat=True)
    return {
        "service_account": owner.name,
        "scopes": token.scopes,
        "accounts": sorted(named) if token.restricted else "all",
        "networks": token.networks or "everywhere",
        "expires_at": token.expires_at,
    }


def make_service_account(
    *, organisation: Organisation, by: User | None, name: str, purpose: str
) -> ServiceAccount:
    """Make a service account, inside `within`; raises ValueError, in words, for a name in use."""
    name = name.strip()
    made, new = ServiceAccount.objects.get_or_create(
        organisation=organisation,
        name=name,
        defaults={"purpose": purpose.strip(), "created_by": by},
    )
    if not new:
        message = f"There is a service account {name} already. Choose another name."
        raise ValueError(message)
    record(
        organisation=organisation.pk,
        by=by,
        action="service_account.made",
        target=made,
        after={"purpose": made.purpose},
    )
    return made


def allow_service_account(
    *, service_account: ServiceAccount, by: User | ApiToken | None, active: bool
) -> bool:
    """Enable or disable a service account, inside `within`; False if it was so already.

    Disabled, all of its tokens are refused at once.
    """
    rows = ServiceAccount.objects.filter(pk=service_account.pk).exclude(active=active)
    if not rows.update(active=active):
        return False
    service_account.active = active
    record(
        organisation=service_account.organisation_id,
        by=by,
        action="service_account.enabled" if active else "service_account.disabled",
        target=service_account,
    )
    return True


def rotate(
    *,
    token: ApiToken,
    by: User | None,
    overlap_hours: int = DEFAULT_OVERLAP_HOURS,
    pk: uuid.UUID | None = None,
) -> tuple[ApiToken, str]:
    """Make a token like this one, inside `within`; the old one ends after the overlap, or before.

    The new one may do the same from the same places for as many days; its row and its text are
    returned. Raises ValueError, with a sentence for people, for a token that is revoked, expired or
    rotated already, a disabled service account, and an overlap outside 0 to 168 hours; and
    MadeAlreadyError when the one with the id `pk` is what this one was rotated to.
    """
    if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
        message = f"Let both tokens work for 0 to {LONGEST_OVERLAP_HOURS} hours."
        raise ValueError(message)
    old = ApiToken.objects.select_for_update().get(pk=token.pk)
    if pk is not None and ApiToken.objects.filter(pk=pk, replaces=old).exists():
        raise MadeAlreadyError
    _check_rotatable(old)
    now = database_now()
    life = round((old.expires_at - old.created_at) / timedelta(days=1))
    new = ApiToken(
        pk=pk or uuid.uuid4(),
        organisation_id=old.organisation_id,
        service_account=old.service_account,
        replaces=old,
        name=old.name,
        scopes=old.scopes,
        restricted=old.restricted,
        networks=old.networks,
        expires_at=now + timedelta(days=min(max(life, 1), LONGEST_DAYS)),
        created_by=by,
    )
    named = TokenAccount.objects.filter(token=old).values_list("account_id", flat=True)
    text = _stored(new, list(named))
    old.expires_at = min(old.expires_at, now + timedelta(hours=overlap_hours))
    old.save(update_fields=["expires_at"])
    record(
        organisation=old.organisation_id,
        by=by,
        action="token.rotated",
        target=old,
        after={"old_ends_at": old.expires_at, "new_expires_at": new.expires_at},
    )
    return new, text


def _stored(token: ApiToken, accounts: Iterable[uuid.UUID]) -> str:
    """Give a new token its key and secret and store it; returns its text.

    Raises MadeAlreadyError for an id that is taken, and says not by whom.
    """
    key = _random(_KEY)
    body = f"spt_{key}.{_random(_SECRET)}"
    text = body + checksum(body)
    token.key, token.pepper = key, max(settings.TOKEN_PEPPERS)
    token.digest = _digest(text, token.pepper)
    try:
        with transaction.atomic():
            token.save(force_insert=True)
    except IntegrityError as taken:
        raise MadeAlreadyError from taken
    TokenAccount.objects.bulk_create(
        TokenAccount(organisation_id=token.organisation_id, token=token, account_id=account)
        for account in accounts
    )
    return text


def revoke(*, token: ApiToken, by: User | ApiToken | None) -> bool:
    """Refuse a token from now on, inside `within` its organisation; False if it was revoked."""
    if not ApiToken.objects.filter(pk=token.pk, enabled=True).update(enabled=False):
        return False
    record(
        organisation=token.organisation_id,
        by=by,
        action="token.revoked",
        target=token,
        before={"enabled": True},
        after={"enabled": False},
    )
    return True


def verify(text: str, address: str) -> ApiToken:
    """Return the token with this text, used from this IP address; raises RefusedError.

    Outside of any transaction. Notes when it was used, at most once a minute, and signs it anew
    when the pepper has changed. Nobody learns whether a key exists from a wrong secret.
    """
    match = _TEXT.fullmatch(text)
    if match is None or not hmac.compare_digest(match[2], checksum(text[:-_CHECKSUM])):
        raise RefusedError("token_malformed", "This is not a token of ours, or it is mistyped.")
    place = token_with_key(match[1])
    if place is None:
        _digest(text, max(settings.TOKEN_PEPPERS))  # as slow as if there were one
        raise _unknown()
    with within(place.organisation):
        tokens = ApiToken.objects.select_related("service_account")
        token = tokens.filter(pk=place.id).first()
        if token is None or not _proves(token, text):
            raise _unknown()
        _check_usable(token, address)
        _note_use(token, text)
    return token


def checksum(body: str) -> str:
    """Return the CRC32 of everything before it, as six base62 digits."""
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM):
        rest, digit = divmod(rest, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def _network(text: str) -> str:
    """Return a network in its usual form; raises ValueError, in words."""
    try:
        return str(ip_network(text))
    except ValueError as wrong:
        message = f"{text} is no network; write one like 203.0.113.0/24."
        if "host bits" in str(wrong):
            message = f"{text} is an address in a network; write {ip_network(text, strict=False)}."
        raise ValueError(message) from wrong


def _check(name: str, scopes: Collection[str], days: int) -> None:
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        message = f"Choose one or more of these scopes: {', '.join(SCOPES)}."
        raise ValueError(message)
    if not name.strip():
        message = "Give the token a name that says who uses it."
        raise ValueError(message)
    if not 1 <= days <= LONGEST_DAYS:
        message = f"A token lives from 1 to {LONGEST_DAYS} days."
        raise ValueError(message)


def _check_owner(owner: ServiceAccount) -> None:
    if not owner.active:
        message = f"The service account {owner.name} is disabled. Enable it first."
        raise ValueError(message)


def _check_rotatable(token: ApiToken) -> None:
    _check_owner(token.service_account)
    message = ""
    if not token.enabled:
        message = "This token was revoked. Make a new one instead."
    elif token.expires_at <= database_now():
        message = "This token has expired. Make a new one instead."
    elif ApiToken.objects.filter(replaces=token).exists():
        message = "This token was rotated already. Rotate the one that replaced it."
    if message:
        raise ValueError(message)


def _proves(token: ApiToken, text: str) -> bool:
    if token.pepper not in settings.TOKEN_PEPPERS:
        return False
    return hmac.compare_digest(token.digest, _digest(text, token.pepper))


def _check_usable(token: ApiToken, address: str) -> None:
    if not token.enabled:
        raise RefusedError("token_revoked", "This token was revoked.")
    if not token.service_account.active:
        raise RefusedError("service_account_disabled", "The service account is disabled.")
    if token.expires_at <= database_now():
        raise RefusedError("token_expired", "This token has expired; make a new one.")
    if token.networks and not _inside(address, token.networks):
        raise RefusedError("token_network", "This token may not be used from your address.")


def _inside(address: str, networks: Iterable[str]) -> bool:
    try:
        here = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(here, "ipv4_mapped", None) or here
    return any(mapped in ip_network(network) for network in networks)


def _note_use(token: ApiToken, text: str) -> None:
    newest = max(settings.TOKEN_PEPPERS)
    if token.pepper != newest:
        token.pepper, token.digest = newest, _digest(text, newest)
        token.save(update_fields=["pepper", "digest"])
    a_while_ago = Q(last_used_at__isnull=True) | Q(last_used_at__lt=Now() - timedelta(minutes=1))
    ApiToken.objects.filter(a_while_ago, pk=token.pk).update(last_used_at=Now())


def _digest(text: str, pepper: int) -> str:
    return hmac.new(settings.TOKEN_PEPPERS[pepper], text.encode(), hashlib.sha256).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_DIGITS) for _ in range(length))


def _unknown() -> RefusedError:
    return RefusedError("token_unknown", "No such token.")
