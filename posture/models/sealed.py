"""A column for secrets: sealed on the way to the database, opened when somebody reads it."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from posture.sealing import Place, Sealed, seal, unseal

if TYPE_CHECKING:
    Text = models.TextField[str, str]
else:
    Text = models.TextField


class Opened(DeferredAttribute):
    """The attribute of such a column: the text itself; raises CannotOpenError."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Open what came from the database; what was given by us is plain already."""
        value = super().__get__(instance, owner)
        if isinstance(value, Sealed):
            return unseal(value, place_of(instance, self.field))
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        """Keep it as it is; with this method, reading asks us even after it was set."""
        instance.__dict__[self.field.attname] = value


class SealedTextField(Text):
    """Text that is sealed for its row (posture.sealing); an empty text stays empty.

    It cannot be looked for, and only saving an instance writes it: the seal holds the row's id. The
    migration that adds one calls `_walls.sealed`, so that the database takes nothing in clear and
    doctor can ask for the keys in use.
    """

    descriptor_class = Opened

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        """Leave it sealed until it is read."""
        return Sealed(value) if value else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 - Django's
        """Seal what is plain for its row, with the active key."""
        value = model_instance.__dict__.get(self.attname)
        if not value or isinstance(value, Sealed):
            return value
        return seal(value, place_of(model_instance, self))

    def get_prep_value(self, value: Any) -> Any:
        """Let nothing plain reach a statement; raises TypeError."""
        if not value or isinstance(value, Sealed):
            return str(value) if value else value
        message = f"{self.name} is sealed: save the row, and do not look for it."
        raise TypeError(message)

    def value_to_string(self, obj: models.Model) -> str:
        """Write it into a dump as it is stored."""
        return str(self.pre_save(obj, add=False) or "")


def place_of(instance: Any, field: "models.Field[Any, Any]") -> Place:
    """Return where the secret in this field of a row is kept."""
    meta = instance._meta
    organisation = getattr(instance, "organisation_id", None)
    return Place(meta.db_table, field.column, instance.pk, organisation)
