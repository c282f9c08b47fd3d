"""The tenant boundary: rows of an organisation, and the transaction in which they can be seen."""

import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import OperationalError, connection, models, transaction

T = TypeVar("T")

SETTING = "app.organisation"
"""The PostgreSQL setting that the policies of row-level security compare with."""


class OrganisationOwned(models.Model):
    """A row inside the tenant boundary; its table has forced row-level security (design 2.12)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "posture.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


def within_organisation(to: str, *, one_to_one: bool = False, **options: Any) -> Any:
    """Return a foreign key, or a one-to-one field, to a row of the same organisation.

    The database checks it together with the organisation, by a composite constraint that the
    migration adds in SQL; Django's own single-column constraint would accept a stranger's row.
    """
    options.setdefault("on_delete", models.CASCADE)
    field = models.OneToOneField if one_to_one else models.ForeignKey
    return field(to, db_constraint=False, **options)


def one_of(choices: type[models.TextChoices], field: str, name: str) -> models.CheckConstraint:
    """Return the constraint that lets a column hold values of `choices` only."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": choices.values}), name=name)


@contextmanager
def within(organisation: uuid.UUID | models.Model) -> Iterator[None]:
    """Open a transaction that sees and writes the rows of one organisation and no others.

    Takes the organisation or its id. Outside of such a block the role `app` sees no tenant row at
    all. The setting ends with the transaction; inside an outer one the former value comes back.
    """
    wanted = str(organisation.pk if isinstance(organisation, models.Model) else organisation)
    nested = connection.in_atomic_block
    with transaction.atomic():
        before = _bind(wanted, remember=nested)
        yield
        if nested and not connection.needs_rollback:
            _bind(before)


AGAIN = {"40001": "serialisation failure", "40P01": "deadlock"}
"""SQLSTATEs by which PostgreSQL asks us to do the transaction again."""

TRIES = 3


def committed(organisation: uuid.UUID | models.Model, work: Callable[[], T]) -> T:
    """Do the work `within` the organisation and return what it returns, once it is committed.

    It is done again, up to three times in all, when PostgreSQL breaks a deadlock or a
    serialisation conflict at our cost; so it must not do anything but write to the database.
    """
    for attempt in range(1, TRIES + 1):
        try:
            with within(organisation):
                return work()
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state not in AGAIN or attempt == TRIES or connection.in_atomic_block:
                raise
            time.sleep(random.uniform(0.05, 0.2) * attempt)  # noqa: S311 - a pause, not a secret
    raise AssertionError(TRIES)


def _bind(organisation: str, *, remember: bool = False) -> str:
    """Set the organisation until the transaction ends; return the value before, if asked to."""
    with connection.cursor() as cursor:
        before = ""
        if remember:
            cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [SETTING])
            before = cursor.fetchone()[0]
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, organisation])
    return before
