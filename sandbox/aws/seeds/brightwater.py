"""Account 444455556666: Brightwater Labs, a careful seller in an organisation, almost clean.

control | severity | resource ends with        | fault
------- | -------- | ------------------------- | -----
CT-03   | medium   | trail/brightwater-audit   | log files are not integrity-validated
SQS-08  | low      | :brightwater-ledger-events | the dead-letter queue keeps messages shorter than the queue
"""

from sandbox.aws import clock
from sandbox.aws.answers.organizations import in_organization
from sandbox.aws.asking import World
from sandbox.aws.seeds import brightwater_records
from sandbox.aws.seeds.documents import (
    Document,
    allow,
    ami_product,
    policy,
    product_topic,
    queue_arn,
    trusts_service,
)
from sandbox.aws.seeds.keeping import ALL_BLOCKED, key, lets_in
from sandbox.aws.seeds.making import HOME, Maker
from sandbox.aws.state import Assessment, RootUser

ACCOUNT = "444455556666"
MANAGEMENT = "444455550000"
LEDGER_CODE = "8ledger5bright2water0saas1code"
SENSOR_CODE = "3sensor9bright4water7ami0code"
_AWS = "arn:aws:iam::aws:policy/"
_POLLED = {
    "NumberOfMessagesSent": [1.0, 0.0, 2.0],
    "NumberOfMessagesReceived": [1.0, 0.0, 2.0],
    "NumberOfEmptyReceives": [180.0, 180.0, 180.0],
    "ApproximateAgeOfOldestMessage": [2.0, 1.0, 3.0],
}


def sow(world: World) -> list[str]:
    """Fill the account; returns its id."""
    maker = Maker(world, ACCOUNT)
    maker.state.root = RootUser(mfa="hardware", password_last_used=clock.days_ago(420))
    maker.state.organization = in_organization("o-br1ghtw4t3", MANAGEMENT)
    maker.state.contacts["SECURITY"] = {
        "Name": "Security desk", "Title": "On call", "EmailAddress": "security@example.com", "PhoneNumber": "+1 555 0100",
    }  # fmt: skip
    maker.state.public_access_block = dict(ALL_BLOCKED)
    _identities(maker)
    _queues(maker)
    _product(maker)
    brightwater_records.sow(maker)
    return [ACCOUNT]


def _identities(maker: Maker) -> None:
    maker.password_policy(16, 24)
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
    metering = allow(
        "aws-marketplace:BatchMeterUsage",
        "aws-marketplace:ResolveCustomer",
        "aws-marketplace:GetEntitlements",
    )
    role = maker.role(
        "BrightwaterMetering",
        used=0,
        trust=trusts_service("lambda.amazonaws.com", ACCOUNT),
        inline={"metering": metering},
    )
    _meters(maker, role)
    maker.role(
        "BrightwaterAmiIngestion", used=50, trust=trusts_service("assets.marketplace.amazonaws.com", ACCOUNT),
        attached=(f"{_AWS}AWSMarketplaceAmiIngestion",),
    )  # fmt: skip


def _meters(maker: Maker, role: str) -> None:
    """The hourly record of yesterday and today, sent by the metering function."""
    issuer = {"type": "Role", "arn": role, "accountId": ACCOUNT, "userName": "BrightwaterMetering"}
    identity = {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/BrightwaterMetering/hourly",
        "accountId": ACCOUNT,
        "sessionContext": {"sessionIssuer": issuer},
    }
    for days in (0.05, 1.05):
        maker.calls(
            "BatchMeterUsage", "metering-marketplace", "hourly", days, userIdentity=identity
        )


def _queues(maker: Maker) -> None:
    subscriptions = product_topic("subscription", LEDGER_CODE)
    entitlements = product_topic("entitlement", LEDGER_CODE)
    sealed = key(
        maker, "0b419470-0000-4000-8000-000000000001", "Entitlements of Ledger",
        lets_in("sns.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey*", source=entitlements),
    )  # fmt: skip
    maker.queue("brightwater-ledger-dead", MessageRetentionPeriod="604800")
    maker.product_queue(
        "brightwater-ledger-events", subscriptions, dead_letters="brightwater-ledger-dead",
        metrics=_POLLED, MessageRetentionPeriod="1209600",
    )  # fmt: skip
    maker.product_queue(
        "brightwater-ledger-entitlements", entitlements, dead_letters="brightwater-ledger-dead",
        metrics=_POLLED, KmsMasterKeyId=sealed,
    )  # fmt: skip
    maker.role(
        "BrightwaterConsumer",
        used=0,
        trust=trusts_service("lambda.amazonaws.com", ACCOUNT),
        inline={"consume": _consume(sealed)},
    )
    maker.rule(
        "marketplace-agreements",
        {"source": ["aws.agreement-marketplace"]},
        f"arn:aws:lambda:{HOME}:{ACCOUNT}:function:agreements",
    )


def _consume(sealed: str) -> Document:
    read = {
        "Effect": "Allow",
        "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
        "Resource": [queue_arn(ACCOUNT, "brightwater-ledger-events"), queue_arn(ACCOUNT, "brightwater-ledger-entitlements")],
    }  # fmt: skip
    return policy(read, {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": sealed})


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
    scanned = {
        "ControlId": "AMISecurity.NoKnownVulnerabilities",
        "ControlAssessmentResult": "PASS",
    }
    maker.state.assessments.append(
        Assessment(
            "assessment-brightsensor30", "prod-brightsensor01", "delivery-1", controls=[scanned]
        )
    )
