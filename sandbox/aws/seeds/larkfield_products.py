"""What Larkfield Systems sells: the images of its gateway, its listings, and what AWS found in them."""

from typing import Any

from sandbox.aws import clock
from sandbox.aws.seeds.documents import Document, ami_product
from sandbox.aws.seeds.larkfield_identities import PARTNER
from sandbox.aws.seeds.making import HOME, Maker
from sandbox.aws.state import Assessment, ChangeSet

RELAY_CODE = "4relay7lark2field9saas0code"
GATEWAY_CODE = "6gateway3lark8field1ami0code"
HOSTILE = "<img src=x onerror=alert(1)>"
_GATEWAY = "prod-larkgateway01"


def sow(maker: Maker) -> None:
    """Make images with their snapshots, products, assessments and a change set."""
    _snapshots(maker)
    _images(maker)
    _catalog(maker)
    _reviews(maker)


def _snapshots(maker: Maker) -> None:
    key = f"arn:aws:kms:{HOME}:{maker.account}:key/0b01d000-0000-4000-8000-00000000000b"
    maker.snapshot("snap-0ed6e021000000a10", days=40, description="Edge Gateway 2.1 root")
    maker.snapshot(
        "snap-0ed6e020000000a20", days=150, groups=["all"], description="Edge Gateway 2.0 root"
    )
    maker.snapshot(
        "snap-0ed6e020000000a21",
        days=150,
        size=50,
        encrypted=True,
        kms_key=key,
        description="Edge Gateway 2.0 data",
    )
    maker.snapshot(
        "snap-0ed6e014000000a30", days=690, users=[PARTNER], description="Edge Gateway 1.4 root"
    )
    maker.snapshot(
        "snap-0b01d0000000000b0", days=20, encrypted=True, kms_key=key, description="CI runner"
    )


def _images(maker: Maker) -> None:
    maker.image(
        "ami-0ed6e0210000000a1", "larkfield-edge-gateway-2.1", ("snap-0ed6e021000000a10",), days=40,
        groups=["all"], imds_support="v2.0", description=f"Edge Gateway 2.1 {HOSTILE}", tags={"Owner": HOSTILE, "Product": "Edge Gateway"},
    )  # fmt: skip
    maker.image(
        "ami-0ed6e0200000000a2", "larkfield-edge-gateway-2.0", ("snap-0ed6e020000000a20", "snap-0ed6e020000000a21"), days=150,
        imds_support="v2.0", users=[PARTNER],
    )  # fmt: skip
    maker.image(
        "ami-0ed6e0140000000a3", "larkfield edge gateway 1.4", ("snap-0ed6e014000000a30",), days=690,
        architecture="i386", virtualization="paravirtual", deprecation_time=clock.days_ago(100),
    )  # fmt: skip
    maker.image(
        "ami-0b01d00000000000b", "larkfield-ci-runner", ("snap-0b01d0000000000b0",), days=20
    )


def _catalog(maker: Maker) -> None:
    images = {
        "2.1": "ami-0ed6e0210000000a1",
        "2.0": "ami-0ed6e0200000000a2",
        "1.4": "ami-0ed6e0140000000a3",
    }
    relay = {
        "Description": {
            "ProductTitle": "Larkfield Relay",
            "ProductCode": RELAY_CODE,
            "Visibility": "Public",
        }
    }
    gateway = ami_product(f"Larkfield Edge Gateway {HOSTILE}", images)
    gateway["Description"]["ProductCode"] = GATEWAY_CODE
    _recommend(gateway["Versions"][0]["DeliveryOptions"][0], 443, 22)
    maker.entity("prod-larkrelay0001", "SaaSProduct", "Larkfield Relay", relay)
    maker.entity(_GATEWAY, "AmiProduct", f"Larkfield Edge Gateway {HOSTILE}", gateway)


def _recommend(option: Document, *ports: int) -> None:
    """Recommend to buyers that they open these ports to everybody."""
    groups = [
        {"Protocol": "tcp", "FromPort": port, "ToPort": port, "CidrIps": ["0.0.0.0/0"]}
        for port in ports
    ]
    option["Recommendations"] = {"SecurityGroups": groups}
    option["Instructions"] = {"Access": {"Protocol": "https", "Port": 443}}


def _reviews(maker: Maker) -> None:
    said = {"Code": "VULNERABLE_PACKAGE", "Message": "CVE-2025-15467: openssl 3.0.8 is vulnerable"}
    scanned: dict[str, Any] = {"ControlId": "AMISecurity.NoKnownVulnerabilities"}
    bad = [scanned | {"ControlAssessmentResult": "FAIL", "Errors": [said]}]
    good = [scanned | {"ControlAssessmentResult": "PASS"}]
    maker.state.assessments += [
        Assessment("assessment-larkgateway21", _GATEWAY, "delivery-1", controls=good),
        Assessment("assessment-larkgateway20", _GATEWAY, "delivery-2", result="FAIL", controls=bad),
        Assessment("assessment-larkgateway14", _GATEWAY, "delivery-3", controls=good),
    ]
    change = {
        "ChangeType": "AddDeliveryOptions",
        "Entity": {"Type": "AmiProduct@1.0", "Identifier": f"{_GATEWAY}@1"},
        "Details": "{}",
        "ErrorDetailList": [{"ErrorCode": "SCAN_ERROR", "ErrorMessage": said["Message"]}],
    }
    maker.state.change_sets.append(
        ChangeSet("cs-larkgateway22", "Edge Gateway 2.2", entities=[_GATEWAY], changes=[change])
    )
