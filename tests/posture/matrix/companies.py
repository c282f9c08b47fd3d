"""Companies that are full of texts of their own, so that whatever gets out can be recognised."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db import models
from django.db.models.signals import pre_save
from django.utils import timezone

from posture.models import (
    Account,
    AuditEvent,
    Finding,
    Membership,
    Organisation,
    User,
)
from posture.models.tenancy import OrganisationOwned, within
from tests.posture.matrix.belongings import NUMBERS, a_provider, equipped
from tests.posture.operation.full import OWNED, fill
from tests.posture.rows import a_member, a_scan, an_account, an_organisation

Write = Callable[["models.Field[Any, Any]"], str]
"""What a text field holds instead of what a builder put there."""

KEPT = {
    "aws_account", "partition", "control", "topic", "fingerprint", "content", "seen_as",  # names
    "digest", "sha256", "path", "password", "scopes", "networks",  # what has to fit
    "zone", "cron", "engine", "engine_before", "end",  # checked before they are stored
    "slug", "issuer", "domains",  # of single sign-on, checked too
    "client_secret", "external_id", "next_external_id",  # sealed, and of a form that AWS takes
}  # fmt: skip
"""Fields that hold what we made or checked, and would not work with another text in them.

Of these a value that no other company has is recognised as it is.
"""
ALSO_KEPT = {
    ("ApiToken", "key"),
    ("Waiver", "resource"),  # that of the finding, or it would waive nothing
    ("Attestation", "resource"),
    ("ControlResult", "missing_action"),  # would say that a call was refused, and nothing be asked
}
TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
TELLING = 12
"""Characters from which on a text is unlikely to stand in a page by chance."""


def _progress(text: str) -> dict[str, Any]:
    row = {"service": text, "region": text, "state": "read", "calls": 1, "denied": 1}
    ceiling = {"name": text, "region": text, "rate": 1, "burst": 1, "shared": True, "held": 0}
    counts = {"calls": 1, "denied": 0, "throttled": 0}
    return {"services": [row], "ceilings": [ceiling], "phase": text, **counts}


def _evidence(text: str) -> list[dict[str, Any]]:
    excerpt = {"title": text, "text": text, "faults": [[1, 1]], "note": text}
    return [
        {"kind": "fact", "label": text, "value": text, "read_by": text},
        {"kind": "excerpt", "read_by": text, **excerpt},
    ]


SHAPES: Mapping[str, Callable[[str], Any]] = {"progress": _progress, "evidence": _evidence}
"""JSON that pages read piece by piece; all other JSON keeps its shape and changes its texts."""


def _texts_of(row: models.Model) -> Iterator[models.Field[Any, Any]]:
    """Its fields for texts; none of an event, which is made of those of others and sealed."""
    if isinstance(row, AuditEvent):
        return
    for field in row._meta.concrete_fields:
        if isinstance(field, TEXTS) and not field.choices and not field.primary_key:
            yield field


def is_kept(field: models.Field[Any, Any]) -> bool:
    """Whether builders fill a field, and nobody else."""
    return field.name in KEPT or (field.model.__name__, field.name) in ALSO_KEPT


def rows_of(model: type[models.Model], organisation: Organisation) -> models.QuerySet[Any]:
    """Return the rows of one organisation, also where no wall hides those of others."""
    own = {"pk": organisation.pk} if model is Organisation else {"organisation": organisation}
    return model._default_manager.filter(**own).order_by("pk")


def _in_place(value: Any, text: str) -> Any:
    """A JSON value with every text in it replaced; an empty one gets one."""
    if isinstance(value, dict):
        return {name: _in_place(one, text) for name, one in value.items()} or {text: text}
    if isinstance(value, list):
        return [_in_place(one, text) for one in value] or [text]
    return text if isinstance(value, str) else value


@contextmanager
def writing(write: Write) -> Iterator[list[tuple[models.Model, str, str]]]:
    """Let every row that is stored meanwhile hold these texts; yields row, field and text."""
    written: list[tuple[models.Model, str, str]] = []

    def change(sender: type[models.Model], instance: models.Model, **_: object) -> None:
        if not (issubclass(sender, OrganisationOwned) or sender in {Organisation, User}):
            return
        for field in _texts_of(instance):
            if is_kept(field):
                continue
            before, text = getattr(instance, field.attname), write(field)
            setattr(instance, field.attname, _changed(field, before, text))
            written.append((instance, field.name, text))

    pre_save.connect(change)
    try:
        yield written
    finally:
        pre_save.disconnect(change)


def _changed(field: models.Field[Any, Any], before: Any, text: str) -> Any:
    if isinstance(field, models.JSONField):
        shape = SHAPES.get(field.name)
        return shape(text) if shape else _in_place(before, text)
    return text.encode() if isinstance(field, models.BinaryField) else text


@dataclass(frozen=True, slots=True)
class Telling:
    """Where a text stands that nobody else has: the company, the field, the account if any."""

    company: str
    where: str
    account: str


CANARY = re.compile(r"canary\d{6}")


def a_canary(field: models.Field[Any, Any]) -> str:
    """A text that no other row has."""
    text = f"canary{next(NUMBERS)}"
    return f"{text}@mail.example" if isinstance(field, models.EmailField) else text


class Company:
    """An organisation with members of each role, and two accounts with a row in every table.

    A third account, `busy`, has a scan that waits and one that failed.
    """

    def __init__(self, name: str, numbers: tuple[str, str, str], write: Write) -> None:
        self.name = name
        with writing(write) as written:
            self.organisation = an_organisation(name)
            self.people = {
                role: a_member(self.organisation, role, role)
                for role in ("viewer", "analyst", "admin", "owner")
            }
            self.left = a_member(self.organisation, "left", "owner")
            a_member(self.organisation, "deputy", "owner")  # or the other could not leave
            accounts = [
                an_account(self.organisation, one, external_id=f"seller-posture-{uuid.uuid4().hex}")
                for one in numbers
            ]
            self.account, self.other, self.busy = accounts
            for account in (self.account, self.other):
                fill(account, self.people["owner"])
            a_provider(self.organisation, self.people["viewer"])
            self.queued = a_scan(self.busy)
            a_scan(self.busy, state="failed", finished_at=timezone.now())
        with within(self.organisation):
            Finding.objects.filter(organisation=self.organisation).update(sequence=2)
        User.objects.filter(pk=self.left.pk).update(is_active=False)
        for user in self.people.values():
            written += equipped(user)
        self.ids = self._ids()
        self.telling = self._telling(written)

    def _ids(self) -> dict[str, str]:
        """One row of each table by the name of its model, of the first account where it can be."""
        found = {}
        with within(self.organisation):
            for model in OWNED:
                rows = rows_of(model, self.organisation)
                if _has(model, "account"):
                    rows = rows.filter(account=self.account)
                row = rows.first()
                if row is not None:
                    found[model.__name__.lower()] = str(row.pk)
            member = Membership.objects.get(user=self.people["viewer"])
        next_year, owner = timezone.now() + timedelta(days=365), self.people["owner"]
        return found | {
            "account": str(self.account.pk),
            "other": str(self.other.pk),
            "queued": str(self.queued.pk),
            "organisation": str(self.organisation.pk),
            "member": str(member.pk),
            "passkey": str(Authenticator.objects.get(user=owner, type="webauthn").pk),
            "session": str(UserSession.objects.get(user=owner).pk),
            "next_year": next_year.date().isoformat(),
        }

    def _telling(self, written: list[tuple[models.Model, str, str]]) -> dict[str, Telling]:
        """Every text and id by which something of this company can be recognised."""
        found = {
            text: Telling(self.name, f"{type(row).__name__}.{field}", _account_of(row))
            for row, field, text in written
            for text in CANARY.findall(text)
        }
        with within(self.organisation):
            everything: list[type[models.Model]] = [*OWNED, Organisation]
            for model in everything:
                for row in rows_of(model, self.organisation):
                    where, account = model.__name__, _account_of(row)
                    if isinstance(row, Account):
                        found[row.masked] = Telling(self.name, "Account.masked", account)
                    found[str(row.pk)] = Telling(self.name, f"{where}.id", account)
                    for field in _texts_of(row):
                        value = getattr(row, field.attname)
                        if is_kept(field) and isinstance(value, str) and len(value) >= TELLING:
                            found[value] = Telling(self.name, f"{where}.{field.name}", account)
        return found


def _has(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.concrete_fields)


def _account_of(row: models.Model) -> str:
    """The id of the account that a row is about; empty when it is about none."""
    if isinstance(row, Account):
        return str(row.pk)
    of = row if _has(type(row), "account") else getattr(row, "finding", None)
    return str(getattr(of, "account_id", "") or "")


@dataclass(frozen=True, slots=True)
class Companies:
    """Acme, whose people ask, and Rival, of which they may see nothing."""

    acme: Company
    rival: Company

    def telling(self) -> dict[str, Telling]:
        """What can be recognised of both, without what both have."""
        one, two = self.acme.telling, self.rival.telling
        return {text: one.get(text) or two[text] for text in one.keys() ^ two.keys()}


def two_companies(write: Write = a_canary) -> Companies:
    """Store both."""
    return Companies(
        Company("Acme", ("111122223333", "444455556666", "222233334444"), write),
        Company("Rival", ("999900001111", "777788889999", "888899990000"), write),
    )


def tables() -> list[type[models.Model]]:
    """Tables whose rows a request may only change for somebody who has the right."""
    passing = {"session", "contenttype", "permission"}
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model._meta.model_name not in passing
    ]
