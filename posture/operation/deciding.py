"""An operator's decision about an account that two organisations claim."""

import uuid

from posture.auditing import record
from posture.models import Account, AccountDecision, Organisation
from posture.models.tenancy import within

REFUSED = (
    "Whoever runs this installation did not confirm the account. Ask them if that is a mistake; a "
    "test of the connection asks for another decision."
)


class NothingToDecideError(Exception):
    """No account of that organisation waits for a decision; the message says which was meant."""


def decide(
    *, organisation: uuid.UUID, aws_account: str, allow: bool, reason: str, by: str
) -> AccountDecision:
    """Let an organisation scan an account that another one has proved too, or refuse it.

    Takes the organisation's id and the 12 digits; `by` is the operator's name. The decision is a row
    that stays. Raises NothingToDecideError.
    """
    with within(organisation):
        known = Organisation.objects.filter(pk=organisation).exists()
        waiting = Account.objects.select_for_update().filter(
            aws_account=aws_account, state=Account.State.DISPUTED
        )
        account = waiting.first() if known else None
        if account is None:
            message = f"Account {aws_account} of organisation {organisation} waits for no decision."
            raise NothingToDecideError(message)
        decision = AccountDecision.objects.create(
            organisation_id=organisation,
            account=account,
            allowed=allow,
            reason=reason,
            decided_by=by,
        )
        before = account.state
        _apply(account, allow=allow)
        record(
            organisation=organisation,
            by=None,
            action="account.decided",
            target=account,
            before={"state": before},
            after={"state": account.state, "allowed": allow, "reason": reason, "operator": by},
        )
        return decision


def _apply(account: Account, *, allow: bool) -> None:
    """Its role has been proved already, so an allowed account is connected at once."""
    account.state = Account.State.CONNECTED if allow else Account.State.PENDING
    account.state_code = ""
    account.state_reason = "" if allow else REFUSED
    account.connected_at = account.checked_at if allow else None
    account.recheck_at = account.checked_at
    account.save(
        update_fields=["state", "state_code", "state_reason", "connected_at", "recheck_at"]
    )
