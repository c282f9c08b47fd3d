"""manage.py break_glass EMAIL: print a link that signs an owner in who lost everything."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture.entrance.links import NoLinkError, break_glass_link


class Command(BaseCommand):
    """Prints a link that works once, for 15 minutes."""

    help = (
        "Print a link that signs an owner in without password and second factor. It works once, for "
        "15 minutes, ends their other sessions, and is logged."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who."""
        parser.add_argument("email")

    def handle(self, *args: object, email: str, **options: object) -> None:
        """Make it."""
        try:
            self.stdout.write(break_glass_link(email))
        except NoLinkError as refusal:
            raise CommandError(str(refusal)) from refusal
