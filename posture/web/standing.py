"""Where one account stands: its topics, what changed, what to do next, what could not be seen."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import IntegerField, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from posture import catalogue
from posture.access import Scope, events_of, findings_of, results_of, scans_of, scores_of
from posture.models import Account, ControlResult, Finding, FindingEvent, Scan, ScorePoint
from posture.models.leased import ACTIVE, LeaseState
from posture.templatetags.moments import absolute
from posture.web import filters, history

SEVERITIES = filters.SEVERITIES
HISTORY_DAYS = 90
MOVES_AT_MOST = 5
EVENTS_AT_MOST = 8
EVENTS_LOOKED_AT = 60
ALIKE_AT_MOST = 3
ACTIONS_AT_MOST = 4
TODO_AT_MOST = 3
STALE_AFTER_DAYS = 3
MOVES = (
    FindingEvent.Kind.OPENED,
    FindingEvent.Kind.REOPENED,
    FindingEvent.Kind.RESOLVED,
    FindingEvent.Kind.SEVERITY_CHANGED,
)
LOOKS = {
    "opened": ("fail", "Opened"),
    "reopened": ("fail", "Reopened"),
    "resolved": ("pass", "Resolved"),
}


@dataclass(frozen=True, slots=True)
class Unseen:
    """What the last scan could not assess: how many controls, and which actions were missing.

    `partly` counts those of the controls that were judged on some resources and not on others.
    """

    count: int
    partly: int
    actions: tuple[str, ...]
    more_actions: int

    @property
    def words(self) -> str:
        """Say "3 controls not seen"; "not fully seen" when all of them were seen in part."""
        fully = "fully " if self.count == self.partly else ""
        return f"{self.count} control{'' if self.count == 1 else 's'} not {fully}seen"


def unseen_of(results: Sequence[ControlResult]) -> Unseen:
    """Sum up the controls that were not assessed."""
    missing = [
        one
        for one in results
        if one.status == "not_assessed" or (one.not_assessed and not one.is_attested)
    ]
    partly = sum(one.status != "not_assessed" for one in missing)
    named = (name.strip() for one in missing for name in one.missing_action.split(","))
    actions = tuple(dict.fromkeys(name for name in named if name))
    more = max(0, len(actions) - ACTIONS_AT_MOST)
    return Unseen(len(missing), partly, actions[:ACTIONS_AT_MOST], more)


def assessed_of(results: Sequence[ControlResult]) -> str:
    """Say "14 controls assessed wholly, 3 partly, 1 not at all, 5 not applicable"; "" for none."""
    if not results:
        return ""
    times = Counter(_extent(one) for one in results)
    seen = "control" if times["wholly"] == 1 else "controls"
    parts = [f"{times['wholly']} {seen} assessed wholly"]
    parts += [f"{times[how]} {how}" for how in ("partly", "not at all")]
    rest = ("attested, not seen", "not applicable", "for you to confirm")
    return ", ".join(parts + [f"{times[how]} {how}" for how in rest if times[how]])


def _extent(result: ControlResult) -> str:
    if result.is_attested:
        return "attested, not seen"
    named = EXTENTS.get(result.status)
    return named or ("partly" if result.not_assessed else "wholly")


EXTENTS = {
    "not_assessed": "not at all",
    "not_applicable": "not applicable",
    "manual": "for you to confirm",
}


def range_of(score: int | None, low: int | None) -> str:
    """Say "64\u201381", or nothing when the bound is the score."""
    return f"{low}\u2013{score}" if score is not None and low not in {None, score} else ""


def count_of(account: Account, severity: str) -> int:
    """How many findings of a severity are open, as the last recording left it."""
    number: int = getattr(account, f"open_{severity}")
    return number


def open_of(account: Account) -> int:
    """How many findings are open."""
    return sum(count_of(account, severity) for severity in SEVERITIES)


def topics_of(account: Account) -> list[dict[str, Any]]:
    """The eight topics, worst first, those that do not apply last."""
    stored = account.topics if isinstance(account.topics, dict) else {}
    rows: list[dict[str, Any]] = [
        _topic(code, title, stored[code])
        for code, title in catalogue.topics().items()
        if code in stored
    ]
    return sorted(rows, key=_harm)


def _harm(row: dict[str, Any]) -> tuple[bool, int, int]:
    score, low = row["score"], row["low"]
    return (
        not row["applicable"],
        NO_SCORE if score is None else score,
        NO_SCORE if low is None else low,
    )


def _topic(code: str, title: str, stored: dict[str, Any]) -> dict[str, Any]:
    opened = {severity: stored["open"].get(severity, 0) for severity in SEVERITIES}
    found = [severity for severity in SEVERITIES if opened[severity]]
    worst = found[0] if found else ""
    unseen = stored["not_assessed"]
    notes = [f"{opened[severity]} {severity}" for severity in found[1:]]
    notes += [f"{unseen} not seen"] if unseen and found else []
    notes += [f"{stored['waived']} waived"] if stored["waived"] else []
    notes += [f"{stored['manual']} for you to confirm"] if stored["manual"] else []
    return {
        **stored,
        "code": code,
        "title": title,
        "range": range_of(stored["score"], stored["low"]),
        "worst": worst,
        "worst_count": opened.get(worst, 0),
        "unseen_words": f"{unseen} not seen",
        "all_passed": stored["score"] is not None and not unseen and not stored["waived"],
        "notes": ", ".join(notes),
    }


def change_of(points: Sequence[ScorePoint]) -> dict[str, str] | None:
    """What the last scan did to the score; None when there is nothing to compare with."""
    if len(points) < 2:  # noqa: PLR2004 - a change needs two
        return None
    before, now = points[-2], points[-1]
    if before.score is None or now.score is None:
        return {"words": f"Compared with {absolute(before.at)}"}
    gain = now.score - before.score
    words = f"{gain:+d}".replace("-", "\u2212") if gain else "Unchanged"
    return {"words": f"{words} since {absolute(before.at)}"}


def moves_of(scope: Scope, account: Account) -> list[dict[str, Any]]:
    """What the last recorded scan opened, resolved, reopened or judged anew."""
    events = events_of(scope).filter(account=account, scan=account.last_scan_id, kind__in=MOVES)
    rows = events.select_related("finding").order_by("-at", "-pk")[:MOVES_AT_MOST]
    return [
        {
            "look": LOOKS.get(event.kind, ("warn", ""))[0],
            "word": LOOKS.get(event.kind, ("", "Severity"))[1],
            "finding": event.finding,
            "title": title_of(event.finding),
        }
        for event in rows
    ]


def title_of(finding: Finding) -> str:
    """What was seen, as a title."""
    return str(finding.reasons[0]).removesuffix(".") if finding.reasons else finding.control


def events_of_account(scope: Scope, account: Account) -> list[dict[str, Any]]:
    """The latest events of findings, and the latest scans that ended, newest first.

    Of what one scan did many times over only the first few are told; the scan's line has the count.
    """
    events = events_of(scope).filter(account=account).select_related("finding")
    latest = events.defer("finding__evidence", "finding__values").order_by("-at", "-pk")
    told: list[dict[str, Any]] = []
    times: Counter[tuple[Any, str]] = Counter()
    for event in latest[:EVENTS_LOOKED_AT]:
        times[event.scan_id, event.kind] += 1
        if event.scan_id is None or times[event.scan_id, event.kind] <= ALIKE_AT_MOST:
            told.append(_happened(event))
    scans = scans_of(scope).filter(account=account, finished_at__isnull=False)
    told += [_ended(scan) for scan in scans.order_by("-queued_at")[: EVENTS_AT_MOST // 2]]
    return sorted(told, key=lambda one: one["at"], reverse=True)[:EVENTS_AT_MOST]


def _happened(event: FindingEvent) -> dict[str, Any]:
    return {
        "at": event.at,
        "what": f"{history.brief(event)}:",
        "url": reverse("finding", args=[event.finding_id]),
        "title": title_of(event.finding),
        "note": f"{event.finding.control} {event.finding.resource_name}",
    }


def _ended(scan: Scan) -> dict[str, Any]:
    calls, denied = scan.progress.get("calls", 0), scan.progress.get("denied", 0)
    failed = scan.state in {LeaseState.FAILED, LeaseState.CANCELLED}
    changes = [f"{scan.counts[one]} {one}" for one in CHANGES if scan.counts.get(one)]
    return {
        "at": scan.finished_at,
        "what": f"Scan {scan.state}:" if failed else "Scan done:",
        "url": reverse("scan", args=[scan.pk]),
        "title": scan.reason if failed else ", ".join([*changes, f"{calls} calls"]),
        "note": f"{denied} refused" if denied and not failed else "",
    }


CHANGES = ("opened", "resolved", "reopened")


def points_of(scope: Scope, account: Account) -> list[ScorePoint]:
    """The score history that the chart shows, oldest first; the change since the last scan too."""
    since = timezone.now() - dt.timedelta(days=HISTORY_DAYS)
    rows = scores_of(scope).filter(account=account).defer("topics")
    recent = list(rows.filter(at__gte=since).order_by("at", "pk"))
    return recent or list(reversed(rows.order_by("-at", "-pk")[:2]))


def scans_in_question(scope: Scope, account: Account) -> dict[str, Scan | None]:
    """The scan that runs or waits, and the last one if it failed."""
    latest = list(scans_of(scope).filter(account=account).order_by("-queued_at", "-pk")[:2])
    active = next((scan for scan in latest if scan.state in ACTIVE), None)
    ended = next((scan for scan in latest if scan.state not in ACTIVE), None)
    failed = ended if ended is not None and ended.state == LeaseState.FAILED else None
    return {"active_scan": active, "failed_scan": failed}


def stale_days(account: Account) -> int:
    """How old what we show is, in days, when that is worth a warning; else 0."""
    if account.scored_at is None:
        return 0
    days = (timezone.now() - account.scored_at).days
    return days if days >= STALE_AFTER_DAYS else 0


def notices_of(scope: Scope, account: Account, results: Sequence[ControlResult]) -> dict[str, Any]:
    """What must be said before the page is believed."""
    return {
        **scans_in_question(scope, account),
        "stale_days": stale_days(account),
        "unseen": unseen_of(results),
        "assessed": assessed_of(results),
    }


NO_SCORE = 101
WORST_FIRST = ("ranked", "label", "id")


def ranked(accounts: QuerySet[Account]) -> QuerySet[Account]:
    """Annotate accounts with `ranked`, by which those without a score come last."""
    return accounts.annotate(ranked=Coalesce("score", Value(NO_SCORE), output_field=IntegerField()))


def results_for(scope: Scope, account: Account) -> list[ControlResult]:
    """What the last scan says about each control, by control."""
    return list(results_of(scope).filter(account=account).order_by("control"))


def worst_per_control(scope: Scope, account: Account) -> list[Finding]:
    """One open finding per control: the one that gains most."""
    rows = filters.narrowed(filters.marked(findings_of(scope)), filters.Filters())
    best = rows.filter(account=account).order_by("control", "-points", "severity_rank", "pk")
    return list(best.distinct("control").defer("evidence", "values"))
