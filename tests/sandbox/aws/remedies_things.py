"""Faults of queues, buckets, images and trails; each function makes one and returns the key of what fails for it."""

from __future__ import annotations

import json

from moto.backends import get_backend

from sandbox.aws import clock
from sandbox.aws.seeds.documents import policy, queue_arn
from sandbox.aws.seeds.making import HOME
from tests.sandbox.aws.remedies_account import (
    ACCOUNT,
    EVENTS,
    IMAGE,
    LOGS,
    PRODUCT,
    REPORTS,
    ROOT,
    SNAPSHOT,
    STRANGER,
    TOPIC,
    Account,
    lets,
)

IMAGE_ARN = f"arn:aws:ec2:{HOME}:{ACCOUNT}:image/{IMAGE}"
QUEUE_ARN = queue_arn(ACCOUNT, EVENTS)
REPORTS_ARN, LOGS_ARN = f"arn:aws:s3:::{REPORTS}", f"arn:aws:s3:::{LOGS}"


def plain_http(account: Account) -> str:
    topic = next(one.topic_arn for one in account.home.subscriptions.values())
    account.make.subscribe(topic, "http", "http://hooks.example.com/marketplace")
    return list(account.home.subscriptions)[-1]


def any_topic_sends(account: Account) -> str:
    sends = lets(ACCOUNT, "sqs:SendMessage", QUEUE_ARN)
    sends["Principal"] = {"Service": "sns.amazonaws.com"}
    return account.set_policy(EVENTS, sends, *account.statements_of(EVENTS))


def stranger_receives(account: Account) -> str:
    receives = lets(STRANGER, "sqs:ReceiveMessage", QUEUE_ARN)
    return account.set_policy(EVENTS, receives, *account.statements_of(EVENTS))


def queue_in_clear(account: Account) -> str:
    account.home.queues[EVENTS].attributes["SqsManagedSseEnabled"] = "false"
    return QUEUE_ARN


def key_keeps_messages_out(account: Account) -> str:
    key = account.ask("kms", "create_key", Description="queue")["KeyMetadata"]["Arn"]
    account.home.queues[EVENTS].attributes["KmsMasterKeyId"] = key
    return QUEUE_ARN


def no_dead_letters(account: Account) -> str:
    del account.home.queues[EVENTS].attributes["RedrivePolicy"]
    return QUEUE_ARN


def queue_without_tls(account: Account) -> str:
    kept = [one for one in account.statements_of(EVENTS) if one["Effect"] == "Allow"]
    return account.set_policy(EVENTS, *kept)


def bucket_may_become_public(account: Account) -> str:
    account.ask("s3", "delete_public_access_block", Bucket=REPORTS)
    return REPORTS_ARN


def bucket_without_tls(account: Account) -> str:
    account.ask("s3", "delete_bucket_policy", Bucket=REPORTS)
    return REPORTS_ARN


def stranger_reads_reports(account: Account) -> str:
    _allow_bucket(account, REPORTS, "s3:GetObject")
    return REPORTS_ARN


def _allow_bucket(account: Account, bucket: str, action: str) -> None:
    held = json.loads(account.ask("s3", "get_bucket_policy", Bucket=bucket)["Policy"])["Statement"]
    document = policy(*held, lets(STRANGER, action, f"arn:aws:s3:::{bucket}/*"))
    account.ask("s3", "put_bucket_policy", Bucket=bucket, Policy=json.dumps(document))


def topic_open_and_in_clear(account: Account) -> str:
    attributes = account.home.topics["reports"].attributes
    del attributes["KmsMasterKeyId"]
    attributes["Policy"] = json.dumps(policy(lets(STRANGER, "sns:Subscribe", TOPIC)))
    return TOPIC


def contacts_left(account: Account) -> str:
    # moto refuses all work on objects by a Deny, whatever its condition.
    account.ask("s3", "delete_bucket_policy", Bucket=REPORTS)
    name = "2022/customer_support_contacts_data_1.csv"
    get_backend("s3")[ACCOUNT]["aws"].put_object(REPORTS, name, b"name,phone")
    return REPORTS_ARN


def image_disabled(account: Account) -> str:
    account.home.images[IMAGE].state = "disabled"
    return IMAGE_ARN


def image_with_imdsv1(account: Account) -> str:
    account.home.images[IMAGE].imds_support = None
    return IMAGE_ARN


def image_public(account: Account) -> str:
    account.home.images[IMAGE].groups.append("all")
    return IMAGE_ARN


def image_shared(account: Account) -> str:
    account.home.images[IMAGE].users.append(STRANGER)
    return IMAGE_ARN


def snapshot_shared(account: Account) -> str:
    shot = account.home.snapshots[SNAPSHOT]
    shot.users.append(STRANGER)
    shot.groups.append("all")
    return f"arn:aws:ec2:{HOME}:{ACCOUNT}:snapshot/{SNAPSHOT}"


def sharing_unblocked(account: Account) -> str:
    account.home.image_block = account.home.snapshot_block = "unblocked"
    return f"{ROOT}@{HOME}"


def image_deprecated(account: Account) -> str:
    account.home.images[IMAGE].deprecation_time = clock.days_ago(3)
    return f"{PRODUCT}#version/version-1"


def ssh_for_everybody(account: Account) -> str:
    (version,) = account.state.entities["prod-sensor"].details["Versions"]
    (option,) = version["DeliveryOptions"]
    rule = {"Protocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIps": ["0.0.0.0/0"]}
    option["Recommendations"] = {"SecurityGroups": [rule]}
    option["Instructions"] = {"Access": {"Protocol": "http", "Port": 80}}
    return f"{PRODUCT}#delivery-option/version-1/delivery-1"


def nobody_hears_of_security(account: Account) -> str:
    account.ask("events", "remove_targets", Rule="marketplacecatalog", Ids=["target"])
    return ROOT


def trail_of_one_region(account: Account) -> str:
    account.trail.multi_region = account.trail.logging = False
    return ROOT


def trail_without_reads(account: Account) -> str:
    account.trail.selectors = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
    return ROOT


def logs_unsigned(account: Account) -> str:
    account.trail.validation = False
    return account.trail.arn


def trail_stopped(account: Account) -> str:
    account.trail.logging = False
    return account.trail.arn


def logs_without_own_key(account: Account) -> str:
    account.trail.kms_key = None
    return account.trail.arn


def stranger_writes_logs(account: Account) -> str:
    account.ask("s3", "delete_public_access_block", Bucket=LOGS)
    _allow_bucket(account, LOGS, "s3:PutObject")
    return LOGS_ARN


def logs_expire(account: Account) -> str:
    started: dict[str, object] = {"Status": "Enabled", "Filter": {"Prefix": ""}}
    uploads = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    rules = [
        started | {"ID": "tidy", "Expiration": {"Days": 30}},
        started | {"ID": "uploads"} | uploads,
    ]
    account.ask(
        "s3",
        "put_bucket_lifecycle_configuration",
        Bucket=LOGS,
        LifecycleConfiguration={"Rules": rules},
    )
    return LOGS_ARN


def nobody_alerted(account: Account) -> str:
    for rule in ("root", "iam", "cloudtrail"):
        account.ask("events", "remove_targets", Rule=rule, Ids=["target"])
    return ROOT


FAULTS = {
    "SQS-01": plain_http,
    "SQS-02": any_topic_sends,
    "SQS-03": stranger_receives,
    "SQS-04": queue_in_clear,
    "SQS-05": key_keeps_messages_out,
    "SQS-08": no_dead_letters,
    "SQS-09": queue_without_tls,
    "CAS-06": bucket_may_become_public,
    "CAS-07": bucket_without_tls,
    "CAS-08": stranger_reads_reports,
    "CAS-09": topic_open_and_in_clear,
    "PSC-02": contacts_left,
    "AMI-01": image_disabled,
    "AMI-05": image_with_imdsv1,
    "AMI-06": image_public,
    "AMI-07": image_shared,
    "AMI-08": snapshot_shared,
    "AMI-09": sharing_unblocked,
    "AMI-11": image_deprecated,
    "AMI-12": ssh_for_everybody,
    "AMI-13": nobody_hears_of_security,
    "CT-01": trail_of_one_region,
    "CT-02": trail_without_reads,
    "CT-03": logs_unsigned,
    "CT-04": trail_stopped,
    "CT-05": logs_without_own_key,
    "CT-06": stranger_writes_logs,
    "CT-07": logs_expire,
    "CT-08": nobody_alerted,
}
