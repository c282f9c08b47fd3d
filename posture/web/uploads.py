"""Taking documents in: no more of one is kept in memory than we would keep at all."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from posture.models import MOST_BYTES

PROOFS = (b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""How a PDF, a PNG and a JPEG begin."""


def is_a_proof(content: bytes) -> bool:
    """Say whether a document is a PDF, a picture (PNG, JPEG) or plain text, by what is in it.

    Its name and the type that the browser says count for nothing. Text is UTF-8 without control
    characters, and no markup: a page or a drawing could run in a browser.
    """
    if content.startswith(PROOFS):
        return True
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    plain = all(letter.isprintable() or letter in "\t\r\n" for letter in text)
    return plain and not text.lstrip("\ufeff \t\r\n").startswith("<")


class DocumentHandler(FileUploadHandler):
    """Keeps a document up to one byte over the limit; its size is told as it was sent.

    So a form can refuse what is too long, and nothing is ever written to the disk.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 - Django's own name
        content_length: int,
        *rest: Any,
    ) -> None:
        """Refuse what is far too long before any of it is read."""
        if content_length > 4 * MOST_BYTES:
            message = "The request is far longer than a document may be."
            raise RequestDataTooBig(message)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin with an empty page."""
        super().new_file(*args, **kwargs)
        self._kept = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep what still fits; None says that nobody else needs to see it."""
        room = MOST_BYTES + 1 - self._kept.tell()
        self._kept.write(raw_data[:room])
        return None

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """Give what was kept, under the size that was sent."""
        self._kept.seek(0)
        return InMemoryUploadedFile(
            file=self._kept,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type or "",
            size=file_size,
            charset=self.charset,
        )
