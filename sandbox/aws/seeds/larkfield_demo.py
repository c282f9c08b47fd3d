"""Account 111122223333 as the demo shows it: Larkfield Systems keeps house, with a few faults in each topic.

`larkfield` is the same company with all its faults at once, for tests.

control | severity | resource ends with                    | fault
------- | -------- | ------------------------------------- | -----
AMMP-07 | medium   | user/dana.okafor                      | has a password for the portal and an access key
AMMP-09 | medium   | :root                                 | passwords of 8 characters, old ones may come back
SELL-07 | medium   | role/LarkfieldAutomation              | a function starts change sets of any kind
CAS-01  | critical | role/MarketplaceCommerceAnalyticsRole | trusts account 999900001111 beside AWS's
CAS-02  | low      | role/MarketplaceCommerceAnalyticsRole | trusts without an external id
PSC-03  | low      | role/LarkfieldSupportBot              | a function may look up any buyer
SQS-04  | medium   | :larkfield-relay-entitlements         | not encrypted at rest
SQS-08  | low      | :larkfield-gateway-events             | dead-letter queue keeps messages for one day
MTR-06  | medium   | i-0ed6e0000000000c1                   | runs as LarkfieldRelayMeter with IMDSv1
AMI-06  | critical | ami-0ed6e0210000000a1                 | anyone may launch it
AMI-08  | high     | snap-0ed6e020000000a20                | shared with account 999900001111
CT-03   | medium   | trail/larkfield-audit                 | log files are not integrity-validated
"""

from sandbox.aws import clock
from sandbox.aws.asking import World
from sandbox.aws.seeds.documents import (
    CAS_ACCOUNT,
    account_root,
    allow,
    ami_product,
    cas_delivery,
    product_topic,
    queue_arn,
    trusts,
    trusts_service,
)
from sandbox.aws.seeds.keeping import (
    ALL_BLOCKED,
    bucket,
    key,
    lets_in,
    lock,
    takes_logs,
    tls_only,
    topic,
)
from sandbox.aws.seeds.larkfield import ACCOUNT, FOREIGN, LOGS, REPORTS
from sandbox.aws.seeds.larkfield_identities import AWS
from sandbox.aws.seeds.larkfield_products import GATEWAY_CODE, HOSTILE, RELAY_CODE
from sandbox.aws.seeds.making import Key, Maker
from sandbox.aws.state import Assessment, RootUser, Trail

TRAIL = "larkfield-audit"
_LAMBDA = trusts_service("lambda.amazonaws.com", ACCOUNT)
_GATEWAY = "prod-larkgateway01"
_METERING = ("aws-marketplace:BatchMeterUsage", "aws-marketplace:ResolveCustomer")


def sow(world: World) -> list[str]:
    """Fill the account; returns its id."""
    maker = Maker(world, ACCOUNT)
    maker.state.root = RootUser(mfa="hardware", password_last_used=clock.days_ago(300))
    maker.state.public_access_block = dict(ALL_BLOCKED)
    maker.state.contacts["SECURITY"] = {
        "Name": "Security desk", "Title": "On call", "EmailAddress": "security@example.com", "PhoneNumber": "+1 555 0101",
    }  # fmt: skip
    _people(maker)
    _automation(maker)
    _reports(maker)
    _queues(maker)
    _metering(maker)
    _gateway(maker)
    _trail(maker)
    return [ACCOUNT]


def _people(maker: Maker) -> None:
    maker.password_policy(8, None)
    publishers = maker.group(
        "portal-publishers", attached=(f"{AWS}AWSMarketplaceSellerProductsFullAccess",)
    )
    maker.user("maria.keller", password=2, mfa=True, groups=(publishers,), tags={"Team": HOSTILE})
    maker.user("dana.okafor", password=3, mfa=True, groups=(publishers,), keys=(Key(60, 2),))


def _automation(maker: Maker) -> None:
    catalog = maker.policy(
        "larkfield-catalog",
        allow("aws-marketplace:ListEntities", "aws-marketplace:DescribeEntity", "aws-marketplace:StartChangeSet"),
    )  # fmt: skip
    maker.role("LarkfieldAutomation", used=1, trust=_LAMBDA, attached=(catalog,))
    lookup = maker.policy(
        "larkfield-support-lookup", allow("aws-marketplace-management:viewSupport")
    )
    maker.role("LarkfieldSupportBot", used=0, trust=_LAMBDA, attached=(lookup,))


def _reports(maker: Maker) -> None:
    bucket(maker, REPORTS, tls_only(REPORTS))
    reports = topic(
        maker, "marketplace-reports", DisplayName=HOSTILE, KmsMasterKeyId="alias/aws/sns"
    )
    maker.subscribe(reports, "email", "finance@example.com")
    maker.role(
        "MarketplaceCommerceAnalyticsRole", used=3,
        trust=trusts(account_root(CAS_ACCOUNT), account_root(FOREIGN)),
        inline={"oneClick_MarketplaceCommerceAnalyticsRole_1": cas_delivery(REPORTS, reports)},
    )  # fmt: skip


def _queues(maker: Maker) -> None:
    maker.queue("larkfield-relay-dead", MessageRetentionPeriod="1209600")
    maker.queue("larkfield-gateway-dead", MessageRetentionPeriod="86400")
    names = (
        "larkfield-relay-subscriptions",
        "larkfield-relay-entitlements",
        "larkfield-gateway-events",
    )
    relay, entitlements, gateway = names
    maker.product_queue(
        relay, product_topic("subscription", RELAY_CODE), dead_letters="larkfield-relay-dead"
    )
    maker.product_queue(
        entitlements, product_topic("entitlement", RELAY_CODE), dead_letters="larkfield-relay-dead",
        SqsManagedSseEnabled="false",
    )  # fmt: skip
    maker.product_queue(
        gateway, product_topic("subscription", GATEWAY_CODE), dead_letters="larkfield-gateway-dead",
        tags={"owner": HOSTILE},
    )  # fmt: skip
    consume = allow(
        "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
        resource=[queue_arn(ACCOUNT, name) for name in names],
    )  # fmt: skip
    trust = trusts_service("ecs-tasks.amazonaws.com", ACCOUNT)
    maker.role("LarkfieldRelayWorker", used=0, trust=trust, inline={"queues": consume})


def _metering(maker: Maker) -> None:
    trust = trusts_service("ec2.amazonaws.com", ACCOUNT)
    maker.role("LarkfieldRelayMeter", used=0, trust=trust, inline={"metering": allow(*_METERING)})
    maker.instance("i-0ed6e0000000000c1", "LarkfieldRelayMeter", tags={"Name": "relay-meter"})


def _gateway(maker: Maker) -> None:
    for region in maker.state.enabled_regions:
        held = maker.state.region(region)
        held.image_block, held.snapshot_block = "block-new-sharing", "block-all-sharing"
    maker.snapshot("snap-0ed6e021000000a10", days=40, description="Edge Gateway 2.1 root")
    maker.snapshot(
        "snap-0ed6e020000000a20", days=150, users=[FOREIGN], description="Edge Gateway 2.0 root"
    )
    maker.image(
        "ami-0ed6e0210000000a1", "larkfield-edge-gateway-2.1", ("snap-0ed6e021000000a10",), days=40,
        groups=["all"], imds_support="v2.0", description=f"Edge Gateway 2.1 {HOSTILE}", tags={"Owner": HOSTILE},
    )  # fmt: skip
    maker.image(
        "ami-0ed6e0200000000a2", "larkfield-edge-gateway-2.0", ("snap-0ed6e020000000a20",),
        days=150, imds_support="v2.0",
    )  # fmt: skip
    images = {"2.1": "ami-0ed6e0210000000a1", "2.0": "ami-0ed6e0200000000a2"}
    gateway = ami_product(f"Larkfield Edge Gateway {HOSTILE}", images)
    gateway["Description"]["ProductCode"] = GATEWAY_CODE
    relay = {"ProductTitle": "Larkfield Relay", "ProductCode": RELAY_CODE, "Visibility": "Public"}
    maker.entity("prod-larkrelay0001", "SaaSProduct", "Larkfield Relay", {"Description": relay})
    maker.entity(_GATEWAY, "AmiProduct", f"Larkfield Edge Gateway {HOSTILE}", gateway)
    maker.state.assessments += [
        Assessment(f"assessment-larkgateway{number}", _GATEWAY, f"delivery-{number}")
        for number in (1, 2)
    ]
    maker.role(
        "LarkfieldAmiIngestion", used=60, attached=(f"{AWS}AWSMarketplaceAmiIngestion",),
        trust=trusts_service("assets.marketplace.amazonaws.com", ACCOUNT),
    )  # fmt: skip


def _trail(maker: Maker) -> None:
    arn = maker.trail_arn(TRAIL)
    sealed = key(
        maker, "0b01d000-0000-4000-8000-00000000000d", "Audit logs",
        lets_in("cloudtrail.amazonaws.com", "kms:GenerateDataKey*", "kms:DescribeKey", source=arn),
    )  # fmt: skip
    bucket(maker, LOGS, *takes_logs(maker, LOGS, TRAIL), tls_only(LOGS), key=sealed)
    lock(maker, LOGS, 400)
    maker.state.trails.append(Trail(TRAIL, arn, bucket=LOGS, multi_region=True, kms_key=sealed))
    desk = topic(maker, "security-desk")
    maker.subscribe(desk, "email", "security@example.com")
    for name in ("marketplacecatalog", "iam", "cloudtrail"):
        maker.rule(name, {"source": [f"aws.{name}"]}, desk)
    signs = ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"]
    maker.rule("root", {"detail": {"userIdentity": {"type": ["Root"]}}, "detail-type": signs}, desk)
