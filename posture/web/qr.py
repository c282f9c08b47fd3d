"""QR codes as SVG paths, for pages that allow neither inline style nor data: addresses."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET = 4
"""Light squares around the code, as its standard asks."""


def squares(text: str) -> SafeString:
    """Return a picture of the text: one path of dark squares on light ground, in both themes."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    return format_html(
        '<svg class="qr" viewBox="0 0 {size} {size}" role="img"'
        ' aria-label="QR code for your authenticator app"><path d="{path}"/></svg>',
        size=len(rows),
        path=path,
    )
