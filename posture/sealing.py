"""Secrets at rest: sealed with AES-256-GCM for one place, so that they open nowhere else."""

import base64
import binascii
import json
import secrets
import uuid
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = "s1"
NONCE_BYTES = 12


class Place(NamedTuple):
    """Where a secret is kept; without an organisation where it belongs to a person."""

    table: str
    column: str
    row: uuid.UUID
    organisation: uuid.UUID | None


class Sealed(str):
    """A secret as it is stored: `s1.<key id>.<nonce and ciphertext in base64>`."""

    __slots__ = ()

    @property
    def key_id(self) -> str:
        """By which of SECRET_KEYS it was sealed; empty for a text that is none of ours."""
        version, _, rest = self.partition(".")
        return rest.partition(".")[0] if version == VERSION else ""


class CannotOpenError(Exception):
    """A sealed secret cannot be opened; the message names the place and the key, never a secret."""


def active_key() -> str:
    """Return the id of the key that seals: the first of SECRET_KEYS."""
    return next(iter(settings.SECRET_KEYS))


def seal(secret: str, place: Place) -> Sealed:
    """Seal a text for its place with the active key; the same text looks different each time."""
    key_id = active_key()
    nonce = secrets.token_bytes(NONCE_BYTES)
    cipher = AESGCM(settings.SECRET_KEYS[key_id])
    box = nonce + cipher.encrypt(nonce, secret.encode(), _bound_to(key_id, place))
    return Sealed(f"{VERSION}.{key_id}." + base64.urlsafe_b64encode(box).decode())


def unseal(sealed: Sealed, place: Place) -> str:
    """Return the text that was sealed for this place.

    Raises CannotOpenError when its key is missing, and when it was sealed elsewhere (another row,
    column or organisation), by another key of that id, or was changed.
    """
    key_id = sealed.key_id
    where = f"{place.table}.{place.column} of {place.row}"
    key = settings.SECRET_KEYS.get(key_id)
    if key is None:
        message = f"{where} is sealed by key {key_id!r}, which SECRET_KEYS does not have."
        raise CannotOpenError(message)
    try:
        text = sealed.rpartition(".")[2]
        box = base64.b64decode(text, altchars=b"-_", validate=True)
        if base64.urlsafe_b64encode(box).decode() != text:  # base64 has several ways to end
            raise InvalidTag
        nonce, inside = box[:NONCE_BYTES], box[NONCE_BYTES:]
        return AESGCM(key).decrypt(nonce, inside, _bound_to(key_id, place)).decode()
    except (InvalidTag, binascii.Error, ValueError):
        message = (
            f"{where} does not open with key {key_id!r}: it was sealed for another place, with "
            "another key of that id, or changed."
        )
        raise CannotOpenError(message) from None


def _bound_to(key_id: str, place: Place) -> bytes:
    """What is authenticated beside the text; JSON, so that no two places read alike."""
    table, column, row, organisation = place
    return json.dumps([VERSION, key_id, table, column, str(row), str(organisation or "")]).encode()
