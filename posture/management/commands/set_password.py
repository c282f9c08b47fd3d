"""manage.py set_password EMAIL: give a person a new password, where no mail can."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture.entrance import sessions
from posture.entrance.noting import noted
from posture.management.passwords import typed_password
from posture.models import User


class Command(BaseCommand):
    """Sets it and ends their sessions; their second factor stays."""

    help = "Set a user's password, read from the terminal or from stdin; their sessions end."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who."""
        parser.add_argument("email")

    def handle(self, *args: object, email: str, **options: object) -> None:
        """Set it."""
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            message = f"There is no {email}."
            raise CommandError(message)
        user.set_password(typed_password(user))
        with noted("person.password_changed", user, by=None):
            user.save(update_fields=["password"])
            ended = sessions.end_all(user=user)
        self.stdout.write(f"{user.email} has a new password. Sessions ended: {ended}.")
