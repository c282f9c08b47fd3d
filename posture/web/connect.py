"""Connecting an account in four steps, each with its own address, so that it can be left and resumed."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from posture import connections
from posture.access import Scope, accounts_of, manages_own_transactions, scope_of, within
from posture.models import Account, Scan, Schedule, User
from posture.templatetags.names import visible
from posture.web.doors import find, page
from posture.web.forms import AccountForm, RoleForm, ScheduleForm
from posture.web.reads import reads
from posture.web.scans import started
from posture.web.schedules import planned_of, refuse, said, saved, wants_to_look

TITLES = ("What you sell", "Create the role", "Test it", "Schedule")
NAMES = ("connect", "connect_role", "connect_test", "connect_schedule")
FORMS = {"cloudformation": "yaml", "terraform": "tf", "cli": "sh"}
CONSOLE = "https://us-east-1.console.aws.amazon.com/cloudformation/home?region=us-east-1#/stacks/quickcreate"


@require_http_methods(["GET", "HEAD", "POST"])
@page("connect")
def connect(request: HttpRequest) -> HttpResponse:
    """Step 1: which account, and what is sold from it."""
    scope = scope_of(request)
    form = AccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        row = _begun(scope, form)
        if row is not None:
            return redirect("connect_role", row.pk)
    context = {"place": "accounts", "form": form, "step": _step(1, None), "reads": reads()}
    return render(request, "connect/account.html", context, status=400 if form.errors else 200)


def _begun(scope: Scope, form: AccountForm) -> Account | None:
    """Make the account with its ExternalId; one that is there already is said in the form."""
    try:
        with transaction.atomic():
            return connections.begin(
                organisation=scope.organisation, by=_person(scope), **form.cleaned_data
            )
    except connections.InvalidError as refusal:
        refuse(form, refusal)
        return None


def _person(scope: Scope) -> User:
    """Who is connecting; pages are for people, so there is always one."""
    if scope.user is None:
        raise PermissionDenied
    return scope.user


@require_safe
@page("connect")
def role(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Step 2: the role in three forms, with the ExternalId in it."""
    row = find(accounts_of(scope_of(request)), pk, "account")
    context: dict[str, Any] = {
        "place": "accounts",
        "here": row,
        "step": _step(2, row),
        "reads": reads(),
        "role_name": connections.ROLE_NAME,
        "principal": settings.SCANNER_PRINCIPAL_ARN,
        "deploy_command": _deploy_command(),
        "quick_create_url": _quick_create_url(row),
        **{form: connections.role_template(row, form) for form in FORMS},
    }
    return render(request, "connect/role.html", context)


def _file_name(form: str) -> str:
    return f"seller-posture-role.{FORMS[form]}"


def _deploy_command() -> str:
    return (
        "aws cloudformation deploy --region us-east-1 \\\n"
        f"  --stack-name {connections.STACK_NAME} \\\n"
        f"  --template-file {_file_name('cloudformation')} \\\n"
        "  --capabilities CAPABILITY_NAMED_IAM"
    )


def _quick_create_url(row: Account) -> str:
    """The console's address with the values filled in; only where the template lies on S3."""
    if not settings.ROLE_TEMPLATE_URL:
        return ""
    values = {
        "templateURL": settings.ROLE_TEMPLATE_URL,
        "stackName": connections.STACK_NAME,
        "param_ExternalId": row.offered_external_id,
        "param_PrincipalArn": settings.SCANNER_PRINCIPAL_ARN,
        "param_RoleName": connections.ROLE_NAME,
    }
    return f"{CONSOLE}?{urlencode(values)}"


@require_safe
@page("connect")
def role_template(request: HttpRequest, pk: uuid.UUID, form: str) -> HttpResponse:
    """Download the role in one of its forms, with this account's values in it."""
    row = find(accounts_of(scope_of(request)), pk, "account")
    if form not in FORMS:
        message = "The role comes as cloudformation, terraform or cli."
        raise Http404(message)
    response = HttpResponse(
        connections.role_template(row, form), content_type="text/plain; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{_file_name(form)}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@manages_own_transactions
@page("connect")
def test(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Step 3: assume the role, and be refused without the ExternalId."""
    scope = scope_of(request)
    with within(scope.organisation):
        row = find(accounts_of(scope), pk, "account")
    result = None
    form = RoleForm(initial={"role_arn": visible(row.role_arn or connections.usual_role_arn(row))})
    if request.method == "POST":
        form = RoleForm(request.POST)
        if form.is_valid():
            result = connections.test(
                account=row, role_arn=form.cleaned_data["role_arn"], by=scope.user
            )
    context = {
        "place": "accounts",
        "here": row,
        "step": _step(3, row),
        "form": form,
        "result": result,
    }
    with within(scope.organisation):
        return render(request, "connect/test.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@page("connect")
def schedule(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Step 4: when to scan, and the first scan."""
    scope = scope_of(request)
    row = find(accounts_of(scope), pk, "account")
    if row.state == Account.State.PENDING:
        messages.info(request, "Test the connection first; the schedule comes after it.")
        return redirect("connect_test", row.pk)
    now = Schedule.objects.filter(account=row).first()
    form = ScheduleForm(initial=said(now))
    if request.method == "POST":
        form = ScheduleForm(request.POST)
        if not wants_to_look(request) and form.is_valid() and saved(row, form, scope.user):
            if request.POST.get("then") == "scan":
                return started(request, scope, row, Scan.Trigger.FIRST)
            messages.success(request, "The account is connected and its schedule is saved.")
            return redirect("account", row.pk)
    context = {
        "place": "accounts",
        "here": row,
        "step": _step(4, row),
        "form": form,
        "planned": planned_of(row, form, now),
    }
    return render(request, "connect/schedule.html", context, status=400 if form.errors else 200)


def _step(number: int, row: Account | None) -> dict[str, Any]:
    """Where in the wizard a page is, and which steps can be gone to."""
    connected = row is not None and row.state != Account.State.PENDING
    reachable = {1: False, 2: row is not None, 3: row is not None, 4: connected}
    steps = [
        {
            "number": at,
            "title": title,
            "done": at < number,
            "url": reverse(NAMES[at - 1], args=[row.pk]) if row and reachable[at] else "",
        }
        for at, title in enumerate(TITLES, start=1)
    ]
    return {"number": number, "all": steps}
