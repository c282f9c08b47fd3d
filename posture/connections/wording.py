"""What the verbs on connections share: their refusal, external ids, and what the audit log keeps."""

import secrets

from posture.models import Account

EXTERNAL_ID_BYTES = 20
"""160 random bits: nobody guesses it, and no two connections share one."""


class InvalidError(ValueError):
    """Something that was typed cannot be used: the name of the field, and a sentence about it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def new_external_id() -> str:
    """Return an id that no other connection has."""
    return f"seller-posture-{secrets.token_hex(EXTERNAL_ID_BYTES)}"


def told(account: Account) -> dict[str, object]:
    """What the audit log keeps of an account; never its external id."""
    return {
        "aws_account": account.aws_account,
        "label": account.label,
        "partition": account.partition,
        "state": account.state,
        "role_arn": account.role_arn,
        "product_types": list(account.profile.get("product_types", [])),
    }
