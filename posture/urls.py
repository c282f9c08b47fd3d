"""The addresses of everything; pages and API keep their own lists."""

from importlib.util import find_spec

from django.urls import include, path

from posture import health

urlpatterns = [
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    *(
        path(prefix, include(module))
        for prefix, module in (("", "posture.web.urls"), ("", "posture.api.urls"))
        if find_spec(module.rpartition(".")[0]) and find_spec(module)
    ),
]

handler400 = "posture.web.errors.bad_request"
handler403 = "posture.web.errors.forbidden"
handler404 = "posture.web.errors.not_found"
handler500 = "posture.web.errors.server_error"
