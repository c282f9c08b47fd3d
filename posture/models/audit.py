"""The audit log: who did what to what, from where, and a chain that shows when rows were touched."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection, models

from posture.models.tenancy import OrganisationOwned, one_of

BEGINNING = "0" * 64
"""What stands for the previous hash in the first event of an organisation."""


class ActorKind(models.TextChoices):
    """Who acts."""

    PERSON = "person"
    PROGRAM = "program"
    SYSTEM = "system"


class Door(models.TextChoices):
    """Through which door a change came."""

    PAGE = "page"
    API = "api"
    COMMAND = "command"
    TASK = "task"


class AuditEvent(OrganisationOwned):
    """One change, as it was when it happened; names are copies and outlive what they name.

    The role `app` may insert and read. A trigger lets an event in only as the next of its chain.
    """

    number = models.PositiveBigIntegerField()
    """1, 2, 3 and so on in each organisation, without gaps."""
    at = models.DateTimeField()
    actor_kind = models.TextField(choices=ActorKind.choices)
    actor_id = models.UUIDField(null=True)
    actor_label = models.TextField()
    action = models.TextField()
    target_kind = models.TextField(blank=True)
    target_id = models.TextField(blank=True)
    target_label = models.TextField(blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    address = models.TextField(blank=True)
    request_id = models.TextField()
    door = models.TextField(choices=Door.choices)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "number"), name="audit_number_once"),
            one_of(ActorKind, "actor_kind", "audit_actor_known"),
            one_of(Door, "door", "audit_door_known"),
        )
        indexes = (
            models.Index(fields=("organisation", "actor_id", "-number"), name="audit_by_actor"),
            models.Index(fields=("organisation", "action", "-number"), name="audit_by_action"),
            models.Index(fields=("organisation", "target_id", "-number"), name="audit_by_target"),
            models.Index(fields=("organisation", "at"), name="audit_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.action}"


class AuditHead(OrganisationOwned):
    """The last link of an organisation's chain; only functions of the database move it."""

    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=BEGINNING)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation",), name="one_audit_head"),)

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.number} {self.hash}"


class Head(NamedTuple):
    """The locked end of a chain, and the database's time once it was locked."""

    number: int
    hash: str
    at: datetime


def lock_head(organisation: uuid.UUID) -> Head:
    """Lock the chain of the organisation, `within` it, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM lock_audit_head(%s)", [str(organisation)])
        return Head(*cursor.fetchone())


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events somebody asks for; what is empty asks for all.

    `who` and `target` are ids, or a part of a name in any case; `begin` and `end` are aware moments,
    of which the end is left out.
    """

    who: str = ""
    action: str = ""
    target: str = ""
    begin: datetime | None = None
    end: datetime | None = None

    def among(self, events: models.QuerySet[AuditEvent]) -> models.QuerySet[AuditEvent]:
        """Keep the events that are asked for."""
        if self.who:
            events = events.filter(_named("actor", self.who))
        if self.target:
            events = events.filter(_named("target", self.target))
        if self.action:
            events = events.filter(action=self.action)
        if self.begin is not None:
            events = events.filter(at__gte=self.begin)
        return events if self.end is None else events.filter(at__lt=self.end)


def _named(whom: str, text: str) -> models.Q:
    try:
        known = uuid.UUID(text)
    except ValueError:
        return models.Q(**{f"{whom}_label__icontains": text})
    return models.Q(**{f"{whom}_id": str(known)})


SEALED = (
    "number",
    "actor_kind",
    "actor_label",
    "action",
    "target_kind",
    "target_id",
    "target_label",
    "before",
    "after",
    "address",
    "request_id",
    "door",
)
"""The columns that go into the hash as they are; ids and the time are written out."""


def seal(event: AuditEvent) -> str:
    """Return the SHA-256, in hex, of the previous hash and the canonical JSON of the event.

    Canonical: keys in order, no blanks, ASCII; the time in UTC with six digits after the second.
    """
    said = {
        **{name: getattr(event, name) for name in SEALED},
        "v": 1,
        "id": str(event.pk),
        "organisation": str(event.organisation_id),
        "actor_id": str(event.actor_id or ""),
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{event.previous_hash}\n{text}".encode()).hexdigest()
