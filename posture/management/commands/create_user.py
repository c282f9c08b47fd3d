"""manage.py create_user EMAIL --organisation ID --role ROLE: make a member of an organisation."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture.auditing import record
from posture.management.passwords import typed_password
from posture.models import Membership, Organisation, Role, User
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
            self._join(organisation, user, options["role"])
        self.stdout.write(f"{email} is {options['role']} of {organisation.name}.")

    def _join(self, organisation: Organisation, user: User, role: str) -> None:
        mine = Membership.objects.filter(organisation=organisation, user=user)
        known = mine.select_for_update().first()
        Membership.objects.update_or_create(
            organisation=organisation, user=user, defaults={"role": role}
        )
        record(
            organisation=organisation.pk,
            by=None,
            action="member.changed" if known else "member.added",
            target=user,
            label=user.email,
            before={"role": known.role} if known else None,
            after={"role": role},
        )
