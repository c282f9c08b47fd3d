"""manage.py purge ORGANISATION [--account DIGITS]: remove all that is kept about it."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture.operation.owning import NotOwnerError
from posture.operation.purging import CannotPurgeError, find_target, purge


class Command(BaseCommand):
    """Removes an organisation or one of its accounts, with findings, history and snapshots."""

    help = (
        "Remove all that is kept about an organisation, or about one of its accounts: findings, "
        "history, scans, answers, snapshots; with an organisation also its tokens and the people "
        "who belong to no other. Counts what would go; --apply NAME removes it, where NAME is the "
        "organisation's name or the account's 12 digits. Backups keep what they hold. "
        "Needs DATABASE_OWNER_URL."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what, and its name as a proof that it is meant."""
        parser.add_argument("organisation", type=uuid.UUID, help="its id")
        parser.add_argument("--account", help="12 digits; without it: the whole organisation")
        parser.add_argument("--apply", metavar="NAME", help="do it; NAME as described above")

    def handle(self, *args: object, **options: Any) -> None:
        """Count or remove."""
        try:
            target = find_target(
                organisation=options["organisation"], aws_account=options["account"]
            )
            done = purge(target=target, typed=options["apply"])
        except (CannotPurgeError, NotOwnerError) as error:
            raise CommandError(str(error)) from error
        for table, count in sorted(done.rows.items()):
            self.stdout.write(f"{count:8}  {table.removeprefix('posture_')}")
        self.stdout.write(f"{done.files:8}  snapshot files\n{done.people:8}  people")
        if options["apply"] is None:
            self.stdout.write("Nothing was removed; add --apply NAME to do it.")
        else:
            self.stdout.write("Removed.")
