"""manage.py limit_scans ORGANISATION NUMBER: how many scans of one organisation may run at once."""

import uuid
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture.auditing import record
from posture.models import Organisation
from posture.models.tenancy import within

USUAL = "usual"
MOST = 1_000


class Command(BaseCommand):
    """Gives an organisation more or fewer places than SCANS_PER_ORGANISATION, or the usual number."""

    help = (
        "Say how many scans of an organisation may run at once, from 1 to 1000, or `usual` for the "
        "number of SCANS_PER_ORGANISATION. It counts from the next scan that a worker takes; what "
        "runs is not stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the organisation and the number."""
        parser.add_argument("organisation", type=uuid.UUID, help="its id")
        parser.add_argument("number", type=_places, help=f"1 to {MOST}, or {USUAL}")

    def handle(self, *args: object, **options: Any) -> None:
        """Write it, and say what counts now."""
        number: int | None = options["number"]
        with within(options["organisation"]):
            found = Organisation.objects.filter(pk=options["organisation"])
            before = found.select_for_update().first()
            if before is None:
                message = f"There is no organisation {options['organisation']}."
                raise CommandError(message)
            found.update(scans_at_once=number)
            record(
                organisation=before.pk,
                by=None,
                action="organisation.limited",
                target=before,
                before={"scans_at_once": before.scans_at_once},
                after={"scans_at_once": number},
            )
        counts = settings.SCANS_PER_ORGANISATION if number is None else number
        self.stdout.write(f"At most {counts} of its scans run at once.")


def _places(text: str) -> int | None:
    """Read a number of places, None for the usual one; ValueError for anything else."""
    if text == USUAL:
        return None
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= MOST:
        raise ValueError(text)
    return number
