"""Typed builders of queues, images, snapshots, products and trails, with sane defaults.

A default queue has no policy, is encrypted and keeps messages four days; a default image and its
snapshot are what Marketplace wants; a default trail covers all regions and logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from scanner.facts.catalog import (
    Assessment,
    ControlResult,
    DeliveryOption,
    Product,
    RecommendedRule,
    Version,
    VersionImage,
)
from scanner.facts.cloudtrail import (
    METERING,
    BasicSelector,
    DataStoreDetails,
    Delivery,
    EventDataStore,
    Selectors,
    Trail,
    TrailEvent,
)
from scanner.facts.ec2 import BlockDevice, EbsSnapshot, Grant, Image, Instance
from scanner.facts.messaging import (
    Queue,
    QueueAttributes,
    Redrive,
    Rule,
    Subscription,
    Topic,
    TopicAttributes,
)
from scanner.facts.profile import MARKETPLACE_AMI_OWNER
from scanner.policy import Policy
from scanner.scope.sqs import TOPIC_OWNER
from scanner.vocabulary import HOME_REGION, Listed, Observed, Unobserved
from tests.builders import CREATED, NOW, OWN, days_ago
from tests.documents import Document, a_policy

FOUR_DAYS = 345_600
FIVE_DAYS_AGO = days_ago(5)
IN_200_DAYS = days_ago(-200)
NO_VULNERABILITIES = ControlResult("vulnerabilities", "PASS")
EVERYONE = Grant(group="all")
MARKETPLACE = Grant(user=MARKETPLACE_AMI_OWNER)
PRODUCT_TOPIC = f"arn:aws:sns:us-east-1:{TOPIC_OWNER}:aws-mp-subscription-notification-4xk2m9q7w1ex"


def a_queue_arn(name: str = "mp-events", region: str = HOME_REGION, account: str = OWN) -> str:
    """The ARN of a queue."""
    return f"arn:aws:sqs:{region}:{account}:{name}"


def a_redrive(target: str = "mp-dead", receives: int = 5) -> Redrive:
    """A redrive policy; `target` is the name or ARN of the dead-letter queue."""
    return Redrive(target if ":" in target else a_queue_arn(target), receives)


def a_queue(
    name: str = "mp-events",
    *,
    region: str = HOME_REGION,
    account: str = OWN,
    policy: Observed[Policy | None] | Document = None,
    kms_key: str = "",
    sse_managed: str | None = "true",
    retention: int | None = FOUR_DAYS,
    redrive: Observed[Redrive | None] = None,
    waiting: int | None = 0,
    refused: Unobserved | None = None,
) -> Queue:
    """A queue; `policy` may be one statement, `refused` says why its attributes are unread."""
    attributes = QueueAttributes(
        policy=policy if isinstance(policy, Policy | Unobserved | None) else a_policy(policy),
        kms_key=kms_key,
        sse_managed=sse_managed,
        retention=retention,
        redrive=redrive,
        waiting=waiting,
    )
    return Queue(
        arn=a_queue_arn(name, region, account),
        url=f"https://sqs.{region}.amazonaws.com/{account}/{name}",
        name=name,
        region=region,
        attributes=refused or attributes,
    )


def a_subscription(
    queue: str = "mp-events", *, topic: str = PRODUCT_TOPIC, protocol: str = "sqs"
) -> Subscription:
    """A subscription of a queue, by name or ARN, or of another endpoint to a product's topic."""
    return Subscription(
        arn=f"{topic}:6b0e71bd-7e97-4d97-80ce-4a0994e55286",
        topic=topic,
        protocol=protocol,
        endpoint=a_queue_arn(queue) if protocol == "sqs" and ":" not in queue else queue,
        owner=OWN,
        region=HOME_REGION,
    )


def a_rule(
    *queues: str,
    name: str = "agreements",
    pattern: str = '{"source": ["aws.agreement-marketplace"]}',
    state: str = "ENABLED",
    targets: Listed[str] | None = None,
) -> Rule:
    """An EventBridge rule on Marketplace agreements with queues, by name, as targets."""
    return Rule(
        name=name,
        arn=f"arn:aws:events:{HOME_REGION}:{OWN}:rule/{name}",
        state=state,
        pattern=pattern,
        region=HOME_REGION,
        targets=tuple(map(a_queue_arn, queues)) if targets is None else targets,
    )


def a_device(
    snapshot: str = "snap-0product",
    *,
    device: str = "/dev/xvda",
    size: int | None = 20,
    encrypted: bool | None = False,
    kms_key: str = "",
    virtual_name: str = "",
) -> BlockDevice:
    """A mapping to an unencrypted snapshot of 20 GiB."""
    return BlockDevice(device, snapshot, size, encrypted, kms_key, virtual_name)


def an_image(
    id: str = "ami-0product",  # noqa: A002  # the fact's own word
    *,
    region: str = HOME_REGION,
    label: str = "larkfield-2.1",
    state: str = "available",
    public: bool | None = False,
    architecture: str = "x86_64",
    virtualization: str = "hvm",
    root_device_type: str = "ebs",
    image_type: str = "machine",
    launch_permissions: Listed[Grant] = (MARKETPLACE,),
    devices: Sequence[BlockDevice] | None = None,
    created: datetime | None = CREATED,
    imds_support: str = "v2.0",
    deprecation: datetime | None = None,
    source_image: str = "",
) -> Image:
    """An own image as Marketplace wants it, shared with Marketplace."""
    return Image(
        id=id,
        arn=f"arn:aws:ec2:{region}:{OWN}:image/{id}",
        region=region,
        owner=OWN,
        label=label,
        state=state,
        public=public,
        architecture=architecture,
        virtualization=virtualization,
        root_device_type=root_device_type,
        image_type=image_type,
        created=created,
        launch_permissions=launch_permissions,
        devices=(a_device(),) if devices is None else tuple(devices),
        imds_support=imds_support,
        deprecation=deprecation,
        source_image=source_image,
    )


def an_instance(
    id: str = "i-0meters",  # noqa: A002  # the fact's own word
    *,
    region: str = HOME_REGION,
    state: str = "running",
    profile: str = f"arn:aws:iam::{OWN}:instance-profile/meters",
    http_tokens: str = "required",
    http_endpoint: str = "enabled",
    hop_limit: int | None = 1,
) -> Instance:
    """A running instance with a profile, which takes IMDSv2 only."""
    arn = f"arn:aws:ec2:{region}:{OWN}:instance/{id}"
    return Instance(id, arn, region, state, profile, http_tokens, http_endpoint, hop_limit)


def a_topic(
    name: str = "mp-reports",
    *,
    region: str = HOME_REGION,
    policy: Observed[Policy | None] | Document = None,
    kms_key: str = "",
    refused: Unobserved | None = None,
) -> Topic:
    """A topic without a policy; `policy` may be one statement."""
    parsed = policy if isinstance(policy, Policy | Unobserved | None) else a_policy(policy)
    arn = f"arn:aws:sns:{region}:{OWN}:{name}"
    return Topic(arn, name, region, refused or TopicAttributes(parsed, kms_key))


def an_ebs_snapshot(
    id: str = "snap-0product",  # noqa: A002  # the fact's own word
    *,
    region: str = HOME_REGION,
    encrypted: bool | None = False,
    volume_permissions: Listed[Grant] = (),
) -> EbsSnapshot:
    """An own, unencrypted snapshot that is shared with nobody."""
    return EbsSnapshot(
        id=id,
        arn=f"arn:aws:ec2:{region}:{OWN}:snapshot/{id}",
        region=region,
        encrypted=encrypted,
        volume_size=20,
        started=CREATED,
        volume_permissions=volume_permissions,
    )


def a_product(
    *images: str,
    id: str = "prod-larkfield",  # noqa: A002  # the fact's own word
    type: str = "AmiProduct",  # noqa: A002  # the fact's own word
    versions: Listed[Version] | None = None,
    visibility: str = "Public",
    code: str = "4xk2m9q7w1ex",
    assessments: Listed[Assessment] = (),
) -> Product:
    """A public product of one version with these image ids."""
    sources = tuple(map(VersionImage, images))
    arn = f"arn:aws:aws-marketplace:us-east-1:{OWN}:AWSMarketplace/{type}/{id}"
    one = (Version("version-1", "2.1", "Public", sources),)
    some = one if versions is None else versions
    return Product(id, arn, type, "Larkfield", visibility, some, code, assessments)


def an_option(
    *rules: RecommendedRule,
    id: str = "do-1",  # noqa: A002  # the fact's own word
    visibility: str = "Public",
    access_protocol: str = "https",
    has_usage_text: bool = True,
) -> DeliveryOption:
    """A public delivery option that buyers reach by HTTPS."""
    return DeliveryOption(id, "64-bit", visibility, rules, access_protocol, has_usage_text)


def a_recommended_rule(
    port: int = 443, *sources: str, to: int | None = None, protocol: str = "tcp"
) -> RecommendedRule:
    """A recommended rule on one port, open to everyone unless sources are given."""
    return RecommendedRule(protocol, port, port if to is None else to, sources or ("0.0.0.0/0",))


def an_assessment(
    id: str = "asmt-1",  # noqa: A002  # the fact's own word
    *,
    framework: str = "AMISecurity@1.0",
    entity: str = "prod-larkfield",
    option: str = "do-1",
    result: str = "PASS",
    created: datetime | None = CREATED,
    expires: datetime | None = IN_200_DAYS,
    controls: Listed[ControlResult] = (NO_VULNERABILITIES,),
) -> Assessment:
    """An assessment that passed and is valid for 200 days more."""
    arn = f"arn:aws:aws-marketplace:us-east-1:{OWN}:AWSMarketplace/Assessment/{id}"
    return Assessment(id, arn, framework, entity, option, result, created, expires, controls)


def a_trail(
    name: str = "seller-trail",
    *,
    home_region: str = HOME_REGION,
    account: str = OWN,
    multi_region: bool = True,
    organization: bool = False,
    validates_files: bool = True,
    logging: Observed[bool] = True,
    delivery: Observed[Delivery] | None = None,
    selectors: Observed[Selectors] | None = None,
    kms_key: str = "",
    log_group: str = "",
    bucket: str = "",
    prefix: str = "",
) -> Trail:
    """A trail of all regions that logs and validates its files."""
    return Trail(
        arn=f"arn:aws:cloudtrail:{home_region}:{account}:trail/{name}",
        name=name,
        home_region=home_region,
        multi_region=multi_region,
        organization=organization,
        validates_files=validates_files,
        global_events=multi_region,
        bucket=bucket or f"{name}-logs",
        logging=logging,
        delivery=delivery or a_delivery(),
        selectors=selectors or Selectors(basic=(BasicSelector("All", management=True),)),
        kms_key=kms_key,
        log_group=log_group,
        prefix=prefix,
    )


def a_delivery(
    *,
    latest: datetime | None = NOW,
    error: str = "",
    digest_error: str = "",
    cloudwatch_error: str = "",
    started: datetime | None = CREATED,
    stopped: datetime | None = None,
) -> Delivery:
    """Deliveries that work and began long ago."""
    return Delivery(latest, error, digest_error, cloudwatch_error, started, stopped)


def an_event(
    name: str = METERING,
    *,
    id: str = "event-1",  # noqa: A002  # the fact's own word
    time: datetime = FIVE_DAYS_AGO,
    user: str = "metering",
    caller_type: str = "AssumedRole",
    caller: str = f"arn:aws:iam::{OWN}:role/metering",
    error: str = "",
    region: str = HOME_REGION,
    parameters: Sequence[str] = (),
) -> TrailEvent:
    """A call of BatchMeterUsage by a role, five days ago."""
    source = "metering-marketplace.amazonaws.com"
    return TrailEvent(
        id, name, source, time, user, region, caller_type, caller, error, tuple(parameters)
    )


def a_data_store(
    name: str = "lake",
    *,
    status: str = "ENABLED",
    multi_region: bool = True,
    management_events: bool = True,
    retention_days: int | None = 2557,
    protected: bool = True,
    refused: Unobserved | None = None,
) -> EventDataStore:
    """A CloudTrail Lake store that keeps the management events of all regions."""
    return EventDataStore(
        arn=f"arn:aws:cloudtrail:{HOME_REGION}:{OWN}:eventdatastore/{name}",
        name=name,
        region=HOME_REGION,
        details=refused
        or DataStoreDetails(status, multi_region, management_events, retention_days, protected),
    )
