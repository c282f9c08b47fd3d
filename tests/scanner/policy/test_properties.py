"""What holds for all policies and requests, whatever their content."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scanner.policy import Policies, Policy, Request, decide, granted, parse
from scanner.policy.decide import Decision
from tests.scanner.policy import strategies as some

RANK = {"explicitly_denied": 0, "implicitly_denied": 0, "conditional": 1, "allowed": 2}
LAYERS = st.sampled_from(("identity", "boundary", "session", "resource", "scps"))


def rank(decision: Decision) -> int:
    return RANK[decision.effect]


def with_statement(policies: dict[str, Any], layer: str, statement: dict[str, Any]) -> Policies:
    """Add one statement, as a policy of its own where a layer may hold several."""
    document = {"Version": "2012-10-17", "Statement": [statement]}
    given = policies[layer]
    if layer == "resource":
        version = given["Version"] if given else "2012-10-17"
        statements = [*(given["Statement"] if given else ()), statement]
        return Policies(**{**policies, layer: {"Version": version, "Statement": statements}})
    if layer == "scps":
        return Policies(**{**policies, layer: [[*level, document] for level in given or ()]})
    return Policies(**{**policies, layer: [*(given or ()), document]})


@given(some.policies(), some.requests(), LAYERS, st.data())
def test_adding_a_deny_never_allows_more(
    policies: dict[str, Any], request: dict[str, Any], layer: str, data: st.DataObject
) -> None:
    deny = data.draw(some.statements(principal=layer == "resource", effect="Deny"))
    before = decide(Request(**request), Policies(**policies))
    after = decide(Request(**request), with_statement(policies, layer, deny))
    assert rank(after) <= rank(before)


@given(some.policies(), some.requests(), LAYERS, st.data())
def test_adding_an_allow_never_denies_more(
    policies: dict[str, Any], request: dict[str, Any], layer: str, data: st.DataObject
) -> None:
    assume(layer not in ("boundary", "session") or policies[layer])
    allow = data.draw(some.statements(principal=layer == "resource", effect="Allow"))
    before = decide(Request(**request), Policies(**policies))
    after = decide(Request(**request), with_statement(policies, layer, allow))
    assert rank(after) >= rank(before)
    assert (after.effect == "explicitly_denied") == (before.effect == "explicitly_denied")


@given(some.policies(), some.requests(), st.data())
def test_spelling_never_changes_a_decision(
    policies: dict[str, Any], request: dict[str, Any], data: st.DataObject
) -> None:
    other = {
        layer: [data.draw(some.respelled(one)) for one in documents]
        if isinstance(documents, list)
        else data.draw(some.respelled(documents))
        for layer, documents in policies.items()
        if documents and layer != "scps"
    }
    before = decide(Request(**request), Policies(**policies))
    after = decide(Request(**request), Policies(**{**policies, **other}))
    assert (after.effect, len(after.because)) == (before.effect, len(before.because))


@given(some.policies(), some.requests(unknown=True), some.contexts)
def test_a_decision_with_unknown_keys_holds_for_whatever_they_are(
    policies: dict[str, Any], request: dict[str, Any], context: dict[str, Any]
) -> None:
    unsure = decide(Request(**request), Policies(**policies))
    full = {**context, **request["context"]}
    sure = decide(Request(**{**request, "unknown": False, "context": full}), Policies(**policies))
    assert sure.effect != "conditional"
    if unsure.effect == "conditional":
        assert any(not one.is_certain for one in unsure.because)
    elif unsure.effect == "implicitly_denied":
        assert rank(sure) == 0
    else:
        assert sure.effect == unsure.effect


@given(some.policies(), some.requests(unknown=False))
def test_reasons_fit_the_decision(policies: dict[str, Any], request: dict[str, Any]) -> None:
    decision = decide(Request(**request), Policies(**policies))
    effects = {one.effect for one in decision.because}
    if decision.effect == "allowed":
        assert effects <= {"Allow"}
        assert not decision.missing
    elif decision.effect == "explicitly_denied":
        assert effects == {"Deny"}
        assert not decision.missing
    else:
        assert decision.effect == "implicitly_denied"
        assert not decision.because
        assert decision.missing


@settings(max_examples=200)
@given(
    st.lists(some.documents(), max_size=3),
    st.none() | some.documents(),
    st.sampled_from(some.ACTIONS),
    st.sampled_from(some.RESOURCES),
    some.contexts,
)
def test_whatever_is_allowed_is_granted(
    documents: list[dict[str, Any]],
    boundary: dict[str, Any] | None,
    action: str,
    resource: str,
    context: dict[str, Any],
) -> None:
    user = f"arn:aws:iam::{some.ACCOUNT}:user/a"
    request = Request(user, action, resource, some.ACCOUNT, context)
    decision = decide(request, Policies(identity=documents, boundary=boundary))
    policies = [read(one) for one in documents]
    limit = read(boundary) if boundary else None
    if decision.effect == "allowed":
        assert action in granted(policies, {action}, boundary=limit, resource=resource)
        assert action in granted(policies, {action}, boundary=limit)


def read(document: dict[str, Any]) -> Policy:
    policy = parse(document, source="iam:GetPolicyVersion")
    assert isinstance(policy, Policy)
    return policy
