"""Answers of KMS that switch keys of customers off and on; moto takes their ids only, not their ARNs."""

from typing import Any

from moto.backends import get_backend

from sandbox.aws import clock
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.refusals import ApiError

_DOOMED = "PendingDeletion"


def _key(ask: Ask, *, doomed: bool = False) -> Any:
    """moto's key; raises what KMS says of one that is not there, or about to be deleted or not as it has to be."""
    asked: str = ask.params["KeyId"]
    keys: dict[str, Any] = get_backend("kms")[ask.account.account][ask.region].keys
    key = keys.get(asked.rsplit("/", 1)[-1])
    if key is None or "alias/" in asked:
        raise ApiError("NotFoundException", f"Key '{asked}' does not exist")
    if (key.key_state == _DOOMED) != doomed:
        state = f"{key.arn} is pending deletion." if not doomed else f"{key.arn} is not."
        raise ApiError("KMSInvalidStateException", state)
    return key


def enable_key(ask: Ask) -> Answer:
    """Let a key be used again."""
    key = _key(ask)
    key.enabled, key.key_state = True, "Enabled"
    return {}


def disable_key(ask: Ask) -> Answer:
    """Let a key not be used."""
    key = _key(ask)
    key.enabled, key.key_state = False, "Disabled"
    return {}


def schedule_key_deletion(ask: Ask) -> Answer:
    """Delete a key after some days, in which nobody can use it."""
    key, days = _key(ask), ask.params.get("PendingWindowInDays") or 30
    end = clock.days_ago(-days)
    key.enabled, key.key_state = False, _DOOMED
    key.deletion_date = end.replace(tzinfo=None)  # as moto keeps it
    return {
        "KeyId": key.arn,
        "KeyState": _DOOMED,
        "PendingWindowInDays": days,
        "DeletionDate": end,
    }


def cancel_key_deletion(ask: Ask) -> Answer:
    """Keep a key after all; it stays off until it is enabled."""
    key = _key(ask, doomed=True)
    key.key_state, key.deletion_date = "Disabled", None
    return {"KeyId": key.arn}


ANSWERS: dict[str, Handler] = {
    "EnableKey": enable_key,
    "DisableKey": disable_key,
    "ScheduleKeyDeletion": schedule_key_deletion,
    "CancelKeyDeletion": cancel_key_deletion,
}
