"""Connecting accounts: the account, its external id, and the template of its role."""

import re
from collections.abc import Collection

from django.conf import settings

from posture.auditing import record
from posture.connections.wording import InvalidError, new_external_id, told
from posture.models import (
    Account,
    Organisation,
    User,
)
from posture.profiles import PRODUCT_TYPES
from scanner import role
from scanner.collect.plan import ALL_ACTIONS

PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
STACK_NAME = "seller-posture"
ROLE_NAME = role.ROLE_NAME
LONGEST_LABEL = 200


def begin(  # noqa: PLR0913 - one step of a form, all by keyword
    *,
    organisation: Organisation,
    by: User,
    aws_account: str,
    label: str,
    product_types: Collection[str],
    partition: str = "aws",
) -> Account:
    """Make a pending account with an external id of its own, inside `within(organisation)`.

    An account that is not connected yet is taken up again with its external id, so that a role
    made in the meantime still fits. Raises InvalidError, for a connected account too.
    """
    number = re.sub(r"[\s-]", "", aws_account)
    _check_account(number, label, product_types, partition)
    known = Account.objects.select_for_update().filter(
        organisation=organisation, aws_account=number
    )
    account = known.first()
    if account is None:
        account = Account(
            organisation=organisation, aws_account=number, external_id=new_external_id()
        )
    elif account.state in {Account.State.CONNECTED, Account.State.PAUSED}:
        raise InvalidError("aws_account", f"Account {number} is connected already.")
    elif account.state == Account.State.DISPUTED:
        raise InvalidError(
            "aws_account", f"Account {number} waits for a decision: {account.state_reason}"
        )
    before = {} if account._state.adding else told(account)
    account.label = label.strip()
    account.partition = partition
    account.state, account.state_code = Account.State.PENDING, ""
    account.profile = {**account.profile, "product_types": sorted(set(product_types))}
    account.role_actions = sorted(ALL_ACTIONS)
    account.save()
    record(
        organisation=organisation.pk,
        by=by,
        action="account.begun",
        target=account,
        before=before,
        after=told(account),
    )
    return account


def _check_account(number: str, label: str, product_types: Collection[str], partition: str) -> None:
    if re.fullmatch(r"[0-9]{12}", number) is None:
        raise InvalidError("aws_account", "An AWS account id has 12 digits, such as 111122223333.")
    if not label.strip() or len(label) > LONGEST_LABEL or not label.isprintable():
        message = f"Give the account a name of 1 to {LONGEST_LABEL} printable characters."
        raise InvalidError("label", message)
    unknown = sorted(set(product_types) - set(PRODUCT_TYPES))
    if unknown or not product_types:
        message = f"Say what you sell: one or more of {', '.join(PRODUCT_TYPES)}."
        raise InvalidError("product_types", message)
    if partition not in PARTITIONS:
        raise InvalidError("partition", f"A partition is one of {', '.join(PARTITIONS)}.")


def renew_external_id(*, account: Account, by: User) -> None:
    """Make a new external id, inside `within`; the old one is valid until a test proves the new one.

    One that waits for its proof is replaced. Raises InvalidError for an account that is given up or
    waits for a decision.
    """
    now = Account.objects.select_for_update().get(pk=account.pk)
    if now.state in {Account.State.DISCONNECTED, Account.State.DISPUTED}:
        message = (
            f"{now.label} is {now.state}. Connect it first; it then has an ExternalId of its own."
        )
        raise InvalidError("external_id", message)
    proved = now.connected_at is not None
    now.next_external_id = new_external_id() if proved else ""
    now.external_id = now.external_id if proved else new_external_id()
    now.save(update_fields=["external_id", "next_external_id"])
    account.external_id, account.next_external_id = now.external_id, now.next_external_id
    record(
        organisation=now.organisation_id, by=by, action="account.external_id_renewed", target=now
    )


def role_template(account: Account, form: str) -> str:
    """Return what creates the scan role, as cloudformation, terraform or cli; KeyError for others."""
    write = {"cloudformation": role.cloudformation, "terraform": role.terraform, "cli": role.cli}
    return write[form](account.offered_external_id, settings.SCANNER_PRINCIPAL_ARN)


def usual_role_arn(account: Account) -> str:
    """Return the ARN that the role has when it was made from our template unchanged."""
    return f"arn:{account.partition}:iam::{account.aws_account}:role/{ROLE_NAME}"
