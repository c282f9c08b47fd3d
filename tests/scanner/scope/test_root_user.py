"""What is told of the root user, and by which source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.facts.cloudtrail import ROOT
from scanner.facts.iam import CredentialReport
from scanner.scope.root_user import (
    NO_ROW,
    calls_by_root,
    credentials_of_root,
    root_row,
    uses_of_root,
)
from scanner.vocabulary import NotSeen, Partial, seen
from tests.builders import (
    NOW,
    a_key,
    a_report,
    a_root_row,
    a_snapshot,
    a_summary,
    days_ago,
    denied,
)
from tests.builders_resources import an_event

REFUSED = denied("cloudtrail:LookupEvents")


@pytest.mark.parametrize(
    ("keys", "password", "in_report", "held"),
    [
        (0, 0, True, []),
        (0, 1, False, ["Password of the root user"]),
        (1, 0, False, ["Access keys of the root user"]),
        (2, 1, False, ["Access keys of the root user", "Password of the root user"]),
        (0, None, False, []),
        (0, None, True, ["Password of the root user"]),
        (0, None, None, ["Password of the root user"]),
        (1, None, True, ["Access keys of the root user"]),
    ],
)
def test_the_summary_tells_of_credentials_and_the_report_where_it_is_silent(
    keys: int, password: int | None, in_report: bool | None, held: list[str]
) -> None:
    snapshot = a_snapshot(report=a_report(root=a_root_row(password=in_report)))
    facts = credentials_of_root(a_summary(keys=keys, password=password), snapshot)
    assert [one.label for one in facts] == held


def test_a_report_without_the_root_user_is_a_gap() -> None:
    with pytest.raises(NotSeen) as unseen:
        root_row(a_snapshot(report=CredentialReport(NOW, ())))
    assert unseen.value.gaps == (NO_ROW,)


def test_each_credential_has_its_last_use() -> None:
    row = replace(a_root_row(keys=(a_key(used=days_ago(4)),)), password_last_used=days_ago(9))
    assert uses_of_root(row) == (
        ("password", days_ago(9)),
        ("access key 1", days_ago(4)),
        ("access key 2", None),
    )


def test_only_calls_of_the_root_user_that_aws_answered_since_then_count() -> None:
    events = (
        an_event("A", caller_type="Root", time=days_ago(1)),
        an_event("B", caller_type="Root", time=days_ago(3)),
        an_event("C", caller_type="Root", time=days_ago(1), error="AccessDenied"),
        an_event("D", caller_type="IAMUser", user="root", time=days_ago(1)),
    )
    listed = calls_by_root(a_snapshot(events={ROOT: Partial(events, (REFUSED,))}), days_ago(2))
    assert isinstance(listed, Partial)
    assert [one.name for one in seen(listed)] == ["A"]
