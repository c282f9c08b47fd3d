"""Ending the lock of a restored copy, and telling every organisation's audit log."""

from django.db import transaction

from posture.auditing import record
from posture.models import unlock as end_locks
from posture.models.crossing import all_organisations
from posture.models.tenancy import within


@transaction.atomic
def unlock() -> int:
    """Let a restored copy scan, mail and send; return how many locks there were."""
    ended = end_locks()
    if ended:
        tell_everybody("installation.unlocked")
    return ended


def tell_everybody(action: str) -> None:
    """Record the same event in every organisation, in one order, so that two callers do no harm."""
    for organisation in sorted(all_organisations()):
        with within(organisation):
            record(organisation=organisation, by=None, action=action)
