"""manage.py setup_token: print the link with which the first owner is made."""

from django.core.management.base import BaseCommand, CommandError

from posture.entrance.links import NoLinkError, setup_link


class Command(BaseCommand):
    """Prints a link that works once, for 24 hours, while nobody is there."""

    help = (
        "Print a link that makes the first organisation and its owner. It works once, for 24 hours; "
        "an earlier one ends. Refused when there are people already."
    )

    def handle(self, *args: object, **options: object) -> None:
        """Make it."""
        try:
            self.stdout.write(setup_link())
        except NoLinkError as refusal:
            raise CommandError(str(refusal)) from refusal
