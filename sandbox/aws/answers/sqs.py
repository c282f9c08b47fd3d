"""Answers of SQS, from own state: texts stay as they were set, a broken policy included."""

import json
from urllib.parse import urlparse

from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError
from sandbox.aws.state import Queue

# ListQueues without MaxResults returns so many and no token for the rest.
MOST_WITHOUT_PAGES = 1000
_DEFAULTS = {
    "VisibilityTimeout": "30",
    "MaximumMessageSize": "262144",
    "MessageRetentionPeriod": "345600",
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
}


def queue_url(account: str, region: str, name: str) -> str:
    """The address under which AWS names a queue."""
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


def list_queues(ask: Ask) -> Answer:
    """The addresses of the queues; in pages only when MaxResults is given."""
    prefix = ask.params.get("QueueNamePrefix") or ""
    urls = [
        queue_url(ask.account.account, ask.region, name)
        for name in list(ask.here.queues)
        if name.startswith(prefix)
    ]
    if "MaxResults" not in ask.params:
        most = min(MOST_WITHOUT_PAGES, ask.world.page_sizes.get(ask.action, MOST_WITHOUT_PAGES))
        return {"QueueUrls": urls[:most]} if urls else {}
    page, tail = cut(ask, urls, usual=MOST_WITHOUT_PAGES)
    return {"QueueUrls": list(page)} | tail if page else {}


def get_queue_url(ask: Ask) -> Answer:
    """The address of a queue by its name."""
    name = ask.params["QueueName"]
    account = ask.params.get("QueueOwnerAWSAccountId") or ask.account.account
    if account != ask.account.account:
        raise ask.denied(
            f"on resource: arn:aws:sqs:{ask.region}:{account}:{name} because no resource-based policy allows the {ask.action} action"
        )
    return {"QueueUrl": queue_url(account, ask.region, _named(ask, name).name)}


def get_queue_attributes(ask: Ask) -> Answer:
    """The attributes that were asked for; none without names, as SQS does."""
    attributes = all_attributes(ask, _addressed(ask))
    wanted = ask.params.get("AttributeNames") or []
    shown = (
        attributes
        if "All" in wanted
        else {name: attributes[name] for name in wanted if name in attributes}
    )
    return {"Attributes": shown} if shown else {}


def all_attributes(ask: Ask, queue: Queue) -> dict[str, str]:
    """All attributes of a queue as text. A KMS key switches the SSE of SQS off, as it does on AWS."""
    created = str(int(queue.created.timestamp()))
    attributes = _DEFAULTS | {
        "QueueArn": f"arn:aws:sqs:{ask.region}:{ask.account.account}:{queue.name}",
        "CreatedTimestamp": created,
        "LastModifiedTimestamp": created,
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
    }
    attributes |= queue.attributes
    if attributes.get("KmsMasterKeyId"):
        attributes["SqsManagedSseEnabled"] = "false"
        attributes.setdefault("KmsDataKeyReusePeriodSeconds", "300")
    return {name: value for name, value in attributes.items() if value != ""}


def set_queue_attributes(ask: Ask) -> Answer:
    """Set attributes; an empty text removes one, and a policy must be JSON, as on AWS."""
    queue = _addressed(ask)
    changes: dict[str, str] = ask.params.get("Attributes") or {}
    for name in ("Policy", "RedrivePolicy"):
        if changes.get(name):
            _require_json(name, changes[name])
    if changes.get("SqsManagedSseEnabled") == "true":
        queue.attributes.pop("KmsMasterKeyId", None)
    queue.attributes |= changes
    return {}


def create_queue(ask: Ask) -> Answer:
    """Make a queue; an equal one that is there already is as good."""
    name = ask.params["QueueName"]
    ask.here.queues.setdefault(
        name,
        Queue(name, dict(ask.params.get("Attributes") or {}), dict(ask.params.get("tags") or {})),
    )
    return {"QueueUrl": queue_url(ask.account.account, ask.region, name)}


def delete_queue(ask: Ask) -> Answer:
    """Delete a queue."""
    del ask.here.queues[_addressed(ask).name]
    return {}


def remove_permission(ask: Ask) -> Answer:
    """Drop the statement with this label from the queue's policy."""
    queue = _addressed(ask)
    policy = json.loads(queue.attributes.get("Policy") or '{"Statement": []}')
    label = ask.params["Label"]
    kept = [statement for statement in policy["Statement"] if statement.get("Sid") != label]
    if len(kept) == len(policy["Statement"]):
        raise ApiError(
            "InvalidParameterValue",
            f"Value {label} for parameter Label is invalid. Reason: can't find label on existing policy.",
        )
    queue.attributes["Policy"] = json.dumps(policy | {"Statement": kept}) if kept else ""
    return {}


def list_queue_tags(ask: Ask) -> Answer:
    """The tags of a queue."""
    tags = _addressed(ask).tags
    return {"Tags": dict(tags)} if tags else {}


def _require_json(name: str, text: str) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        raise ApiError(
            "InvalidAttributeValue", f"Invalid value for the parameter {name}."
        ) from error


def _named(ask: Ask, name: str) -> Queue:
    queue = ask.here.queues.get(name)
    if queue is None:
        error = ApiError(
            "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."
        )
        raise error
    return queue


def _addressed(ask: Ask) -> Queue:
    parts = urlparse(ask.params["QueueUrl"]).path.strip("/").split("/")
    if len(parts) != 2:
        raise ApiError(
            "InvalidAddress",
            f"The address {ask.params['QueueUrl']} is not valid for this endpoint.",
            404,
        )
    account, name = parts
    if account != ask.account.account:
        raise ask.denied(
            f"on resource: arn:aws:sqs:{ask.region}:{account}:{name} because no resource-based policy allows the {ask.action} action"
        )
    return _named(ask, name)


ANSWERS: dict[str, Handler] = {
    "ListQueues": list_queues,
    "GetQueueUrl": get_queue_url,
    "GetQueueAttributes": get_queue_attributes,
    "SetQueueAttributes": set_queue_attributes,
    "CreateQueue": create_queue,
    "DeleteQueue": delete_queue,
    "RemovePermission": remove_permission,
    "ListQueueTags": list_queue_tags,
}
