"""Whether this installation sends mail, and sending it."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

log = logging.getLogger(__name__)

NOWHERE = ("console", "dummy")
"""Backends of Django whose mail reaches nobody; the demo's goes into files."""
TIMEOUT_SECONDS = 10


def is_on() -> bool:
    """Say whether mail leaves this installation; without EMAIL_URL it does not."""
    return not any(f".{one}." in settings.EMAIL_BACKEND for one in NOWHERE)


def send(*, to: str, subject: str, body: str) -> bool:
    """Send a text to one address, outside of a transaction; False when that failed, with a log line.

    Line breaks in the subject become spaces, so that nobody adds headers.
    """
    message = EmailMessage(
        " ".join(subject.split()),
        body,
        to=[to],
        connection=get_connection(timeout=TIMEOUT_SECONDS),
    )
    try:
        message.send()
    except (OSError, SMTPException):
        log.warning("mail could not be sent", exc_info=True)
        return False
    return True
