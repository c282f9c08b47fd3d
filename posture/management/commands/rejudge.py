"""manage.py rejudge --account NUMBER | --all: judge last scans again by this version's controls."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture import rejudge
from posture.models import Account
from posture.models.crossing import Located, scanned_accounts
from posture.models.tenancy import within


class Command(BaseCommand):
    """Queues rejudgements; the worker takes them a few at a time, after scans."""

    help = "Judge the stored snapshot of the last scan again, with no call to AWS."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one account or all."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--account", help="12 digits; in every organisation that has it")
        which.add_argument("--all", action="store_true", help="every scanned account")

    def handle(self, *args: object, **options: Any) -> None:
        """Queue and count."""
        places = scanned_accounts(options["account"] or "")
        if not places and not options["all"]:
            message = f"No account {options['account']} was scanned yet."
            raise CommandError(message)
        new = sum(self._queue(place) for place in places)
        self.stdout.write(f"queued {new} of {len(places)}")

    def _queue(self, place: Located) -> bool:
        with within(place.organisation):
            try:
                row, new = rejudge.request(account=Account.objects.get(pk=place.id), by=None)
            except rejudge.NothingToJudgeError as nothing:
                self.stdout.write(f"not queued: {nothing}")
                return False
            if not new:
                said = f"{row.account.label}: {row.state} by {row.engine}"
                self.stdout.write(f"not queued: {said}; it is judged once by each version")
            return new
