"""Changes that remedies make: to products in the catalog, and to keys."""

from typing import Any

import pytest

from sandbox.aws.client import FakeAws
from sandbox.aws.seeds.documents import ami_product
from sandbox.aws.state import Entity
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, client, error_of

PRODUCT = {"Type": "AmiProduct@1.0", "Identifier": "prod-1"}
RULE = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": ["0.0.0.0/0"]}
UPDATE = {
    "DeliveryOptions": [
        {
            "Id": "delivery-1",
            "Details": {
                "AmiDeliveryOptionDetails": {
                    "SecurityGroups": [RULE],
                    "AccessEndpointUrl": {"Protocol": "https", "Port": 443},
                }
            },
        }
    ]
}


@pytest.fixture
def option(fake_aws: FakeAws) -> dict[str, Any]:
    """The delivery option of the only product, as DescribeEntity shows it."""
    product = Entity("prod-1", "AmiProduct", "Sensor", ami_product("Sensor", {"1.0": "ami-1"}))
    fake_aws.state(ACCOUNT).entities["prod-1"] = product
    found: dict[str, Any] = product.details["Versions"][0]["DeliveryOptions"][0]
    return found


def change(fake: FakeAws, kind: str, details: dict[str, Any], **more: Any) -> str:
    """Start a change set of one change; returns the code of the refusal, if it is refused."""
    catalog = client(fake, "marketplace-catalog", admin_keys(fake))
    one = {"ChangeType": kind, "Entity": PRODUCT, "DetailsDocument": details} | more
    call = {"Catalog": "AWSMarketplace", "Intent": more.pop("Intent", "APPLY")}
    one.pop("Intent", None)
    return error_of(catalog.start_change_set, ChangeSet=[one], **call)[0]


def test_a_delivery_option_says_what_the_change_set_said(
    fake_aws: FakeAws, option: dict[str, Any]
) -> None:
    assert change(fake_aws, "UpdateDeliveryOptions", UPDATE) == ""
    (rule,) = option["Recommendations"]["SecurityGroups"]
    assert rule == {"Protocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIps": ["0.0.0.0/0"]}
    assert option["Instructions"]["Access"]["Protocol"] == "https"
    assert fake_aws.state(ACCOUNT).change_sets[-1].status == "SUCCEEDED"


def test_an_option_is_restricted_only_when_that_is_applied(
    fake_aws: FakeAws, option: dict[str, Any]
) -> None:
    restrict = {"DeliveryOptionIds": ["delivery-1"]}
    assert change(fake_aws, "RestrictDeliveryOptions", restrict, Intent="VALIDATE") == ""
    assert option["Visibility"] == "Public"
    assert change(fake_aws, "RestrictDeliveryOptions", restrict) == ""
    assert option["Visibility"] == "Restricted"


@pytest.mark.parametrize(
    ("kind", "details", "entity", "code"),
    [
        ("RestrictDeliveryOptions", {"DeliveryOptionIds": ["x"]}, PRODUCT, "ValidationException"),
        ("AddDeliveryOptions", {}, PRODUCT, "ValidationException"),
        ("AddDeliveryOptions", {}, PRODUCT | {"Identifier": "x"}, "ResourceNotFoundException"),
    ],
)
@pytest.mark.usefixtures("option")
def test_what_is_not_there_or_not_known_is_refused(
    fake_aws: FakeAws, kind: str, details: dict[str, Any], entity: dict[str, str], code: str
) -> None:
    assert change(fake_aws, kind, details, Entity=entity) == code


def test_a_key_about_to_go_is_kept_and_enabled_by_its_arn(fake_aws: FakeAws) -> None:
    kms = client(fake_aws, "kms", admin_keys(fake_aws))
    arn = kms.create_key()["KeyMetadata"]["Arn"]

    def state() -> str:
        found: str = kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"]
        return found

    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    assert state() == "PendingDeletion"
    assert error_of(kms.enable_key, KeyId=arn)[0] == "KMSInvalidStateException"
    kms.cancel_key_deletion(KeyId=arn)
    assert state() == "Disabled"
    assert error_of(kms.cancel_key_deletion, KeyId=arn)[0] == "KMSInvalidStateException"
    kms.enable_key(KeyId=arn)
    assert state() == "Enabled"
    kms.disable_key(KeyId=arn)
    assert state() == "Disabled"


def test_a_key_that_is_not_there_is_not_found(fake_aws: FakeAws) -> None:
    kms = client(fake_aws, "kms", admin_keys(fake_aws))
    missing = "0b01d000-0000-4000-8000-000000000000"
    assert error_of(kms.enable_key, KeyId=missing)[0] == "NotFoundException"
