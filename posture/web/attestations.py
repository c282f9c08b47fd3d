"""What people confirm where no API decides: the list of an account, one item, its answers."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from posture import catalogue
from posture.access import Scope, accounts_of, attestations_of, may, results_of, scope_of
from posture.models import Account, Attestation, ControlResult
from posture.scans import NotAttestableError, Said, attest, withdraw
from posture.templatetags.names import visible
from posture.web import evidence
from posture.web.doors import find, page, require
from posture.web.forms_attestation import AttestationForm

HISTORY_AT_MOST = 20
REFUSED_DAYS = 90
"""What we propose where the role should be given the right instead."""
SEEN = "Ended by what a scan saw"
ENDS = {"expired": "Expired", "replaced": "Replaced", "withdrawn": "Withdrawn"}


@require_safe
@page()
def attestations(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """List the items of an account that wait for an answer or have one, by topic."""
    scope = scope_of(request)
    row = find(accounts_of(scope), pk, "account")
    answers = {one.control: one for one in _in_force(scope, row)}
    open_items = {one.control: one for one in _results(scope, row).filter(asked=True)}
    asked = [one for one in catalogue.controls() if one.id in open_items | answers.keys()]
    topics = [
        {
            "title": title,
            "rows": [
                {"control": one, "answer": answers.get(one.id), "result": open_items.get(one.id)}
                for one in asked
                if one.topic == code
            ],
        }
        for code, title in catalogue.topics().items()
    ]
    context = {
        "place": "accounts",
        "here": row,
        "topics": [topic for topic in topics if topic["rows"]],
        "waiting": len([one for one in asked if one.id not in answers]),
        "answered": len(answers),
    }
    return render(request, "attestations/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page()
def attestation(request: HttpRequest, pk: uuid.UUID, control_id: str) -> HttpResponse:
    """Show one item with its hints and answers; POST answers it."""
    scope = scope_of(request)
    row = find(accounts_of(scope), pk, "account")
    about = next((one for one in catalogue.controls() if one.id == control_id), None)
    if about is None or not (about.attestation or _was_asked(scope, row, control_id)):
        message = "There is nothing of this name for people to confirm."
        raise Http404(message)
    if request.method != "POST":
        return _shown(request, row, about, _empty_form(about))
    require(request, "triage")
    form = AttestationForm(request.POST, request.FILES)
    if form.is_valid() and _answered(scope, row, about, form):
        messages.success(request, f"Your answer to {about.id} is recorded and counts from now on.")
        return redirect("attestations", row.pk)
    return _shown(request, row, about, form, status=400)


def _answered(
    scope: Scope, row: Account, about: catalogue.ControlPage, form: AttestationForm
) -> bool:
    if scope.user is None:
        form.add_error(None, "Only a person can answer. Sign in, then answer.")
        return False
    said = form.cleaned_data
    document = said["document"]
    last_day = dt.datetime.combine(said["valid_until"], dt.time.max, tzinfo=dt.UTC)
    try:
        attest(
            account=row,
            control_id=about.id,
            by=scope.user,
            said=Said(
                answer=said["answer"],
                valid_until=last_day.replace(microsecond=0),
                note=said["note"],
                evidence_url=said["evidence_url"],
                evidence_name=document.name if document else "",
                evidence=document.read() if document else None,
            ),
        )
    except NotAttestableError as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


@require_POST
@page("triage")
def withdrawal(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take an answer back: the item waits for one again."""
    scope = scope_of(request)
    row = find(attestations_of(scope).select_related("account"), pk, "answer")
    try:
        done = scope.user is not None and withdraw(attestation=row, by=scope.user)
    except NotAttestableError as refusal:
        messages.error(request, str(refusal))
    else:
        said = f"The answer to {row.control} is withdrawn."
        ended = f"The answer to {row.control} had ended before; nothing was changed."
        messages.success(request, said if done else ended)
    return redirect("attestation", row.account_id, row.control)


@require_safe
@page()
def document(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Give the document of an answer, as a file to keep: nothing of it is ever shown in a page."""
    row = find(attestations_of(scope_of(request)).filter(evidence__isnull=False), pk, "document")
    response = HttpResponse(bytes(row.evidence or b""), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{row.control}-evidence.bin"'
    response.headers["Content-Security-Policy"] = "sandbox"
    return response


def _was_asked(scope: Scope, row: Account, control_id: str) -> bool:
    """Whether a refused call leaves it to people, or somebody attested it once."""
    asked = _results(scope, row).filter(control=control_id, asked=True)
    answers = attestations_of(scope).filter(account=row, control=control_id)
    return bool(asked.exists() or answers.exists())


def _results(scope: Scope, row: Account) -> Any:
    return results_of(scope).filter(account=row)


def _in_force(scope: Scope, row: Account) -> Any:
    rows = attestations_of(scope).filter(account=row, ended_at__isnull=True)
    return rows.select_related("by").defer("evidence")


def _empty_form(about: catalogue.ControlPage) -> AttestationForm:
    days = about.attestation.valid_days if about.attestation else REFUSED_DAYS
    last = timezone.now().date() + dt.timedelta(days=days)
    return AttestationForm(initial={"valid_until": last.isoformat()})


def _shown(
    request: HttpRequest,
    row: Account,
    about: catalogue.ControlPage,
    form: AttestationForm,
    status: int = 200,
) -> HttpResponse:
    scope = scope_of(request)
    result: ControlResult | None = _results(scope, row).filter(control=about.id).first()
    answers = attestations_of(scope).filter(account=row, control=about.id)
    listed = answers.select_related("by", "ended_by").defer("evidence").order_by("-at", "pk")
    history = [_told(one) for one in listed[:HISTORY_AT_MOST]]
    current = next((one for one in history if not one["row"].end), None)
    asked = result is not None and result.asked
    context = {
        "place": "accounts",
        "here": row,
        "control": about,
        "statement": about.attestation.statement if about.attestation else f"{about.title}.",
        "hints": evidence.facts(result.evidence) if result else [],
        "excerpts": evidence.excerpts(result.evidence) if result else [],
        "steps": about.remedy.console,
        "history": history,
        "current": current,
        "result": result,
        "asked": asked,
        "may_withdraw": may(scope, "triage", row),
        "form": form if may(scope, "triage", row) and (asked or form.is_bound) else None,
    }
    return render(request, "attestations/item.html", context, status=status)


def _told(row: Attestation) -> dict[str, Any]:
    return {
        "row": row,
        "who": visible(row.by.name or row.by.email),
        "end": ENDS.get(row.end, "") if row.end != "replaced" or row.ended_by else SEEN,
        "ended_by": visible(row.ended_by.name or row.ended_by.email) if row.ended_by else "",
    }
