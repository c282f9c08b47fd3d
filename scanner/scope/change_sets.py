"""Change sets as remedies give them: JSON in which the seller fills in the words in capitals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from scanner.scope.products import Kind

VERSION = {"VersionTitle": "TITLE_OF_THE_VERSION", "ReleaseNotes": "WHAT_CHANGED"}
AMI_DETAILS = {
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
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": ["0.0.0.0/0"]}
    ],
}
CONTAINER_DETAILS = {
    "ContainerImages": ["URI_OF_THE_NEW_CONTAINER_IMAGE"],
    "CompatibleServices": ["ECS", "EKS"],
    "DeploymentResources": [],
    "Description": "WHAT_IT_DELIVERS",
    "UsageInstructions": "HOW_TO_START_IT",
}
OPTION: Mapping[Kind, Mapping[str, Any]] = {
    Kind.AMI: {"Details": {"AmiDeliveryOptionDetails": AMI_DETAILS}},
    Kind.CONTAINER: {
        "DeliveryOptionTitle": "TITLE_OF_THE_DELIVERY_OPTION",
        "Details": {"EcrDeliveryOptionDetails": CONTAINER_DETAILS},
    },
}


def new_version(product: str, kind: Kind) -> str:
    """Add a version to an AMI or container product, given by its entity id."""
    details = {"Version": VERSION, "DeliveryOptions": [OPTION[kind]]}
    return _change("AddDeliveryOptions", product, kind, details)


def restriction(product: str, options: tuple[str, ...]) -> str:
    """Keep new buyers from delivery options of an AMI product; others keep them for 90 days."""
    return _change("RestrictDeliveryOptions", product, Kind.AMI, {"DeliveryOptionIds": options})


def update(product: str, option: str, details: Mapping[str, Any]) -> str:
    """Change what a delivery option of an AMI product says."""
    changed = {"Id": option, "Details": {"AmiDeliveryOptionDetails": details}}
    return _change("UpdateDeliveryOptions", product, Kind.AMI, {"DeliveryOptions": [changed]})


def _change(what: str, product: str, kind: Kind, details: Mapping[str, Any]) -> str:
    entity = {"Type": f"{kind}@1.0", "Identifier": product}
    return json.dumps([{"ChangeType": what, "Entity": entity, "DetailsDocument": details}])


CLI = """\
cat > change-set.json <<'JSON'
[[change_set|json]]
JSON
# Fill in the words in capitals, if there are any, then:
aws marketplace-catalog start-change-set --catalog AWSMarketplace --region us-east-1 --intent VALIDATE --change-set file://change-set.json
aws marketplace-catalog start-change-set --catalog AWSMarketplace --region us-east-1 --change-set file://change-set.json
"""
"""Asks for the value `change_set`; the first call only tests it."""

NOT_DECLARED = (
    ("cloudformation", "CloudFormation has no resource types for products of AWS Marketplace."),
    ("terraform", "Terraform has no resources for products of AWS Marketplace."),
)
