"""KMS facts: the keys that queues, topics, buckets and trails name, as they name them."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.policy import Policy
from scanner.vocabulary import Listed, Observed


@dataclass(frozen=True, slots=True)
class KeyDetails:
    """What DescribeKey said; `manager` is AWS or CUSTOMER, `state` as KMS spells it."""

    arn: str
    manager: str
    enabled: bool
    state: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key under one of its names: `reference` is an id, ARN, alias or alias ARN."""

    reference: str
    region: str
    details: Observed[KeyDetails]
    policy: Observed[Policy]


@dataclass(frozen=True, slots=True)
class KmsFacts:
    """All that was read of KMS: one entry per reference and region that something names."""

    keys: Listed[Key]
