"""Makes text and JSON from other people's accounts storable: what PostgreSQL refuses, becomes visible."""

import math
import re
from collections.abc import Mapping
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    r"""Return the text with NUL and lone surrogates spelled out, as \u0000 or \ud800."""
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
