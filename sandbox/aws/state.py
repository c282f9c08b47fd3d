"""What the fake AWS keeps of one account where moto keeps nothing, or keeps it wrongly."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sandbox.aws import clock

ENABLED_REGIONS = ("us-east-1", "us-west-2", "eu-west-1")
JsonObject = dict[str, Any]


@dataclass
class RootUser:
    """The root user of an account; the counters of GetAccountSummary and the first report row."""

    mfa: Literal["", "virtual", "hardware"] = "hardware"
    password: bool = True
    active_keys: int = 0
    active_certificates: int = 0
    created: datetime = field(default_factory=lambda: clock.days_ago(1500))
    password_last_used: datetime | None = None
    key_last_used: datetime | None = None


@dataclass
class UserFacts:
    """What moto does not keep of an IAM user."""

    password_changed: datetime | None = None
    boundary: str | None = None
    additional_credentials: str = ""


@dataclass
class Disk:
    """One block device mapping of an image; without a snapshot it is an ephemeral disk."""

    snapshot: str | None
    size: int = 8
    device: str = "/dev/xvda"
    encrypted: bool = False
    kms_key: str | None = None


@dataclass
class Image:
    """An AMI. `overrides` replaces members of the answer; the value None removes one."""

    id: str
    name: str
    owner: str
    created: datetime
    disks: list[Disk] = field(default_factory=list)
    description: str = ""
    architecture: str = "x86_64"
    virtualization: str = "hvm"
    root_device_type: str = "ebs"
    image_type: str = "machine"
    state: str = "available"
    imds_support: str | None = None
    deprecation_time: datetime | None = None
    source_image: str | None = None
    product_codes: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    organizations: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    overrides: JsonObject = field(default_factory=dict)

    @property
    def public(self) -> bool:
        """Whether anyone may launch it; a disabled image is nobody's."""
        return "all" in self.groups and self.state != "disabled"


@dataclass
class Snapshot:
    """An EBS snapshot and who may make a volume of it."""

    id: str
    owner: str
    started: datetime
    size: int = 8
    description: str = ""
    encrypted: bool = False
    kms_key: str | None = None
    state: str = "completed"
    volume: str = "vol-ffffffff"
    groups: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    product_codes: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    overrides: JsonObject = field(default_factory=dict)


@dataclass
class Instance:
    """An EC2 instance; `profile` is the ARN of its instance profile, empty without one."""

    id: str
    profile: str = ""
    state: str = "running"
    image: str = "ami-0a1b2c3d4e5f60718"
    type: str = "t3.small"
    http_tokens: str = "optional"
    http_endpoint: str = "enabled"
    hop_limit: int = 1
    launched: datetime = field(default_factory=lambda: clock.days_ago(60))
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Queue:
    """An SQS queue; `attributes` holds what was set, as text, a broken policy included."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=lambda: clock.days_ago(300))
    metrics: dict[str, list[float]] = field(default_factory=dict)
    """Hourly values by the name of the metric, the last hour's first."""


@dataclass
class Topic:
    """An SNS topic of this account."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Subscription:
    """A subscription owned by this account; its topic may belong to another one."""

    topic_arn: str
    protocol: str
    endpoint: str
    arn: str


@dataclass
class Trail:
    """A CloudTrail trail as this account sees it; an organisation's trail has a foreign ARN."""

    name: str
    arn: str
    home_region: str = "us-east-1"
    bucket: str = ""
    multi_region: bool = False
    organization: bool = False
    global_events: bool = True
    validation: bool = False
    logging: bool = True
    kms_key: str | None = None
    log_group_arn: str | None = None
    log_role_arn: str | None = None
    prefix: str | None = None
    selectors: list[JsonObject] = field(default_factory=list)
    advanced_selectors: list[JsonObject] = field(default_factory=list)
    status: JsonObject = field(default_factory=dict)
    started: datetime = field(default_factory=lambda: clock.days_ago(200))


@dataclass
class EventDataStore:
    """A CloudTrail Lake event data store."""

    arn: str
    name: str
    region: str = "us-east-1"
    status: str = "ENABLED"
    multi_region: bool = True
    organization: bool = False
    retention_days: int = 2557
    protected: bool = True
    selectors: list[JsonObject] = field(default_factory=list)
    created: datetime = field(default_factory=lambda: clock.days_ago(120))


@dataclass
class TrailEvent:
    """One management event of the 90-day event history."""

    id: str
    name: str
    source: str
    time: datetime
    username: str
    region: str = "us-east-1"
    read_only: bool = False
    access_key: str = ""
    resources: list[JsonObject] = field(default_factory=list)
    record: JsonObject = field(default_factory=dict)


@dataclass
class Entity:
    """An entity of the AWS Marketplace catalog: a product, an offer."""

    id: str
    type: str
    name: str
    details: JsonObject
    visibility: str = "Public"
    modified: datetime = field(default_factory=lambda: clock.days_ago(30))
    revision: int = 1
    text_only: bool = False


@dataclass
class Assessment:
    """A verdict of AWS Marketplace on a product; `controls` are shaped as DescribeAssessment shows them."""

    id: str
    entity: str
    option: str
    framework: str = "AMISecurity@1.0"
    result: str = "PASS"
    created: datetime = field(default_factory=lambda: clock.days_ago(30))
    expires: datetime = field(default_factory=lambda: clock.days_ago(-60))
    controls: list[JsonObject] = field(default_factory=list)


@dataclass
class ChangeSet:
    """A change set of the catalog; `changes` are shaped as DescribeChangeSet shows them."""

    id: str
    name: str
    status: str = "FAILED"
    failure: str | None = "CLIENT_ERROR"
    failure_description: str | None = None
    intent: str = "APPLY"
    entities: list[str] = field(default_factory=list)
    changes: list[JsonObject] = field(default_factory=list)
    started: datetime = field(default_factory=lambda: clock.days_ago(3))
    ended: datetime | None = field(default_factory=lambda: clock.days_ago(2.9))


@dataclass
class CredentialReport:
    """The credential report: how often it must be asked for, and its frozen rows once made."""

    asks_needed: int = 1
    asks_left: int | None = None
    content: str | None = None
    made: datetime | None = None


@dataclass
class RegionState:
    """What an account has in one region."""

    images: dict[str, Image] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    fpga_images: list[str] = field(default_factory=list)
    queues: dict[str, Queue] = field(default_factory=dict)
    topics: dict[str, Topic] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    image_block: str = "unblocked"
    snapshot_block: str = "unblocked"
    ebs_encryption: bool = False


@dataclass
class AccountState:
    """One AWS account; seeds and tests change it directly.

    `public_access_block` holds the account's own four flags as S3 spells them, `mfa_delete` the
    names of buckets whose versions are deleted with an MFA code only.
    """

    account: str
    enabled_regions: list[str] = field(default_factory=lambda: list(ENABLED_REGIONS))
    root: RootUser = field(default_factory=RootUser)
    users: dict[str, UserFacts] = field(default_factory=dict)
    report: CredentialReport = field(default_factory=CredentialReport)
    organization: JsonObject | None = None
    contacts: dict[str, JsonObject] = field(default_factory=dict)
    public_access_block: JsonObject | None = None
    mfa_delete: list[str] = field(default_factory=list)
    trails: list[Trail] = field(default_factory=list)
    data_stores: list[EventDataStore] = field(default_factory=list)
    events: list[TrailEvent] = field(default_factory=list)
    entities: dict[str, Entity] = field(default_factory=dict)
    assessments: list[Assessment] = field(default_factory=list)
    change_sets: list[ChangeSet] = field(default_factory=list)
    regions: dict[str, RegionState] = field(default_factory=dict)

    def region(self, name: str) -> RegionState:
        """The state of one region, made on first sight."""
        return self.regions.setdefault(name, RegionState())

    def user(self, name: str) -> UserFacts:
        """What moto does not keep of this IAM user."""
        return self.users.setdefault(name, UserFacts())
