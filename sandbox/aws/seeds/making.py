"""Makes the contents of a seeded account in short sentences."""

import json
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend

from sandbox.aws import clock, identities
from sandbox.aws.asking import World
from sandbox.aws.principals import administrator_of, made_up
from sandbox.aws.seeds.documents import Document, accepts_topic, policy, queue_arn
from sandbox.aws.state import AccountState, Disk, Entity, Image, Queue, Snapshot, Subscription

HOME = "us-east-1"


@dataclass(frozen=True)
class Key:
    """An access key: how many days ago it was made and last used (None: never)."""

    age: int
    used: int | None
    active: bool = True


class Maker:
    """Fills one account."""

    def __init__(self, world: World, account: str) -> None:
        self.account = account
        self.state: AccountState = world.account(account)
        self.iam: Any = identities.iam(account)
        world.keyring.hold(administrator_of(account))

    def policy(self, name: str, document: Document, *, days: int = 500) -> str:
        """A customer managed policy; returns its ARN."""
        made = self.iam.create_policy(
            description="",
            path="/",
            policy_document=json.dumps(document),
            policy_name=name,
            tags=[],
        )
        made.create_date = made.update_date = made.versions[0].create_date = clock.days_ago(days)
        return str(made.arn)

    def group(
        self,
        name: str,
        *,
        attached: tuple[str, ...] = (),
        inline: dict[str, Document] | None = None,
    ) -> str:
        """An IAM group; returns its name."""
        made = self.iam.create_group(name)
        made.create_date = clock.days_ago(900)
        self._grant(made, attached, inline)
        return name

    def user(  # noqa: PLR0913 - keyword-only, each names one fact
        self,
        name: str,
        *,
        days: int = 700,
        password: int | None = None,
        mfa: bool = False,
        groups: tuple[str, ...] = (),
        attached: tuple[str, ...] = (),
        inline: dict[str, Document] | None = None,
        keys: tuple[Key, ...] = (),
        tags: dict[str, str] | None = None,
    ) -> None:
        """An IAM user; `password` says how many days ago one was used, None that there is none."""
        tag_list = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        made = self.iam.create_user(HOME, name, "/", tag_list)
        made.id = made_up("AIDA", f"{self.account} user {name}")
        made.create_date = clock.days_ago(days)
        self._grant(made, attached, inline)
        for group in groups:
            self.iam.add_user_to_group(group, name)
        if password is not None:
            self.iam.create_login_profile(name, "not-a-real-password")
            made.password_last_used = clock.days_ago(password)
            self.state.user(name).password_changed = clock.days_ago(min(days, 300))
        if mfa:
            device = self.iam.create_virtual_mfa_device(name, "/")
            self.iam.enable_mfa_device(name, device.serial_number, "111111", "222222")
        for number, key in enumerate(keys):
            self._key(made, number, key)

    def _key(self, user: Any, number: int, key: Key) -> None:
        from moto.iam.models import AccessKeyLastUsed

        made = self.iam.create_access_key(user.name, status="Active" if key.active else "Inactive")
        made.access_key_id = made_up("AKIA", f"{self.account} key {user.name} {number}")
        made.create_date = clock.days_ago(key.age)
        if key.used is not None:
            made.last_used = AccessKeyLastUsed(clock.days_ago(key.used), "aws-marketplace", HOME)

    def role(  # noqa: PLR0913 - keyword-only, each names one fact
        self,
        name: str,
        *,
        trust: Document,
        days: int = 600,
        used: int | None = None,
        path: str = "/",
        attached: tuple[str, ...] = (),
        inline: dict[str, Document] | None = None,
        description: str = "",
    ) -> str:
        """An IAM role; `used` says how many days ago it was last used. Returns its ARN."""
        made = self.iam.create_role(
            role_name=name, assume_role_policy_document=json.dumps(trust), path=path, permissions_boundary=None,
            description=description, tags=[], max_session_duration="3600",
        )  # fmt: skip
        made.create_date = clock.days_ago(days)
        if used is not None:
            made.last_used, made.last_used_region = clock.days_ago(used), HOME
        self._grant(made, attached, inline)
        return str(made.arn)

    def _grant(
        self, holder: Any, attached: tuple[str, ...], inline: dict[str, Document] | None
    ) -> None:
        for arn in attached:
            found = identities.load_aws_policy(self.account, arn)
            if found is None:
                raise ValueError(f"there is no policy {arn}")
            found.attach_to(holder)
        for name, document in (inline or {}).items():
            holder.put_policy(name, json.dumps(document))

    def queue(
        self,
        name: str,
        *,
        statements: tuple[Document, ...] = (),
        dead_letters: str = "",
        tags: dict[str, str] | None = None,
        **attributes: str,
    ) -> str:
        """A queue in us-east-1 with its policy and its dead-letter queue; returns its ARN."""
        if statements:
            attributes["Policy"] = json.dumps(policy(*statements))
        if dead_letters:
            attributes["RedrivePolicy"] = json.dumps(
                {"deadLetterTargetArn": queue_arn(self.account, dead_letters), "maxReceiveCount": 5}
            )
        self.state.region(HOME).queues[name] = Queue(name, attributes, tags or {})
        return queue_arn(self.account, name)

    def product_queue(self, name: str, topic: str, **more: Any) -> str:
        """A queue that hears a product's topic, with the statement that lets the topic send."""
        statements = (
            accepts_topic(queue_arn(self.account, name), topic),
            *more.pop("statements", ()),
        )
        arn = self.queue(name, statements=statements, **more)
        self.subscribe(topic, "sqs", arn)
        return arn

    def subscribe(self, topic: str, protocol: str, endpoint: str) -> None:
        """A subscription of this account."""
        arn = f"{topic}:{made_up('', f'{topic} {endpoint}').lower()}"
        self.state.region(HOME).subscriptions[arn] = Subscription(topic, protocol, endpoint, arn)

    def snapshot(self, snapshot_id: str, *, region: str = HOME, **facts: Any) -> str:
        """An EBS snapshot; returns its id."""
        days = facts.pop("days", 120)
        made = Snapshot(snapshot_id, self.account, clock.days_ago(days), **facts)
        self.state.region(region).snapshots[snapshot_id] = made
        return snapshot_id

    def image(
        self,
        image_id: str,
        name: str,
        snapshots: tuple[str, ...],
        *,
        region: str = HOME,
        **facts: Any,
    ) -> str:
        """An image on these snapshots of the account, sizes and encryption as the snapshots have them; returns its id."""
        days = facts.pop("days", 120)
        held = self.state.region(region)
        disks = [
            Disk(
                shot,
                held.snapshots[shot].size,
                f"/dev/xvd{letter}",
                held.snapshots[shot].encrypted,
                held.snapshots[shot].kms_key,
            )
            for letter, shot in zip("abcdef", snapshots, strict=False)
        ]
        held.images[image_id] = Image(
            image_id, name, self.account, clock.days_ago(days), disks, **facts
        )
        return image_id

    def entity(self, entity_id: str, kind: str, name: str, details: Document) -> None:
        """An entity of the Marketplace catalog."""
        self.state.entities[entity_id] = Entity(entity_id, kind, name, details)

    def bucket(self, name: str) -> Any:
        """A private S3 bucket in us-east-1, as moto keeps it."""
        return get_backend("s3")[self.account]["aws"].create_bucket(name, HOME)

    def trail_arn(self, name: str, region: str = HOME) -> str:
        """The ARN of a trail of this account."""
        return f"arn:aws:cloudtrail:{region}:{self.account}:trail/{name}"

    def rule(self, name: str, pattern: Document, target: str) -> None:
        """An EventBridge rule on the default bus in us-east-1 with one target."""
        events = get_backend("events")[self.account][HOME]
        events.put_rule(name, event_pattern=json.dumps(pattern)).put_targets(
            [{"Id": "target", "Arn": target}]
        )
