"""Makes the buckets, keys, topics and alarms of a seeded account, as moto or we keep them."""

import json
from typing import Any

from moto.backends import get_backend

from sandbox.aws import clock
from sandbox.aws.answers.s3control import FLAGS
from sandbox.aws.seeds.documents import Document, account_root, policy, refuses_plain
from sandbox.aws.seeds.making import HOME, Maker
from sandbox.aws.state import Topic

ALL_BLOCKED = dict.fromkeys(FLAGS, True)


def bucket(
    maker: Maker, name: str, *statements: Document, blocked: bool = True, key: str = ""
) -> None:
    """A private bucket in us-east-1: closed to the public as new ones are, unless it is older."""
    backend = _s3(maker)
    made = backend.create_bucket(name, HOME)
    if blocked:
        made.ownership_rule = "BucketOwnerEnforced"
        backend.put_public_access_block(name, ALL_BLOCKED)
    if statements:
        backend.put_bucket_policy(name, json.dumps(policy(*statements)).encode())
    if key:
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": "true"}
        backend.put_bucket_encryption(name, {"Rule": rule})


def expire(maker: Maker, name: str, days: int) -> None:
    """Let all objects of a bucket go after so many days."""
    rule = {"ID": f"delete-after-{days}-days", "Status": "Enabled", "Filter": {"Prefix": ""}}
    _s3(maker).put_bucket_lifecycle(name, [rule | {"Expiration": {"Days": str(days)}}])


def lock(maker: Maker, name: str, days: int) -> None:
    """Keep all objects of a bucket from being changed for so many days."""
    made = _s3(maker).get_bucket(name)
    made.versioning_status, made.object_lock_enabled = "Enabled", True
    made.default_lock_mode, made.default_lock_days = "GOVERNANCE", days


def file(maker: Maker, name: str, path: str, days: int) -> None:
    """An empty file in a bucket, so many days old."""
    made = _s3(maker).put_object(name, path, b"")
    made.last_modified = clock.days_ago(days)


def takes_logs(maker: Maker, name: str, trail: str = "") -> tuple[Document, Document]:
    """The statements that let CloudTrail write to a bucket: for one trail, or for anybody's."""
    where = f"arn:aws:s3:::{name}"
    pinned = {"StringEquals": {"aws:SourceArn": maker.trail_arn(trail)}} if trail else {}
    start: Document = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    owned = {"s3:x-amz-acl": "bucket-owner-full-control"}
    write = {"StringEquals": owned | pinned.get("StringEquals", {})}
    look: Document = start | {"Action": "s3:GetBucketAcl", "Resource": where}
    put = start | {"Action": "s3:PutObject", "Resource": f"{where}/AWSLogs/{maker.account}/*"}
    return (look | {"Condition": pinned} if pinned else look), put | {"Condition": write}


def tls_only(name: str) -> Document:
    """The statement by which a bucket refuses requests without TLS."""
    return refuses_plain("s3:*", [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"])


def key(maker: Maker, key_id: str, description: str, *statements: Document) -> str:
    """A KMS key of the customer, which the account may use, and whom the statements let in; returns its ARN."""
    own = {
        "Sid": "account", "Effect": "Allow", "Principal": {"AWS": account_root(maker.account)},
        "Action": "kms:*", "Resource": "*",
    }  # fmt: skip
    backend = get_backend("kms")[maker.account][HOME]
    made = backend.create_key(
        json.dumps(policy(own, *statements)),
        "ENCRYPT_DECRYPT",
        "SYMMETRIC_DEFAULT",
        description,
        [],
    )
    backend.keys[key_id] = backend.keys.pop(made.id)
    made.id, made.arn = key_id, f"arn:aws:kms:{HOME}:{maker.account}:key/{key_id}"
    return str(made.arn)


def lets_in(service: str, *actions: str, source: str = "") -> Document:
    """The statement of a key's policy that lets a service use it, for one source if that is given."""
    statement: Document = {
        "Sid": service.partition(".")[0],
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": list(actions),
        "Resource": "*",
    }
    return statement | ({"Condition": {"ArnLike": {"aws:SourceArn": source}}} if source else {})


def topic(maker: Maker, name: str, **attributes: str) -> str:
    """An SNS topic in us-east-1; returns its ARN."""
    maker.state.region(HOME).topics[name] = Topic(name, attributes)
    return f"arn:aws:sns:{HOME}:{maker.account}:{name}"


def log_group(maker: Maker, name: str) -> str:
    """A group of CloudWatch Logs in us-east-1; returns its ARN as a trail names it."""
    get_backend("logs")[maker.account][HOME].create_log_group(name, {})
    return f"arn:aws:logs:{HOME}:{maker.account}:log-group:{name}:*"


def alert(maker: Maker, name: str, group: str, pattern: str, action: str) -> None:
    """A metric filter on a log group and an alarm on its metric."""
    transformation = {"metricName": name, "metricNamespace": "Trail", "metricValue": "1"}
    logs: Any = get_backend("logs")[maker.account][HOME]
    logs.put_metric_filter(name, pattern, group, [transformation])
    get_backend("cloudwatch")[maker.account][HOME].put_metric_alarm(
        name, "Trail", name, "GreaterThanOrEqualToThreshold", 1, 300, 1.0, "Sum", "", [], [action]
    )


def _s3(maker: Maker) -> Any:
    return get_backend("s3")[maker.account]["aws"]
