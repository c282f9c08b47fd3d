"""Mails to people about their own sign-in: rows first, sent by the worker, each at most once.

Mail goes out when EMAIL_URL names a way out (smtp or file), and never from a locked installation.
"""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from smtplib import SMTPException

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db.models.functions import Now
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from posture.enqueue import enqueue, publish
from posture.entrance.browsers import in_words
from posture.mail import is_on
from posture.models import Notice, User, is_locked

log = logging.getLogger(__name__)

TEXTS = {
    "password_set": "Your password was changed",
    "password_reset": "Your password was changed by a link from a mail",
    "totp_activated": "An authenticator app was set up for you",
    "totp_deactivated": "Your authenticator app was removed",
    "webauthn_added": "A passkey was added for you",
    "webauthn_removed": "A passkey of yours was removed",
    "recovery_codes_generated": "New recovery codes were made for you",
    "new_browser": "Somebody signed in as you from a new browser",
    "break_glass": "Somebody signed in as you with a break-glass link",
    "reset": "A new password for Seller Posture",
}
"""The kinds of notices, and what each says first."""

SENDING = "posture.send_notice"
LEFT_AFTER, GIVEN_UP_AFTER = timedelta(minutes=1), timedelta(hours=12)
AT_ONCE = 100


def tell(user: User, kind: str, *, request: HttpRequest | None = None) -> None:
    """Write a mail to somebody for the worker to send, if mail is on at all."""
    if not is_on():
        return
    agent = request.headers.get("User-Agent", "") if request else ""
    notice = Notice.objects.create(
        user=user,
        kind=kind,
        address=_address(request),
        browser=in_words(agent),
    )
    enqueue(SENDING, notice.pk)


def _address(request: HttpRequest | None) -> str | None:
    from allauth.account.adapter import get_adapter

    return str(get_adapter().get_client_ip(request)) if request else None


def ask_for_reset(email: str) -> None:
    """Have a link to a new password mailed to whoever has this email address.

    For an address that nobody has as much is done, a message for the worker included, so that
    neither the answer nor its time tells one from the other.
    """
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        enqueue(SENDING, uuid.uuid4())
    else:
        tell(user, "reset")


def send(notice_id: uuid.UUID) -> bool:
    """Send a notice that waits; False when there is none, or it went before, or may not go now."""
    if is_locked():
        return False
    waiting = Notice.objects.filter(pk=notice_id, sent_at__isnull=True)
    if not waiting.update(sent_at=Now()):
        return False
    notice = Notice.objects.select_related("user").get(pk=notice_id)
    try:
        _send(notice)
    except (OSError, SMTPException) as error:
        log.warning("mail not sent", extra={"notice": str(notice_id), "error": str(error)})
        Notice.objects.filter(pk=notice_id).update(sent_at=None)
        return False
    return True


def _send(notice: Notice) -> None:
    template = "mail/reset.txt" if notice.kind == "reset" else "mail/notice.txt"
    context = {
        "notice": notice,
        "what": TEXTS[notice.kind],
        "account_url": settings.BASE_URL + reverse("you"),
        "reset_url": _reset_url(notice.user) if notice.kind == "reset" else "",
    }
    text = render_to_string(template, context)
    send_mail(TEXTS[notice.kind], text, None, [notice.user.email])


def _reset_url(user: User) -> str:
    key = default_token_generator.make_token(user)
    names = {"uidb36": user_pk_to_url_str(user), "key": key}
    return settings.BASE_URL + reverse("account_reset_password_from_key", kwargs=names)


def send_waiting() -> None:
    """Publish again what waits for longer than a minute; forget what nobody could send."""
    now = timezone.now()
    waiting = Notice.objects.filter(sent_at__isnull=True)
    waiting.filter(at__lt=now - GIVEN_UP_AFTER).delete()
    left = waiting.filter(at__lt=now - LEFT_AFTER).order_by("at")
    for pk in left.values_list("pk", flat=True)[:AT_ONCE]:
        publish(SENDING, pk)
