"""Names that come from other people's accounts: made visible, shortened, and never trusted.

A queue may be called anything, and a policy may hold anything. Autoescaping takes care of markup;
`visible` takes care of what cannot be seen: control characters, bidirectional marks and other
characters without a shape are spelled out, so that no name can reorder or hide the text around it.
"""

from __future__ import annotations

from django import template

register = template.Library()

CONTROL_PICTURES = 0x2400
DELETE_PICTURE = "\u2421"
KEPT = frozenset("\n\t")
ACCOUNT_DIGITS = 12
TAIL_AT_MOST = 72


@register.filter
def visible(text: object) -> str:
    """Give any value as text in which every character has a shape; newlines and tabs are spelled."""
    return spelled(str(text), kept=frozenset())


def spelled(text: str, *, kept: frozenset[str] = KEPT) -> str:
    """Spell what cannot be printed, except `kept`: U+0007 as its picture, U+202E as <U+202E>."""
    if text.isprintable():
        return text
    return "".join(one if one in kept or one.isprintable() else _spelling(one) for one in text)


def _spelling(one: str) -> str:
    code = ord(one)
    if code < ord(" "):
        return chr(CONTROL_PICTURES + code)
    return DELETE_PICTURE if one == "\x7f" else f"\u2039U+{code:04X}\u203a"


@register.filter
def clipped(text: object, length: int) -> str:
    """Give visible text of at most `length` characters, with an ellipsis in the middle if cut."""
    shown = visible(text)
    if len(shown) <= length:
        return shown
    head = (length - 1) * 2 // 3
    return f"{shown[:head]}\u2026{shown[len(shown) - (length - 1 - head) :]}"


@register.filter
def brief(text: object, length: int) -> str:
    """Give a visible sentence of at most `length` characters, with an ellipsis at its end if cut."""
    shown = visible(text)
    return shown if len(shown) <= length else f"{shown[: length - 1].rstrip()}\u2026"


@register.filter
def account_number(number: object) -> str:
    """Give 111122223333 as 1111-2222-3333, as the AWS console prints it; else as it is."""
    digits = visible(number)
    if len(digits) == ACCOUNT_DIGITS and digits.isdecimal():
        return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
    return digits


@register.inclusion_tag("parts/arn.html")
def arn(text: str, what: str = "the ARN") -> dict[str, str]:
    """Print an ARN that gives way in the middle, with a copy button named after `what`."""
    shown = visible(text)
    head, tail = split_arn(shown)
    return {"whole": shown, "head": head, "tail": tail, "what": what}


def split_arn(text: str) -> tuple[str, str]:
    """Split an ARN before its resource, so that the name is what stays; both ends keep something.

    arn:aws:iam::111122223333:role/path/Name -> ("arn:aws:iam::111122223333:role/path", "/Name").
    """
    at = max(text.rfind("/"), text.rfind(":"))
    at = max(at, len(text) - TAIL_AT_MOST)
    return (text[:at], text[at:]) if at > 0 else ("", text)


@register.filter
def web_address(text: object) -> str:
    """Give an address only if it is one of the web's own; anything else becomes no link at all."""
    address = str(text)
    return address if address.startswith(("https://", "http://")) else ""


@register.filter
def sentence(text: object) -> str:
    """Give a title as a sentence without its full stop."""
    shown = visible(text)
    return shown[:-1] if shown.endswith(".") and not shown.endswith("..") else shown
