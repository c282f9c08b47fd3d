"""Making a new ExternalId for a connection, by somebody who has just shown that it is them."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from posture import connections
from posture.access import accounts_of, scope_of
from posture.web.doors import find, page
from posture.web.proof import proven

RENEWED = (
    "There is a new ExternalId. Update the role with it, then test the connection: until the test "
    "has passed, the old one stays valid and scans go on."
)
PROVEN = "Thank you. Nothing was changed yet: now make the new ExternalId."


@require_http_methods(["GET", "HEAD", "POST"])
@page("connect")
@proven
def renew(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Make it, and lead to the role that has to be updated; a proof comes back here by GET."""
    scope = scope_of(request)
    row = find(accounts_of(scope), pk, "account")
    if request.method != "POST" or scope.user is None:
        messages.info(request, PROVEN)
        return redirect("account", row.pk)
    try:
        connections.renew_external_id(account=row, by=scope.user)
    except connections.InvalidError as refusal:
        messages.error(request, str(refusal))
        return redirect("account", row.pk)
    messages.success(request, RENEWED)
    return redirect("connect_role", row.pk)
