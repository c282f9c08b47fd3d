"""Random policies, requests and spellings for the property tests of the policy language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]

ACCOUNT = "111122223333"
OTHER = "999988887777"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"

PRINCIPALS = (
    f"arn:aws:iam::{ACCOUNT}:user/a",
    f"arn:aws:iam::{ACCOUNT}:role/worker",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/i-1",
    f"arn:aws:sts::{ACCOUNT}:federated-user/a",
    f"arn:aws:iam::{ACCOUNT}:root",
    f"arn:aws:iam::{OTHER}:user/a",
    "sns.amazonaws.com",
    "*",
)
ACTIONS = ("sqs:SendMessage", "sqs:ReceiveMessage", "s3:GetObject", "kms:Decrypt", "sts:AssumeRole")
RESOURCES = (
    QUEUE,
    f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k",
    f"arn:aws:iam::{ACCOUNT}:role/r",
    "arn:aws:s3:::b/a",
)
KEYS = ("aws:username", "aws:SecureTransport", "aws:TagKeys")
VALUES = ("a", "true", "false", "5", "10.0.0.1")

action_patterns = st.just("*") | st.sampled_from(
    (*ACTIONS, "sqs:*", "*:*", "s3:Get*", "SQS:S?ndMessage")
)
resource_patterns = st.just("*") | st.sampled_from(
    (
        *RESOURCES,
        "arn:*",
        "arn:aws:sqs:*:*:*",
        "arn:aws:sqs:*:*:ord?rs",
        "arn:aws:s3:::b/${aws:username}",
        "arn:aws:s3:::b/${aws:username, 'a'}",
    )
)
named = st.sampled_from(
    (
        {"AWS": PRINCIPALS[0]},
        {"AWS": PRINCIPALS[1]},
        {"AWS": PRINCIPALS[2]},
        {"AWS": ACCOUNT},
        {"AWS": OTHER},
        {"Service": "sns.amazonaws.com"},
        "*",
    )
)
operators = st.sampled_from(
    (
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringEqualsIfExists",
        "ForAnyValue:StringEquals",
        "ForAllValues:StringEquals",
        "ForAnyValue:StringNotEquals",
        "Bool",
        "BoolIfExists",
        "Null",
        "NumericLessThan",
        "IpAddress",
        "NotIpAddress",
    )
)


def one_or_more(values: st.SearchStrategy[str]) -> st.SearchStrategy[str | list[str]]:
    return values | st.lists(values, min_size=1, max_size=3)


conditions = st.dictionaries(
    operators,
    st.dictionaries(
        st.sampled_from(KEYS),
        one_or_more(st.sampled_from((*VALUES, "*", "${aws:username}"))),
        min_size=1,
        max_size=2,
    ),
    max_size=2,
)


@st.composite
def statements(draw: st.DrawFn, *, principal: bool = False, effect: str = "") -> Document:
    statement: Document = {
        "Effect": effect or draw(st.sampled_from(("Allow", "Allow", "Allow", "Deny"))),
        draw(st.sampled_from(("Action",) * 4 + ("NotAction",))): draw(one_or_more(action_patterns)),
        draw(st.sampled_from(("Resource",) * 4 + ("NotResource",))): draw(
            one_or_more(resource_patterns)
        ),
    }
    if principal:
        element = draw(st.sampled_from(("Principal", "Principal", "NotPrincipal")))
        statement[element] = draw(named)
    if draw(st.booleans()):
        statement["Condition"] = draw(conditions)
    return statement


def documents(*, principal: bool = False, effect: str = "") -> st.SearchStrategy[Document]:
    return st.builds(
        lambda version, statement: {"Version": version, "Statement": statement},
        st.sampled_from(("2012-10-17", "2008-10-17")),
        st.lists(statements(principal=principal, effect=effect), min_size=1, max_size=3),
    )


contexts = st.just(dict[str, Any]()) | st.dictionaries(
    st.sampled_from(KEYS),
    st.none() | st.sampled_from(VALUES) | st.lists(st.sampled_from(VALUES), max_size=2),
)


@st.composite
def policies(draw: st.DrawFn) -> Document:
    """Arguments of Policies; no RCPs, where an Allow may narrow (see RCPFullAWSAccess)."""
    allows_all = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    level = st.lists(documents() | st.just(allows_all), min_size=1, max_size=2)
    limit = st.lists(documents(), min_size=1, max_size=1)
    seldom = st.sampled_from((False, False, False, True))
    return {
        "identity": draw(st.lists(documents(), max_size=2)),
        "boundary": draw(limit) if draw(seldom) else None,
        "session": draw(limit) if draw(seldom) else None,
        "resource": draw(st.none() | documents(principal=True)),
        "scps": draw(st.lists(level, max_size=2)) if draw(seldom) else None,
    }


@st.composite
def requests(draw: st.DrawFn, *, unknown: bool | None = None) -> Document:
    """Arguments of Request."""
    return {
        "principal": draw(st.sampled_from(PRINCIPALS)),
        "action": draw(st.sampled_from(ACTIONS)),
        "resource": draw(st.sampled_from(RESOURCES)),
        "resource_account": draw(st.sampled_from((ACCOUNT, ACCOUNT, OTHER))),
        "context": draw(contexts),
        "unknown": draw(st.booleans()) if unknown is None else unknown,
    }


@st.composite
def respelled(draw: st.DrawFn, document: Mapping[str, Any]) -> str | bytes | Document:
    """Spell a policy in another way that AWS holds to be the same."""
    statement = document["Statement"]
    items = statement if isinstance(statement, list) else [statement]
    other: Document = {
        **document,
        "Statement": [
            {key: draw(_value(key, value)) for key, value in draw(_shuffled(item)).items()}
            for item in items
        ],
    }
    if len(items) == 1 and draw(st.booleans()):
        other["Statement"] = other["Statement"][0]
    if draw(st.booleans()):
        other["Id"] = "any"
    text = json.dumps(other, indent=draw(st.sampled_from((None, 4))))
    spellings: list[str | bytes | Document] = [other, text, text.encode()]
    return draw(st.sampled_from(spellings))


@st.composite
def _value(draw: st.DrawFn, key: str, value: Any) -> Any:
    if key in ("Action", "NotAction"):
        cased = [draw(st.sampled_from((one, one.upper(), one.lower()))) for one in _items(value)]
        return draw(_listed(cased))
    if key in ("Resource", "NotResource"):
        return draw(_listed(_items(value)))
    if key in ("Principal", "NotPrincipal"):
        return draw(_principal(value))
    if key == "Condition":
        return {
            draw(st.sampled_from((operator, operator.lower()))): {
                draw(st.sampled_from((name, name.upper()))): draw(_listed(_loose(texts)))
                for name, texts in keys.items()
            }
            for operator, keys in value.items()
        }
    return value


@st.composite
def _principal(draw: st.DrawFn, value: Any) -> Any:
    if value == "*":
        return draw(st.sampled_from(("*", {"AWS": "*"}, {"AWS": ["*"]}, {"CanonicalUser": "*"})))
    kind, name = next(iter(value.items()))
    if name in (ACCOUNT, OTHER):
        name = draw(st.sampled_from((name, f"arn:aws:iam::{name}:root")))
    return {kind: draw(_listed([name]))}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _loose(value: Any) -> list[Any]:
    """Write texts as booleans and numbers where they are the same."""
    natural = {"true": True, "false": False, "5": 5}
    return [natural.get(text, text) for text in _items(value)]


def _listed(items: list[Any]) -> st.SearchStrategy[Any]:
    orders = st.permutations(items)
    return orders if len(items) != 1 else st.sampled_from((items[0], items))


def _shuffled(statement: Document) -> st.SearchStrategy[Document]:
    return st.permutations(list(statement.items())).map(dict)
