"""Pausing an account, going on with it, and saying goodbye to it."""

from posture.auditing import record
from posture.connections.wording import InvalidError, new_external_id, told
from posture.models import Account, ApiToken, Schedule, User


def pause(*, account: Account, by: User | ApiToken | None) -> None:
    """Stop scanning a connected account until `resume`; what was found stays."""
    _move(account, Account.State.CONNECTED, Account.State.PAUSED, "account.paused", by)


def resume(*, account: Account, by: User | ApiToken | None) -> None:
    """Let a paused account be scanned again; InvalidError where only a proof of its role can."""
    if account.state_code:
        message = f"{account.state_reason} Then test the connection: scanning goes on with that."
        raise InvalidError("state", message)
    _move(account, Account.State.PAUSED, Account.State.CONNECTED, "account.resumed", by)


def disconnect(*, account: Account, by: User | ApiToken | None) -> None:
    """Stop looking at an account and forget the way in: its role and its external ids."""
    before = told(Account.objects.select_for_update().get(pk=account.pk))
    account.state, account.state_code = Account.State.DISCONNECTED, ""
    account.role_arn, account.external_id = "", new_external_id()
    account.next_external_id, account.connected_at = "", None
    account.save(
        update_fields=[
            "state", "state_code", "role_arn", "external_id", "next_external_id", "connected_at",
        ]
    )  # fmt: skip
    Schedule.objects.filter(account=account).update(preset=Schedule.Preset.OFF, next_run=None)
    record(
        organisation=account.organisation_id,
        by=by,
        action="account.disconnected",
        target=account,
        before=before,
        after=told(account),
    )


def _move(account: Account, old: str, new: str, action: str, by: User | ApiToken | None) -> None:
    """Only from the state it is in now, whatever the caller's copy says."""
    if Account.objects.filter(pk=account.pk, state=old, state_code="").update(state=new):
        account.state = new
        record(
            organisation=account.organisation_id,
            by=by,
            action=action,
            target=account,
            before={"state": old},
            after={"state": new},
        )
