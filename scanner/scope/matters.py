"""The four matters of which somebody should be told, event by event (CT-08)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scanner.scope.alert_events import (
    API_CALL,
    CHANGE_SET_CALLS,
    ROOT_CALL,
    ROOT_SIGN_IN,
    TRAIL_CALLS,
    catalog_event,
)
from scanner.scope.event_patterns import Event

CALLERS = ("IAMUser", "AssumedRole")
GRANTING_CALLS = (
    "PutUserPolicy",
    "PutGroupPolicy",
    "PutRolePolicy",
    "CreatePolicyVersion",
    "AttachUserPolicy",
    "AttachGroupPolicy",
    "AttachRolePolicy",
)
"""The changes of IAM policies that can give rights; who alerts on CIS's list hears them all."""


@dataclass(frozen=True, eq=False, slots=True)
class Signal:
    """One event: `bus` is what EventBridge gets, `log` what a trail writes, None for neither."""

    name: str
    bus: Event
    log: Event | None


@dataclass(frozen=True, eq=False, slots=True)
class Matter:
    """What somebody should be told of: all signals of one way; `grave` weighs medium."""

    name: str
    title: str
    grave: bool
    ways: tuple[tuple[Signal, ...], ...]


def _call(service: str, name: str, caller: str) -> Signal:
    detail: Event = {
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "userIdentity": {"type": caller},
    }
    bus: Event = {"source": f"aws.{service}", "detail-type": API_CALL, "detail": detail}
    return Signal(name, bus, detail)


def _calls(service: str, names: tuple[str, ...]) -> tuple[Signal, ...]:
    """Each call by a user and by a role: an alert on one of them misses the other."""
    return tuple(_call(service, name, caller) for name in names for caller in CALLERS)


def _by_root(name: str, event: Event, **more: str) -> Signal:
    known = event["detail"]
    detail: Event = {**(known if isinstance(known, Mapping) else {}), **more}
    return Signal(name, {**event, "detail": detail}, detail)


CHANGE_SETS = Matter(
    "change-sets",
    "change sets",
    grave=True,
    ways=(
        _calls("marketplacecatalog", CHANGE_SET_CALLS),
        (Signal("Change Set Succeeded", catalog_event("Change Set Succeeded"), None),),
    ),
)
ROOT_USE = Matter(
    "root",
    "the root user",
    grave=False,
    ways=(
        (_by_root("sign-in", ROOT_SIGN_IN, eventName="ConsoleLogin", eventType="AwsConsoleSignIn"),),
        (_by_root("calls", ROOT_CALL, eventType="AwsApiCall"),),
    ),
)  # fmt: skip
POLICY_CHANGES = Matter(
    "iam", "changes of IAM policies", grave=False, ways=(_calls("iam", GRANTING_CALLS),)
)
TRAIL_CHANGES = Matter(
    "trails", "changes of trails", grave=True, ways=(_calls("cloudtrail", TRAIL_CALLS),)
)
MATTERS = (CHANGE_SETS, ROOT_USE, POLICY_CHANGES, TRAIL_CHANGES)
