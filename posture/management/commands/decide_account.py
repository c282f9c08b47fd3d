"""manage.py decide_account AWS_ACCOUNT --organisation ID --allow|--refuse --reason TEXT."""

import getpass
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture.models.plain import storable
from posture.operation.deciding import NothingToDecideError, decide


class Command(BaseCommand):
    """Decides whether an organisation may scan an account that another one has proved too."""

    help = (
        "Let an organisation scan an AWS account that another organisation has proved already, or "
        "refuse it. Its role works with its own ExternalId, so somebody in that account made it: find "
        "out who, and that both are meant to see the account. Who decided, when and why is kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which account of whom, the decision and why."""
        parser.add_argument("aws_account", help="12 digits")
        parser.add_argument("--organisation", type=uuid.UUID, required=True, help="its id")
        choice = parser.add_mutually_exclusive_group(required=True)
        choice.add_argument("--allow", action="store_true", help="both may scan it")
        choice.add_argument("--refuse", action="store_true", help="this one may not")
        parser.add_argument("--reason", required=True, help="a sentence that stays with it")

    def handle(self, *args: object, **options: Any) -> None:
        """Decide."""
        reason = storable(options["reason"].strip())
        if not reason:
            message = "Say why: --reason needs a sentence."
            raise CommandError(message)
        try:
            decide(
                organisation=options["organisation"],
                aws_account=options["aws_account"],
                allow=options["allow"],
                reason=reason,
                by=getpass.getuser(),
            )
        except NothingToDecideError as error:
            raise CommandError(str(error)) from error
        done = "Allowed: it is connected and can be scanned." if options["allow"] else "Refused."
        self.stdout.write(done)
