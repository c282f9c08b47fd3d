"""manage.py restore FILE: make everything again from a backup, locked."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from posture.operation.archive import NotABackupError
from posture.operation.owning import NotOwnerError
from posture.operation.restoring import NotEmptyError, restore


class Command(BaseCommand):
    """Restores into an empty database and the configured store of snapshots."""

    help = (
        "Restore FILE, made by backup, into an empty database and the store of snapshots. The file "
        "is checked before anything is written. The copy is locked: it scans, mails and sends "
        "nothing until manage.py unlock. Needs DATABASE_OWNER_URL, and SECRET_KEYS and "
        "TOKEN_PEPPERS of the original: without them its secrets and API tokens are lost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path, help="a backup")

    def handle(self, *args: object, file: Path, **options: object) -> None:
        """Restore."""
        try:
            done = restore(file)
        except NotABackupError as error:
            message = f"{file} cannot be restored: {error} Nothing was changed."
            raise CommandError(message) from error
        except (NotEmptyError, NotOwnerError, OSError, DatabaseError) as error:
            message = f"Not restored: {error}"
            raise CommandError(message) from error
        self.stdout.write(
            f"{done.rows} rows and {done.snapshots} snapshots as of {done.made_at}.\n"
            "Locked: nothing is scanned, mailed or sent until manage.py unlock --apply."
        )
