"""What the owner of the first demo account fixes between two scans, with ordinary AWS calls."""

import json
from typing import Any

import boto3

from sandbox.aws.client import FakeAws
from sandbox.aws.seeds import larkfield

PUBLIC_IMAGE = "ami-0ed6e0210000000a1"
DELIVERY_ROLE = "MarketplaceCommerceAnalyticsRole"
DELIVERY_SERVICE = "arn:aws:iam::452565589796:root"


def fix_some_faults(fake: FakeAws, account: str = larkfield.ACCOUNT) -> None:
    """Fix the critical faults of Larkfield and its passwords, as its findings advise.

    Again changes nothing.
    """
    ec2, iam = (_client(fake, account, service) for service in ("ec2", "iam"))
    ec2.modify_image_attribute(
        ImageId=PUBLIC_IMAGE, LaunchPermission={"Remove": [{"Group": "all"}]}
    )
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": DELIVERY_SERVICE}, "Action": "sts:AssumeRole"}
        ],
    }
    iam.update_assume_role_policy(RoleName=DELIVERY_ROLE, PolicyDocument=json.dumps(trust))
    iam.update_account_password_policy(
        MinimumPasswordLength=14,
        PasswordReusePrevention=24,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        AllowUsersToChangePassword=True,
    )


def _client(fake: FakeAws, account: str, service: Any) -> Any:
    """A client with the administrator's key of an account."""
    keys = fake.admin_environment(account)
    return boto3.client(
        service,
        endpoint_url=keys["AWS_ENDPOINT_URL"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        region_name=keys["AWS_DEFAULT_REGION"],
    )
