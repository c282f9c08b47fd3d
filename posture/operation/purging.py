"""Removing all that is kept about one account or one organisation, for good."""

import logging
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.apps import apps
from django.db import models, transaction
from django.db.models import ProtectedError

from posture.auditing import record
from posture.models import (
    Account,
    Membership,
    Organisation,
    Scan,
    StoredSnapshot,
    User,
    is_locked,
)
from posture.models.leased import ACTIVE
from posture.models.tenancy import OrganisationOwned, within
from posture.operation.owning import require_owner
from posture.scans.stores import StoreError, at_the_store

log = logging.getLogger(__name__)


class CannotPurgeError(Exception):
    """Nothing was removed; the message says why."""


class Purged(NamedTuple):
    """Rows by table, snapshot files, and people who belonged to no other organisation."""

    rows: Mapping[str, int]
    files: int
    people: int


def name_of(target: Account | Organisation) -> str:
    """Return what has to be typed before it is removed."""
    return target.aws_account if isinstance(target, Account) else target.name


def find_target(*, organisation: uuid.UUID, aws_account: str | None) -> Account | Organisation:
    """Return the organisation, or its account with these 12 digits; raises CannotPurgeError."""
    found = Organisation.objects.filter(pk=organisation).first()
    if found is None:
        message = f"There is no organisation {organisation}."
        raise CannotPurgeError(message)
    if aws_account is None:
        return found
    account = Account.objects.filter(organisation=found, aws_account=aws_account).first()
    if account is None:
        message = f"This organisation has no account {aws_account}."
        raise CannotPurgeError(message)
    return account


def purge(*, target: Account | Organisation, typed: str | None) -> Purged:
    """Remove it if its name was typed, else count what would go; as the role `owner`.

    Rows go in one transaction, and the files of snapshots before it ends: a store that refuses
    leaves every row, so repeating it finds what is left. Raises CannotPurgeError for another name,
    for such a store, while the installation is locked (its store may be the original's) and while
    a scan of the target waits or runs; NotOwnerError for the role `app`, which may not remove the
    history of findings.
    """
    if typed is not None and typed != name_of(target):
        message = f"{typed!r} is not the name of what would be removed. Nothing was removed."
        raise CannotPurgeError(message)
    require_owner()
    if typed is not None and is_locked():
        message = (
            "This installation is locked: its store may still be that of the original. "
            "manage.py unlock --apply ends that. Nothing was removed."
        )
        raise CannotPurgeError(message)
    with transaction.atomic():
        if typed is not None:
            _require_idle(target)
        paths = list(_of(StoredSnapshot, target).values_list("path", flat=True))
        members = _members(target)
        rows = {model._meta.db_table: _remove(_of(model, target)) for model in _tables(target)}
        people = 0
        if isinstance(target, Organisation):
            rows["posture_organisation"] = _remove(Organisation.objects.filter(pk=target.pk))
            people = sum(_forget(user) for user in members)
        elif typed is not None:
            rows["posture_account"] = _remove(Account.objects.filter(pk=target.pk))
            _note(target, rows)
        if typed is None:
            transaction.set_rollback(True)
        else:
            _delete_files(paths)
    if typed is not None:
        log.warning("purged", extra={"row": str(target.pk), "rows": sum(rows.values())})
    return Purged({table: count for table, count in rows.items() if count}, len(paths), people)


def _note(account: Account, rows: Mapping[str, int]) -> None:
    """The log of the organisation stays, and says what is not there any more."""
    with within(account.organisation_id):
        record(
            organisation=account.organisation_id,
            by=None,
            action="account.purged",
            target=account,
            label=f"{account} {account.aws_account}",
            before={
                table.removeprefix("posture_"): count for table, count in rows.items() if count
            },
        )


def _require_idle(target: Account | Organisation) -> None:
    """Hold its accounts, so that no scan is asked for, and refuse while one waits or runs."""
    mine = {"organisation": target} if isinstance(target, Organisation) else {"pk": target.pk}
    list(Account.objects.filter(**mine).order_by("pk").select_for_update().values_list("pk"))
    if _of(Scan, target).filter(state__in=ACTIVE).exists():
        message = (
            "A scan of it waits or runs. Nothing was removed. Cancel it or wait for its end, then "
            "repeat this."
        )
        raise CannotPurgeError(message)


def _delete_files(paths: Iterable[str]) -> None:
    """Before the rows that name them are gone for good; one that is gone already is no error."""
    try:
        with at_the_store() as store:
            for path in paths:
                store.delete(path)
    except StoreError as refusal:
        message = (
            f"The store of snapshots did not delete a file ({refusal}). Every row is still there, "
            "some files may be gone. Look at the disk or the bucket, then repeat this."
        )
        raise CannotPurgeError(message) from refusal


def _tables(target: Account | Organisation) -> list[type[OrganisationOwned]]:
    """The tables that can hold something of the target, those that depend on others first."""
    owned = [model for model in apps.get_models() if issubclass(model, OrganisationOwned)]
    if isinstance(target, Organisation):
        return owned
    paths = {model: _path_to_account(model) for model in owned if model is not Account}
    reached = [model for model in paths if paths[model] is not None]
    return sorted(reached, key=lambda model: -str(paths[model]).count("__"))


def _path_to_account(model: type[models.Model], deepest: int = 3) -> str | None:
    """The shortest chain of keys from a table to its account, as a filter spells it."""
    keys = [field for field in model._meta.concrete_fields if field.is_relation]
    if any(field.related_model is Account for field in keys):
        return next(field.name for field in keys if field.related_model is Account)
    chains = [
        f"{field.name}__{rest}"
        for field in keys
        for related in [field.related_model]
        if deepest and isinstance(related, type) and issubclass(related, OrganisationOwned)
        for rest in [_path_to_account(related, deepest - 1)]
        if rest is not None
    ]
    return min(chains, key=len, default=None)


def _of(model: type[OrganisationOwned], target: Account | Organisation) -> models.QuerySet[Any]:
    if isinstance(target, Organisation):
        return model._default_manager.filter(organisation=target)
    return model._default_manager.filter(**{str(_path_to_account(model)): target})


def _remove(rows: models.QuerySet[Any]) -> int:
    """Delete without loading; keys are checked when the transaction ends, so order is free."""
    return int(rows._raw_delete(rows.db))


def _members(target: Account | Organisation) -> list[User]:
    """People who are in this organisation and in no other."""
    if not isinstance(target, Organisation):
        return []
    elsewhere = Membership.objects.exclude(organisation=target).values("user")
    here = Membership.objects.filter(organisation=target).values("user")
    return list(User.objects.filter(pk__in=here).exclude(pk__in=elsewhere))


def _forget(user: User) -> bool:
    """Remove a person; False for one whom rows of another organisation still name."""
    try:
        with transaction.atomic():
            user.delete()
    except ProtectedError:
        return False
    return True
