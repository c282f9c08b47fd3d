"""The addresses of everything; pages and API keep their own lists."""

from django.urls import include, path

from posture import health
from posture.metrics import metrics

urlpatterns = [
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("metrics", metrics, name="metrics"),
    path("", include("posture.web.urls")),
    path("", include("posture.api.urls")),
]

handler400 = "posture.web.errors.bad_request"
handler403 = "posture.web.errors.forbidden"
handler404 = "posture.web.errors.not_found"
handler500 = "posture.web.errors.server_error"
