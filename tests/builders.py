"""Typed builders of facts: say what matters to a test, get sane defaults for the rest.

Everything is read and empty unless a test says otherwise, in account 111122223333 at NOW.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from scanner.facts.account import Account
from scanner.facts.catalog import CatalogFacts, ChangeSet, Product
from scanner.facts.cloudtrail import (
    EXPORT,
    METERING,
    ROOT,
    CloudTrailFacts,
    EventDataStore,
    Trail,
    TrailEvent,
)
from scanner.facts.ec2 import EbsSnapshot, Ec2Facts, Image, Instance
from scanner.facts.iam import (
    ROOT_ROW,
    AccessKey,
    AccountSummary,
    AttachedPolicy,
    CredentialReport,
    Group,
    IamFacts,
    InlinePolicy,
    ManagedPolicy,
    PasswordPolicy,
    ReportKey,
    ReportRow,
    Role,
    User,
    VirtualDevice,
)
from scanner.facts.kms import Key, KmsFacts
from scanner.facts.messaging import (
    EventsFacts,
    Queue,
    Rule,
    SnsFacts,
    SqsFacts,
    Subscription,
    Topic,
)
from scanner.facts.monitoring import (
    Alarm,
    CloudWatchFacts,
    LogsFacts,
    MetricFilter,
    QueueTraffic,
)
from scanner.facts.organizations import ContactsFacts, Organization, OrganizationsFacts
from scanner.facts.profile import Profile
from scanner.facts.s3 import Bucket, PublicAccessBlock, S3Facts
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.vocabulary import Listed, Observed, Unobserved
from scanner.vocabulary import Topic as SellerTopic
from tests.documents import Document, a_policy, trust

OWN = "111122223333"
STRANGER = "999988887777"
NOW = datetime(2026, 11, 24, 8, 40, tzinfo=UTC)
CREATED = datetime(2024, 3, 1, 12, tzinfo=UTC)
AUTHORIZATION_DETAILS = "iam:GetAccountAuthorizationDetails"
NO_EVENTS: Mapping[str, Listed[TrailEvent]] = {EXPORT: (), METERING: (), ROOT: ()}
STRONG_PASSWORDS = PasswordPolicy(minimum_length=14, remembered=24)
ORGANIZATION = Organization(
    "o-a1b2c3d4e5", f"arn:aws:organizations::{OWN}:organization/o-a1b2c3d4e5", OWN
)
ALL_BLOCKED = PublicAccessBlock(True, True, True, True)


def days_ago(days: float) -> datetime:
    """The moment that many days before NOW."""
    return NOW - timedelta(days=days)


def denied(action: str, region: str = "") -> Unobserved:
    """What a collector records when AWS refuses a call."""
    return Unobserved(action, "AccessDenied", region)


def an_arn(kind: str, name: str, path: str = "/", account: str = OWN) -> str:
    """The ARN of a user, role, group or policy."""
    return f"arn:aws:iam::{account}:{kind}{path}{name}"


def an_inline_policy(owner: str, name: str, document: Observed[Policy] | Document) -> InlinePolicy:
    """An inline policy; `owner` is an ARN, the document a policy or one statement."""
    return InlinePolicy(owner, name, _document(document))


def a_managed_policy(
    name: str,
    *statements: Document,
    document: Observed[Policy] | None = None,
    attachments: int = 1,
    aws: bool = False,
) -> ManagedPolicy:
    """A managed policy, the customer's own or (`aws`) one of AWS's."""
    return ManagedPolicy(
        name=name,
        arn=an_arn("policy", name, account="aws" if aws else OWN),
        attachments=attachments,
        version="v1",
        document=a_policy(*statements) if document is None else document,
    )


def attached(*policies: ManagedPolicy) -> tuple[AttachedPolicy, ...]:
    """How a user, group or role names its managed policies."""
    return tuple(AttachedPolicy(policy.name, policy.arn) for policy in policies)


Inline = Mapping[str, Observed[Policy] | Document]
"""Inline policies by name, each a policy, one statement or an Unobserved."""


def _inline(owner: str, inline: Inline) -> tuple[InlinePolicy, ...]:
    return tuple(an_inline_policy(owner, name, one) for name, one in inline.items())


def _document(document: Observed[Policy] | Document) -> Observed[Policy]:
    if isinstance(document, Policy | Unobserved):
        return document
    return a_policy(document)


def a_user(
    name: str = "deploy",
    *,
    path: str = "/",
    created: datetime = CREATED,
    groups: Sequence[str] = (),
    inline: Inline | None = None,
    managed: Sequence[ManagedPolicy] = (),
    boundary: str = "",
) -> User:
    """An IAM user without any rights."""
    arn = an_arn("user", name, path)
    return User(
        name=name,
        arn=arn,
        created=created,
        path=path,
        groups=tuple(groups),
        inline=_inline(arn, inline or {}),
        attached=attached(*managed),
        boundary=boundary,
    )


def a_group(
    name: str = "people", *, inline: Inline | None = None, managed: Sequence[ManagedPolicy] = ()
) -> Group:
    """An IAM group without any rights."""
    arn = an_arn("group", name)
    return Group(name, arn, "/", _inline(arn, inline or {}), attached(*managed))


def a_role(
    name: str = "worker",
    *,
    trusted: Observed[Policy] | Document | None = None,
    path: str = "/",
    created: datetime = CREATED,
    inline: Inline | None = None,
    managed: Sequence[ManagedPolicy] = (),
    boundary: str = "",
    last_used: datetime | None = NOW,
    instance_profiles: Listed[str] = (),
) -> Role:
    """An IAM role that EC2 may assume, without any rights."""
    arn = an_arn("role", name, path)
    return Role(
        name=name,
        arn=arn,
        created=created,
        trust=_document(
            trusted if trusted is not None else trust({"Service": "ec2.amazonaws.com"})
        ),
        path=path,
        inline=_inline(arn, inline or {}),
        attached=attached(*managed),
        boundary=boundary,
        last_used=last_used,
        instance_profiles=instance_profiles,
    )


def a_key(
    *, active: bool = True, rotated: datetime | None = NOW, used: datetime | None = NOW
) -> ReportKey:
    """An access key of the credential report, made and used right now."""
    return ReportKey(active, rotated, used, "s3" if used else "")


NO_KEY = ReportKey(active=False)


def a_row(
    user: str = "deploy",
    *,
    arn: str = "",
    created: datetime | None = CREATED,
    password: bool | None = False,
    password_used: datetime | None = None,
    password_changed: datetime | None = None,
    mfa: bool | None = False,
    keys: Sequence[ReportKey] = (),
    certificates: int = 0,
    more: str = "",
) -> ReportRow:
    """A row of the credential report: no password, no MFA, no keys."""
    first, second = (*keys, NO_KEY, NO_KEY)[:2]
    return ReportRow(
        user=user,
        arn=arn or an_arn("user", user),
        created=created,
        password_enabled=password,
        password_last_used=password_used,
        password_last_changed=password_changed,
        mfa_active=mfa,
        key_1=first,
        key_2=second,
        cert_1_active=certificates > 0,
        cert_2_active=certificates > 1,
        additional_credentials=more,
    )


def a_root_row(
    *,
    password: bool | None = True,
    mfa: bool | None = True,
    keys: Sequence[ReportKey] = (),
    certificates: int = 0,
) -> ReportRow:
    """The root user's row."""
    return a_row(
        ROOT_ROW,
        arn=f"arn:aws:iam::{OWN}:root",
        password=password,
        mfa=mfa,
        keys=keys,
        certificates=certificates,
    )


def a_report(
    *rows: ReportRow, root: ReportRow | None = None, generated: datetime = NOW
) -> CredentialReport:
    """A credential report: the root user's row, then these."""
    return CredentialReport(generated, (root or a_root_row(), *rows))


def a_summary(
    *, mfa: int = 1, keys: int = 0, certificates: int = 0, password: int | None = 1
) -> AccountSummary:
    """The counters of an account whose root user has a password and MFA and nothing else."""
    return AccountSummary(mfa, keys, certificates, password)


def a_snapshot(
    *,
    profile: Profile | None = None,
    topics: Sequence[SellerTopic] = tuple(SellerTopic),
    scan_role: str = "",
    summary: Observed[AccountSummary] | None = None,
    report: Observed[CredentialReport] | None = None,
    users: Listed[User] = (),
    groups: Listed[Group] = (),
    roles: Listed[Role] = (),
    policies: Listed[ManagedPolicy] = (),
    password_policy: Observed[PasswordPolicy | None] = STRONG_PASSWORDS,
    virtual_devices: Listed[VirtualDevice] = (),
    access_keys: Mapping[str, Listed[AccessKey]] | None = None,
    sns_topics: Listed[Topic] = (),
    subscriptions: Listed[Subscription] = (),
    queues: Listed[Queue] = (),
    rules: Listed[Rule] = (),
    regions: Listed[str] = ("us-east-1",),
    images: Listed[Image] = (),
    snapshots: Listed[EbsSnapshot] = (),
    instances: Listed[Instance] = (),
    fpga_images: Listed[str] = (),
    snapshot_block: Mapping[str, Observed[str]] | None = None,
    image_block: Mapping[str, Observed[str]] | None = None,
    encrypts_by_default: Mapping[str, Observed[bool]] | None = None,
    products: Listed[Product] = (),
    failures: Listed[ChangeSet] = (),
    trails: Listed[Trail] = (),
    data_stores: Listed[EventDataStore] = (),
    events: Mapping[str, Listed[TrailEvent]] = NO_EVENTS,
    account_block: Observed[PublicAccessBlock] = ALL_BLOCKED,
    buckets: Listed[Bucket] = (),
    keys: Listed[Key] = (),
    organization: Observed[Organization | None] = None,
    security_contact: Observed[bool] = True,
    alarms: Listed[Alarm] = (),
    traffic: Mapping[str, Observed[QueueTraffic]] | None = None,
    filters: Listed[MetricFilter] = (),
) -> Snapshot:
    """A snapshot of an account in which everything was read and nothing was found."""
    return Snapshot(
        account=Account(OWN),
        now=NOW,
        profile=profile or Profile(),
        topics=tuple(topics),
        scan_role=scan_role,
        iam=IamFacts(
            summary or a_summary(),
            report or a_report(),
            users,
            groups,
            roles,
            policies,
            password_policy,
            virtual_devices,
            access_keys or {},
        ),
        sns=SnsFacts(subscriptions, sns_topics),
        sqs=SqsFacts(queues),
        events=EventsFacts(rules),
        ec2=Ec2Facts(
            regions,
            images,
            snapshots,
            instances,
            fpga_images,
            snapshot_block or {},
            image_block or {},
            encrypts_by_default or {},
        ),
        catalog=CatalogFacts(products, failures),
        cloudtrail=CloudTrailFacts(trails, data_stores, events),
        s3=S3Facts(account_block, buckets),
        kms=KmsFacts(keys),
        organizations=OrganizationsFacts(organization),
        contacts=ContactsFacts(security_contact),
        cloudwatch=CloudWatchFacts(alarms, traffic or {}),
        logs=LogsFacts(filters),
    )
