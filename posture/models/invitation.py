"""Invitations: who may join an organisation, in which role, by a link that works once."""

from django.db import models
from django.db.models.functions import Lower, Now

from posture.models.identity import Role
from posture.models.tenancy import OrganisationOwned, one_of, within_organisation


class Invitation(OrganisationOwned):
    """An address that may join; `digest` is the SHA-256 of the secret in the newest link.

    It is open until somebody accepts or withdraws it; after `expires_at` only a new link opens it.
    A `restricted` one makes a member who may see its `accounts` only.
    """

    email = models.EmailField()
    role = models.TextField(choices=Role.choices)
    restricted = models.BooleanField(default=False)
    accounts = models.ManyToManyField(
        "posture.Account", through="posture.InvitationAccount", related_name="+"
    )
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        "posture.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField()
    times_sent = models.PositiveIntegerField(default=1)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        "posture.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            one_of(Role, "role", "invitation_role_known"),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="invited_email_is_lower_case"
            ),
            models.CheckConstraint(
                condition=models.Q(restricted=False) | ~models.Q(role=Role.OWNER),
                name="invited_owner_sees_all_accounts",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True) | models.Q(withdrawn_at__isnull=True),
                name="invitation_ends_once",
            ),
            models.UniqueConstraint(
                fields=("organisation", "email"),
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="one_open_invitation_each",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"


class InvitationAccount(OrganisationOwned):
    """One account to which an invited person will be restricted."""

    invitation = within_organisation("posture.Invitation", related_name="+")
    account = within_organisation("posture.Account", related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("invitation", "account"), name="invitation_names_account_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.invitation_id} lets see {self.account_id}"
