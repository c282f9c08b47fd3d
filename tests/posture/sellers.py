"""Accounts that the fake AWS knows, connected under our external id."""

from typing import TYPE_CHECKING

import boto3
from django.conf import settings

from posture.models import Account, Organisation
from scanner.role import policy_document
from tests.posture.rows import an_account

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

LARKFIELD = "111122223333"
PUBLIC_IMAGE = "ami-0ed6e0210000000a1"
"""An image of that account that everybody may launch."""


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


def close_image(aws: "FakeAws") -> None:
    """Stop sharing the public image with everybody, as its seller would."""
    keys = aws.admin_environment(LARKFIELD)
    ec2 = boto3.client(
        "ec2",
        endpoint_url=keys["AWS_ENDPOINT_URL"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )
    everybody = {"Remove": [{"Group": "all"}]}
    ec2.modify_image_attribute(ImageId=PUBLIC_IMAGE, LaunchPermission=everybody)
