"""The own state of an account as JSON, and changes to it from JSON."""

from dataclasses import fields
from typing import Any

from cattrs.preconf.json import make_converter

from sandbox.aws.state import AccountState

_CONVERTER = make_converter(forbid_extra_keys=True)


def as_json(state: AccountState) -> dict[str, Any]:
    """The state as plain JSON values; moments are ISO 8601 text."""
    plain: dict[str, Any] = _CONVERTER.unstructure(state)
    return plain


def take_changes(state: AccountState, changes: dict[str, Any]) -> None:
    """Replace whole fields of the state; raises ValueError and changes nothing when one does not fit."""
    unknown = changes.keys() - {one.name for one in fields(AccountState)}
    if unknown or "account" in changes:
        raise ValueError(
            f"not a field that can be changed: {', '.join(sorted(unknown) or ['account'])}"
        )
    try:
        changed = _CONVERTER.structure(as_json(state) | changes, AccountState)
    except Exception as error:  # cattrs groups all that it finds wrong into one exception
        raise ValueError(f"the change does not fit: {error}") from error
    for name in changes:
        setattr(state, name, getattr(changed, name))
