"""Conditions: one row per operator; a condition comes out true, false or undecided."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from operator import eq, ge, gt, le, lt
from typing import Literal

from scanner.policy.context import Context, Filled, fill, holds_variable, plain
from scanner.policy.match import fits, fits_arn, fold

SetPrefix = Literal["", "ForAllValues", "ForAnyValue"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_NUMBER = 64
_YEAR_DIGITS = 4
_MONTH_LENGTH = 7


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator, key and its values; `key` stays as spelled though its case never counts."""

    set_prefix: SetPrefix
    base: str
    if_exists: bool
    key: str
    values: tuple[str, ...]

    @property
    def operator(self) -> str:
        """The operator as AWS spells it, such as `ForAnyValue:StringLikeIfExists`."""
        prefix = f"{self.set_prefix}:" if self.set_prefix else ""
        return f"{prefix}{self.base}{'IfExists' if self.if_exists else ''}"

    def is_about(self, key: str) -> bool:
        """Say whether this condition tests the key, whatever the case of its name."""
        return fold(self.key) == fold(key)


Test = Callable[[Filled, str], bool]


@dataclass(frozen=True, slots=True)
class _Row:
    """How one operator compares a value of the policy with a value of the request."""

    test: Test
    variables: bool = True
    wild: bool = False
    negated: bool = False


def _same(wanted: Filled, text: str) -> bool:
    return fits(wanted.tokens, text)


def _same_folded(wanted: Filled, text: str) -> bool:
    lowered = tuple(token.lower() if isinstance(token, str) else token for token in wanted.tokens)
    return fits(lowered, text.lower())


def _same_arn(wanted: Filled, text: str) -> bool:
    return fits_arn(wanted.tokens, text)


def _same_bool(wanted: Filled, text: str) -> bool:
    return text.lower() in ("true", "false") and _same_folded(wanted, text)


def _compare_numbers(relation: Callable[[Decimal, Decimal], bool], wanted: str, text: str) -> bool:
    left, right = _number(text), _number(wanted)
    return left is not None and right is not None and relation(left, right)


def _number(text: str) -> Decimal | None:
    if len(text) > _LONGEST_NUMBER or not text.isascii() or "_" in text:
        return None
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _compare_dates(relation: Callable[[Decimal, Decimal], bool], wanted: str, text: str) -> bool:
    left, right = _seconds(text), _seconds(wanted)
    return left is not None and right is not None and relation(left, right)


def _seconds(text: str) -> Decimal | None:
    """Read a W3C date or seconds since 1970; four digits are a year (IAM reference, Date)."""
    digits = text.isascii() and text.isdigit()
    if digits and len(text) != _YEAR_DIGITS:
        return _number(text)
    padded = f"{text}-01-01" if digits else text
    if len(padded) == _MONTH_LENGTH:
        padded = f"{padded}-01"
    try:
        moment = datetime.fromisoformat(padded)
    except ValueError:
        return None
    since = moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH
    return (
        Decimal(since.days) * 86400 + Decimal(since.seconds) + Decimal(since.microseconds) / 10**6
    )


def _in_network(wanted: str, text: str) -> bool:
    try:
        return ipaddress.ip_address(text) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _same_bytes(wanted: str, text: str) -> bool:
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(text, validate=True)
    except ValueError:
        return False


def _typed(compare: Callable[[str, str], bool], *, negated: bool = False) -> _Row:
    """Make a row for a type whose values are no texts and know no variables."""
    return _Row(lambda wanted, text: compare(wanted.text, text), variables=False, negated=negated)


def _ordered(
    name: str, compare: Callable[[Callable[[Decimal, Decimal], bool], str, str], bool]
) -> dict[str, _Row]:
    relations = {"LessThan": lt, "LessThanEquals": le, "GreaterThan": gt, "GreaterThanEquals": ge}
    rows = {f"{name}{end}": _typed(partial(compare, how)) for end, how in relations.items()}
    rows[f"{name}Equals"] = _typed(partial(compare, eq))
    rows[f"{name}NotEquals"] = _typed(partial(compare, eq), negated=True)
    return rows


NULL = "Null"

OPERATORS: dict[str, _Row] = {
    "StringEquals": _Row(_same),
    "StringNotEquals": _Row(_same, negated=True),
    "StringEqualsIgnoreCase": _Row(_same_folded),
    "StringNotEqualsIgnoreCase": _Row(_same_folded, negated=True),
    "StringLike": _Row(_same, wild=True),
    "StringNotLike": _Row(_same, wild=True, negated=True),
    **_ordered("Numeric", _compare_numbers),
    **_ordered("Date", _compare_dates),
    "Bool": _Row(_same_bool),
    "BinaryEquals": _typed(_same_bytes),
    "IpAddress": _typed(_in_network),
    "NotIpAddress": _typed(_in_network, negated=True),
    "ArnEquals": _Row(_same_arn, wild=True),
    "ArnLike": _Row(_same_arn, wild=True),
    "ArnNotEquals": _Row(_same_arn, wild=True, negated=True),
    "ArnNotLike": _Row(_same_arn, wild=True, negated=True),
}
"""Every operator of the IAM reference but Null, which only looks whether the key is there.
ArnEquals and ArnLike behave alike (IAM reference, ARN condition operators)."""

_BY_NAME = {fold(name): name for name in (*OPERATORS, NULL)}
_PREFIXES: dict[str, SetPrefix] = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}


def read_operator(text: str) -> tuple[SetPrefix, str, bool] | None:
    """Split an operator into set prefix, base and IfExists; None when AWS has no such operator.

    Its case never counts. `NullIfExists` does not exist (IAM reference, IfExists).
    """
    prefix, colon, base = fold(text).rpartition(":")
    if colon and prefix not in _PREFIXES:
        return None
    name = _BY_NAME.get(base)
    if_exists = name is None
    if if_exists:
        name = _BY_NAME.get(base.removesuffix("ifexists"))
    if name is None or (if_exists and name == NULL):
        return None
    return (_PREFIXES[prefix] if colon else ""), name, if_exists


def evaluate(condition: Condition, context: Context, version: str) -> bool | None:
    """Say whether a condition holds for a request; None when that hangs on what is unknown.

    Absent keys: false, true for a negated operator, true for IfExists and ForAllValues, false for
    ForAnyValue; several values without a set prefix match nothing (IAM reference, Condition
    operators and Multivalued context keys).
    """
    found = context.get(condition.key)
    if condition.base == NULL:
        return _is_null(condition, found)
    if found is None:
        return None
    row = OPERATORS[condition.base]
    if not found:
        return _when_absent(condition, row)
    if not condition.set_prefix:
        return _holds(condition, row, found[0], context, version) if len(found) == 1 else False
    results = [_holds(condition, row, text, context, version) for text in found if text]
    return every(results) if condition.set_prefix == "ForAllValues" else some(results)


def _is_null(condition: Condition, found: tuple[str, ...] | None) -> bool | None:
    if condition.set_prefix:
        return condition.set_prefix == "ForAllValues"
    if found is None:
        both = {value.lower() for value in condition.values} >= {"true", "false"}
        return True if both else None
    wanted = "false" if found else "true"
    return any(value.lower() == wanted for value in condition.values)


def _when_absent(condition: Condition, row: _Row) -> bool:
    if condition.if_exists or condition.set_prefix == "ForAllValues":
        return True
    return row.negated and condition.set_prefix != "ForAnyValue"


def _holds(
    condition: Condition, row: _Row, text: str, context: Context, version: str
) -> bool | None:
    matched = some([_fits(row, wanted, text, context, version) for wanted in condition.values])
    return matched if matched is None or not row.negated else not matched


def _fits(row: _Row, wanted: str, text: str, context: Context, version: str) -> bool | None:
    if not (row.variables and holds_variable(wanted, version)):
        return row.test(plain(wanted, wild=row.wild), text)
    filled = fill(wanted, context, wild=row.wild)
    if filled is None:
        return False
    fitting = row.test(filled, text)
    return None if fitting and filled.guesses else fitting


def every(results: Sequence[bool | None]) -> bool | None:
    """And in three values: false wins, then undecided."""
    if False in results:
        return False
    return None if None in results else True


def some(results: Sequence[bool | None]) -> bool | None:
    """Or in three values: true wins, then undecided."""
    if True in results:
        return True
    return None if None in results else False
