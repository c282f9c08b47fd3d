"""Writes values as XML or JSON along a botocore shape and refuses whatever the shape does not know."""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import ListShape, MapShape, Shape, StructureShape

# XML 1.0 cannot carry these at all; AWS does not accept them in names either.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "long": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "double": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "timestamp": lambda value: isinstance(value, datetime),
    "blob": lambda value: isinstance(value, bytes),
    "structure": lambda value: isinstance(value, dict),
    "map": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
}


class DriftError(Exception):
    """An answer of ours does not fit AWS's model of it: a defect of the fake, never of the caller."""


def check(shape: Shape, value: object) -> None:
    """Raise DriftError unless the value has the type that the shape declares."""
    if not _TYPES[shape.type_name](value):
        raise DriftError(f"{shape.name} is a {shape.type_name}, not {value!r:.80}")


def member_of(shape: StructureShape, name: str) -> Shape:
    """The shape of a member; raises DriftError for a name that the model does not have."""
    member = shape.members.get(name)
    if member is None:
        raise DriftError(f"{shape.name} has no member {name}")
    return member


def write_members(shape: StructureShape, value: dict[str, Any], out: list[str]) -> None:
    """Append the members of a structure as XML elements; None means that a member is absent."""
    check(shape, value)
    for name, item in value.items():
        member = member_of(shape, name)
        if item is not None:
            write_shape(member, item, str(member.serialization.get("name", name)), out)


def write_shape(shape: Shape, value: Any, tag: str, out: list[str]) -> None:
    """Append one value as the XML element `tag`."""
    check(shape, value)
    if shape.serialization.get("xmlAttribute") or (
        shape.type_name == "map" and shape.serialization.get("flattened")
    ):
        raise DriftError(f"{shape.name} is written in a way that no answer here needs yet")
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        item_tag = str(shape.member.serialization.get("name", tag))
        for item in value:
            write_shape(shape.member, item, item_tag, out)
        return
    out.append(f"<{tag}>")
    if isinstance(shape, StructureShape):
        write_members(shape, value, out)
    elif isinstance(shape, ListShape):
        item_tag = str(shape.member.serialization.get("name", "member"))
        for item in value:
            write_shape(shape.member, item, item_tag, out)
    elif isinstance(shape, MapShape):
        _write_map(shape, value, out)
    else:
        out.append(_xml_text(shape, value))
    out.append(f"</{tag}>")


def _write_map(shape: MapShape, value: dict[str, Any], out: list[str]) -> None:
    key_tag = str(shape.key.serialization.get("name", "key"))
    value_tag = str(shape.value.serialization.get("name", "value"))
    for key, item in value.items():
        out.append("<entry>")
        write_shape(shape.key, key, key_tag, out)
        write_shape(shape.value, item, value_tag, out)
        out.append("</entry>")


def _xml_text(shape: Shape, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", str(value))
    return escape(text, {"\r": "&#13;"})


def as_plain(shape: Shape, value: Any) -> Any:
    """The value as JSON can carry it, with the names of the wire."""
    check(shape, value)
    if isinstance(shape, StructureShape):
        if getattr(shape, "is_document_type", False):
            return value
        return _plain_members(shape, value)
    if isinstance(shape, ListShape):
        return [as_plain(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: as_plain(shape.value, item) for key, item in value.items()}
    if isinstance(value, datetime):
        iso = shape.serialization.get("timestampFormat") == "iso8601"
        return _iso(value) if iso else value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _plain_members(shape: StructureShape, value: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, item in value.items():
        member = member_of(shape, name)
        if item is not None:
            plain[str(member.serialization.get("name", name))] = as_plain(member, item)
    return plain


def as_header(shape: Shape, value: Any) -> str:
    """The value as an HTTP header carries it."""
    check(shape, value)
    if isinstance(value, datetime):
        return format_datetime(value.astimezone(UTC), usegmt=True)
    return _xml_text(shape, value)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
