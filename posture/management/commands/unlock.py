"""manage.py unlock: let a restored copy scan, mail and send."""

from django.core.management.base import BaseCommand, CommandParser

from posture.models import installation
from posture.operation.unlocking import unlock


class Command(BaseCommand):
    """Ends the lock that a restored copy starts with."""

    help = (
        "Let a restored copy scan, mail and send. Say what it would do; --apply does it. Make sure "
        "first that the original does not run any more: both would scan the same accounts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether to do it."""
        parser.add_argument("--apply", action="store_true", help="do it")

    def handle(self, *args: object, apply: bool, **options: object) -> None:
        """Do it."""
        reason = installation().locked
        if not reason:
            self.stdout.write("Not locked. Nothing to do.")
        elif apply:
            unlock()
            self.stdout.write("Unlocked. Scans start with the next tick.")
        else:
            self.stdout.write(f"Locked: {reason} Nothing was changed; add --apply to unlock.")
