"""The context of a request and the policy variables that are filled from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.policy.match import Token, Wild, fold, tokens

VARIABLES_SINCE = "2012-10-17"

Value = str | bool | int | float | None
ContextValue = Value | Sequence[Value]


@dataclass(frozen=True, slots=True)
class Context:
    """Condition keys in lower case with their values as texts.

    A key that is absent is absent; with `unknown` it is one that nobody looked at. None as a
    value says that the key is known to be absent.
    """

    values: Mapping[str, tuple[str, ...]]
    unknown: bool = False
    absent: frozenset[str] = frozenset()

    def get(self, key: str) -> tuple[str, ...] | None:
        """Give the values of a key, none if the request has no such key, None if unknown."""
        folded = fold(key)
        if folded in self.values:
            return self.values[folded]
        return None if self.unknown and folded not in self.absent else ()


def context_of(given: Mapping[str, ContextValue], *, unknown: bool = False) -> Context:
    """Read a request's context: texts, booleans and numbers, one or a list of them per key."""
    values: dict[str, tuple[str, ...]] = {}
    absent: set[str] = set()
    for key, value in given.items():
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
        texts = tuple(as_text(item) for item in items if item is not None)
        if texts:
            values[fold(key)] = texts
        else:
            absent.add(fold(key))
    return Context(values, unknown, frozenset(absent))


def as_text(value: object) -> str:
    """Write a text, number or boolean as the policy language does: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Filled:
    """A text of a policy as tokens after its variables were filled.

    `guesses` are the variables whose values nobody knows; each stands as a wildcard, so a text
    that does not fit is sure not to, and one that fits may.
    """

    tokens: tuple[Token, ...]
    guesses: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text itself, where it holds no wildcards."""
        return "".join(token for token in self.tokens if isinstance(token, str))


def plain(text: str, *, wild: bool) -> Filled:
    """Read a policy text that has no variables."""
    return Filled(tokens(text) if wild else tuple(text))


def fill(text: str, context: Context, *, wild: bool) -> Filled | None:
    """Fill the variables of a policy text; `wild` says whether `*` and `?` are wildcards in it.

    None when a variable has no value: such a text equals nothing and matches no resource (IAM
    reference, Policy variables with no value). A variable of several values cannot be used.
    """
    read = tokens if wild else tuple
    out: list[Token] = []
    guesses: list[str] = []
    rest = text
    while True:
        before, opening, after = rest.partition("${")
        inside, closing, behind = after.partition("}")
        if not (opening and closing):
            return Filled((*out, *read(rest)), tuple(guesses))
        out.extend(read(before))
        rest = behind
        name, default = _split_default(inside)
        found = (name,) if name in ("*", "?", "$") else context.get(name)
        if found is None:
            guesses.append(name)
            out.append(Wild.ANY)
        elif len(found) == 1:
            out.extend(found[0])
        elif default is not None:
            out.extend(default)
        else:
            return None


def _split_default(inside: str) -> tuple[str, str | None]:
    """Split `key, 'value'` as the IAM reference spells default values of variables."""
    name, comma, default = inside.partition(",")
    default = default.strip()
    if comma and len(default) > 1 and default[0] == default[-1] == "'":
        return name.strip(), default[1:-1]
    return inside.strip(), None


def holds_variable(text: str, version: str) -> bool:
    """Say whether a text has policy variables; the language of 2008 takes them literally."""
    return version == VARIABLES_SINCE and "${" in text


def opened(text: str) -> str:
    """Put `*` for each variable: all that the text may come to mean (R4)."""
    if "${" not in text:
        return text
    out: list[str] = []
    rest = text
    while True:
        before, opening, after = rest.partition("${")
        _, closing, behind = after.partition("}")
        if not (opening and closing):
            return "".join((*out, rest))
        out.append(before + "*")
        rest = behind
