"""From JSON to a policy: hostile text is refused, every spelling AWS accepts is made equal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import NoReturn

from scanner.policy.conditions import Condition, read_operator
from scanner.policy.context import VARIABLES_SINCE, as_text
from scanner.policy.principals import EVERYONE, Kind, Principal, principal
from scanner.policy.statement import ANY_RESOURCE, Statement, shared
from scanner.vocabulary import Unobserved

MAX_BYTES = 256 * 1024
MAX_NUMBER = 40
DEFAULT_VERSION = "2008-10-17"
VERSIONS = (DEFAULT_VERSION, VARIABLES_SINCE)

Matched = tuple[Statement, frozenset[str]]


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Policy:
    """A policy that was understood; equal and hashed by its text, which is what was stored.

    `text` is JSON that any encoding can hold: NUL and lone surrogates stand as escapes.
    """

    statements: tuple[Statement, ...]
    text: str
    version: str
    matched: dict[frozenset[str], tuple[Matched, ...]] = field(
        default_factory=dict, init=False, repr=False
    )
    """Remembered answers of `grants`, per set of actions; they go when the policy goes."""
    prefixes: frozenset[str] | None = field(init=False, repr=False)
    """Prefixes of the services that any statement can be about; None when it may be any."""

    def __post_init__(self) -> None:
        """Index the prefixes once: most policies are about none that a question is about."""
        named = [one.prefixes for one in self.statements]
        known = None if None in named else shared(frozenset().union(*(one or () for one in named)))
        object.__setattr__(self, "prefixes", known)

    def __eq__(self, other: object) -> bool:
        """Compare the texts; asked so often that the generated comparison takes its time."""
        return self is other or (isinstance(other, Policy) and self.text == other.text)

    def __hash__(self) -> int:
        """Hash the text, which remembers its hash."""
        return hash(self.text)

    def allows(self) -> tuple[Statement, ...]:
        """Give the Allow statements."""
        return tuple(one for one in self.statements if one.allows)

    def denies(self) -> tuple[Statement, ...]:
        """Give the Deny statements."""
        return tuple(one for one in self.statements if not one.allows)


@dataclass(frozen=True, slots=True)
class Malformed(Unobserved):
    """A policy document that could not be understood: never a pass (R1).

    `action` is the source that `parse` was given, `error` is MalformedPolicy, `detail` says what
    is wrong and where, `text` is what was read, cut to 256 KiB, NUL and lone surrogates escaped.
    """

    text: str = ""


class _RefusedError(ValueError):
    """What is wrong with a document, and where; never leaves this module."""


def parse(document: str | bytes | Mapping[str, object], *, source: str) -> Policy | Malformed:
    """Read a policy from JSON text, UTF-8 bytes or parsed JSON.

    `source` is the IAM action that read it, such as `sqs:GetQueueAttributes`. An absent or empty
    attribute is no policy: the caller says None and does not ask (R1). Never raises; refused are
    more than 256 KiB, repeated keys, NaN, overlong numbers, nesting beyond the grammar, and what
    the grammar does not know (reliability.md D.6; IAM reference, Grammar). Names of elements are
    case-sensitive as there; operators, action names and condition keys are not.
    """
    text = ""
    try:
        text = _text_of(document)
        if len(text.encode()) > MAX_BYTES:
            _refuse("the document", "is larger than 256 KiB")
        if isinstance(document, bytes):
            document.decode()
        return _policy(_loads(text), text)
    except _RefusedError as fault:
        detail = str(fault)
    except UnicodeDecodeError:
        detail = "the document is not UTF-8"
    except RecursionError:
        detail = "the document is nested too deeply"
    cut = text.encode()[:MAX_BYTES].decode(errors="ignore")
    return Malformed(source, "MalformedPolicy", detail=detail, text=cut)


def _text_of(document: str | bytes | Mapping[str, object]) -> str:
    if isinstance(document, bytes):
        return storable(document.decode("utf-8", "surrogateescape"))
    if isinstance(document, str):
        return storable(document)
    try:
        return json.dumps(dict(document), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise _RefusedError(f"the document is not JSON: {error}") from error


def storable(text: str) -> str:
    """Write NUL and lone surrogates as JSON escapes; in valid JSON that changes no meaning."""
    if text.isascii() and "\0" not in text:
        return text
    return "".join(
        f"\\u{ord(char):04x}" if char == "\0" or "\ud800" <= char <= "\udfff" else char
        for char in text
    )


class Literal(str):
    """A number of the document, kept as it was written."""

    __slots__ = ()


def _loads(text: str) -> object:
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_literal,
            parse_float=_literal,
        )
    except json.JSONDecodeError as error:
        raise _RefusedError(
            f"the document is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = Counter(key for key, _ in pairs)
        _refuse("the document", f"has the key {_shown(keys.most_common(1)[0][0])} more than once")
    return found


def _no_constant(name: str) -> NoReturn:
    _refuse("the document", f"holds {name}, which is not JSON")


def _literal(number: str) -> Literal:
    if len(number) > MAX_NUMBER:
        _refuse("the document", f"holds a number of {len(number)} characters")
    return Literal(number)


def _refuse(where: str, what: str) -> NoReturn:
    raise _RefusedError(f"{where} {what}")


def _shown(value: object) -> str:
    """Quote what is wrong, short and without raw control characters."""
    text = json.dumps(str(value))
    return text if len(text) <= MAX_NUMBER else f"{text[:MAX_NUMBER]}…"


def _object(value: object, where: str, known: tuple[str, ...] | None = None) -> dict[str, object]:
    if not isinstance(value, dict):
        _refuse(where, "is not an object")
    for key in value:
        if known is not None and key not in known:
            _refuse(where, f"has the unknown element {_shown(key)}")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or isinstance(value, Literal):
        _refuse(where, "is not a text")
    return intern(value)


def _scalar(value: object, where: str) -> str:
    if isinstance(value, bool):
        return as_text(value)
    if not isinstance(value, str):
        _refuse(where, "is not a text, number or boolean")
    return str(value)


def _list(value: object, where: str, read: Callable[[object, str], str]) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(read(item, where) for item in items)


def _policy(value: object, text: str) -> Policy:
    document = _object(value, "the document", ("Version", "Id", "Statement"))
    if "Statement" not in document:
        _refuse("the document", "has no Statement")
    version = _text(document.get("Version", DEFAULT_VERSION), "Version")
    if version not in VERSIONS:
        _refuse("Version", f"{_shown(version)} does not exist")
    _text(document.get("Id", ""), "Id")
    stated = document["Statement"]
    items = stated if isinstance(stated, list) else [stated]
    statements = tuple(_statement(item, index) for index, item in enumerate(items))
    return Policy(statements, text, version)


_ELEMENTS = (
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction",
    "Resource", "NotResource", "Condition",
)  # fmt: skip


def _statement(value: object, index: int) -> Statement:
    where = f"Statement {index + 1}"
    stated = _object(value, where, _ELEMENTS)
    effect = stated.get("Effect")
    if effect not in ("Allow", "Deny"):
        _refuse(f"{where}: Effect", "is neither Allow nor Deny")
    names_actions, actions = _either(stated, "Action", where)
    if actions is None:
        _refuse(where, "has no Action")
    names_resources, resources = _either(stated, "Resource", where)
    resources = (ANY_RESOURCE,) if resources is None else resources
    named, but = _principals(stated, where)
    return Statement(
        index=index,
        sid=_text(stated.get("Sid", ""), f"{where}: Sid"),
        effect="Allow" if effect == "Allow" else "Deny",
        actions=actions if names_actions else (),
        not_actions=() if names_actions else actions,
        names_actions=names_actions,
        resources=resources if names_resources else (),
        not_resources=() if names_resources else resources,
        names_resources=names_resources,
        principals=named,
        not_principals=but,
        conditions=_conditions(stated.get("Condition", {}), f"{where}: Condition"),
    )


def _either(
    stated: dict[str, object], element: str, where: str
) -> tuple[bool, tuple[str, ...] | None]:
    """Read an element or its Not form: whether it names, and the texts; None when both lack."""
    inverse = f"Not{element}"
    if element in stated and inverse in stated:
        _refuse(where, f"has both {element} and {inverse}")
    if inverse in stated:
        return False, _list(stated[inverse], f"{where}: {inverse}", _text)
    if element in stated:
        return True, _list(stated[element], f"{where}: {element}", _text)
    return True, None


Named = tuple[Principal, ...] | None


def _principals(stated: dict[str, object], where: str) -> tuple[Named, Named]:
    if "Principal" in stated and "NotPrincipal" in stated:
        _refuse(where, "has both Principal and NotPrincipal")
    named, but = (
        _named(stated[element], f"{where}: {element}") if element in stated else None
        for element in ("Principal", "NotPrincipal")
    )
    return named, but


_KINDS: dict[str, Kind] = {
    "AWS": "AWS",
    "Service": "Service",
    "Federated": "Federated",
    "CanonicalUser": "CanonicalUser",
}


def _named(value: object, where: str) -> tuple[Principal, ...]:
    if value == "*":
        return (EVERYONE,)
    found: list[Principal] = []
    for key, texts in _object(value, where, tuple(_KINDS)).items():
        found += (principal(_KINDS[key], text) for text in _list(texts, f"{where}.{key}", _text))
    return tuple(found)


def _conditions(value: object, where: str) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for operator, keys in _object(value, where).items():
        read = read_operator(operator)
        if read is None:
            _refuse(where, f"has the unknown operator {_shown(operator)}")
        place = f"{where}.{operator}"
        for key, texts in _object(keys, place).items():
            values = _list(texts, f"{place}.{_shown(key)}", _scalar)
            found.append(Condition(*read, key, values))
    return tuple(found)
