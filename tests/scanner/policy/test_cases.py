"""The JSON cases of tests/policies, run through decide()."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from scanner.policy import Condition, Policies, Request, decide
from scanner.vocabulary import NotSeen

FOLDER = Path(__file__).parents[2] / "policies"

USUAL: Mapping[str, Any] = {
    "principal": "arn:aws:iam::111122223333:user/a",
    "action": "sqs:SendMessage",
    "resource": "arn:aws:sqs:us-east-1:111122223333:orders",
    "resource_account": "111122223333",
}
KEYS = {
    "case", "request", "policies", "allow_if", "effect", "because", "missing", "conditions",
    "unless", "refused",
}  # fmt: skip


def cases() -> Iterator[Any]:
    """Give every case with its file and sentence as the test's name."""
    for path in sorted(FOLDER.glob("*.json")):
        for case in json.loads(path.read_text()):
            yield pytest.param(case, id=f"{path.stem}: {case['case']}")


def asked(case: Mapping[str, Any]) -> tuple[Request, Policies]:
    policies = dict(case.get("policies", {}))
    if "allow_if" in case:
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        allow = {**statement, "Condition": case["allow_if"]}
        policies["identity"] = [{"Version": "2012-10-17", "Statement": allow}]
    return Request(**{**USUAL, **case.get("request", {})}), Policies(**policies)


def named(conditions: tuple[Condition, ...]) -> list[list[str]]:
    return sorted([one.operator, one.key] for one in conditions)


@pytest.mark.parametrize("case", list(cases()))
def test_decision_is_what_aws_documents(case: Mapping[str, Any]) -> None:
    assert set(case) <= KEYS
    assert ("effect" in case) != ("refused" in case)
    request, policies = asked(case)
    if "refused" in case:
        with pytest.raises(NotSeen) as caught:
            decide(request, policies)
        assert case["refused"] in str(caught.value)
        return
    decision = decide(request, policies)
    assert decision.effect == case["effect"]
    if "because" in case:
        assert sorted(one.sid for one in decision.because) == sorted(case["because"])
    if "missing" in case:
        assert list(decision.missing) == case["missing"]
    for field in ("conditions", "unless"):
        if field in case:
            assert named(getattr(decision, field)) == sorted(case[field])


def test_no_sentence_is_used_twice() -> None:
    sentences = [param.values[0]["case"] for param in cases()]
    assert len(sentences) == len(set(sentences))
