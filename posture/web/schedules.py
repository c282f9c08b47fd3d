"""Schedules on pages: the form's values, its runs before anything is saved, and what is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest

from posture import connections
from posture.models import Account, Schedule, User
from posture.web.forms import ScheduleForm


def said(schedule: Schedule | None) -> dict[str, Any]:
    """The schedule as a form shows it; a new one is daily."""
    if schedule is None:
        return {"preset": "daily", "zone": "UTC", "cron": ""}
    names = ("preset", "zone", "cron", "quiet_from", "quiet_until")
    return {name: getattr(schedule, name) for name in names}


def saved(row: Account, form: ScheduleForm, by: User | None) -> bool:
    """Set the schedule; what cannot be used is said beside its field."""
    try:
        connections.set_schedule(account=row, by=by, **form.cleaned_data)
    except connections.InvalidError as refusal:
        refuse(form, refusal)
        return False
    return True


def refuse(form: forms.Form, refusal: connections.InvalidError) -> None:
    """Say beside its field what cannot be used; above the form when it has no such field."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


def wants_to_look(request: HttpRequest) -> bool:
    """Whether the form was sent to see its runs, not to save it."""
    return request.method == "POST" and request.POST.get("then") == "look"


def planned_of(
    row: Account, form: ScheduleForm | None, schedule: Schedule | None
) -> dict[str, Any] | None:
    """The next runs of what the form says, or of what is stored; None where it cannot be used.

    What cannot be used is said beside its field.
    """
    plan = schedule
    if form is not None and form.is_bound:
        if not form.is_valid():
            return None
        try:
            plan = connections.planned(account=row, **form.cleaned_data)
        except connections.InvalidError as refusal:
            refuse(form, refusal)
            return None
    plan = plan or connections.planned(account=row, **said(None))
    runs = [_run(at, plan.zone) for at in plan.next_runs()]
    return {"runs": runs, "saved": plan is schedule, "off": not runs}


def _run(at: datetime, zone: str) -> dict[str, Any]:
    """A run in UTC, and what clocks in its zone show then."""
    here = at.astimezone(ZoneInfo(zone))
    return {"at": at, "local": f"{here:%a} {here.day} {here:%b %Y, %H:%M %Z}"}
