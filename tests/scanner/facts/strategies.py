"""Hypothesis strategies for whole snapshots, built from the types of the facts themselves."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from hypothesis import strategies as st

from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import hints_of
from scanner.policy import Malformed, Policy
from scanner.vocabulary import Partial, Unobserved
from tests.documents import a_policy, allow

texts = st.one_of(
    st.sampled_from(["", "\x00", "\ud800", "$policy", "<script>", "\u202e", "a" * 300]),
    st.text(st.characters(exclude_categories=()), max_size=8),
)
moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
policies = st.builds(lambda action: a_policy(allow(action)), st.sampled_from(["sqs:*", "iam:*"]))
malformed = st.builds(Malformed, texts, st.just("MalformedPolicy"), st.just(""), texts, texts)
unobserved = st.builds(Unobserved, texts, texts, texts, texts)

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(-(2**63), 2**63),
    bool: st.booleans(),
    NoneType: st.none(),
    datetime: moments,
    Policy: st.one_of(policies, malformed),
    Unobserved: unobserved,
}


@cache
def of_hint(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type as facts are annotated with."""
    origin = get_origin(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if origin in {Union, UnionType}:
        return st.one_of(*map(of_hint, get_args(hint)))
    if origin is tuple:
        return st.lists(of_hint(get_args(hint)[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(texts, of_hint(get_args(hint)[1]), max_size=2)
    if origin is Partial:
        items = st.lists(of_hint(get_args(hint)[0]), max_size=2).map(tuple)
        return st.builds(Partial, items, st.lists(unobserved, min_size=1, max_size=2).map(tuple))
    if issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    assert dataclasses.is_dataclass(hint), hint
    kind: Any = hint
    return st.builds(kind, **{name: of_hint(one) for name, one in hints_of(kind).items()})


def snapshots() -> st.SearchStrategy[Snapshot]:
    """Snapshots with anything in every field."""
    return of_hint(Snapshot)
