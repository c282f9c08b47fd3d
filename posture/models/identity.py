"""People and the organisations they belong to."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from posture.models.tenancy import OrganisationOwned, one_of, within_organisation


class Organisation(models.Model):
    """One company that sells on AWS Marketplace: the only tenant boundary."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    scans_at_once = models.PositiveSmallIntegerField(null=True)
    """How many of its scans may run at the same time; null for what the installation allows."""
    scan_turn = models.DateTimeField(null=True)
    """When a worker last took one of its scans; who waits longest is next."""
    requires_second_factor = models.BooleanField(default=False, db_default=False)
    """Whether its members reach nothing before they have set up a second factor."""

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(scans_at_once__isnull=True) | models.Q(scans_at_once__gte=1),
                name="one_scan_at_once_at_least",
            ),
        )

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes users whose email is always stored in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user; without a password nobody can sign in as them."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        """Make a user with all permissions; needed by Django's own command."""
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find the user who signs in with this email, in whatever case it was typed."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person, signing in with an email address; belongs to organisations by Membership."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="email_is_lower_case",
            ),
        )

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        """Bring the email into the form it is stored in."""
        self.email = self.email.strip().lower()


class Role(models.TextChoices):
    """What a member may do; each role may do everything that those after it may."""

    OWNER = "owner"
    ADMIN = "admin"
    ANALYST = "analyst"
    VIEWER = "viewer"


class Membership(OrganisationOwned):
    """A person's role in one organisation.

    A `restricted` member may see their `accounts` only, and nothing once the last of them is gone.
    Owners answer for all accounts, so they are never restricted.
    """

    user = models.ForeignKey("posture.User", on_delete=models.CASCADE, related_name="memberships")
    role = models.TextField(choices=Role.choices)
    restricted = models.BooleanField(default=False)
    accounts = models.ManyToManyField(
        "posture.Account", through="posture.MemberAccount", related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "user"), name="one_membership_each"),
            one_of(Role, "role", "membership_role_known"),
            models.CheckConstraint(
                condition=models.Q(restricted=False) | ~models.Q(role=Role.OWNER),
                name="owner_sees_all_accounts",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} as {self.role}"


class MemberAccount(OrganisationOwned):
    """One account to which a member is restricted."""

    membership = within_organisation("posture.Membership", related_name="+")
    account = within_organisation("posture.Account", related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("membership", "account"), name="member_names_account_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.membership_id} may see {self.account_id}"
