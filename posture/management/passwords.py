"""Passwords that somebody types into a command."""

import sys
from getpass import getpass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import validate_email

from posture.models import User


def typed_password(user: User) -> str:
    """Return a password for them from the terminal or from stdin.

    Raises CommandError for one that is too weak, and for an email that is none.
    """
    password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    try:
        validate_email(user.email)
        validate_password(password, user)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return password
