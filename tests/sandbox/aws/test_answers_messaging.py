"""SQS, SNS and EventBridge answer from what was set, broken policies and foreign topics included."""

import json
from typing import Any

import pytest

from sandbox.aws.client import FakeAws
from sandbox.aws.seeds import larkfield
from sandbox.aws.state import Queue
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, client, error_of, text

URL = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/"


@pytest.fixture
def sqs(fake_aws: FakeAws) -> Any:
    """An administrator's SQS client."""
    return client(fake_aws, "sqs", admin_keys(fake_aws))


def attributes(sqs: Any, name: str, *wanted: str) -> dict[str, str]:
    """The attributes of a queue."""
    answer = sqs.get_queue_attributes(QueueUrl=URL + name, AttributeNames=list(wanted or ["All"]))
    return dict(answer.get("Attributes", {}))


def test_a_new_queue_has_the_defaults_of_sqs(sqs: Any) -> None:
    assert sqs.create_queue(QueueName="new")["QueueUrl"] == URL + "new"
    seen = attributes(sqs, "new")
    assert (seen["SqsManagedSseEnabled"], seen["MessageRetentionPeriod"]) == ("true", "345600")
    assert seen["QueueArn"] == f"arn:aws:sqs:us-east-1:{ACCOUNT}:new"
    assert "Policy" not in seen
    assert "KmsMasterKeyId" not in seen


def test_only_the_attributes_asked_for_come_back(sqs: Any) -> None:
    sqs.create_queue(QueueName="new")
    assert set(attributes(sqs, "new", "QueueArn", "Policy")) == {"QueueArn"}
    assert sqs.get_queue_attributes(QueueUrl=URL + "new").get("Attributes") is None


def test_a_kms_key_switches_the_encryption_of_sqs_off(sqs: Any) -> None:
    sqs.create_queue(QueueName="keyed", Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
    seen = attributes(sqs, "keyed")
    assert (seen["KmsMasterKeyId"], seen["SqsManagedSseEnabled"]) == ("alias/aws/sqs", "false")
    sqs.set_queue_attributes(QueueUrl=URL + "keyed", Attributes={"SqsManagedSseEnabled": "true"})
    seen = attributes(sqs, "keyed")
    assert seen["SqsManagedSseEnabled"] == "true"
    assert "KmsMasterKeyId" not in seen


def test_a_malformed_policy_can_be_there_but_not_be_set(sqs: Any, fake_aws: FakeAws) -> None:
    fake_aws.state(ACCOUNT).region("us-east-1").queues["odd"] = Queue(
        "odd", {"Policy": "{not json"}
    )
    assert attributes(sqs, "odd")["Policy"] == "{not json"
    code = error_of(sqs.set_queue_attributes, QueueUrl=URL + "odd", Attributes={"Policy": "{"})[0]
    assert code == "InvalidAttributeValue"


def test_setting_one_attribute_keeps_the_policy(sqs: Any) -> None:
    policy = text({"Statement": [{"Sid": "one"}, {"Sid": "two"}]})
    sqs.create_queue(QueueName="kept", Attributes={"Policy": policy})
    sqs.set_queue_attributes(QueueUrl=URL + "kept", Attributes={"VisibilityTimeout": "60"})
    assert attributes(sqs, "kept")["Policy"] == policy
    sqs.remove_permission(QueueUrl=URL + "kept", Label="one")
    assert json.loads(attributes(sqs, "kept")["Policy"])["Statement"] == [{"Sid": "two"}]
    assert (
        error_of(sqs.remove_permission, QueueUrl=URL + "kept", Label="one")[0]
        == "InvalidParameterValue"
    )
    sqs.set_queue_attributes(QueueUrl=URL + "kept", Attributes={"Policy": ""})
    assert "Policy" not in attributes(sqs, "kept")


def test_a_queue_that_is_gone_is_named_by_its_old_code(sqs: Any) -> None:
    sqs.create_queue(QueueName="gone")
    sqs.delete_queue(QueueUrl=URL + "gone")
    with pytest.raises(sqs.exceptions.QueueDoesNotExist, match="NonExistentQueue"):
        attributes(sqs, "gone")
    assert "QueueUrls" not in sqs.list_queues()


def test_a_queue_of_another_account_is_refused(sqs: Any) -> None:
    foreign = "https://sqs.us-east-1.amazonaws.com/111122223333/theirs"
    assert (
        error_of(sqs.get_queue_attributes, QueueUrl=foreign, AttributeNames=["All"])[0]
        == "AccessDenied"
    )
    code = error_of(sqs.get_queue_url, QueueName="theirs", QueueOwnerAWSAccountId="111122223333")[0]
    assert code == "AccessDenied"
    assert error_of(sqs.get_queue_attributes, QueueUrl="https://x/y")[0] == "InvalidAddress"


def test_queues_are_listed_by_region_and_prefix(sqs: Any, fake_aws: FakeAws) -> None:
    for name in ("a-1", "a-2", "b-1"):
        sqs.create_queue(QueueName=name)
    assert sqs.list_queues(QueueNamePrefix="a-")["QueueUrls"] == [URL + "a-1", URL + "a-2"]
    there = client(fake_aws, "sqs", admin_keys(fake_aws), "eu-west-1")
    assert there.list_queues().get("QueueUrls") is None


def test_subscriptions_to_foreign_topics_are_listed_with_their_owner(fake_aws: FakeAws) -> None:
    fake_aws.seed("larkfield")
    sns = client(fake_aws, "sns", admin_keys(fake_aws, larkfield.ACCOUNT))
    subscriptions = sns.list_subscriptions()["Subscriptions"]
    foreign = [one for one in subscriptions if ":287250355862:" in one["TopicArn"]]
    assert len(foreign) == 3
    assert {one["Owner"] for one in foreign} == {larkfield.ACCOUNT}
    topic = foreign[0]["TopicArn"]
    assert error_of(sns.get_topic_attributes, TopicArn=topic)[:2] == ("AuthorizationError", 403)
    assert error_of(sns.list_subscriptions_by_topic, TopicArn=topic)[0] == "AuthorizationError"


def test_a_topic_lives_from_its_creation_to_its_deletion(fake_aws: FakeAws) -> None:
    sns = client(fake_aws, "sns", admin_keys(fake_aws))
    arn = sns.create_topic(Name="reports")["TopicArn"]
    sns.set_topic_attributes(
        TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns"
    )
    made = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com")[
        "SubscriptionArn"
    ]
    seen = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert (seen["KmsMasterKeyId"], seen["SubscriptionsConfirmed"], seen["Owner"]) == (
        "alias/aws/sns",
        "1",
        ACCOUNT,
    )
    assert json.loads(seen["Policy"])["Statement"][0]["Condition"] == {
        "StringEquals": {"AWS:SourceOwner": ACCOUNT}
    }
    sns.unsubscribe(SubscriptionArn=made)
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] == []
    sns.delete_topic(TopicArn=arn)
    assert error_of(sns.get_topic_attributes, TopicArn=arn)[:2] == ("NotFound", 404)
    assert error_of(sns.get_topic_attributes, TopicArn="nonsense")[0] == "InvalidParameter"


def test_rules_and_their_targets_are_read(fake_aws: FakeAws) -> None:
    fake_aws.seed("brightwater")
    events = client(fake_aws, "events", admin_keys(fake_aws, "444455556666"))
    rule = events.list_rules(NamePrefix="marketplace")["Rules"][0]
    assert json.loads(rule["EventPattern"]) == {"source": ["aws.agreement-marketplace"]}
    assert (rule["State"], rule["EventBusName"]) == ("ENABLED", "default")
    assert len(events.list_targets_by_rule(Rule=rule["Name"])["Targets"]) == 1
    assert error_of(events.list_targets_by_rule, Rule="none")[0] == "ResourceNotFoundException"
    assert error_of(events.list_rules, EventBusName="none")[0] == "ResourceNotFoundException"


@pytest.fixture
def topic(fake_aws: FakeAws) -> tuple[Any, str]:
    """An administrator's SNS client and the ARN of a new topic."""
    sns = client(fake_aws, "sns", admin_keys(fake_aws))
    return sns, sns.create_topic(Name="reports")["TopicArn"]


def test_a_topics_key_is_there_until_it_is_taken_away(topic: tuple[Any, str]) -> None:
    sns, arn = topic
    for key, shown in (("alias/reports", "alias/reports"), ("", None)):
        sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue=key)
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        assert attributes.get("KmsMasterKeyId") == shown


def test_a_topics_policy_is_set_as_json_or_not_at_all(topic: tuple[Any, str]) -> None:
    sns, arn = topic
    policy = text({"Statement": []})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    change = {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": "{"}
    assert error_of(sns.set_topic_attributes, **change)[0] == "InvalidParameter"
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"] == policy
