"""The nature of users and roles alike."""

from __future__ import annotations

import pytest

from scanner.facts.snapshot import Snapshot
from scanner.scope.holder import Holder
from scanner.scope.nature import Nature
from scanner.scope.natures import is_workload, nature_of, seen_workload
from scanner.scope.principals import principals
from scanner.vocabulary import NotSeen, Unobserved, seen
from tests.builders import a_key, a_report, a_role, a_row, a_snapshot, a_user, denied
from tests.documents import a_malformed_policy

REPORT = a_report(a_row("person", password=True), a_row("machine", keys=(a_key(),)), a_row("idle"))
USERS = (a_user("person"), a_user("machine"), a_user("idle"))


def holders(snapshot: Snapshot) -> dict[str, Holder]:
    return {one.name: one for one in seen(principals(snapshot))}


def test_users_by_the_report_and_roles_by_their_trust() -> None:
    snapshot = a_snapshot(users=USERS, roles=(a_role("worker"),), report=REPORT)
    natures = {name: nature_of(one, snapshot) for name, one in holders(snapshot).items()}
    assert natures == {
        "person": Nature.HUMAN,
        "machine": Nature.WORKLOAD,
        "idle": Nature.OTHER,
        "worker": Nature.WORKLOAD,
    }


@pytest.mark.parametrize(
    "snapshot",
    [
        a_snapshot(users=USERS, report=denied("iam:GetCredentialReport")),
        a_snapshot(users=USERS),
        a_snapshot(roles=(a_role("person", trusted=a_malformed_policy()),)),
    ],
    ids=["no report", "no row", "no trust"],
)
def test_what_was_not_read_has_no_nature(snapshot: Snapshot) -> None:
    one = holders(snapshot)["person"]
    with pytest.raises(NotSeen):
        nature_of(one, snapshot)
    assert isinstance(seen_workload(one, snapshot), Unobserved)


def test_a_workload_is_one_only_when_that_was_read() -> None:
    snapshot = a_snapshot(users=USERS, roles=(a_role("worker"),), report=REPORT)
    assert {one for one, who in holders(snapshot).items() if is_workload(who, snapshot)} == {
        "machine",
        "worker",
    }
