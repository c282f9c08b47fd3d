"""The door for web servers that speak WSGI."""

import os

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")


class Request(WSGIRequest):
    """A request whose Content-Type may be nonsense; without this, no middleware would see it."""

    def _set_content_type_params(self, meta: dict[str, str]) -> None:
        """Take what cannot be decoded for a charset that the first middleware refuses."""
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc] # private, so not in the stubs
        except ValueError:
            self.content_type, self.content_params = "", {"charset": "undecodable"}


application = get_wsgi_application()
application.request_class = Request
