"""Fills the account of a bench: the seed `many`, and topics, keys, buckets and a trail on top."""

from __future__ import annotations

from bench.accounts import ACCOUNT, Seeded
from sandbox.aws import seeds
from sandbox.aws.asking import World
from sandbox.aws.seeds.documents import Document, trusts_service
from sandbox.aws.seeds.keeping import bucket, key, log_group, takes_logs, tls_only, topic
from sandbox.aws.seeds.making import HOME, Maker
from sandbox.aws.state import Trail

TRAIL, LOGS = "bench-audit", "bench-audit-logs"
FEEDS, CLOUDTRAIL = "reports.marketplace.amazonaws.com", "cloudtrail.amazonaws.com"


def sow(world: World, seeded: Seeded) -> None:
    """Fill the account; the same sizes make the same account at each start."""
    size = seeded.size
    seeds.sow(
        world, "many", users=size.users, roles=size.roles, queues=size.queues, images=size.images
    )
    maker = Maker(world, ACCOUNT)
    sealed = [key(maker, f"0bec0000-0000-4000-8000-{n:012}", "Bench") for n in range(seeded.keys)]
    for number in range(size.topics):
        topic(maker, f"topic-{number:04}")
    _trail(maker, sealed[0])
    _seal(maker, sealed[1:])
    for number in range(seeded.buckets - 1):
        name = f"bench-bucket-{number:04}"
        feeds = [_takes_feeds(name)] if number < seeded.feeds else []
        bucket(maker, name, tls_only(name), *feeds)


def _seal(maker: Maker, keys: list[str]) -> None:
    """Every key but the trail's encrypts a queue of its own."""
    queues = maker.state.region(HOME).queues.values()
    for queue, sealed in zip(queues, keys, strict=False):
        queue.attributes["KmsMasterKeyId"] = sealed


def _trail(maker: Maker, sealed: str) -> None:
    bucket(maker, LOGS, *takes_logs(maker, LOGS, TRAIL), tls_only(LOGS), key=sealed)
    group = log_group(maker, TRAIL)
    writer = maker.role("trail-to-logs", used=0, trust=trusts_service(CLOUDTRAIL, maker.account))
    maker.state.trails.append(
        Trail(
            TRAIL, maker.trail_arn(TRAIL), bucket=LOGS, multi_region=True, kms_key=sealed,
            log_group_arn=group, log_role_arn=writer,
        )
    )  # fmt: skip


def _takes_feeds(name: str) -> Document:
    return {
        "Effect": "Allow", "Principal": {"Service": FEEDS}, "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/*", "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }  # fmt: skip
