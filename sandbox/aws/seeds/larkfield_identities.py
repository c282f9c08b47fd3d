"""Who can do what in Larkfield Systems' account."""

from sandbox.aws.seeds.documents import (
    Document,
    account_root,
    allow,
    policy,
    trusts,
    trusts_service,
    trusts_web,
)
from sandbox.aws.seeds.making import Key, Maker

PARTNER = "999900001111"
AWS = "arn:aws:iam::aws:policy/"
_GITHUB = "token.actions.githubusercontent.com"
_METERING = ("aws-marketplace:BatchMeterUsage", "aws-marketplace:ResolveCustomer")


def sow(maker: Maker) -> None:
    """Make users, groups and roles, but not the role of Commerce Analytics."""
    maker.password_policy(8, None)
    _people(maker)
    _machines(maker)
    _automation(maker)
    _workloads(maker)


def _people(maker: Maker) -> None:
    everything = maker.policy("larkfield-marketplace-all", allow("AWS-Marketplace:*"))
    enrolment = maker.policy("cas-enrolment", _enrolment(), days=420)
    publishers = maker.group(
        "portal-publishers", attached=(f"{AWS}AWSMarketplaceSellerProductsFullAccess",)
    )
    platform = maker.group("platform-team", attached=(everything,))
    enrolling = maker.group("cas-enrolment", attached=(enrolment,))
    maker.user(
        "maria.keller", password=2, mfa=True, groups=(publishers, platform), tags={"Team": "Marketplace"},
    )  # fmt: skip
    maker.user("dana.okafor", password=3, groups=(publishers,), keys=(Key(60, 2),))
    invoices = allow("s3:GetObject", resource="arn:aws:s3:::larkfield-invoices/*")
    data_sets = allow("marketplacecommerceanalytics:GenerateDataSet")
    maker.user(
        "tom.reyes", password=10, inline={"read-invoices": invoices, "monthly-report": data_sets}
    )
    maker.user("old.contractor", password=190, mfa=True, groups=(publishers, enrolling))


def _enrolment() -> Document:
    """What the portal asks for to enrol in Commerce Analytics."""
    return allow(
        "iam:ListRoles", "iam:CreateRole", "iam:CreatePolicy", "iam:AttachRolePolicy",
        "aws-marketplace-management:viewReports",
    )  # fmt: skip


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
    maker.user(
        "metering-service", keys=(Key(500, 0), Key(60, 1)), inline={"metering": allow(*_METERING)}
    )


def _automation(maker: Maker) -> None:
    """Roles of pipelines and functions that change the catalog or the account."""
    maker.role(
        "LarkfieldCatalogEditor", days=200, trust=trusts(account_root(maker.account)),
        attached=(f"{AWS}AWSMarketplaceSellerOfferManagement",), description="Offers & <b>private</b> offers",
    )  # fmt: skip
    change = allow("aws-marketplace:List*", "aws-marketplace:*ChangeSet*", "iam:PassRole")
    maker.role(
        "LarkfieldAutomation", used=1, trust=trusts_service("lambda.amazonaws.com", maker.account),
        inline={"catalog-automation": change},
    )  # fmt: skip
    maker.iam.create_open_id_connect_provider(f"https://{_GITHUB}", [], ["sts.amazonaws.com"], [])
    versions = {
        "Effect": "Allow", "Action": "aws-marketplace:StartChangeSet", "Resource": "*",
        "Condition": {"StringEquals": {"catalog:ChangeType": ["AddDeliveryOptions", "UpdateDeliveryOptions"]}},
    }  # fmt: skip
    release = maker.policy("larkfield-release-versions", policy(versions))
    maker.role(
        "LarkfieldReleasePipeline", used=2, trust=trusts_web(_GITHUB, maker.account),
        attached=(release,),
    )  # fmt: skip
    deploy = allow(
        "cloudformation:*", "lambda:*", "cloudtrail:*", "iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy",
    )  # fmt: skip
    maker.role(
        "LarkfieldDeploy", used=1, trust=trusts_service("codebuild.amazonaws.com", maker.account),
        inline={"deploy": deploy},
    )  # fmt: skip


def _workloads(maker: Maker) -> None:
    lookup = maker.policy(
        "larkfield-support-lookup", allow("aws-marketplace-management:viewSupport")
    )
    maker.role(
        "LarkfieldSupportBot", used=0, trust=trusts_service("lambda.amazonaws.com", maker.account), attached=(lookup,)
    )  # fmt: skip
    maker.role(
        "LarkfieldRelayWorker", used=0, trust=trusts_service("ecs-tasks.amazonaws.com", maker.account),
        inline={"queues": allow("sqs:*", resource=f"arn:aws:sqs:us-east-1:{maker.account}:larkfield-*")},
    )  # fmt: skip
    host = {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com", "AWS": account_root(PARTNER)},
        "Action": "sts:AssumeRole",
    }
    maker.role(
        "LarkfieldRelayMeter", used=0, trust=policy(host), inline={"metering": allow(*_METERING)}
    )
    maker.instance("i-0ed6e0000000000c1", "LarkfieldRelayMeter", tags={"Name": "relay-meter"})
    ingestion = {
        "Effect": "Allow",
        "Principal": {"Service": ["assets.marketplace.amazonaws.com", "ec2.amazonaws.com"]},
        "Action": "sts:AssumeRole",
    }
    maker.role(
        "LarkfieldAmiIngestion", used=60, trust=policy(ingestion), attached=(f"{AWS}AWSMarketplaceAmiIngestion",),
    )  # fmt: skip
