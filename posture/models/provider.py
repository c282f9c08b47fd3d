"""Identity providers of organisations, and which of their subjects are which members."""

from django.db import models
from django.db.models.functions import Now

from posture.models.sealed import SealedTextField
from posture.models.tenancy import OrganisationOwned, within_organisation

SLUG = r"^[a-z0-9][a-z0-9-]{3,39}$"


class IdentityProvider(OrganisationOwned):
    """Who proves by OpenID Connect, for one organisation, that somebody is one of its members."""

    name = models.TextField()
    """What the button says."""
    slug = models.TextField(unique=True)
    """What people type before anybody knows them; unique in the installation."""
    issuer = models.TextField()
    """What the provider calls itself in its discovery document and ID tokens."""
    client_id = models.TextField()
    client_secret = SealedTextField()
    domains = models.JSONField(default=list)
    """The domains of addresses that it may speak for, in small letters."""
    required = models.BooleanField(default=False)
    """Whether members with these domains get in by it only; owners keep their password."""
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(slug__regex=SLUG), name="provider_slug_is_plain"
            ),
        )

    def __str__(self) -> str:
        return self.name


class ProviderSubject(OrganisationOwned):
    """A person as a provider knows them: found by their address once, by the subject from then on."""

    provider = within_organisation("posture.IdentityProvider", related_name="subjects")
    user = models.ForeignKey("posture.User", on_delete=models.CASCADE, related_name="+")
    subject = models.TextField()
    linked_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("provider", "subject"), name="one_user_per_subject"),
            models.UniqueConstraint(fields=("provider", "user"), name="one_subject_per_user"),
        )

    def __str__(self) -> str:
        return f"{self.user} at {self.provider_id}"
