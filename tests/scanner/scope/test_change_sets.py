"""Change sets name the product, its type and the change."""

from __future__ import annotations

import json

import pytest

from scanner.scope.change_sets import new_version, restriction, update
from scanner.scope.products import Kind


@pytest.mark.parametrize(
    ("document", "change", "kind"),
    [
        (new_version("prod-1", Kind.AMI), "AddDeliveryOptions", "AmiProduct@1.0"),
        (new_version("prod-1", Kind.CONTAINER), "AddDeliveryOptions", "ContainerProduct@1.0"),
        (restriction("prod-1", ("do-1",)), "RestrictDeliveryOptions", "AmiProduct@1.0"),
        (update("prod-1", "do-1", {}), "UpdateDeliveryOptions", "AmiProduct@1.0"),
    ],
)
def test_a_change_set_is_one_change_of_one_product(document: str, change: str, kind: str) -> None:
    (one,) = json.loads(document)
    assert one["ChangeType"] == change
    assert one["Entity"] == {"Type": kind, "Identifier": "prod-1"}
    assert isinstance(one["DetailsDocument"], dict)


def test_a_new_version_of_an_image_is_an_option_to_be_filled_in() -> None:
    (one,) = json.loads(new_version("prod-1", Kind.AMI))
    assert one["DetailsDocument"] == {
        "Version": {"VersionTitle": "TITLE_OF_THE_VERSION", "ReleaseNotes": "WHAT_CHANGED"},
        "DeliveryOptions": [
            {
                "Details": {
                    "AmiDeliveryOptionDetails": {
                        "AmiSource": {
                            "AmiId": "ID_OF_THE_NEW_IMAGE",
                            "AccessRoleArn": "ARN_OF_YOUR_INGESTION_ROLE",
                            "UserName": "ec2-user",
                            "OperatingSystemName": "AMAZONLINUX",
                            "OperatingSystemVersion": "2023",
                            "ScanningPort": 22,
                        },
                        "UsageInstructions": "HOW_TO_START_IT",
                        "RecommendedInstanceType": "t3.small",
                        "AccessEndpointUrl": {"Protocol": "https", "Port": 443, "Path": "/"},
                        "SecurityGroups": [
                            {
                                "IpProtocol": "tcp",
                                "FromPort": 443,
                                "ToPort": 443,
                                "IpRanges": ["0.0.0.0/0"],
                            }
                        ],
                    }
                }
            }
        ],
    }


def test_a_new_version_of_a_container_is_an_option_to_be_filled_in() -> None:
    (one,) = json.loads(new_version("prod-1", Kind.CONTAINER))
    (option,) = one["DetailsDocument"]["DeliveryOptions"]
    assert option == {
        "DeliveryOptionTitle": "TITLE_OF_THE_DELIVERY_OPTION",
        "Details": {
            "EcrDeliveryOptionDetails": {
                "ContainerImages": ["URI_OF_THE_NEW_CONTAINER_IMAGE"],
                "CompatibleServices": ["ECS", "EKS"],
                "DeploymentResources": [],
                "Description": "WHAT_IT_DELIVERS",
                "UsageInstructions": "HOW_TO_START_IT",
            }
        },
    }
