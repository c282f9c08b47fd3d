"""Events that somebody should hear of, and which EventBridge patterns let them through (CT-08).

An event is written down as far as it is known; fields that are not named may hold anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from scanner.scope.event_patterns import Event, hears, parsed

API_CALL = "AWS API Call via CloudTrail"
SIGN_IN = "AWS Console Sign In via CloudTrail"
"""Detail types of what EventBridge gets from CloudTrail; both need a trail that logs."""

CATALOG = "aws.marketplacecatalog"
"""Source of the catalog's own events, which need no trail."""
SECURITY_REPORT = "Products Security Report Created"
CHANGE_SET_EVENTS = ("Change Set Succeeded", "Change Set Failed", "Change Set Cancelled")

CHANGE_SET_CALLS = ("StartChangeSet",)
TRAIL_CALLS = ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors")
POLICY_CALLS = (
    "CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion",
    "PutUserPolicy", "PutGroupPolicy", "PutRolePolicy",
    "DeleteUserPolicy", "DeleteGroupPolicy", "DeleteRolePolicy",
    "AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy",
    "DetachUserPolicy", "DetachGroupPolicy", "DetachRolePolicy",
)  # fmt: skip
"""Calls that change who may do what."""

IDENTITY = "userIdentity"


def api_call(service: str, name: str = "", caller: str = "") -> Event:
    """An API call that CloudTrail recorded: "iam", the call's name, the type of its caller."""
    detail: dict[str, str | Event] = {"eventSource": f"{service}.amazonaws.com"}
    if name:
        detail["eventName"] = name
    if caller:
        detail[IDENTITY] = {"type": caller}
    return {"source": f"aws.{service}", "detail-type": API_CALL, "detail": detail}


def catalog_event(detail_type: str) -> Event:
    """An event of the catalog itself, such as "Change Set Failed"."""
    return {"source": CATALOG, "detail-type": detail_type}


ROOT_SIGN_IN: Event = {
    "source": "aws.signin",
    "detail-type": SIGN_IN,
    "detail": {"eventSource": "signin.amazonaws.com", IDENTITY: {"type": "Root"}},
}
ROOT_CALL: Event = {"detail-type": API_CALL, "detail": {IDENTITY: {"type": "Root"}}}
"""A call of any service by the root user."""

LOUD: tuple[Event, ...] = (
    *(catalog_event(one) for one in (*CHANGE_SET_EVENTS, SECURITY_REPORT)),
    *(api_call(service) for service in ("marketplacecatalog", "cloudtrail", "iam")),
    {"source": "aws.signin", "detail-type": SIGN_IN},
)
"""Events that controls ask about, whatever else is in them."""


def hears_any(pattern: str, events: Iterable[Event]) -> bool:
    """Say whether a pattern may let any of some events through; raises ValueError for no pattern."""
    return any(hears(pattern, event) for event in events)


def hears_root(pattern: str) -> bool:
    """Say whether a pattern singles out what the root user does, or may do so.

    A pattern about one service hears root there too; only one that asks for the caller is meant.
    Raises ValueError for a text that is no pattern.
    """
    said = parsed(pattern)
    return (
        said is not None and IDENTITY in pattern and hears_any(pattern, (ROOT_SIGN_IN, ROOT_CALL))
    )


def may_alert(pattern: str) -> bool:
    """Say whether a rule may tell somebody of these events; one that nobody can read may."""
    try:
        return hears_any(pattern, LOUD) or hears_root(pattern)
    except ValueError:
        return True
