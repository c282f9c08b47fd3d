"""What lets people in besides their password: one-time links, and the mails that tell of it."""

import uuid

from django.db import models
from django.db.models.functions import Now

from posture.models.tenancy import one_of


class LinkKind(models.TextChoices):
    """What a link is for: making the first owner, or letting an owner in who lost everything."""

    SETUP = "setup"
    BREAK_GLASS = "break_glass"


class EntryLink(models.Model):
    """A link that works once; only the SHA-256 of its random text is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.TextField(choices=LinkKind.choices)
    digest = models.TextField(unique=True)
    user = models.ForeignKey("posture.User", null=True, on_delete=models.CASCADE, related_name="+")
    """Who is let in; nobody for a setup link."""
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (one_of(LinkKind, "kind", "entry_link_kind_known"),)

    def __str__(self) -> str:
        return f"{self.kind} until {self.expires_at}"


class Notice(models.Model):
    """A mail to a person about their own sign-in; the worker sends it, the tick makes up for loss.

    It has no organisation: a person is told once, whatever they are a member of.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("posture.User", on_delete=models.CASCADE, related_name="+")
    kind = models.TextField()
    """A key of posture.entrance.mail.TEXTS."""
    address = models.GenericIPAddressField(null=True)
    browser = models.TextField(blank=True, default="")
    at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["at"], name="notice_waiting", condition=models.Q(sent_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return self.kind
