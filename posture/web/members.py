"""Members of the organisation: the list, what each may do and see, removing, and leaving."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from posture import people as verbs
from posture.access import Scope, accounts_of, may_give, members_of, scope_of
from posture.models import MemberAccount, Membership, User
from posture.web.doors import find, page
from posture.web.forms_people import RoleForm
from posture.web.paging import page_of

PAGE = 100
BY_EMAIL = ("email", "id")


@require_safe
@page("manage")
def people(request: HttpRequest) -> HttpResponse:
    """List the members, by their addresses."""
    scope = scope_of(request)
    rows = members_of(scope).select_related("user")
    rows = rows.annotate(email=F("user__email"), named=Count("accounts"))
    after = request.GET.get("after", "")
    listed = page_of(rows, BY_EMAIL, PAGE, after)
    pager = {
        "words": "By address",
        "first": "?" if after else "",
        "next": f"?after={listed.after}" if listed.after else "",
    }
    context = {"place": "people", "members": listed.rows, "pager": pager}
    return render(request, "settings/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page("manage")
def member(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a member; POST gives them a role and accounts, or removes them."""
    scope = scope_of(request)
    row = find(members_of(scope).select_related("user"), pk, "member")
    if request.method != "POST":
        return _shown(request, row, RoleForm(scope, initial=_said(row)))
    form = RoleForm(scope, request.POST)
    removes = request.POST.get("do") == "remove"
    if not removes and not form.is_valid():
        return _shown(request, row, form, status=400)
    try:
        words = _removed(scope, row) if removes else _changed(scope, row, form)
    except verbs.RefusedError as refusal:
        if removes:
            form = RoleForm(scope, initial=_said(row))
        return _shown(request, row, form, status=400, refused=str(refusal))
    messages.success(request, words)
    return redirect("people" if row.user_id != person_of(scope).pk else "home")


def _changed(scope: Scope, row: Membership, form: RoleForm) -> str:
    done = verbs.change_member(
        organisation=scope.organisation,
        by=person_of(scope),
        member=row.pk,
        role=form.cleaned_data["role"],
        accounts=form.cleaned_data["accounts"],
    )
    reach = f"{len(form.cleaned_data['accounts'])} of the accounts" if done.restricted else "all"
    reach = "all accounts" if reach == "all" else reach
    return f"{row.user} is {done.role} now and sees {reach}."


def _removed(scope: Scope, row: Membership) -> str:
    verbs.remove_member(organisation=scope.organisation, by=person_of(scope), member=row.pk)
    return f"{row.user} is no member of {scope.organisation.name} any more."


@require_http_methods(["GET", "HEAD", "POST"])
@page()
def leave(request: HttpRequest) -> HttpResponse:
    """Ask whether to leave the organisation; POST leaves it, for the next one or none."""
    scope = scope_of(request)
    if request.method != "POST":
        return render(request, "settings/leave.html", {"place": ""})
    try:
        verbs.leave(organisation=scope.organisation, by=person_of(scope))
    except verbs.RefusedError as refusal:
        context = {"place": "", "refused": str(refusal)}
        return render(request, "settings/leave.html", context, status=400)
    request.session.pop("organisation", None)
    messages.success(request, f"You have left {scope.organisation.name}.")
    return redirect("home")


def person_of(scope: Scope) -> User:
    """Return who acts; pages are for people, so there is always one."""
    if scope.user is None:
        raise PermissionDenied
    return scope.user


def _said(row: Membership) -> dict[str, Any]:
    numbers = _accounts(row).values_list("account__aws_account", flat=True)
    return {"role": row.role, "limited": row.restricted, "accounts": "\n".join(numbers)}


def _accounts(row: Membership) -> QuerySet[MemberAccount]:
    rows = MemberAccount.objects.filter(membership=row).select_related("account")
    return rows.order_by("account__label", "pk")


def _shown(
    request: HttpRequest, row: Membership, form: RoleForm, status: int = 200, refused: str = ""
) -> HttpResponse:
    scope = scope_of(request)
    context = {
        "place": "people",
        "member": row,
        "is_me": row.user_id == person_of(scope).pk,
        "changeable": may_give(scope, row.role),
        "accounts": [one.account for one in _accounts(row)] if row.restricted else [],
        "account_count": accounts_of(scope).count(),
        "form": form,
        "refused": refused,
    }
    return render(request, "settings/member.html", context, status=status)
