"""manage.py backup FILE: save database and snapshots while everything runs."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture.operation.owning import NotOwnerError
from posture.operation.saving import back_up

SHOWN = 5


class Command(BaseCommand):
    """Writes one file from which `restore` makes everything again."""

    help = (
        "Save the database, as it is at one moment, and the snapshots into FILE, while everything "
        "runs. Sessions are left out: after restoring everybody signs in again. The keys are not in "
        "it: keep SECRET_KEY, SECRET_KEYS and TOKEN_PEPPERS elsewhere, or no account can be scanned "
        "and no token works after restoring. Needs DATABASE_OWNER_URL. Exit code 1 when nothing was saved, or when a snapshot is missing "
        "from the store."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path, help="must not be there yet")

    def handle(self, *args: object, file: Path, **options: object) -> None:
        """Save."""
        try:
            saved = back_up(file)
        except (NotOwnerError, OSError) as error:
            message = f"Nothing was saved: {error}"
            raise CommandError(message) from error
        self.stdout.write(
            f"{saved.rows} rows and {saved.snapshots} snapshots in {file}, {saved.size} bytes."
        )
        if saved.lost:
            names = ", ".join(saved.lost[:SHOWN])
            message = f"{len(saved.lost)} snapshots are missing from the store, such as {names}."
            raise CommandError(message)
