"""What the server hands over, before any middleware."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from posture.wsgi import application


@pytest.mark.django_db  # the server closes old connections when a request begins
@pytest.mark.parametrize("charset", ["undefined''%41", "unheard-of''%41"])
@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("path", ["/api/v1/scans", "/sign-in"])
def test_a_charset_that_cannot_even_be_decoded_is_refused(
    path: str, kind: str, charset: str
) -> None:
    seen: list[str] = []

    def start(status: str, _headers: object, _error: object = None, /) -> Callable[[bytes], None]:
        seen.append(status)
        return lambda _: None

    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_TYPE": f"{kind}; charset*={charset}",
        "CONTENT_LENGTH": "2",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": BytesIO(b"{}"),
    }
    body = b"".join(application(environ, start))
    assert seen == ["415 Unsupported Media Type"]
    assert b"UTF-8" in body
