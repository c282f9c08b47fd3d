"""Reading policies: every spelling is one policy, nonsense is Malformed and never an exception."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.iam.aws_managed_policies import aws_managed_policies_data

from scanner.policy import Malformed, Policy, Principal, parse
from scanner.policy.document import MAX_BYTES, storable
from scanner.vocabulary import Unobserved
from tests.scanner.policy import strategies as some

SOURCE = "sqs:GetQueueAttributes"

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("Statement", "Effect", "Action", "Principal", "Condition", "AWS"))
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def read(document: str | bytes | dict[str, Any]) -> Policy:
    policy = parse(document, source=SOURCE)
    assert isinstance(policy, Policy), policy
    return policy


def fault(document: Any) -> Malformed:
    policy = parse(document, source=SOURCE)
    assert isinstance(policy, Malformed)
    return policy


def test_a_statement_keeps_what_the_policy_says() -> None:
    policy = read(
        {
            "Version": "2012-10-17",
            "Id": "q",
            "Statement": {
                "Sid": "One",
                "Effect": "Deny",
                "NotPrincipal": {"AWS": ["111122223333", "*"], "Service": "sns.amazonaws.com"},
                "NotAction": "SQS:SendMessage",
                "NotResource": ["arn:aws:sqs:us-east-1:111122223333:q"],
                "Condition": {
                    "forallvalues:stringlikeifexists": {"aws:TagKeys": ["a", True, 5, 1.50]}
                },
            },
        }
    )
    (statement,) = policy.statements
    (condition,) = statement.conditions
    assert policy.version == "2012-10-17"
    assert (statement.index, statement.sid, statement.effect) == (0, "One", "Deny")
    assert (statement.actions, statement.not_actions) == ((), ("SQS:SendMessage",))
    assert not statement.names_actions
    assert statement.resources == ()
    assert statement.not_resources == ("arn:aws:sqs:us-east-1:111122223333:q",)
    assert statement.principals is None
    assert statement.not_principals == (
        Principal("AWS", "arn:aws:iam::111122223333:root", "111122223333"),
        Principal("everyone", "*"),
        Principal("Service", "sns.amazonaws.com"),
    )
    assert condition.operator == "ForAllValues:StringLikeIfExists"
    assert (condition.set_prefix, condition.base) == ("ForAllValues", "StringLike")
    assert condition.if_exists
    assert condition.values == ("a", "true", "5", "1.5")


def test_a_number_keeps_its_digits() -> None:
    (statement,) = read(
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",'
        ' "Condition": {"NumericEquals": {"k": [1.50, 1e3, 12345678901234567890]}}}}'
    ).statements
    assert statement.conditions[0].values == ("1.50", "1e3", "12345678901234567890")


def test_a_statement_without_resource_is_about_all_and_one_without_principal_names_none() -> None:
    (statement,) = read({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}}).statements
    assert statement.resources == ("*",)
    assert statement.principals is None
    assert statement.not_principals is None


def test_allows_and_denies_are_told_apart() -> None:
    policy = read(
        {
            "Statement": [
                {"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Sid": "D", "Effect": "Deny", "Action": "*", "Resource": "*"},
            ]
        }
    )
    assert [one.sid for one in policy.allows()] == ["A"]
    assert [one.sid for one in policy.denies()] == ["D"]


@given(some.documents(principal=True), st.data())
def test_spellings_of_one_policy_have_equal_statements_but_for_case_and_order(
    document: dict[str, Any], data: st.DataObject
) -> None:
    one, other = read(document), read(data.draw(some.respelled(document)))
    assert [meant(statement) for statement in one.statements] == [
        meant(statement) for statement in other.statements
    ]


def meant(statement: Any) -> Iterator[object]:
    return (
        statement.effect,
        statement.exact_names,
        set(statement.wildcards),
        statement.names_actions,
        set(statement.resources),
        set(statement.not_resources),
        statement.principals,
        statement.not_principals,
        {(one.operator, one.key.lower(), *sorted(one.values)) for one in statement.conditions},
    )  # type: ignore[return-value]  # compared as a whole, never taken apart


def test_equal_texts_are_equal_policies() -> None:
    text = '{"Statement": []}'
    assert read(text) == read(text.encode())
    assert hash(read(text)) == hash(read(text))
    assert read(text) != read('{"Statement":[]}')


def test_parsed_json_becomes_its_text() -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "ü"}]}
    assert json.loads(read(document).text) == document
    assert read(read(document).text) == read(document)
    assert isinstance(parse(MappingProxyType(document), source=SOURCE), Policy)


def test_every_policy_that_aws_manages_is_understood() -> None:
    documents = [one["Document"] for one in json.loads(aws_managed_policies_data).values()]
    assert len(documents) > 1000
    refused = [parse(one, source=SOURCE) for one in documents]
    assert [one.detail for one in refused if isinstance(one, Malformed)] == []


def test_malformed_is_unobserved_and_keeps_the_text() -> None:
    found = fault('{"Statement": [,]}')
    assert isinstance(found, Unobserved)
    assert (found.action, found.error, found.region) == (SOURCE, "MalformedPolicy", "")
    assert found.detail == "the document is not JSON: Expecting value in line 1, column 16"
    assert found.text == '{"Statement": [,]}'
    assert "could not be read: MalformedPolicy" in found.sentence()


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        ("", "not JSON"),
        ("\ufeff{}", "not JSON"),
        ('{"Statement": "\x01"}', "not JSON"),
        (b'{"Statement": "\xff"}', "not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        ('{"Statement":' * 20_000, "nested too deeply"),
        (f'{{"Id": "{"x" * MAX_BYTES}"}}', "larger than 256 KiB"),
        (f'{{"Id": {"9" * 5000}}}', "number of 5000 characters"),
        ('{"Id": 1e999, "Statement": []}', "Id is not a text"),
        ('{"Id": "", "Id": ""}', '"Id" more than once'),
        ({"Statement": float("nan")}, "not JSON"),
        ({"Statement": {1, 2}}, "not JSON"),
        ({"Statement": object()}, "not JSON"),
        ({1: "x"}, 'unknown element "1"'),
        ({"Statement": [], "\u202ex": ""}, r'"\u202ex"'),
        ({"Statement": [], "x" * 99: ""}, "x…"),
    ],
)
def test_nonsense_is_refused_with_its_place(document: Any, detail: str) -> None:
    assert detail in fault(document).detail


def test_a_document_that_holds_itself_is_refused() -> None:
    document: dict[str, Any] = {}
    document["Statement"] = document
    assert "not JSON" in fault(document).detail


def test_deeply_nested_objects_are_refused() -> None:
    document: Any = "x"
    for _ in range(100_000):
        document = [document]
    assert "nested too deeply" in fault({"Statement": document}).detail
    while isinstance(document, list):
        document = document.pop()


def test_the_largest_document_is_still_read() -> None:
    shell = '{"Statement": [], "Id": "%s"}'
    text = shell % ("x" * (MAX_BYTES - len(shell) + 2))
    assert len(text) == MAX_BYTES
    assert read(text).text == text


def test_the_text_of_an_oversized_document_is_cut() -> None:
    found = fault("ü" * MAX_BYTES)
    assert len(found.text.encode()) == MAX_BYTES


def test_repeated_keys_among_very_many_are_found() -> None:
    keys = ",".join(f'"{number}":0' for number in range(20_000))
    assert "more than once" in fault(f'{{{keys},"0":0}}').detail


def test_text_that_cannot_be_stored_is_escaped_without_changing_its_meaning() -> None:
    text = '{"Statement": [], "Id": "\ud800ü"}'
    policy = read(text)
    assert policy.text == '{"Statement": [], "Id": "\\ud800ü"}'
    assert json.loads(policy.text) == json.loads(text)
    assert fault("\0").text == "\\u0000"
    assert fault(b"\xff").text == "\\udcff"


@given(st.text(st.characters()))
def test_storable_text_is_always_encodable(text: str) -> None:
    stored = storable(text)
    assert "\0" not in stored
    assert stored.encode().decode() == stored
    if "\0" not in text and text.isascii():
        assert stored == text


@given(st.text(st.characters()) | st.binary() | st.text('{}[]":,ntfaSe0.\\ '))
def test_no_text_raises(text: str | bytes) -> None:
    assert isinstance(parse(text, source=SOURCE), Policy | Malformed)


@given(st.dictionaries(st.sampled_from(("Version", "Statement", "Id")), anything))
def test_no_json_raises(document: dict[str, Any]) -> None:
    found = parse(document, source=SOURCE)
    if isinstance(found, Malformed):
        assert found.detail
    else:
        assert isinstance(document["Statement"], list | dict)


@given(some.documents(principal=True), st.data())
def test_no_cut_or_changed_policy_raises(document: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(document)
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, min(len(text), start + 3)))
    changed = text[:start] + data.draw(st.text('{}[]":,x* ', max_size=2)) + text[stop:]
    assert isinstance(parse(changed, source=SOURCE), Policy | Malformed)
