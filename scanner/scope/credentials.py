"""IAM users joined with their rows of the credential report, which lags by up to four hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from scanner.facts.iam import CredentialReport, ReportKey, ReportRow
from scanner.facts.snapshot import Snapshot
from scanner.scope.holder import Holder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.principals import users
from scanner.vocabulary import Listed, Observed, Unobserved, derived, gaps, known, merged, seen

READ_BY = "iam:GetCredentialReport"
SAME_USER = timedelta(minutes=1)
"""Two sources may round a user's creation differently; another user of the name is far off."""


@dataclass(frozen=True, eq=False)
class Credentials:
    """A user and its row of the report, or why there is none.

    `unconfirmed` says why the row may be about an earlier user of the name: the list of users was
    not read. Such a row may prove a fail, never a pass.
    """

    holder: Holder
    row: Observed[ReportRow]
    unconfirmed: tuple[Unobserved, ...] = ()

    @property
    def key(self) -> str:
        """The user's ARN."""
        return self.holder.key

    @property
    def name(self) -> str:
        """The user's name."""
        return self.holder.name

    @property
    def region(self) -> str:
        """IAM is global."""
        return ""

    @property
    def password(self) -> Observed[bool]:
        """Whether the user can sign in with a password."""
        if isinstance(self.row, Unobserved):
            return self.row
        return self._flag("password_enabled", value=self.row.password_enabled)

    @property
    def mfa(self) -> Observed[bool]:
        """Whether the user has an MFA device of any kind."""
        if isinstance(self.row, Unobserved):
            return self.row
        return self._flag("mfa_active", value=self.row.mfa_active)

    def _flag(self, column: str, *, value: bool | None) -> Observed[bool]:
        return self.blank(column) if value is None else value

    def blank(self, column: str) -> Unobserved:
        """The gap that an empty column of the report leaves."""
        return Unobserved(READ_BY, "NoValue", detail=f"{column} of user {self.name}")

    def active_keys(self) -> tuple[tuple[int, ReportKey], ...]:
        """Active keys with their number in the report, 1 or 2; raises NotSeen without a row."""
        row = known(self.row)
        return tuple((n, key) for n, key in enumerate(row.keys, 1) if key.active)

    def hidden_keys(self) -> tuple[Unobserved, ...]:
        """The gap that the report leaves: it shows two keys and mentions more in a text."""
        more = known(self.row).additional_credentials
        if not more:
            return ()
        detail = f"the report shows two keys of user {self.name} and mentions more"
        return (Unobserved(READ_BY, "MoreKeys", detail=detail),)


@once_per_snapshot
def credentials(snapshot: Snapshot) -> Listed[Credentials]:
    """Every IAM user with its credentials.

    A user that was created after the report, or again under the same name, has no row. A row
    without a user is a deleted user, unless the list of users has gaps: then the row is all that
    is known, and the user's rights are unknown.
    """
    report = snapshot.iam.report
    if isinstance(report, Unobserved):
        return report
    root = report.root
    rows = {row.arn: row for row in report.rows if row is not root}
    listed = derived(users(snapshot), lambda user: [Credentials(user, _row(user, rows, report))])
    missing = gaps(listed)
    if not missing:
        return listed
    named = {one.key for one in seen(listed)}
    unlisted = (_unlisted(row, missing) for row in rows.values() if row.arn not in named)
    return merged(listed, tuple(unlisted))


def _row(user: Holder, rows: dict[str, ReportRow], report: CredentialReport) -> Observed[ReportRow]:
    row = rows.get(user.arn)
    if row is not None and not _is_another(row, user):
        return row
    made = f"{report.generated:%Y-%m-%d %H:%M} UTC"
    detail = f"user {user.name} is not in the credential report of {made}"
    return Unobserved(READ_BY, "NotInReport", detail=detail)


def _is_another(row: ReportRow, user: Holder) -> bool:
    if row.created is None or user.created is None:
        return False
    return abs(row.created - user.created) > SAME_USER


def _unlisted(row: ReportRow, missing: tuple[Unobserved, ...]) -> Credentials:
    path = "/" + "".join(f"{part}/" for part in row.arn.split("/")[1:-1])
    holder = Holder(
        kind="user", name=row.user, arn=row.arn, path=path, created=row.created, gaps=missing
    )
    return Credentials(holder, row, unconfirmed=missing)
