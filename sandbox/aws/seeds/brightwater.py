"""Account 444455556666: Brightwater Labs, a careful seller in an organisation, almost clean.

control | severity | resource ends with        | fault
------- | -------- | ------------------------- | -----
CT-03   | medium   | trail/brightwater-audit   | log files are not integrity-validated
SQS-08  | low      | :brightwater-ledger-events | the dead-letter queue keeps messages shorter than the queue
"""

from sandbox.aws import clock
from sandbox.aws.answers.organizations import in_organization
from sandbox.aws.asking import World
from sandbox.aws.seeds.documents import (
    CAS_ACCOUNT,
    account_root,
    allow,
    ami_product,
    cas_delivery,
    policy,
    product_topic,
    queue_arn,
    trusts,
    trusts_service,
)
from sandbox.aws.seeds.making import HOME, Maker
from sandbox.aws.state import RootUser, Topic, Trail

ACCOUNT = "444455556666"
MANAGEMENT = "444455550000"
LEDGER_CODE = "8ledger5bright2water0saas1code"
SENSOR_CODE = "3sensor9bright4water7ami0code"
_AWS = "arn:aws:iam::aws:policy/"


def sow(world: World) -> list[str]:
    """Fill the account; returns its id."""
    maker = Maker(world, ACCOUNT)
    maker.state.root = RootUser(mfa="hardware", password_last_used=clock.days_ago(420))
    maker.state.organization = in_organization("o-br1ghtw4t3", MANAGEMENT)
    maker.state.contacts["SECURITY"] = {
        "Name": "Security desk", "Title": "On call", "EmailAddress": "security@example.com", "PhoneNumber": "+1 555 0100",
    }  # fmt: skip
    _identities(maker)
    _commerce_analytics(maker)
    _queues(maker)
    _product(maker)
    _trail(maker)
    return [ACCOUNT]


def _identities(maker: Maker) -> None:
    readers = maker.group(
        "portal-readers", attached=(f"{_AWS}AWSMarketplaceSellerProductsReadOnly",)
    )
    maker.user("ana.lindqvist", password=1, mfa=True, groups=(readers,))
    saml = f"arn:aws:iam::{ACCOUNT}:saml-provider/brightwater"
    maker.iam.create_saml_provider("brightwater", "<EntityDescriptor/>")
    sign_in = {
        "Effect": "Allow", "Principal": {"Federated": saml}, "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    }  # fmt: skip
    maker.role(
        "BrightwaterPublisher",
        used=4,
        trust=policy(sign_in),
        attached=(f"{_AWS}AWSMarketplaceSellerProductsFullAccess",),
    )
    _workloads(maker)


def _workloads(maker: Maker) -> None:
    metering = allow(
        "aws-marketplace:BatchMeterUsage",
        "aws-marketplace:ResolveCustomer",
        "aws-marketplace:GetEntitlements",
    )
    maker.role(
        "BrightwaterMetering",
        used=0,
        trust=trusts_service("lambda.amazonaws.com", ACCOUNT),
        inline={"metering": metering},
    )
    consume = allow(
        "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
        resource=[queue_arn(ACCOUNT, "brightwater-ledger-events"), queue_arn(ACCOUNT, "brightwater-ledger-entitlements")],
    )  # fmt: skip
    maker.role(
        "BrightwaterConsumer",
        used=0,
        trust=trusts_service("lambda.amazonaws.com", ACCOUNT),
        inline={"consume": consume},
    )
    maker.role(
        "BrightwaterAmiIngestion", used=50, trust=trusts_service("assets.marketplace.amazonaws.com", ACCOUNT),
        attached=(f"{_AWS}AWSMarketplaceAmiIngestion",),
    )  # fmt: skip


def _commerce_analytics(maker: Maker) -> None:
    bucket = "brightwater-marketplace-reports"
    maker.bucket(bucket)
    maker.state.region(HOME).topics["marketplace-reports"] = Topic("marketplace-reports")
    maker.role(
        "MarketplaceCommerceAnalyticsRole", used=6, trust=trusts(account_root(CAS_ACCOUNT), external_id="brightwater-cas"),
        inline={"deliver": cas_delivery(bucket, f"arn:aws:sns:{HOME}:{ACCOUNT}:marketplace-reports")},
    )  # fmt: skip


def _queues(maker: Maker) -> None:
    maker.queue("brightwater-ledger-dead", MessageRetentionPeriod="604800")
    maker.product_queue(
        "brightwater-ledger-events", product_topic("subscription", LEDGER_CODE),
        dead_letters="brightwater-ledger-dead", MessageRetentionPeriod="1209600",
    )  # fmt: skip
    maker.product_queue(
        "brightwater-ledger-entitlements",
        product_topic("entitlement", LEDGER_CODE),
        dead_letters="brightwater-ledger-dead",
    )
    maker.rule(
        "marketplace-agreements",
        {"source": ["aws.agreement-marketplace"]},
        f"arn:aws:lambda:{HOME}:{ACCOUNT}:function:agreements",
    )


def _product(maker: Maker) -> None:
    for region in maker.state.enabled_regions:
        held = maker.state.region(region)
        held.image_block, held.snapshot_block = "block-new-sharing", "block-all-sharing"
    maker.snapshot("snap-0b419470000000010", days=60, description="Brightwater Sensor 3.0")
    maker.image(
        "ami-0b419473000000001",
        "brightwater-sensor-3.0",
        ("snap-0b419470000000010",),
        days=60,
        imds_support="v2.0",
    )
    sensor = ami_product("Brightwater Sensor", {"3.0": "ami-0b419473000000001"})
    sensor["Description"]["ProductCode"] = SENSOR_CODE
    ledger = {
        "Description": {
            "ProductTitle": "Brightwater Ledger",
            "ProductCode": LEDGER_CODE,
            "Visibility": "Public",
        }
    }
    maker.entity("prod-brightledger01", "SaaSProduct", "Brightwater Ledger", ledger)
    maker.entity("prod-brightsensor01", "AmiProduct", "Brightwater Sensor", sensor)


def _trail(maker: Maker) -> None:
    maker.bucket("brightwater-audit-logs")
    maker.state.trails.append(
        Trail(
            "brightwater-audit",
            maker.trail_arn("brightwater-audit"),
            bucket="brightwater-audit-logs",
            multi_region=True,
        )
    )
