"""Making a new ExternalId for a connection, by somebody who has just shown that it is them."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from posture import connections
from posture.access import accounts_of, scope_of
from posture.models import User
from posture.web.doors import find, page

RENEWED = (
    "There is a new ExternalId. Update the role with it, then test the connection: until the test "
    "has passed, the old one stays valid and scans go on."
)


def is_present(request: HttpRequest) -> bool:
    """Say whether the person who is signed in has just proved it again: by their password."""
    user = request.user
    return isinstance(user, User) and user.check_password(request.POST.get("password", ""))


@require_POST
@page("connect")
def renew(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Make it, and lead to the role that has to be updated."""
    scope = scope_of(request)
    row = find(accounts_of(scope), pk, "account")
    if not is_present(request) or scope.user is None:
        messages.error(request, "That is not your password. The ExternalId was not changed.")
        return redirect("account", row.pk)
    try:
        connections.renew_external_id(account=row, by=scope.user)
    except connections.InvalidError as refusal:
        messages.error(request, str(refusal))
        return redirect("account", row.pk)
    messages.success(request, RENEWED)
    return redirect("connect_role", row.pk)
