"""Wildcards of the policy language: whether a pattern fits a text, covers or meets a pattern.

One automaton answers all three. Its states are the bits of one integer, so the time is the text's
length times a few machine words, whatever a hostile pattern holds; nothing is ever backtracked
and no regular expression is built (reliability.md D.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase

ARN_PARTS = 6
LONGEST = 16_384
_REMEMBERED = 512
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


class Wild(Enum):
    """The two wildcards, kept apart from the same characters meant literally."""

    ANY = "*"
    ONE = "?"


Token = str | Wild


def fold(text: str) -> str:
    """Lower the ASCII letters only: action names are ASCII and no other letter equals one."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


def tokens(pattern: str) -> tuple[Token, ...]:
    """Read a pattern: `*` stands for any characters, `?` for one, all else for itself."""
    return tuple(_WILDS.get(char, char) for char in pattern)


_WILDS: dict[str, Wild] = {wild.value: wild for wild in Wild}


@dataclass(frozen=True, slots=True)
class _Automaton:
    """State n means "the first n solid tokens have been read"; `loops` are states with a star."""

    loops: int
    ones: int
    chars: dict[str, int]
    last: int

    def read(self, states: int, token: Token) -> int:
        """Give the states after one token of the text; a wild text token needs a wilder state."""
        if token is Wild.ANY:
            return states & self.loops
        solid = self.ones if token is Wild.ONE else self.chars.get(str(token), self.ones)
        return ((states & solid) << 1) | (states & self.loops)

    def meet(self, states: int, token: Token) -> int:
        """Give the states that some text reaches which also fits this token of another pattern."""
        if token is Wild.ANY:
            return (self.last << 1) - (states & -states)
        if token is Wild.ONE:
            return ((states << 1) & ((self.last << 1) - 1)) | (states & self.loops)
        return self.read(states, token)


def _compile(pattern: Sequence[Token]) -> _Automaton:
    loops = ones = 0
    chars: dict[str, int] = {}
    state = 1
    for token in pattern:
        if token is Wild.ANY:
            loops |= state
            continue
        if token is Wild.ONE:
            ones |= state
        else:
            chars[str(token)] = chars.get(str(token), 0) | state
        state <<= 1
    return _Automaton(loops, ones, {char: at | ones for char, at in chars.items()}, state)


def _automaton(pattern: str) -> _Automaton:
    return _compiled(pattern) if len(pattern) <= _REMEMBERED else _compile(tokens(pattern))


@lru_cache(maxsize=2048)
def _compiled(pattern: str) -> _Automaton:
    return _compile(tokens(pattern))


def _accepts(automaton: _Automaton, text: Sequence[Token]) -> bool:
    states = 1
    for token in text:
        states = automaton.read(states, token)
        if not states:
            return False
    return bool(states & automaton.last)


def matches(pattern: str, text: str) -> bool:
    """Say whether the whole text fits the pattern, case-sensitively (IAM reference, Resource)."""
    if "?" not in pattern:
        return _in_order(pattern.split("*"), text)
    solid = len(pattern) - pattern.count("*")
    return solid <= len(text) and _accepts(_automaton(pattern), text)


def _in_order(pieces: list[str], text: str) -> bool:
    """Say whether a text is these pieces in turn, with anything between them."""
    if len(pieces) == 1:
        return pieces[0] == text
    first, *middle, last = pieces
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for piece in middle:  # the earliest place leaves most room for the rest
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def fits(pattern: Sequence[Token], text: str) -> bool:
    """Say whether the whole text fits a pattern that was read into tokens."""
    solid = [token for token in pattern if token is not Wild.ANY]
    if len(solid) > len(text):
        return False
    if len(solid) == len(pattern) and Wild.ONE not in solid:
        return solid == list(text)
    return _accepts(_compile(pattern), text)


def padded(pattern: str) -> str:
    """Complete an ARN pattern of fewer than six parts, as identity policies are understood to."""
    missing = ARN_PARTS - 1 - pattern.count(":")
    return pattern + ":*" * missing if missing > 0 and pattern.startswith("arn:") else pattern


def action_matches(pattern: str, action: str) -> bool:
    """Say whether an action name fits a pattern; neither's case counts (R2)."""
    return matches(fold(pattern), fold(action))


def covers(wide: str, narrow: str) -> bool:
    """Say whether whatever fits the narrow pattern surely fits the wide one.

    It errs to False, also for patterns beyond 16,384 characters: True is a proof, as the removal
    of grants by a Deny needs one (R6).
    """
    if wide in ("*", narrow):
        return True
    if max(len(wide), len(narrow)) > LONGEST or ("*" not in wide and "?" not in wide):
        return False
    start = literal_start(wide)
    if not narrow.startswith(start) or wide == f"{start}*":
        return narrow.startswith(start)
    return _accepts(_automaton(wide), tokens(narrow))


def overlaps(one: str, other: str) -> bool:
    """Say whether some text fits both patterns; True beyond 16,384 characters, else exact."""
    if "*" in (one, other) or max(len(one), len(other)) > LONGEST:
        return True
    if "*" not in other and "?" not in other:
        return matches(one, other)
    begins, other_begins = literal_start(one), literal_start(other)
    if not (begins.startswith(other_begins) or other_begins.startswith(begins)):
        return False
    automaton = _automaton(one)
    states = 1
    for token in tokens(other):
        states = automaton.meet(states, token)
        if not states:
            return False
    return bool(states & automaton.last)


def literal_start(pattern: str) -> str:
    """Give the characters before the first wildcard: two patterns that differ there never meet."""
    return pattern.partition("*")[0].partition("?")[0]


def fits_arn(pattern: Sequence[Token], arn: str) -> bool:
    """Say whether an ARN fits part by part: a wildcard stays between its colons.

    What has fewer than six parts is no ARN and fits nothing (IAM reference, Condition operators:
    "each of the six colon-delimited components of the ARN is checked separately").
    """
    wanted, given = _parts(pattern), arn.split(":", ARN_PARTS - 1)
    if len(wanted) != ARN_PARTS or len(given) != ARN_PARTS:
        return False
    return all(fits(part, text) for part, text in zip(wanted, given, strict=True))


def _parts(pattern: Sequence[Token]) -> list[Sequence[Token]]:
    parts: list[Sequence[Token]] = []
    start = 0
    for at, char in enumerate(pattern):
        if char == ":" and len(parts) < ARN_PARTS - 1:
            parts.append(pattern[start:at])
            start = at + 1
    return [*parts, pattern[start:]]
