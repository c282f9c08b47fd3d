"""manage.py doctor: is everything that this installation stands on as it should be?"""

import sys

from django.core.management.base import BaseCommand

from posture.logging import without_secrets
from posture.operation.doctoring import examine


class Command(BaseCommand):
    """Prints a line for each thing it looked at."""

    help = (
        "Look at settings, database role, row-level security, migrations, secret keys, Redis, clock, snapshot "
        "store, AWS identity, beat and stuck scans: one line each with what to do. Changes nothing. "
        "Run it where the workers run, with their environment. Exit code 1 when something fails."
    )
    requires_system_checks: list[str] = []  # they are a part of what is looked at

    def handle(self, *args: object, **options: object) -> None:
        """Look, print, and end with 1 after a failure."""
        failed = 0
        for name, seen in examine():
            failed += seen.grade == "fail"
            said = without_secrets(None, "", {"said": seen.said})["said"]
            self.stdout.write(f"{seen.grade:4}  {name:17}  {said}")
        if failed:
            self.stdout.write(f"{failed} failed.")
            sys.exit(1)
