"""What the page of a finding says about looking at it again."""

from __future__ import annotations

from typing import Any

from posture.access import Scope, scans_of, verifications_of
from posture.models import Finding, LeaseState, Verification
from posture.models.leased import ACTIVE
from posture.scans import why_not

Seen = Verification.Seen

WORDS: dict[str, tuple[str, str]] = {
    Seen.FIXED: ("resolved", "The fault is gone"),
    Seen.GONE: ("none", "The resource is gone"),
    Seen.NOT_APPLICABLE: ("not_applicable", "The control no longer applies"),
    Seen.FAILING: ("failed", "Still there"),
    Seen.NOT_ASSESSED: ("not_assessed", "Could not be seen"),
}
ENDED: dict[str, tuple[str, str]] = {
    LeaseState.FAILED: ("failed", "Nobody could look"),
    LeaseState.CANCELLED: ("cancelled", "Left to a scan"),
}
PHASES = {
    "connecting": "Assuming the role.",
    "reading": "Reading what the control needs.",
    "judging": "Judging what was read.",
    "recording": "Recording the result.",
}


def of(scope: Scope, finding: Finding) -> dict[str, Any]:
    """Return the last look with words for it, and why there can be no other now."""
    rows = verifications_of(scope).filter(finding=finding)
    related = rows.select_related("requested_by", "requested_by_token")
    last = related.order_by("-queued_at", "pk").first()
    if last is not None and last.is_active:
        return {"last": last, "active": True, **_under_way(last)}
    refusal = why_not(finding=finding, account=finding.account)
    scan = None
    if refusal is not None and refusal.code == "scan_under_way":
        active = scans_of(scope).filter(account_id=finding.account_id, state__in=ACTIVE)
        scan = active.values_list("pk", flat=True).first()
    mark, word = _ended(last) if last is not None else ("", "")
    return {
        "last": last,
        "active": False,
        "mark": mark,
        "word": word,
        "why_not": refusal.sentence if refusal is not None else "",
        "scan": scan,
    }


def _under_way(last: Verification) -> dict[str, Any]:
    progress = last.progress if isinstance(last.progress, dict) else {}
    waiting = last.state == LeaseState.QUEUED
    phase = "Waiting for a worker." if waiting else PHASES.get(str(progress.get("phase")), "")
    word = "Waiting" if waiting else "Checking"
    return {"word": word, "phase": phase, "calls": progress.get("calls", 0)}


def _ended(last: Verification) -> tuple[str, str]:
    unknown = (last.state, last.get_state_display())
    return WORDS.get(last.seen, unknown) if last.seen else ENDED.get(last.state, unknown)
