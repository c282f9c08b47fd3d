"""Typed builders of rows: say what matters to a test, get sane defaults for the rest."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from posture.models import (
    Account,
    Invitation,
    MemberAccount,
    Membership,
    Organisation,
    Role,
    Scan,
    User,
    database_now,
)
from posture.models.tenancy import within


def an_organisation(name: str = "Acme") -> Organisation:
    """Store an organisation, the way create_organisation does."""
    organisation = Organisation(id=uuid.uuid4(), name=name)
    with within(organisation):
        organisation.save(force_insert=True)
    return organisation


def a_member(
    organisation: Organisation,
    name: str = "alice",
    role: str = Role.OWNER,
    password: str = "",
    accounts: Iterable[Account] | None = None,
) -> User:
    """Store a person of an organisation; without a password nobody signs in as them.

    Where `accounts` are given, even none, they may see those only.
    """
    email = f"{name}@{organisation.name.lower()}.example"
    user = User.objects.create_user(email, password or None, name=name.capitalize())
    with within(organisation):
        member = Membership.objects.create(
            organisation=organisation, user=user, role=role, restricted=accounts is not None
        )
        for account in accounts or ():
            MemberAccount.objects.create(
                organisation=organisation, membership=member, account=account
            )
    return user


def an_invitation(
    organisation: Organisation, email: str = "olga@example.com", **fields: Any
) -> Invitation:
    """Store an open invitation; nobody has its link."""
    with within(organisation):
        now = database_now()
        return Invitation.objects.create(
            organisation=organisation,
            email=email,
            **{
                "role": Role.VIEWER,
                "digest": uuid.uuid4().hex * 2,
                "sent_at": now,
                "expires_at": now + timedelta(days=7),
                **fields,
            },
        )


def an_account(
    organisation: Organisation, aws_account: str = "111122223333", **fields: Any
) -> Account:
    """Store a connected account, and leave its organisation again."""
    with within(organisation):
        return Account.objects.create(
            organisation=organisation,
            **{
                "aws_account": aws_account,
                "label": f"Account {aws_account[:4]}",
                "role_arn": f"arn:aws:iam::{aws_account}:role/SellerPostureScan",
                "external_id": "seller-posture-0123456789abcdef0123456789abcdef",
                "state": Account.State.CONNECTED,
                "profile": {"product_types": ["saas_subscription", "ami"]},
                **fields,
            },
        )


def a_scan(account: Account, **fields: Any) -> Scan:
    """Store a queued scan."""
    with within(account.organisation_id):
        return Scan.objects.create(
            organisation_id=account.organisation_id,
            account=account,
            **{"trigger": Scan.Trigger.MANUAL, **fields},
        )
