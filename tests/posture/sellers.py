"""Accounts that the fake AWS knows, connected under our external id."""

from typing import TYPE_CHECKING

from django.conf import settings

from posture.models import Account, Organisation
from scanner.role import policy_document
from tests.posture.rows import an_account

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

LARKFIELD = "111122223333"


def a_seller(aws: "FakeAws", organisation: Organisation, number: str = LARKFIELD) -> Account:
    """A connected account whose role, made from our template, the fake AWS holds."""
    account = an_account(organisation, number)
    aws.create_scan_role(
        account=number,
        external_id=account.external_id,
        policy_document=policy_document(),
        principal_arn=settings.SCANNER_PRINCIPAL_ARN,
    )
    return account
