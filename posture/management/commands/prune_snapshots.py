"""manage.py prune_snapshots [--apply]: say, or do, what retention lets go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.template.defaultfilters import filesizeformat

from posture import scans
from posture.models import database_now

A_DAY = 24 * 3600


class Command(BaseCommand):
    """Counts what would be removed; removes it with --apply."""

    help = "Say which old snapshots would be removed; with --apply, remove them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --apply."""
        parser.add_argument("--apply", action="store_true", help="remove them")

    def handle(self, *args: object, **options: Any) -> None:
        """Say or do it, for all organisations."""
        at = database_now()
        if options["apply"]:
            self._say("removed", scans.prune(at=at, seconds=A_DAY))
            left = scans.removable_everywhere(at)
            if left.snapshots:
                self._say("could not remove", left)
                self.stdout.write("The log says why; the next run tries again.")
        else:
            self._say("would remove", scans.removable_everywhere(at))

    def _say(self, what: str, some: scans.Removable) -> None:
        size = filesizeformat(some.bytes).replace("\xa0", " ")
        snapshots = "snapshot" if some.snapshots == 1 else "snapshots"
        accounts = "account" if some.accounts == 1 else "accounts"
        self.stdout.write(
            f"{what} {some.snapshots} {snapshots} of {some.accounts} {accounts}, {size}"
        )
