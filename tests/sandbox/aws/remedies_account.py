"""An account without any fault, with its scanner, its administrator, and hands to spoil it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.aws import clock
from sandbox.aws.seeds.documents import (
    CAS_ACCOUNT,
    Document,
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
from sandbox.aws.seeds.making import HOME
from sandbox.aws.state import Assessment, CredentialReport, RegionState, Trail
from scanner.aws import Limits, Role, Visit
from scanner.role import policy_document
from scanner.scan import scan
from tests.sandbox.aws.clients import admin_keys, client

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws
    from scanner.control import Outcome

ACCOUNT, STRANGER = "222233334444", "999900001111"
EXTERNAL_ID = "seller-posture-0123456789abcdef"
QUICK = Limits(slow_wait=0.0, slow_wait_most=0.0, report_wait=3.0, spaced=0.0)
ROOT = account_root(ACCOUNT)
AWS = "arn:aws:iam::aws:policy/"
READERS, PUBLISHER, METERING, CONSUMER = "readers", "Publisher", "Metering", "Consumer"
DELIVERY, INGESTION = "MarketplaceCommerceAnalyticsRole", "AmiIngestion"
REPORTS, LOGS = "fernhill-reports", "fernhill-logs"
EVENTS, ENTITLEMENTS, DEAD = "ledger-events", "ledger-entitlements", "ledger-dead"
TOPIC = f"arn:aws:sns:{HOME}:{ACCOUNT}:reports"
IMAGE, SNAPSHOT = "ami-0fe12411000000001", "snap-0fe12411000000001"
PRODUCT = f"arn:aws:aws-marketplace:{HOME}:{ACCOUNT}:AWSMarketplace/AmiProduct/prod-sensor"
SAAS_METERING = ("aws-marketplace:BatchMeterUsage", "aws-marketplace:ResolveCustomer")
LAMBDA = trusts_service("lambda.amazonaws.com", ACCOUNT)

OF_ROOT = ("AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail")

Outcomes = dict[tuple[str, str], "Outcome"]


class Account:
    """A careful seller of a SaaS product and of an image, in which nothing fails."""

    def __init__(self, fake: FakeAws) -> None:
        self.fake, self.make, self.state = fake, fake.maker(ACCOUNT), fake.state(ACCOUNT)
        arn = fake.create_scan_role(
            account=ACCOUNT, external_id=EXTERNAL_ID, policy_document=policy_document()
        )
        self.visit = Visit(Role(arn, EXTERNAL_ID, "seller-posture-test"))
        self._identities()
        self._reports()
        self._saas()
        self._image()
        self._trail()

    @property
    def home(self) -> RegionState:
        """What the account has in us-east-1."""
        return self.state.region(HOME)

    @property
    def trail(self) -> Trail:
        """The account's only trail."""
        return self.state.trails[0]

    def ask(self, service: str, operation: str, **params: Any) -> Any:
        """One call as the account's administrator."""
        made = client(self.fake, service, admin_keys(self.fake, ACCOUNT))
        return getattr(made, operation)(**params)

    def scan(self) -> Outcomes:
        """What our scanner says in two hours, by control and resource.

        The credential report is made anew by then, and a trail has delivered, if it has where to.
        """
        self.state.report = CredentialReport()
        buckets = {one["Name"] for one in self.ask("s3", "list_buckets")["Buckets"]}
        for trail in self.state.trails:
            trail.started = min(trail.started, clock.days_ago(1 / 12))
            missing = {"LatestDeliveryError": "NoSuchBucket"}
            trail.status = {} if trail.bucket in buckets else missing
        report = scan(self.visit, limits=QUICK)
        return {(one.control, one.resource): one for one in report.outcomes}

    def put_inline(self, role: str, name: str, document: Document) -> str:
        """Give a role an inline policy; returns the role's ARN."""
        self.ask(
            "iam",
            "put_role_policy",
            RoleName=role,
            PolicyName=name,
            PolicyDocument=json.dumps(document),
        )
        return role_arn(role)

    def attach(self, role: str, arn: str) -> str:
        """Give a role a managed policy; returns the role's ARN."""
        self.ask("iam", "attach_role_policy", RoleName=role, PolicyArn=arn)
        return role_arn(role)

    def admit(self, role: str, account: str = STRANGER, **more: str) -> str:
        """Let an account assume a role beside those who may; returns the role's ARN."""
        held = self.ask("iam", "get_role", RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        document = policy(*held["Statement"], *trusts(account_root(account), **more)["Statement"])
        self.ask(
            "iam",
            "update_assume_role_policy",
            RoleName=role,
            PolicyDocument=json.dumps(document),
        )
        return role_arn(role)

    def set_policy(self, queue: str, *statements: Document) -> str:
        """Replace a queue's policy; returns the queue's ARN."""
        self.home.queues[queue].attributes["Policy"] = json.dumps(policy(*statements))
        return queue_arn(ACCOUNT, queue)

    def statements_of(self, queue: str) -> list[Document]:
        """The statements of a queue's policy."""
        stated: list[Document] = json.loads(self.home.queues[queue].attributes["Policy"])[
            "Statement"
        ]
        return stated

    def _identities(self) -> None:
        make = self.make
        self.ask(
            "iam", "update_account_password_policy", MinimumPasswordLength=14, PasswordReusePrevention=24,
            RequireSymbols=True, RequireNumbers=True, RequireUppercaseCharacters=True, RequireLowercaseCharacters=True,
        )  # fmt: skip
        make.group(READERS, attached=(f"{AWS}AWSMarketplaceSellerProductsReadOnly",))
        make.user("ana.lind", password=1, mfa=True, groups=(READERS,))
        make.iam.create_saml_provider("fernhill", "<EntityDescriptor/>")
        sign_in = {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/fernhill"},
            "Action": "sts:AssumeRoleWithSAML",
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        }
        products = f"{AWS}AWSMarketplaceSellerProductsFullAccess"
        make.role(PUBLISHER, used=4, trust=policy(sign_in), attached=(products,))

    def _reports(self) -> None:
        self._bucket(REPORTS)
        self.ask(
            "sns", "create_topic", Name="reports", Attributes={"KmsMasterKeyId": "alias/aws/sns"}
        )
        self.make.role(
            DELIVERY,
            used=6,
            trust=trusts(account_root(CAS_ACCOUNT), external_id="fernhill-cas"),
            inline={"deliver": cas_delivery(REPORTS, TOPIC)},
        )

    def _bucket(self, name: str) -> None:
        arn = f"arn:aws:s3:::{name}"
        document = policy(only_by_tls("s3:*", arn, f"{arn}/*"))
        self.ask("s3", "create_bucket", Bucket=name)
        self.ask("s3", "put_bucket_policy", Bucket=name, Policy=json.dumps(document))

    def _saas(self) -> None:
        make, code = self.make, "ledger5fernhill7saas1code"
        make.queue(DEAD, MessageRetentionPeriod="1209600")
        for name, kind in ((EVENTS, "subscription"), (ENTITLEMENTS, "entitlement")):
            make.product_queue(name, product_topic(kind, code), dead_letters=DEAD)
        for name, queue in self.home.queues.items():
            held = self.statements_of(name) if "Policy" in queue.attributes else []
            self.set_policy(name, *held, only_by_tls("sqs:*", queue_arn(ACCOUNT, name)))
        described = {"ProductTitle": "Ledger", "ProductCode": code, "Visibility": "Public"}
        make.entity("prod-ledger", "SaaSProduct", "Ledger", {"Description": described})
        make.role(METERING, used=0, trust=LAMBDA, inline={"metering": allow(*SAAS_METERING)})
        consume = allow(
            "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
            resource=[queue_arn(ACCOUNT, EVENTS), queue_arn(ACCOUNT, ENTITLEMENTS)],
        )  # fmt: skip
        make.role(CONSUMER, used=0, trust=LAMBDA, inline={"consume": consume})

    def _image(self) -> None:
        for region in self.state.enabled_regions:
            held = self.state.region(region)
            held.image_block, held.snapshot_block = "block-new-sharing", "block-all-sharing"
        self.make.snapshot(SNAPSHOT, days=60)
        self.make.image(IMAGE, "sensor-3.0", (SNAPSHOT,), days=60, imds_support="v2.0")
        self.make.entity(
            "prod-sensor", "AmiProduct", "Sensor", ami_product("Sensor", {"3.0": IMAGE})
        )
        self.state.assessments.append(Assessment("assessment-1", "prod-sensor", "delivery-1"))
        trust = trusts_service("assets.marketplace.amazonaws.com", ACCOUNT)
        ingestion = f"{AWS}AWSMarketplaceAmiIngestion"
        self.make.role(INGESTION, used=50, trust=trust, attached=(ingestion,))

    def _trail(self) -> None:
        self._bucket(LOGS)
        key = self.ask("kms", "create_key", Description="trail")["KeyMetadata"]["Arn"]
        arn = self.make.trail_arn("audit")
        made = Trail("audit", arn, bucket=LOGS, multi_region=True, validation=True, kms_key=key)
        self.state.trails.append(made)
        topic = self.ask("sns", "create_topic", Name="watchers")["TopicArn"]
        self.make.subscribe(topic, "email", "security@example.com")
        for name in ("marketplacecatalog", "iam", "cloudtrail"):
            self.make.rule(name, {"source": [f"aws.{name}"]}, topic)
        root = {"detail": {"userIdentity": {"type": ["Root"]}}, "detail-type": list(OF_ROOT)}
        self.make.rule("root", root, topic)


def role_arn(name: str) -> str:
    """The ARN of a role of the account."""
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def only_by_tls(action: str, *resources: str) -> Document:
    """The statement that refuses everybody who asks without TLS."""
    return {
        "Sid": "OnlyByTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def lets(who: str, action: str, resource: str) -> Document:
    """The statement that lets another account do something with a resource."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": account_root(who)},
        "Action": action,
        "Resource": resource,
    }
