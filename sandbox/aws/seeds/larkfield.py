"""Account 111122223333: Larkfield Systems, a seller of a SaaS product and an AMI product, with faults in every topic.

Account 999900001111 is a consultancy that built the integration and was never shown out.

Each fault, the control that finds it, the severity and the end of the key of the resource it is found on:

control | severity | resource ends with                    | fault
------- | -------- | ------------------------------------- | -----
AMMP-02 | critical | :root                                 | the root user has a password and no MFA
AMMP-03 | medium   | :root                                 | and so no hardware or FIDO device either
AMMP-04 | high     | :root                                 | the root user signed in 12 days ago
AMMP-05 | high     | user/dana.okafor                      | publishes products with a password and no MFA
AMMP-05 | medium   | user/tom.reyes                        | signs in with a password and no MFA, no portal rights
AMMP-06 | medium   | user/release-bot                      | may change listings by an inline policy of its own
AMMP-07 | medium   | user/dana.okafor                      | has a password for the portal and an access key
AMMP-08 | medium   | user/old.contractor                   | password last used 190 days ago
AMMP-08 | medium   | user/release-bot                      | access key 400 days old
AMMP-08 | medium   | user/metering-service                 | access key 500 days old
AMMP-08 | low      | role/LarkfieldCatalogEditor           | portal role never used in 200 days
AMMP-09 | medium   | :root                                 | passwords of 8 characters, old ones may come back
AMMP-10 | high     | role/LarkfieldReleasePipeline         | every repository of GitHub may assume it
SELL-01 | high     | policy/larkfield-marketplace-all      | AWS-Marketplace:* in a customer managed policy
SELL-03 | high     | user/maria.keller                     | publishes and changes payouts by that policy
SELL-04 | medium   | user/maria.keller                     | and may buy
SELL-05 | low      | catalog-automation                    | an inline policy opens the portal to LarkfieldAutomation
SELL-05 | low      | #inline-policy/publish                | and one to release-bot
SELL-06 | medium   | policy/larkfield-marketplace-all      | agreements of any side
SELL-07 | medium   | role/LarkfieldAutomation              | a function starts change sets of any kind
SELL-07 | medium   | user/release-bot                      | and so does the release script
SELL-08 | high     | role/LarkfieldAutomation              | passes any role to any service
SELL-09 | high     | role/LarkfieldDeploy                  | may attach any policy to any role
CAS-01  | critical | role/MarketplaceCommerceAnalyticsRole | trusts account 999900001111 beside AWS's
CAS-02  | low      | role/MarketplaceCommerceAnalyticsRole | trusts without an external id
CAS-03  | low      | role/MarketplaceCommerceAnalyticsRole | may write ACLs of objects as well
CAS-04  | medium   | user/tom.reyes                        | asks for data sets with the password of the console
CAS-05  | high     | user/old.contractor                   | kept the rights of enrolling in Commerce Analytics
CAS-06  | medium   | :larkfield-marketplace-reports        | an old bucket, public access not blocked
CAS-07  | medium   | :larkfield-marketplace-reports        | takes requests without TLS
CAS-08  | high     | :larkfield-marketplace-reports        | account 999900001111 may read the reports
CAS-09  | medium   | :marketplace-reports                  | the topic is not encrypted
PSC-01  | low      | user/support-sync                     | holds StartSupportDataExport
PSC-01  | medium   | #event/StartSupportDataExport         | support-sync called it 20 days ago
PSC-02  | high     | :larkfield-marketplace-reports        | contacts of buyers of 2022 lie among the reports
PSC-03  | low      | role/LarkfieldSupportBot              | a function may look up any buyer
SQS-02  | high     | :larkfield-relay-subscriptions        | everyone may send to the queue
SQS-03  | critical | :larkfield-relay-subscriptions        | everyone may do everything with the queue
SQS-03  | high     | :larkfield-gateway-events             | account 999900001111 may receive and delete
SQS-04  | medium   | :larkfield-relay-entitlements         | not encrypted at rest
SQS-05  | high     | :larkfield-gateway-events             | its key does not let SNS in
SQS-06  | high     | role/LarkfieldRelayWorker             | sqs:* on all queues
SQS-07  | medium   | :larkfield-relay-subscriptions        | messages wait for almost three hours
SQS-08  | low      | :larkfield-relay-entitlements         | no dead-letter queue
SQS-08  | low      | :larkfield-gateway-events             | dead-letter queue keeps messages for one day
SQS-09  | low      | :larkfield-relay-dead                 | takes requests without TLS
MTR-01  | high     | user/maria.keller                     | may meter, publish and buy
MTR-02  | high     | user/metering-service                 | two active keys, one 500 days old, send metering records
MTR-03  | medium   | user/maria.keller                     | a person may send metering records
MTR-04  | high     | role/LarkfieldRelayMeter              | account 999900001111 may assume it
MTR-05  | low      | user/maria.keller                     | metering rights of SaaS, AMI and container products
MTR-06  | medium   | i-0ed6e0000000000c1                   | runs as LarkfieldRelayMeter with IMDSv1
MTR-07  | medium   | :root                                 | maria.keller sent a metering record 8 days ago
AMI-02  | medium   | ami-0ed6e0140000000a3                 | i386, paravirtual
AMI-03  | high     | ami-0ed6e0200000000a2                 | its data disk is an encrypted snapshot
AMI-04  | low      | ami-0ed6e0140000000a3                 | 690 days old
AMI-05  | high     | ami-0ed6e0140000000a3                 | its instances answer to IMDSv1
AMI-06  | critical | ami-0ed6e0210000000a1                 | anyone may launch it
AMI-07  | medium   | ami-0ed6e0200000000a2                 | shared with account 999900001111
AMI-08  | critical | snap-0ed6e020000000a20                | anyone may make a volume of it
AMI-08  | high     | snap-0ed6e014000000a30                | shared with account 999900001111
AMI-09  | high     | :root@us-east-1                       | nothing blocks public images and snapshots
AMI-10  | medium   | role/LarkfieldAmiIngestion            | EC2 may assume it as well
AMI-11  | medium   | #version/version-3                    | 1.4 is on sale with a deprecated image
AMI-12  | medium   | #delivery-option/version-1/delivery-1 | 2.1 recommends SSH from everywhere
AMI-13  | low      | :root                                 | no rule hears of security reports
AMI-21  | high     | prod-larkgateway01                    | AWS found a vulnerability in 2.0
CT-01   | high     | :root                                 | the only trail covers one region
CT-06   | medium   | larkfield-audit-logs                  | trails of any account may write to it
CT-07   | medium   | larkfield-audit-logs                  | logs are deleted after 90 days
CT-08   | medium   | :root                                 | nobody is told of anything
CT-09   | medium   | role/LarkfieldDeploy                  | may stop the trail

Not judged, or fine, although they look alike: queue internal-jobs (open and unencrypted, hears no product), image
ami-0b01d00000000000b (encrypted, in no product), maria.keller (password with MFA), key of support-sync (30 days old).
"""

from sandbox.aws import clock
from sandbox.aws.asking import World
from sandbox.aws.seeds import larkfield_identities, larkfield_products, larkfield_queues
from sandbox.aws.seeds.documents import CAS_ACCOUNT, account_root, cas_delivery, trusts
from sandbox.aws.seeds.keeping import bucket, expire, file, takes_logs, topic
from sandbox.aws.seeds.larkfield_products import HOSTILE
from sandbox.aws.seeds.making import Maker
from sandbox.aws.state import RootUser, Trail

ACCOUNT = "111122223333"
FOREIGN = larkfield_identities.PARTNER
REPORTS = "larkfield-marketplace-reports"
LOGS = "larkfield-audit-logs"


def sow(world: World) -> list[str]:
    """Fill the account; returns its id."""
    maker = Maker(world, ACCOUNT)
    maker.state.root = RootUser(mfa="", password_last_used=clock.days_ago(12))
    larkfield_identities.sow(maker)
    _commerce_analytics(maker)
    larkfield_queues.sow(maker)
    larkfield_products.sow(maker)
    _history(maker)
    _trails(maker)
    return [ACCOUNT]


def _commerce_analytics(maker: Maker) -> None:
    partner = {
        "Sid": "partner-reads-reports", "Effect": "Allow", "Principal": {"AWS": account_root(FOREIGN)},
        "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [f"arn:aws:s3:::{REPORTS}", f"arn:aws:s3:::{REPORTS}/*"],
    }  # fmt: skip
    bucket(maker, REPORTS, partner, blocked=False)
    file(maker, REPORTS, "daily_business_usage_by_instance_type.csv", 1)
    file(maker, REPORTS, "2022/customer_support_contacts_data-2022-10-01.csv", 1500)
    reports = topic(maker, "marketplace-reports", DisplayName=HOSTILE)
    maker.role(
        "MarketplaceCommerceAnalyticsRole", used=3,
        trust=trusts(account_root(CAS_ACCOUNT), account_root(FOREIGN)),
        inline={"oneClick_MarketplaceCommerceAnalyticsRole_1": cas_delivery(REPORTS, reports, acl=True)},
    )  # fmt: skip


def _history(maker: Maker) -> None:
    """Calls that the event history still knows."""
    maker.calls("StartSupportDataExport", "marketplacecommerceanalytics", "support-sync", 20)
    maker.calls("StartChangeSet", "marketplacecatalog", "release-bot", 1)
    maker.calls("ConsoleLogin", "signin", "root", 12)
    for who, days in (("metering-service", 0.1), ("metering-service", 1), ("maria.keller", 8)):
        maker.calls("BatchMeterUsage", "metering-marketplace", who, days)


def _trails(maker: Maker) -> None:
    bucket(maker, LOGS, *takes_logs(maker, LOGS))
    expire(maker, LOGS, 90)
    maker.state.trails.append(
        Trail(
            "larkfield-audit", maker.trail_arn("larkfield-audit"), bucket=LOGS, global_events=False
        )
    )
