"""manage.py create_user EMAIL --organisation ID --role ROLE: make a member of an organisation."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture import people
from posture.management.passwords import typed_password
from posture.models import Organisation, Role, User
from posture.models.tenancy import within


class Command(BaseCommand):
    """Makes a person, or lets one who exists join another organisation."""

    help = "Make a user in an organisation; reads the password from the terminal or from stdin."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take email, organisation, role and name."""
        parser.add_argument("email")
        parser.add_argument("--organisation", required=True, type=uuid.UUID, help="its id")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--name", default="")

    def handle(self, *args: object, **options: Any) -> None:
        """Make the user where there is none, and the membership, or change its role."""
        email = options["email"].strip().lower()
        user = User.objects.filter(email=email).first()
        password = None if user else typed_password(User(email=email, name=options["name"]))
        with within(options["organisation"]):
            organisation = Organisation.objects.filter(pk=options["organisation"]).first()
            if organisation is None:
                message = f"There is no organisation {options['organisation']}."
                raise CommandError(message)
            user = user or User.objects.create_user(email, password, name=options["name"])
            try:
                people.put_member(organisation=organisation, user=user, role=options["role"])
            except people.RefusedError as refusal:
                raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{email} is {options['role']} of {organisation.name}.")
