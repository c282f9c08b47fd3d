"""Secrets of authenticator apps and recovery codes, sealed at rest like all others."""

import uuid
from typing import Any, ClassVar, Final

from allauth.mfa.adapter import DefaultMFAAdapter

from posture.sealing import Place, Sealed, seal, unseal

SECRETS: Final = {"totp": "secret", "recovery_codes": "seed"}
"""Where allauth keeps the secret of a factor, in the data of its row; passkeys have none."""

PLACE: Final = Place("mfa_authenticator", "data", uuid.UUID(int=0), None)
"""allauth does not say for which row it seals, so these are bound to the table alone."""


class SealedFactors(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """What allauth offers for this: it asks at each use of a secret."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": (
            "The code is not correct. Codes change every 30 seconds; check that your phone's clock "
            "is right."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret with the active key."""
        return str(seal(text, PLACE))

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret; raises CannotOpenError, also for one that was never sealed."""
        return unseal(Sealed(encrypted_text), PLACE)
