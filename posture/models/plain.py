r"""Makes what comes from other people's accounts storable: what PostgreSQL refuses becomes visible.

PostgreSQL takes neither NUL nor lone surrogates. They are spelled out, as \u0000 and \ud800.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPES = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair is a character
    r"|(?P<unstorable>\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2}))"
    r"|\\."
)


def storable(text: str) -> str:
    """Return the text with NUL and lone surrogates spelled out."""
    return _UNSTORABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def storable_json(value: Any) -> Any:
    """Return a JSON value with every text storable; raises ValueError for NaN and infinities."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float) and not math.isfinite(value):
        message = "NaN and infinities are not JSON"
        raise ValueError(message)
    if isinstance(value, Mapping):
        return {storable(str(key)): storable_json(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable_json(one) for one in value]
    return value


def storable_document(value: Any) -> str:
    """Return a value as JSON text with the same changes, much faster for large ones.

    Raises ValueError for NaN and infinities; what JSON does not know is written as `str` has it.
    """
    text = json.dumps(value, default=str, allow_nan=False)
    if "\\u0000" not in text and "\\ud" not in text:
        return text
    return _ESCAPES.sub(lambda found: f"\\{found[0]}" if found["unstorable"] else found[0], text)
