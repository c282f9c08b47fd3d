"""manage.py rotate_secrets [--dry-run]: seal secrets at rest with the active key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture.operation.owning import NotOwnerError
from posture.operation.rotating import rotate
from posture.sealing import active_key


class Command(BaseCommand):
    """Prints for each column how many secrets are sealed by which key."""

    help = (
        "Seal with the first key of SECRET_KEYS whatever an older one has sealed. Everybody can go on "
        "working, and it can be stopped and run again. Afterwards the older key may leave "
        "SECRET_KEYS, unless a backup still needs it. Exit code 1 when a secret cannot be opened. "
        "Needs DATABASE_OWNER_URL."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether only to look."""
        parser.add_argument(
            "--dry-run", action="store_true", help="open everything, change nothing"
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Rotate, and say what is left."""
        apply = not options["dry_run"]
        left = 0
        try:
            for done in rotate(apply=apply):
                left += len(done.unopened)
                words = "sealed anew" if apply else "to seal anew"
                self.stdout.write(
                    f"{done.table}.{done.column}: {done.changed} {words}, {done.kept} sealed by "
                    f"{active_key()} already, {len(done.unopened)} cannot be opened"
                )
                for why in done.unopened[:10]:
                    self.stderr.write(why)
        except NotOwnerError as error:
            raise CommandError(str(error)) from error
        if left:
            message = f"{left} cannot be opened and were left as they are."
            raise CommandError(message)
