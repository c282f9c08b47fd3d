"""manage.py create_user EMAIL --organisation ID --role ROLE: make a member of an organisation."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture import people
from posture.entrance.factors import factors_of
from posture.management.passwords import typed_password
from posture.models import Organisation, Role, User
from posture.models.crossing import organisations_of_user
from posture.models.tenancy import within


class Command(BaseCommand):
    """Makes a person, or with --existing lets one who exists join another organisation.

    Whoever invited an address may have chosen its password, where links are not sent by mail.
    """

    help = "Make a user in an organisation; reads the password from the terminal or from stdin."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take email, organisation, role and name."""
        parser.add_argument("email")
        parser.add_argument("--organisation", required=True, type=uuid.UUID, help="its id")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--name", default="")
        parser.add_argument(
            "--existing", action="store_true", help="give the role to a user who exists already"
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Make the user where there is none, and the membership, or change its role."""
        email = options["email"].strip().lower()
        user = self._existing(email, options)
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

    def _existing(self, email: str, options: dict[str, Any]) -> User | None:
        """Return who has the address, if whoever runs this says that they expect them."""
        user = User.objects.filter(email=email).first()
        if (user is not None) == options["existing"]:
            if user is not None:
                self.stdout.write(_known(user, options["organisation"]))
            return user
        message = f"There is no user {email}. Leave --existing out to make one."
        if user is not None:
            message = (
                f"{_known(user, options['organisation'])} It may be in other hands than you think. "
                "If this is the right person, run it again with --existing."
            )
        raise CommandError(message)


def _known(user: User, organisation: uuid.UUID) -> str:
    """What there is of a user, for whoever is about to give them a role."""
    password = "a password of their own" if user.has_usable_password() else "no password"
    factors = factors_of(user)
    others = len(set(organisations_of_user(user.pk)) - {organisation})
    return (
        f"{user.email} exists since {user.created_at:%Y-%m-%d %H:%M} UTC, has {password} and "
        f"{factors} second factor{'' if factors == 1 else 's'}, and belongs to {others} other "
        f"organisation{'' if others == 1 else 's'}."
    )
