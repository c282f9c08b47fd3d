"""The URLconf and the OpenAPI document, as lists of addresses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from tests.posture.matrix.routes import Route

DOCUMENT: dict[str, Any] = yaml.safe_load(
    Path(settings.BASE_DIR, "docs", "openapi.yaml").read_text()
)


def patterns(under: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    """Every pattern of the URLconf, those of included lists too."""
    for one in under:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns)
        else:
            yield one


def described(route: Route) -> str:
    """The path as the document writes it, with names in braces for what varies."""
    (pattern,) = (one for one in patterns(get_resolver().url_patterns) if one.name == route.name)
    path = str(pattern.pattern)
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        described = "id" if name == "pk" else name
        path = path.replace(f"<{kind}:{name}>", f"{{{described}}}")
    return f"/{path}"
