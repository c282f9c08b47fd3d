"""Snapshots as JSON bytes and back: what was not seen stays tagged, policies stay their own text.

A stored snapshot outlives the code that wrote it: a field that it does not have is read as not
observed, so newer controls say not assessed instead of failing or, worse, passing.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Hashable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, NoReturn, Union, cast, get_args, get_origin

from scanner.facts.kms import Key
from scanner.facts.messaging import QueueAttributes, TopicAttributes
from scanner.facts.s3 import Bucket
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import NOT_READ, hints_of, may_be_unobserved, unread
from scanner.policy import Malformed, Policy, parse
from scanner.vocabulary import Partial, Unobserved

FORMAT = 1
ZSTANDARD = b"\x28\xb5\x2f\xfd"
LIMIT = 256 << 20
"""Most bytes that a compressed snapshot may unpack to."""
LONGEST = 300
"""Most characters of a message: names in it come out of the file."""

SOURCES: Mapping[type, str] = {
    QueueAttributes: "sqs:GetQueueAttributes",
    TopicAttributes: "sns:GetTopicAttributes",
    Bucket: "s3:GetBucketPolicy",
    Key: "kms:GetKeyPolicy",
}
"""Which IAM action read the policies of a class of facts, where it is not IAM's own."""
IAM_SOURCE = "iam:GetAccountAuthorizationDetails"
TAGGED = {"$unobserved": Unobserved, "$malformed": Malformed}


class DamagedSnapshot(ValueError):  # noqa: N818 - says what was found
    """The bytes are not a snapshot that this version can read."""


def dump(snapshot: Snapshot) -> bytes:
    """Write a snapshot as ASCII JSON with sorted keys: equal facts give equal bytes."""
    document = {"format": FORMAT, "snapshot": _written(snapshot)}
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def load(data: bytes) -> Snapshot:
    """Read a snapshot that `dump` wrote, also when it was compressed with Zstandard.

    Raises DamagedSnapshot, with one sentence, for anything else.
    """
    try:
        return _snapshot(_document(data))
    except DamagedSnapshot:
        raise
    except (KeyError, TypeError, ValueError, RecursionError) as fault:
        message = f"The snapshot is damaged: {fault}"[:LONGEST]
        raise DamagedSnapshot(message) from fault


def _document(data: bytes) -> Any:
    try:
        return json.loads(_unpacked(data))
    except (ValueError, RecursionError) as fault:
        message = "The file is not a snapshot, or it is cut."
        raise DamagedSnapshot(message) from fault


def _snapshot(document: Any) -> Snapshot:
    if not isinstance(document, dict) or "snapshot" not in document:
        _refuse("The file is JSON, but not a snapshot.")
    if document.get("format") != FORMAT:
        _refuse(f"This version reads format {FORMAT}, not {document.get('format')!r}.")
    snapshot: Snapshot = _dataclass(Snapshot, document["snapshot"])
    return snapshot


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(ZSTANDARD):
        return data
    from scanner.facts.packed import unpack

    return unpack(data, LIMIT)


def _refuse(message: str) -> NoReturn:
    raise DamagedSnapshot(message[:LONGEST])


def _written(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return _written_fact(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple):
        return [_written(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _written(one) for key, one in value.items()}
    return value


def _written_fact(value: Any) -> dict[str, Any]:
    if isinstance(value, Policy):
        return {"$policy": value.text}
    if isinstance(value, Partial):
        return {"$partial": _written(value.items), "why": _written(value.why)}
    members = dict(_members(value))
    for tag, kind in TAGGED.items():
        if type(value) is kind:
            return {tag: members}
    return members


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    for name in hints_of(cast(Hashable, type(value))):
        yield name, _written(getattr(value, name))


def _dataclass(kind: Any, value: Any) -> Any:
    """Make a dataclass of facts from the dict of its fields."""
    said = _expect(dict, value, kind.__name__)
    hints = hints_of(kind)
    unknown = sorted(said.keys() - hints.keys())
    if unknown:
        _refuse(f"The snapshot is newer than this version: {kind.__name__} has {unknown[0]!r}.")
    source = SOURCES.get(kind, IAM_SOURCE)
    optional = {field.name for field in dataclasses.fields(kind) if _has_default(field)}
    members = {
        name: _read(hint, said[name], source) if name in said else _left_out(hint, name, kind)
        for name, hint in hints.items()
        if name in said or may_be_unobserved(hint) or name not in optional
    }
    return kind(**members)


def _has_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def _left_out(hint: Any, name: str, kind: Any) -> Any:
    """What a snapshot from before a field existed says about it: nobody read it."""
    if may_be_unobserved(hint):
        return NOT_READ
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return unread(hint)
    _refuse(f"The snapshot is damaged: {kind.__name__} lacks {name!r}.")


def _read(hint: Any, value: Any, source: str) -> Any:
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        return _alternative(get_args(hint), value, source)
    if origin is tuple:
        return tuple(_read(get_args(hint)[0], one, source) for one in _expect(list, value, "list"))
    if origin is Mapping:
        kind = get_args(hint)[1]
        said = _expect(dict, value, "map")
        return {name: _read(kind, one, source) for name, one in said.items()}
    if hint in TAGGED.values():
        return _tagged(_expect(dict, value, "gap"))
    if hint is datetime:
        return _moment(_expect(str, value, "moment"))
    if issubclass(hint, StrEnum):
        return hint(value)
    return _dataclass(hint, value) if dataclasses.is_dataclass(hint) else _expect(hint, value, "")


def _moment(text: str) -> datetime:
    """The moment in UTC, as `dump` writes it; one without a zone, or outside of time, is refused."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        _refuse("The snapshot is damaged: a moment has no time zone.")
    try:
        return when.astimezone(UTC)
    except OverflowError:
        _refuse("The snapshot is damaged: a moment lies outside of the calendar.")


def _alternative(kinds: tuple[Any, ...], value: Any, source: str) -> Any:
    """The one of several types that a value was: each but one is tagged or None."""
    if value is None and NoneType in kinds:
        return None
    if isinstance(value, dict):
        if "$policy" in value and Policy in kinds:
            return parse(_expect(str, value["$policy"], "policy"), source=source)
        if not TAGGED.keys().isdisjoint(value):
            return _gap(kinds, value)
        whole = next((kind for kind in kinds if get_origin(kind) is tuple), None)
        if "$partial" in value and whole is not None:
            why = _read(tuple[Unobserved, ...], value["why"], source)
            return Partial(_read(whole, value["$partial"], source), why)
    plain = [kind for kind in kinds if _is_plain(kind)]
    if len(plain) != 1:
        _refuse("The snapshot is damaged: a value has the wrong type.")
    return _read(plain[0], value, source)


def _is_plain(kind: Any) -> bool:
    return get_origin(kind) is not Partial and kind not in {NoneType, Policy, *TAGGED.values()}


def _gap(kinds: tuple[Any, ...], value: dict[str, Any]) -> Unobserved:
    """The gap that a dict is tagged as, where one may stand."""
    gap = _tagged(value)
    if not any(isinstance(gap, kind) for kind in kinds if kind in TAGGED.values()):
        _refuse("The snapshot is damaged: a gap stands where none can be.")
    return gap


def _tagged(value: dict[str, Any]) -> Unobserved:
    for tag, kind in TAGGED.items():
        if tag in value:
            gap: Unobserved = _dataclass(kind, value[tag])
            return gap
    _refuse("The snapshot is damaged: a gap has no kind.")


def _expect(kind: Any, value: Any, name: str) -> Any:
    """The value, if it is exactly of a JSON type: a boolean is no number."""
    if type(value) is not kind:
        _refuse(f"The snapshot is damaged: {name or kind.__name__} is a {type(value).__name__}.")
    return value
