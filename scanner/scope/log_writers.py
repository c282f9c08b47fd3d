"""Whom the policy of a log bucket lets write beside the trails that should (CT-06)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy, Statement
from scanner.scope.ct import owner_of
from scanner.scope.guests import EVERYBODY, called
from scanner.scope.pins import pinned
from scanner.scope.strangers import Admission, admissions
from scanner.scope.trail_buckets import SERVICE, WRITE, LogBucket
from scanner.vocabulary import Severity, Unobserved

ON_OBJECTS = ("s3:PutObject", "s3:PutObjectAcl", "s3:DeleteObject", "s3:DeleteObjectVersion")
ON_THE_BUCKET = (
    "s3:DeleteBucket",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutLifecycleConfiguration",
    "s3:PutBucketVersioning",
)


@dataclass(frozen=True)
class Writers:
    """What the bucket's policy lets CloudTrail and foreign accounts do, by statement."""

    unpinned: tuple[Statement, ...]
    unsure: tuple[Unobserved, ...]
    strangers: Mapping[int, tuple[str, ...]]
    statements: Mapping[int, Statement]

    @classmethod
    def of(cls, policy: Policy | None, log: LogBucket, snapshot: Snapshot) -> Writers:
        if policy is None:
            return cls((), (), {}, {})
        objects = f"{log.key}/*"
        writing = [
            (one, pinned(one, SERVICE, snapshot, also=_as_good_as_own(one, log, snapshot)))
            for one in policy.allows()
            if SERVICE in one.services() and one.applies_to_action(WRITE) and one.reaches(objects)
        ]
        let_in = list(_let_in(policy, log, snapshot))
        strangers: dict[int, dict[str, None]] = {}
        for one in let_in:
            if isinstance(one.stranger, str):
                strangers.setdefault(one.statement.index, {})[one.stranger] = None
        return cls(
            tuple(one for one, tied in writing if tied is False),
            (
                *(tied for _, tied in writing if isinstance(tied, Unobserved)),
                *(one.stranger for one in let_in if isinstance(one.stranger, Unobserved)),
            ),
            {index: tuple(who) for index, who in strangers.items()},
            {one.statement.index: one.statement for one in let_in if isinstance(one.stranger, str)},
        )

    def faults(self) -> Iterator[tuple[str, Severity]]:
        """One sentence per statement that lets too much in."""
        for index, who in self.strangers.items():
            label = self.statements[index].label
            why = f"lets {', '.join(map(called, who))} change or delete log files."
            yield f"{_called(label)} {why}", Severity.HIGH
        for one in self.unpinned:
            why = "lets CloudTrail write for trails of unknown accounts."
            yield f"{_called(one.label)} {why}", Severity.MEDIUM


def _let_in(policy: Policy, log: LogBucket, snapshot: Snapshot) -> Iterator[Admission]:
    """Strangers that may write or delete; everybody is told by `exposures`, known trails not."""
    for resource, actions in ((f"{log.key}/*", ON_OBJECTS), (log.key, ON_THE_BUCKET)):
        for one in admissions(policy, resource, actions, snapshot):
            also = _as_good_as_own(one.statement, log, snapshot)
            is_for_ours = pinned(one.statement, SERVICE, snapshot, also=also) is True
            if one.stranger != EVERYBODY and not (one.is_by_service and is_for_ours):
                yield one


def _called(label: str) -> str:
    return f"Policy {label}" if label.startswith("statement ") else f"Policy statement {label}"


def _as_good_as_own(statement: Statement, log: LogBucket, snapshot: Snapshot) -> frozenset[str]:
    """Trails that are known to write here with their owners, approved accounts and their trails."""
    profile, own = snapshot.profile, snapshot.account.id
    named = [value for one in statement.restrictions() for value in one.values if ":" in value]
    approved = (arn for arn in named if profile.approves(arn.split(":")[4], own))
    trails = (who for trail in log.trails for who in (trail.arn, owner_of(trail)))
    return frozenset((*trails, *approved, *profile.approved_accounts))
