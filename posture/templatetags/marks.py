"""Icons from one sprite, and marks: icon and word, so that colour is never alone."""

from __future__ import annotations

from functools import cache, lru_cache
from xml.etree import ElementTree

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

from posture.templatetags.names import visible

register = template.Library()

OWN_SHAPES = {
    "critical": '<path d="M7.9 2.2h8.2l5.7 5.7v8.2l-5.7 5.7H7.9l-5.7-5.7V7.9z"/><path class="knock" d="M12 6.9v6.2M12 16.9v.1"/>',
    "high": '<path d="M12 2.8 22.2 20.6H1.8z"/><path class="knock" d="M12 9.2v5.2M12 17.5v.1"/>',
    "medium": '<path d="M12 2.2 21.8 12 12 21.8 2.2 12z"/><path d="M8.2 12h7.6"/>',
    "low": '<circle cx="12" cy="12" r="8.6"/><path d="M12 12v.1"/>',
    "info": '<circle cx="12" cy="12" r="9.4"/><path d="M12 11.4v5.2M12 7.4v.1"/>',
    "unseen": '<path stroke-dasharray="3.5 3.1" d="M12 2.6a9.4 9.4 0 1 1 0 18.8 9.4 9.4 0 0 1 0-18.8z"/><path d="M9.5 9.5a2.6 2.6 0 1 1 3.5 2.6c-.7.3-1 .7-1 1.5M12 16.9v.1"/>',
}
"""Severities and "not seen" are ours: their shapes tell them apart without colour."""

LUCIDE_SHAPES = {
    "pass": "circle-check",
    "done": "circle-check",
    "fail": "circle-x",
    "warn": "circle-alert",
    "waived": "circle-pause",
    "waiting": "clock",
    "running": "loader-circle",
    "denied": "lock",
    "none": "circle-minus",
    "confirm": "hand",
    "copy": "copy",
    "copied": "check",
    "search": "search",
    "down": "chevron-down",
    "right": "chevron-right",
    "close": "x",
    "menu": "menu",
    "download": "download",
    "outside": "external-link",
    "you": "circle-user",
    "brand": "shield-check",
}

WORDS = {
    "pass": "Passed",
    "fail": "Failed",
    "manual": "For you to confirm",
    "not_assessed": "Not seen",
    "not_applicable": "Not applicable",
    "open": "Open",
    "in_progress": "In progress",
    "resolved": "Resolved",
    "waived": "Waived",
    "queued": "Waiting",
    "running": "Running",
    "done": "Done",
    "partial": "Done with gaps",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "waiting": "Waiting",
    "reading": "Reading",
    "read": "Read",
    "gaps": "Gaps",
    "pending": "Not connected yet",
    "connected": "Connected",
    "paused": "Paused",
    "disputed": "Waits for a decision",
    "disconnected": "Disconnected",
    "ok": "Passed",
    "skipped": "Not tried",
}

LOOKS = {
    "manual": "confirm",
    "not_assessed": "unseen",
    "not_applicable": "none",
    "queued": "waiting",
    "partial": "unseen",
    "failed": "fail",
    "cancelled": "none",
    "reading": "running",
    "read": "done",
    "gaps": "unseen",
    "pending": "waiting",
    "connected": "done",
    "paused": "waived",
    "disputed": "waived",
    "disconnected": "none",
    "ok": "pass",
    "skipped": "unseen",
    "resolved": "pass",
    "open": "none",
    "in_progress": "waiting",
}
"""Which icon and colour a state takes when they are not called like the state."""

KEPT = 512
"""Marks that are kept as they were printed: a list prints the same few hundreds of times."""


@register.simple_tag
@lru_cache(KEPT, typed=True)
def icon(name: str, size: str = "") -> SafeString:
    """Print an icon of the sprite; it is decoration, so words must stand beside it."""
    extra = f" icon-{size}" if size else ""
    return format_html(
        '<svg class="icon icon-{}{}" aria-hidden="true"><use href="#i-{}"></use></svg>',
        name,
        extra,
        name,
    )


@register.simple_tag
def severity(name: str, count: int | None = None, size: str = "") -> SafeString:
    """Print a severity as icon and word: "High", or with a count "3 high"."""
    words = name.capitalize() if count is None else f"{count} {name}"
    return _mark(name if name in OWN_SHAPES else "info", visible(words), size)


@register.simple_tag
def state(name: str, words: str = "", size: str = "") -> SafeString:
    """Print a state or status as icon and word; `words` replaces the usual word."""
    look = LOOKS.get(name, name)
    return _mark(
        look if look in LUCIDE_SHAPES or look in OWN_SHAPES else "none",
        visible(words or WORDS.get(name, name.replace("_", " ").capitalize())),
        size,
    )


@lru_cache(KEPT, typed=True)
def _mark(look: str, words: str, size: str) -> SafeString:
    extra = f" mark-{size}" if size else ""
    return format_html('<span class="mark mark-{}{}">{}{}</span>', look, extra, icon(look), words)


@register.simple_tag
@cache
def sprite() -> SafeString:
    """Print every icon once, as symbols, with the hatching that means "not seen"."""
    shapes = {name: _inside(lucide(drawn)) for name, drawn in LUCIDE_SHAPES.items()}
    symbols = "".join(
        f'<symbol id="i-{name}" viewBox="0 0 24 24">{shape}</symbol>'
        for name, shape in (OWN_SHAPES | shapes).items()
    )
    hatch = (
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><line class="hatch-stroke" x1="0" y1="0" x2="0" y2="6"/>'
        "</pattern></defs>"
    )
    return mark_safe(  # noqa: S308 - constants of this module and of the icon package only  # nosec B308, B703 # constants only
        f'<svg class="sprite" aria-hidden="true" focusable="false">{hatch}{symbols}</svg>'
    )


def _inside(svg: str) -> str:
    """Give the shapes of an SVG text without the element around them."""
    parts = ElementTree.fromstring(svg)  # noqa: S314 - text of the installed icon package  # nosec B314 # text of our own tools
    return "".join(ElementTree.tostring(part, encoding="unicode").strip() for part in parts)
