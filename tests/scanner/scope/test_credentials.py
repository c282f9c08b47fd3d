"""Users joined with a report that may be older than they are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scanner.scope.credentials import Credentials, credentials
from scanner.vocabulary import NotSeen, Partial, Unobserved, gaps, known, seen
from tests.builders import (
    AUTHORIZATION_DETAILS,
    CREATED,
    NOW,
    a_key,
    a_report,
    a_row,
    a_snapshot,
    a_user,
    denied,
)

GAP = denied(AUTHORIZATION_DETAILS)


def the_credentials(**row: bool | None) -> Credentials:
    snapshot = a_snapshot(users=(a_user(),), report=a_report(a_row(**row)))  # type: ignore[arg-type]  # flags only
    (one,) = seen(credentials(snapshot))
    return one


def test_a_user_has_its_row() -> None:
    one = the_credentials(password=True, mfa=True)
    assert (one.password, one.mfa, one.name, one.unconfirmed) == (True, True, "deploy", ())


def test_a_blank_column_is_a_gap_that_names_it() -> None:
    one = the_credentials(password=None, mfa=None)
    assert one.password == Unobserved(
        "iam:GetCredentialReport", "NoValue", detail="password_enabled of user deploy"
    )
    assert isinstance(one.mfa, Unobserved)


@pytest.mark.parametrize(
    ("row", "same"),
    [
        (a_row(), True),
        (a_row(created=CREATED + timedelta(seconds=59)), True),
        (a_row(created=None), True),
        (a_row(created=CREATED - timedelta(minutes=2)), False),
        (a_row(created=CREATED + timedelta(days=9)), False),
        (a_row(arn="arn:aws:iam::111122223333:user/old/deploy"), False),
    ],
    ids=["equal", "rounded", "unknown", "earlier", "later", "moved"],
)
def test_a_row_belongs_to_the_user_of_its_arn_and_birth(row: object, same: bool) -> None:
    snapshot = a_snapshot(users=(a_user(),), report=a_report(row))  # type: ignore[arg-type]  # a table of rows
    (one,) = seen(credentials(snapshot))
    assert isinstance(one.row, Unobserved) is not same


def test_a_user_without_a_row_is_unknown_in_everything() -> None:
    (one,) = seen(credentials(a_snapshot(users=(a_user(created=NOW),))))
    assert one.password == one.mfa == one.row
    with pytest.raises(NotSeen, match="not in the credential report of 2026-11-24 08:40 UTC"):
        one.active_keys()


def test_a_row_without_a_user_is_a_deleted_user() -> None:
    assert credentials(a_snapshot(report=a_report(a_row()))) == ()


@pytest.mark.parametrize("users", [GAP, Partial((), (GAP,))], ids=["refused", "cut"])
def test_a_row_without_a_user_is_all_we_know_when_the_list_has_gaps(users: Unobserved) -> None:
    row = a_row(arn="arn:aws:iam::111122223333:user/a/b/deploy")
    listed = credentials(a_snapshot(users=users, report=a_report(row)))
    (one,) = seen(listed)
    assert (known(one.row), one.unconfirmed, one.holder.gaps) == (row, (GAP,), (GAP,))
    assert (one.name, one.key, one.holder.path) == ("deploy", row.arn, "/a/b/")
    assert gaps(listed) == (GAP,)


def test_the_root_user_is_no_user() -> None:
    assert credentials(a_snapshot(users=Partial((), (GAP,)))) == Partial((), (GAP,))


def test_without_the_report_nothing_is_known() -> None:
    refused = denied("iam:GetCredentialReport")
    assert credentials(a_snapshot(users=(a_user(),), report=refused)) == refused


def test_active_keys_keep_their_number() -> None:
    row = a_row(keys=(a_key(active=False), a_key()))
    (one,) = seen(credentials(a_snapshot(users=(a_user(),), report=a_report(row))))
    assert one.active_keys() == ((2, row.key_2),)
    assert one.hidden_keys() == ()


def test_keys_beyond_the_second_are_a_gap() -> None:
    row = a_row(more="[1] additional access key")
    (one,) = seen(credentials(a_snapshot(users=(a_user(),), report=a_report(row))))
    (gap,) = one.hidden_keys()
    assert (gap.action, gap.error) == ("iam:GetCredentialReport", "MoreKeys")
