"""The door for monitoring systems: all figures, for those who bring the token or come from near."""

import hmac
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from posture import figures
from posture.middleware import client_address


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all figures; 404 for everyone else, as if there were nothing here.

    Without METRICS_TOKEN and METRICS_NETWORKS that is everyone.
    """
    if not (_brings_token(request) or _comes_from_near(request)):
        raise Http404
    return HttpResponse(figures.exposition(), content_type=CONTENT_TYPE_LATEST)


def _brings_token(request: HttpRequest) -> bool:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    token = settings.METRICS_TOKEN
    return (
        bool(token)
        and kind.lower() == "bearer"
        and hmac.compare_digest(given.strip().encode(), token.encode())
    )


def _comes_from_near(request: HttpRequest) -> bool:
    try:
        address = ip_address(client_address(request))
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return any(address in network for network in settings.METRICS_NETWORKS)
