"""Makes the contents of a seeded account in short sentences."""

import json
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend

from sandbox.aws import clock, identities
from sandbox.aws.asking import World
from sandbox.aws.principals import administrator_of, made_up
from sandbox.aws.seeds.documents import (
    Document,
    accepts_topic,
    policy,
    queue_arn,
    refuses_plain,
)
from sandbox.aws.state import (
    AccountState,
    Disk,
    Entity,
    Image,
    Instance,
    Queue,
    Snapshot,
    Subscription,
    TrailEvent,
)

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

    def queue(  # noqa: PLR0913 - keyword-only, each names one fact
        self,
        name: str,
        *,
        statements: tuple[Document, ...] = (),
        dead_letters: str = "",
        tags: dict[str, str] | None = None,
        tls: bool = True,
        metrics: dict[str, list[float]] | None = None,
        **attributes: str,
    ) -> str:
        """A queue in us-east-1 with its policy and its dead-letter queue; returns its ARN.

        With `tls` its policy refuses requests without TLS.
        """
        if tls:
            statements = (*statements, refuses_plain("sqs:*", queue_arn(self.account, name)))
        if statements:
            attributes["Policy"] = json.dumps(policy(*statements))
        if dead_letters:
            attributes["RedrivePolicy"] = json.dumps(
                {"deadLetterTargetArn": queue_arn(self.account, dead_letters), "maxReceiveCount": 5}
            )
        made = Queue(name, attributes, tags or {}, metrics=metrics or {})
        self.state.region(HOME).queues[name] = made
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

    def instance(self, instance_id: str, role: str, **facts: Any) -> None:
        """An EC2 instance in us-east-1 with a profile of the role's name."""
        made = self.iam.create_instance_profile(role, "/", [role])
        self.state.region(HOME).instances[instance_id] = Instance(instance_id, made.arn, **facts)

    def password_policy(self, length: int, reuse: int | None) -> None:
        """The account's own policy for passwords of users."""
        chosen = (True, False, None, length, reuse, True, True, True, True)
        self.iam.update_account_password_policy(*chosen)

    def calls(self, name: str, source: str, who: str, days: float, **record: Any) -> None:
        """A call in the event history, so many days ago."""
        made = len(self.state.events) + 1
        event_id = f"5a1e0000-0000-4000-8000-{made:012}"
        self.state.events.append(
            TrailEvent(
                event_id, name, f"{source}.amazonaws.com", clock.days_ago(days), who, record=record
            )
        )

    def trail_arn(self, name: str, region: str = HOME) -> str:
        """The ARN of a trail of this account."""
        return f"arn:aws:cloudtrail:{region}:{self.account}:trail/{name}"

    def rule(self, name: str, pattern: Document, target: str) -> None:
        """An EventBridge rule on the default bus in us-east-1 with one target."""
        events = get_backend("events")[self.account][HOME]
        events.put_rule(name, event_pattern=json.dumps(pattern)).put_targets(
            [{"Id": "target", "Arn": target}]
        )
