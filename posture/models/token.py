"""Keys with which ticketing tools use the API; only their digests are kept."""

from django.db import models
from django.db.models.functions import Now

from posture.models.tenancy import OrganisationOwned, within_organisation


class ServiceAccount(OrganisationOwned):
    """A program that tokens belong to, so that they stay when people go.

    None of its tokens works while it is not `active`.
    """

    name = models.TextField()
    purpose = models.TextField(blank=True)
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        "posture.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "name"), name="service_account_named_once"
            ),
        )

    def __str__(self) -> str:
        return self.name


class ApiToken(OrganisationOwned):
    """A bearer token: `key` finds the row, `digest` proves the secret (reliability.md D.9).

    A `restricted` token may see its `accounts` only, and nothing once the last of them is gone.
    One that was rotated is named by its successor's `replaces`.
    """

    service_account = within_organisation("posture.ServiceAccount", related_name="tokens")
    replaces = within_organisation(
        "posture.ApiToken",
        one_to_one=True,
        null=True,
        on_delete=models.SET_NULL,
        related_name="successor",
    )
    name = models.TextField()
    key = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    pepper = models.PositiveIntegerField()
    scopes = models.JSONField(default=list)
    accounts = models.ManyToManyField(
        "posture.Account", through="posture.TokenAccount", related_name="+"
    )
    restricted = models.BooleanField(default=False)
    networks = models.JSONField(default=list)
    """CIDR texts from which it may be used; empty means from everywhere."""
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        "posture.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.name} (spt_{self.key})"


class TokenAccount(OrganisationOwned):
    """One account to which a token is restricted."""

    token = within_organisation("posture.ApiToken", related_name="+")
    account = within_organisation("posture.Account", related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("token", "account"), name="token_names_account_once"),
        )

    def __str__(self) -> str:
        return f"{self.token_id} may see {self.account_id}"
