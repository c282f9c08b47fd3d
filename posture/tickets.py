"""Verbs on the external ticket of a finding: link, change, unlink; each leaves an event."""

from django.db import transaction
from django.utils import timezone

from posture.auditing import record
from posture.models import ApiToken, Finding, FindingEvent, Ticket, User


@transaction.atomic
def link_ticket(  # noqa: PLR0913 - a reference has that many parts, all by keyword
    *,
    finding: Finding,
    system: str,
    key: str,
    url: str = "",
    status: str = "",
    by_user: User | None = None,
    by_token: ApiToken | None = None,
) -> Ticket:
    """Say which ticket a finding is worked on in; the same reference again changes nothing.

    `system` is a short name such as jira, `key` what people call the ticket there, `url` an
    http(s) address or empty. Returns the reference as it stands.
    """
    locked = Finding.objects.select_for_update().get(pk=finding.pk)
    said = {"system": system, "key": key, "url": url, "status": status}
    present = Ticket.objects.filter(finding=locked).first()
    if present is not None and said == {name: getattr(present, name) for name in said}:
        return present
    before = {name: getattr(present, name) for name in said} if present is not None else {}
    ticket, _ = Ticket.objects.update_or_create(
        finding=locked,
        defaults={
            **said,
            "organisation_id": locked.organisation_id,
            "linked_at": timezone.now(),
            "by_user": by_user,
            "by_token": by_token,
        },
    )
    _note(locked, FindingEvent.Kind.TICKET_LINKED, said, by_user, by_token)
    record(
        organisation=locked.organisation_id,
        by=by_user or by_token,
        action="ticket.linked",
        target=locked,
        before=before,
        after=said,
    )
    return ticket


@transaction.atomic
def unlink_ticket(
    *, finding: Finding, by_user: User | None = None, by_token: ApiToken | None = None
) -> bool:
    """Take the reference away; False when there was none."""
    locked = Finding.objects.select_for_update().get(pk=finding.pk)
    ticket = Ticket.objects.filter(finding=locked).first()
    if ticket is None:
        return False
    said = {"system": ticket.system, "key": ticket.key}
    ticket.delete()
    _note(locked, FindingEvent.Kind.TICKET_UNLINKED, said, by_user, by_token)
    record(
        organisation=locked.organisation_id,
        by=by_user or by_token,
        action="ticket.unlinked",
        target=locked,
        before=said,
    )
    return True


def _note(
    finding: Finding, kind: str, data: dict[str, str], user: User | None, token: ApiToken | None
) -> None:
    """Write the event under the finding's next number; whoever calls holds the row's lock."""
    now = timezone.now()
    finding.sequence += 1
    finding.last_changed = now
    finding.save(update_fields=["sequence", "last_changed"])
    FindingEvent.objects.create(
        organisation_id=finding.organisation_id,
        finding=finding,
        account_id=finding.account_id,
        sequence=finding.sequence,
        kind=kind,
        at=now,
        by_user=user,
        by_token=token,
        data=data,
    )
