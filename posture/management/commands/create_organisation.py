"""manage.py create_organisation NAME: make a tenant and print its id."""

import uuid

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture.auditing import record
from posture.models import Organisation
from posture.models.tenancy import within


class Command(BaseCommand):
    """Makes an organisation; people join it with create_user."""

    help = "Make an organisation and print its id."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the name."""
        parser.add_argument("name", help="what the company calls itself")

    def handle(self, *args: object, name: str, **options: object) -> None:
        """Make it."""
        name = name.strip()
        if not name:
            message = "Give the organisation a name."
            raise CommandError(message)
        organisation = Organisation(id=uuid.uuid4(), name=name)
        with within(organisation):
            organisation.save(force_insert=True)
            record(
                organisation=organisation.pk,
                by=None,
                action="organisation.created",
                target=organisation,
            )
        self.stdout.write(str(organisation.pk))
