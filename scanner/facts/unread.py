"""Facts of a service that nobody read: every list and value of it is the same gap."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from scanner.vocabulary import Unobserved

F = TypeVar("F", bound=object)

NOT_READ = Unobserved("", "NotRead")
"""The scan's topics did not ask for it."""


def unread(kind: type[F], gap: Unobserved = NOT_READ) -> F:
    """Give facts of a dataclass such as IamFacts, in which everything that can be is `gap`."""
    hints = hints_of(cast(Hashable, kind))
    return kind(**{name: _nothing(hint, gap) for name, hint in hints.items()})


@cache
def hints_of(kind: Any) -> dict[str, Any]:
    """Give the resolved types of a dataclass's fields, those that its maker does not take left out."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.init}


def may_be_unobserved(hint: Any) -> bool:
    """Whether a field of this type can say that it was not read."""
    return any(isinstance(one, type) and issubclass(one, Unobserved) for one in get_args(hint))


def _nothing(hint: Any, gap: Unobserved) -> object:
    if may_be_unobserved(hint):
        return gap
    origin = get_origin(hint)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {}
    return ()
