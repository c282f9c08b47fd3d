"""Answers of SNS, from own state: subscriptions may belong to topics of other accounts."""

import json
import uuid

from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError
from sandbox.aws.state import Subscription, Topic

PAGE = 100


def _arn(ask: Ask, name: str) -> str:
    return f"arn:aws:sns:{ask.region}:{ask.account.account}:{name}"


def list_topics(ask: Ask) -> Answer:
    """The topics of this account."""
    page, tail = cut(ask, list(ask.here.topics), usual=PAGE)
    return {"Topics": [{"TopicArn": _arn(ask, name)} for name in page]} | tail


def get_topic_attributes(ask: Ask) -> Answer:
    """The attributes of an own topic; a foreign topic is refused."""
    topic = _addressed(ask, ask.params["TopicArn"])
    arn = _arn(ask, topic.name)
    policy = (
        '{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",'
        '"Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",'
        '"SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],'
        f'"Resource":"{arn}","Condition":{{"StringEquals":{{"AWS:SourceOwner":"{ask.account.account}"}}}}}}]}}'
    )
    confirmed = sum(held.topic_arn == arn for held in list(ask.here.subscriptions.values()))
    attributes = {
        "TopicArn": arn,
        "Owner": ask.account.account,
        "DisplayName": "",
        "Policy": policy,
        "SubscriptionsConfirmed": str(confirmed),
        "SubscriptionsPending": "0",
        "SubscriptionsDeleted": "0",
    }
    shown = attributes | topic.attributes
    return {
        "Attributes": {name: value for name, value in shown.items() if value or name in attributes}
    }


def set_topic_attributes(ask: Ask) -> Answer:
    """Set one attribute of an own topic; a policy must be JSON, and an empty text takes a key away."""
    topic = _addressed(ask, ask.params["TopicArn"])
    name, value = ask.params["AttributeName"], ask.params.get("AttributeValue", "")
    if name == "Policy":
        _require_json(value)
    topic.attributes[name] = value
    return {}


def _require_json(policy: str) -> None:
    try:
        json.loads(policy)
    except ValueError as error:
        raise ApiError("InvalidParameter", "Invalid parameter: Policy Error: null") from error


def create_topic(ask: Ask) -> Answer:
    """Make a topic; one that is there already is as good."""
    name = ask.params["Name"]
    ask.here.topics.setdefault(name, Topic(name, dict(ask.params.get("Attributes") or {})))
    return {"TopicArn": _arn(ask, name)}


def delete_topic(ask: Ask) -> Answer:
    """Delete an own topic."""
    del ask.here.topics[_addressed(ask, ask.params["TopicArn"]).name]
    return {}


def list_subscriptions(ask: Ask) -> Answer:
    """All subscriptions that this account owns, those to foreign topics among them."""
    return _listed(ask, list(ask.here.subscriptions.values()))


def list_subscriptions_by_topic(ask: Ask) -> Answer:
    """The subscriptions of an own topic."""
    arn = ask.params["TopicArn"]
    _addressed(ask, arn)
    return _listed(
        ask, [held for held in list(ask.here.subscriptions.values()) if held.topic_arn == arn]
    )


def _listed(ask: Ask, held: list[Subscription]) -> Answer:
    page, tail = cut(ask, held, usual=PAGE)
    items = [
        {
            "SubscriptionArn": one.arn,
            "Owner": ask.account.account,
            "Protocol": one.protocol,
            "Endpoint": one.endpoint,
            "TopicArn": one.topic_arn,
        }
        for one in page
    ]
    return {"Subscriptions": items} | tail


def subscribe(ask: Ask) -> Answer:
    """Subscribe an endpoint to a topic, an own or a Marketplace one."""
    topic_arn = ask.params["TopicArn"]
    arn = f"{topic_arn}:{uuid.uuid4()}"
    ask.here.subscriptions[arn] = Subscription(
        topic_arn, ask.params["Protocol"], ask.params.get("Endpoint", ""), arn
    )
    return {"SubscriptionArn": arn}


def unsubscribe(ask: Ask) -> Answer:
    """End a subscription."""
    ask.here.subscriptions.pop(ask.params["SubscriptionArn"], None)
    return {}


def _addressed(ask: Ask, arn: str) -> Topic:
    parts = arn.split(":")
    if len(parts) != 6:
        raise ApiError("InvalidParameter", "Invalid parameter: TopicArn")
    if parts[4] != ask.account.account:
        raise ask.denied(
            f"on resource: {arn} because no resource-based policy allows the {ask.action} action"
        )
    topic = ask.here.topics.get(parts[5]) if parts[3] == ask.region else None
    if topic is None:
        raise ApiError("NotFound", "Topic does not exist", 404)
    return topic


ANSWERS: dict[str, Handler] = {
    "ListTopics": list_topics,
    "GetTopicAttributes": get_topic_attributes,
    "SetTopicAttributes": set_topic_attributes,
    "CreateTopic": create_topic,
    "DeleteTopic": delete_topic,
    "ListSubscriptions": list_subscriptions,
    "ListSubscriptionsByTopic": list_subscriptions_by_topic,
    "Subscribe": subscribe,
    "Unsubscribe": unsubscribe,
}
