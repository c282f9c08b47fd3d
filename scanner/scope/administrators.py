"""Who administers the account: everything on everything, as SELL-09 has it."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.facts.snapshot import Snapshot
from scanner.scope.holder import Holder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.principals import principals
from scanner.vocabulary import Listed, Partial, Unobserved, derived, merged, seen


def is_administrator(holder: Holder) -> bool:
    """Whether what was read of a user or role makes it an administrator, also under conditions.

    False is no proof that it is none: ask `holder.gaps`.
    """
    return bool(holder.administration)


@once_per_snapshot
def administrators(snapshot: Snapshot) -> Listed[Holder]:
    """All users and roles that administer the account; partial when others may by unread policies."""
    everybody = principals(snapshot)
    sure = derived(everybody, lambda one: [one] if is_administrator(one) else [])
    gaps = _gaps_of(one for one in seen(everybody) if not is_administrator(one))
    return merged(sure, Partial((), gaps)) if gaps else sure


def _gaps_of(holders: Iterable[Holder]) -> tuple[Unobserved, ...]:
    return tuple(dict.fromkeys(gap for holder in holders for gap in holder.gaps))
