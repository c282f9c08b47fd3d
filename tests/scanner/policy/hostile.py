"""Policies as an enemy, or a broken tool, would write them; the same seed gives the same ones."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

NONSENSE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e308, "", " ", "*", "**", "?", "*:*", "\x00", "\ud800", "é" * 50,
    "${aws:username}", "${", "$${*}", "arn:", "arn:aws:iam::111122223333:root", "a" * 10_000, [], {},
    [[]], {"": ""}, {"AWS": None}, {"AWS": []}, {"Service": "*"}, [None, 1, "x"], {"*": {"*": "*"}},
)  # fmt: skip
KEYS = (
    "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal",
    "Condition", "Sid", "effect", "ACTION", "Extra", "",
)  # fmt: skip
OPERATORS = (
    "StringEquals", "StringLike", "ForAllValues:StringEquals", "ForAnyValue:StringLike", "Bool",
    "BoolIfExists", "Null", "IpAddress", "ArnLike", "DateLessThan", "NumericLessThan", "Nonsense",
    "ForAllValues:", "StringEqualsIfExistsIfExists", "",
)  # fmt: skip
WORDS = (
    "aws:SourceArn", "aws:SourceAccount", "aws:SecureTransport", "aws:PrincipalOrgID", "sts:ExternalId",
    "AWS:SOURCEARN", "aws:SourceIp", "unknown:key", "",
)  # fmt: skip
OPEN: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "open", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": ["sqs:*", "s3:*"], "Resource": "*",
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ],
}  # fmt: skip


def hostile_policies(number: int, seed: int = 20261127) -> Iterator[str]:
    """Give so many policy texts: an open policy with damage of every kind done to it."""
    dice = random.Random(seed)  # noqa: S311 - repeatable nonsense, no secret
    for _ in range(number):
        document = json.loads(json.dumps(OPEN))
        for _ in range(dice.randint(1, 4)):
            document = dice.choice(DAMAGES)(document, dice)
        yield _text(document, dice)


def _replaced(document: Any, dice: random.Random) -> Any:
    """Some member anywhere becomes nonsense."""
    if isinstance(document, dict) and document and dice.random() < 0.9:
        key = dice.choice(list(document))
        return document | {key: _replaced(document[key], dice)}
    if isinstance(document, list) and document and dice.random() < 0.9:
        at = dice.randrange(len(document))
        return [*document[:at], _replaced(document[at], dice), *document[at + 1 :]]
    return dice.choice(NONSENSE)


def _with_key(document: Any, dice: random.Random) -> Any:
    """A statement gets a key that it has not, or loses or renames one."""
    return _in_statement(
        document, dice, lambda one: one | {dice.choice(KEYS): dice.choice(NONSENSE)}
    )


def _without_key(document: Any, dice: random.Random) -> Any:
    def drop(statement: dict[str, Any]) -> dict[str, Any]:
        gone = dice.choice(list(statement)) if statement else ""
        return {key: value for key, value in statement.items() if key != gone}

    return _in_statement(document, dice, drop)


def _with_condition(document: Any, dice: random.Random) -> Any:
    block = {dice.choice(OPERATORS): {dice.choice(WORDS): dice.choice(NONSENSE)}}
    return _in_statement(document, dice, lambda one: one | {"Condition": block})


def _nested(document: Any, dice: random.Random) -> Any:
    deep: Any = dice.choice(NONSENSE)
    for _ in range(dice.choice([5, 200])):
        deep = dice.choice([[deep], {"Statement": deep}])
    return _in_statement(document, dice, lambda one: one | {dice.choice(KEYS): deep})


def _many(document: Any, dice: random.Random) -> Any:
    if not isinstance(document, dict):
        return document
    statements = document.get("Statement")
    return document | {
        "Statement": [*statements] * 50 if isinstance(statements, list) else statements
    }


def _in_statement(
    document: Any, dice: random.Random, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> Any:
    statements = document.get("Statement") if isinstance(document, dict) else None
    if not isinstance(statements, list) or not statements:
        return document
    at = dice.randrange(len(statements))
    if not isinstance(statements[at], dict):
        return document
    changed = [*statements[:at], change(statements[at]), *statements[at + 1 :]]
    return document | {"Statement": changed}


DAMAGES = (_replaced, _replaced, _with_key, _without_key, _with_condition, _nested, _many)


def _text(document: Any, dice: random.Random) -> str:
    """The JSON of it, sometimes cut, doubled, in other quotes, or with a key twice."""
    text = json.dumps(document)
    kind = dice.randrange(12)
    if kind == 0:
        return text[: dice.randrange(len(text) + 1)]
    if kind == 1:
        return text.replace('"', "'")
    if kind == 2:
        return text.replace('"Effect": "Allow"', '"Effect": "Deny", "Effect": "Allow"', 1)
    if kind == 3:
        return f"{text}\n{text}"
    return text
