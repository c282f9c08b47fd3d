"""Account 111122223333: Larkfield Systems, a seller of a SaaS product and an AMI product, with faults in every topic.

Each fault, the control that finds it, the severity and the end of the key of the resource it is found on:

control | severity | resource ends with                 | fault
------- | -------- | ---------------------------------- | -----
AMMP-02 | critical | :root                              | the root user has a password and no MFA
AMMP-05 | high     | user/dana.okafor                   | publishes products with a password and no MFA
AMMP-05 | medium   | user/tom.reyes                     | signs in with a password and no MFA, no portal rights
AMMP-08 | medium   | user/old.contractor                | password last used 190 days ago
AMMP-08 | medium   | user/release-bot                   | access key 400 days old
AMMP-08 | medium   | user/metering-service              | access key 500 days old
AMMP-08 | low      | role/LarkfieldCatalogEditor        | portal role never used in 200 days
SELL-01 | high     | policy/larkfield-marketplace-all   | aws-marketplace:* in a customer managed policy
SELL-01 | high     | catalog-automation                 | AWS-Marketplace:* in an inline policy of LarkfieldAutomation
CAS-01  | critical | role/MarketplaceCommerceAnalyticsRole | trusts account 999900001111 beside AWS's
PSC-01  | low      | user/support-sync                  | holds StartSupportDataExport
PSC-01  | medium   | #event/StartSupportDataExport      | support-sync called it 20 days ago
SQS-03  | critical | :larkfield-relay-subscriptions     | everyone may do everything with the queue
SQS-03  | high     | :larkfield-gateway-events          | account 999900001111 may receive and delete
SQS-04  | medium   | :larkfield-relay-entitlements      | not encrypted at rest
SQS-08  | low      | :larkfield-relay-entitlements      | no dead-letter queue
SQS-08  | low      | :larkfield-gateway-events          | dead-letter queue keeps messages for one day
MTR-02  | high     | user/metering-service              | two active keys, one 500 days old, send metering records
AMI-02  | medium   | ami-0ed6e0140000000a3              | i386, paravirtual
AMI-03  | high     | ami-0ed6e0200000000a2              | its data disk is an encrypted snapshot
AMI-06  | critical | ami-0ed6e0210000000a1              | anyone may launch it
AMI-08  | critical | snap-0ed6e020000000a20             | anyone may make a volume of it
AMI-08  | high     | snap-0ed6e014000000a30             | shared with account 999900001111
CT-01   | high     | :root                              | the only trail covers one region

Not judged, or fine, although they look alike: queue internal-jobs (open and unencrypted, hears no product), image
ami-0b01d00000000000b (encrypted, in no product), maria.keller (password with MFA), key of support-sync (30 days old).
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
from sandbox.aws.seeds.making import HOME, Key, Maker
from sandbox.aws.state import RootUser, Topic, Trail, TrailEvent

ACCOUNT = "111122223333"
FOREIGN = "999900001111"
RELAY_CODE = "4relay7lark2field9saas0code"
GATEWAY_CODE = "6gateway3lark8field1ami0code"
HOSTILE = "<img src=x onerror=alert(1)>"
_AWS = "arn:aws:iam::aws:policy/"


def sow(world: World) -> list[str]:
    """Fill the account; returns its id."""
    maker = Maker(world, ACCOUNT)
    maker.state.root = RootUser(mfa="", password_last_used=clock.days_ago(12))
    _people(maker)
    _machines(maker)
    _commerce_analytics(maker)
    _queues(maker)
    _images(maker)
    _catalog(maker)
    _trails(maker)
    return [ACCOUNT]


def _people(maker: Maker) -> None:
    everything = maker.policy("larkfield-marketplace-all", allow("aws-marketplace:*"))
    publishers = maker.group(
        "portal-publishers", attached=(f"{_AWS}AWSMarketplaceSellerProductsFullAccess",)
    )
    platform = maker.group("platform-team", attached=(everything,))
    maker.user(
        "maria.keller",
        password=2,
        mfa=True,
        groups=(publishers, platform),
        tags={"Team": "Marketplace"},
    )
    maker.user("dana.okafor", password=3, groups=(publishers,))
    maker.user(
        "tom.reyes",
        password=10,
        inline={
            "read-invoices": allow("s3:GetObject", resource="arn:aws:s3:::larkfield-invoices/*")
        },
    )
    maker.user("old.contractor", password=190, mfa=True, groups=(publishers,))


def _machines(maker: Maker) -> None:
    catalog = (
        "aws-marketplace:ListEntities",
        "aws-marketplace:DescribeEntity",
        "aws-marketplace:StartChangeSet",
    )
    maker.user(
        "release-bot",
        keys=(Key(400, 1), Key(800, 401, active=False)),
        inline={"publish": allow(*catalog)},
    )
    maker.user(
        "support-sync",
        keys=(Key(30, 5),),
        inline={"support-export": allow("marketplacecommerceanalytics:StartSupportDataExport")},
    )
    metering = allow("aws-marketplace:BatchMeterUsage", "aws-marketplace:ResolveCustomer")
    maker.user("metering-service", keys=(Key(500, 0), Key(60, 1)), inline={"metering": metering})
    maker.role(
        "LarkfieldCatalogEditor", days=200, trust=trusts(account_root(ACCOUNT)),
        attached=(f"{_AWS}AWSMarketplaceSellerOfferManagement",), description="Offers & <b>private</b> offers",
    )  # fmt: skip
    maker.role(
        "LarkfieldAutomation", used=1, trust=trusts_service("lambda.amazonaws.com", ACCOUNT),
        inline={"catalog-automation": allow("AWS-Marketplace:*")},
    )  # fmt: skip
    maker.role(
        "LarkfieldAmiIngestion", used=60, trust=trusts_service("assets.marketplace.amazonaws.com", ACCOUNT),
        attached=(f"{_AWS}AWSMarketplaceAmiIngestion",),
    )  # fmt: skip


def _commerce_analytics(maker: Maker) -> None:
    bucket, topic = (
        "larkfield-marketplace-reports",
        f"arn:aws:sns:{HOME}:{ACCOUNT}:marketplace-reports",
    )
    maker.bucket(bucket)
    maker.state.region(HOME).topics["marketplace-reports"] = Topic(
        "marketplace-reports", {"DisplayName": HOSTILE}
    )
    maker.role(
        "MarketplaceCommerceAnalyticsRole", used=3,
        trust=trusts(account_root(CAS_ACCOUNT), account_root(FOREIGN)),
        inline={"oneClick_MarketplaceCommerceAnalyticsRole_1": cas_delivery(bucket, topic)},
    )  # fmt: skip
    maker.state.events += [
        TrailEvent(
            "5a1e0000-0000-4000-8000-000000000001", "StartSupportDataExport", "marketplacecommerceanalytics.amazonaws.com",
            clock.days_ago(20), "support-sync",
        ),
        TrailEvent("5a1e0000-0000-4000-8000-000000000002", "StartChangeSet", "marketplacecatalog.amazonaws.com", clock.days_ago(1), "release-bot"),
        TrailEvent("5a1e0000-0000-4000-8000-000000000003", "ConsoleLogin", "signin.amazonaws.com", clock.days_ago(12), "root"),
    ]  # fmt: skip


def _queues(maker: Maker) -> None:
    weeks = "1209600"
    maker.queue("larkfield-relay-dead", MessageRetentionPeriod=weeks)
    maker.queue("larkfield-gateway-dead", MessageRetentionPeriod="86400")
    name = "larkfield-relay-subscriptions"
    open_to_all = {
        "Sid": "AllowAll",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue_arn(ACCOUNT, name),
    }
    maker.product_queue(
        name,
        product_topic("subscription", RELAY_CODE),
        statements=(open_to_all,),
        dead_letters="larkfield-relay-dead",
    )
    maker.product_queue(
        "larkfield-relay-entitlements",
        product_topic("entitlement", RELAY_CODE),
        SqsManagedSseEnabled="false",
    )
    _gateway_queue(maker)
    open_statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue_arn(ACCOUNT, "internal-jobs"),
    }
    maker.queue("internal-jobs", statements=(open_statement,), SqsManagedSseEnabled="false")
    maker.subscribe(
        f"arn:aws:sns:{HOME}:{ACCOUNT}:marketplace-reports", "email", "finance@example.com"
    )


def _gateway_queue(maker: Maker) -> None:
    name = "larkfield-gateway-events"
    partner = {
        "Sid": "partner", "Effect": "Allow", "Principal": {"AWS": account_root(FOREIGN)},
        "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"], "Resource": queue_arn(ACCOUNT, name),
    }  # fmt: skip
    maker.product_queue(
        name,
        product_topic("subscription", GATEWAY_CODE),
        statements=(partner,),
        dead_letters="larkfield-gateway-dead",
        tags={"owner": HOSTILE},
    )


def _images(maker: Maker) -> None:
    key = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/0b01d000-0000-4000-8000-00000000000b"
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
        "snap-0ed6e014000000a30", days=500, users=[FOREIGN], description="Edge Gateway 1.4 root"
    )
    maker.snapshot(
        "snap-0b01d0000000000b0", days=20, encrypted=True, kms_key=key, description="CI runner"
    )
    maker.image(
        "ami-0ed6e0210000000a1", "larkfield-edge-gateway-2.1", ("snap-0ed6e021000000a10",), days=40,
        groups=["all"], imds_support="v2.0", description=f"Edge Gateway 2.1 {HOSTILE}", tags={"Owner": HOSTILE, "Product": "Edge Gateway"},
    )  # fmt: skip
    maker.image(
        "ami-0ed6e0200000000a2",
        "larkfield-edge-gateway-2.0",
        ("snap-0ed6e020000000a20", "snap-0ed6e020000000a21"),
        days=150,
    )
    maker.image(
        "ami-0ed6e0140000000a3", "larkfield edge gateway 1.4", ("snap-0ed6e014000000a30",), days=500,
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
    maker.entity("prod-larkrelay0001", "SaaSProduct", "Larkfield Relay", relay)
    maker.entity("prod-larkgateway01", "AmiProduct", f"Larkfield Edge Gateway {HOSTILE}", gateway)


def _trails(maker: Maker) -> None:
    maker.bucket("larkfield-audit-logs")
    maker.state.trails.append(
        Trail(
            "larkfield-audit",
            maker.trail_arn("larkfield-audit"),
            bucket="larkfield-audit-logs",
            global_events=False,
        )
    )
