"""CAS-09: whoever may publish or listen knows, or fakes, that a report has arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.evidence import Fact, Piece, policy_excerpt
from scanner.facts.kms import Key
from scanner.facts.messaging import Subscription, Topic
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy
from scanner.scope.audience import (
    READ_SUBSCRIPTIONS,
    Admitted,
    admitted,
    closed_policy,
    listeners,
    mail_fact,
    query_for,
    unsafe,
)
from scanner.scope.delivery import PUBLISH, deliverers_to
from scanner.scope.keys import is_aws_alias, key_at
from scanner.scope.reports import (
    READ_TOPIC,
    REPORTS_SERVICE,
    Kind,
    ReportTopic,
    report_topics,
    topic_in,
)
from scanner.scope.sealing import (
    REPAIR_CLI,
    REPAIR_STEPS,
    Seal,
    Users,
    of_aws,
    repairs,
    seal_of,
)
from scanner.vocabulary import NotSeen, Severity, Unobserved, complete, known, seen

MEDIUM = Severity.MEDIUM
USE = ("kms:GenerateDataKey", "kms:Decrypt")
NOBODY = Users((), (), USE, "")
UNSEALED = Seal()


@dataclass
class Seen:
    """Everything that was found about one topic."""

    topic: Topic
    policy: Policy | None
    kms_key: str
    admissions: list[Admitted] = field(default_factory=list)
    users: Users = NOBODY
    key: Key | None = None
    seal: Seal = UNSEALED
    bad: list[Subscription] = field(default_factory=list)


def check(resource: ReportTopic, snapshot: Snapshot) -> Verdict:
    """What strangers may do is high; loose services, encryption and listeners are medium."""
    topic = resource.topic
    attributes = known(topic.attributes)
    found = Seen(topic, known(attributes.policy), attributes.kms_key)
    faults = _judge_policy(found, snapshot)
    missing = _look_at_key(found, resource, snapshot)
    fact = Fact("KmsMasterKeyId", found.kms_key or "none", READ_TOPIC)
    if not found.kms_key:
        faults.append(failed(f"Topic {topic.name} is not encrypted.", fact, severity=MEDIUM))
    faults += [failed(one, fact, severity=MEDIUM) for one in found.seal.reasons]
    faults += _judge_listeners(found, snapshot)
    remarks = [fact, *mail_fact(topic, snapshot)]
    if not faults:
        if missing:
            raise NotSeen(*missing)
        complete(listeners(topic, snapshot))
        reason = f"Topic {topic.name} is closed, encrypted, and delivers to nobody else."
        return passed(reason, *_excerpt(found), *remarks)
    return replace(all_faults(faults, faults[0]), values=_values(found, resource, snapshot))


def _judge_policy(found: Seen, snapshot: Snapshot) -> list[Verdict]:
    if found.policy is None:
        return []
    found.admissions, missing = admitted(found.topic, found.policy, snapshot)
    if missing and all(one.guest is None for one in found.admissions):
        raise NotSeen(*missing)
    return [
        failed(
            f"{one.sentence} on topic {found.topic.name}.",
            *_excerpt(found),
            severity=MEDIUM if one.guest is None else Severity.HIGH,
        )
        for one in found.admissions
    ]


def _excerpt(found: Seen) -> list[Piece]:
    if found.policy is None:
        return []
    marked = [one.statement for one in found.admissions]
    note = "The marked statements let others in." if marked else ""
    return [policy_excerpt("Topic policy", found.policy, marked, note=note, read_by=READ_TOPIC)]


def _look_at_key(found: Seen, resource: ReportTopic, snapshot: Snapshot) -> tuple[Unobserved, ...]:
    """Note who has to use the key and who may not; gives what would have to be read to know."""
    topic = found.topic
    services = (REPORTS_SERVICE,) if Kind.FEED in resource.kinds else ()
    found.users = replace(found.users, services=services)
    if is_aws_alias(found.kms_key, "sns"):
        found.seal = of_aws("aws/sns", services)
        return ()
    try:
        roles = deliverers_to(topic.arn, PUBLISH, topic_in, snapshot)
        found.users = Users(roles, services, USE, f"sns.{topic.region}.amazonaws.com")
        if found.kms_key:
            found.key = key_at(found.kms_key, topic.region, snapshot)
            found.seal = seal_of(found.key, found.users)
    except NotSeen as unseen:
        return unseen.gaps
    return found.seal.gaps


def _judge_listeners(found: Seen, snapshot: Snapshot) -> list[Verdict]:
    faults = []
    for one in seen(listeners(found.topic, snapshot)):
        what = unsafe(one, snapshot)
        if what:
            found.bad.append(one)
            fact = Fact("Subscription", f"{what}, {one.arn}", READ_SUBSCRIPTIONS)
            reason = f"Topic {found.topic.name} delivers by {what}."
            faults.append(failed(reason, fact, severity=MEDIUM))
    return faults


def _values(found: Seen, resource: ReportTopic, snapshot: Snapshot) -> Mapping[str, str]:
    topic, account = found.topic, snapshot.account
    bare = not found.kms_key
    key = repairs(
        found.seal, found.key, account, found.users, wanted=bare and bool(found.users.services)
    )
    document = closed_policy(topic, found.policy, found.admissions, account)
    managed = bare and not found.users.services
    return {
        **key,
        "topic": topic.name,
        "topic_arn": topic.arn,
        "region": topic.region,
        "policy": document,
        "managed_topic": topic.arn if managed else "",
        "managed_name": topic.name if managed else "",
        "unwanted": query_for(found.bad),
        "stack": topic.name if document or managed or key["key_document"] else "",
    }


REMEDY = Remedy(
    summary="Close and encrypt topic [[topic]] so that notices still arrive, and only at your own.",
    minutes=20,
    console=(
        "In SNS, region [[region]], open [[topic]], and keep a copy of its access policy.",
        "Under Edit, Access policy, leave this account's identities, and services with"
        " aws:SourceAccount set to this account's id.",
        "Under Edit, Encryption, of [[managed_name]] enable encryption with alias/aws/sns. A topic"
        f" that {REPORTS_SERVICE} publishes to needs a key of yours that lets the service in.",
        *REPAIR_STEPS,
        "Under Subscriptions delete those that go by plain HTTP or to foreign accounts; subscribe"
        " anew with HTTPS or an endpoint of your own.",
        "See that the next notice arrives.",
    ),
    cli="""\
cat > topic-policy.json <<'POLICY'
[[policy|json]]
POLICY
aws sns set-topic-attributes --region [[region]] --topic-arn [[topic_arn]] \\
  --attribute-name Policy --attribute-value file://topic-policy.json

aws sns set-topic-attributes --region [[region]] --topic-arn [[managed_topic]] \\
  --attribute-name KmsMasterKeyId --attribute-value alias/aws/sns

cat > new-key-policy.json <<'POLICY'
[[fresh_document|json]]
POLICY
key=$(aws kms create-key --region [[region]] --description 'AWS Marketplace notices' \\
  --policy file://new-key-policy.json --query KeyMetadata.Arn --output text)
aws sns set-topic-attributes --region [[region]] --topic-arn [[topic_arn]] \\
  --attribute-name KmsMasterKeyId --attribute-value "$key"

for subscription in $(aws sns list-subscriptions-by-topic --region [[region]] \\
  --topic-arn [[topic_arn]] --query [[unwanted]] --output text); do
  aws sns unsubscribe --region [[region]] --subscription-arn "$subscription"
done

"""
    + REPAIR_CLI,
    cloudformation="""\
# Topic [[stack]]; the policy replaces the one that is there.
Resources:

  ReportTopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics:
        - [[topic_arn]]
      PolicyDocument:
        [[policy|json]]

  ReportTopic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: [[managed_name]]
      KmsMasterKeyId: alias/aws/sns

  ReportKey:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        [[key_document|json]]
  ReportTopic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: [[topic]]
      KmsMasterKeyId: !GetAtt ReportKey.Arn
""",
    terraform="""\
# The policy replaces the one that is there.
resource "aws_sns_topic_policy" "reports" {
  arn    = [[topic_arn]]
  policy = <<-POLICY
    [[policy|json]]
  POLICY
}

resource "aws_sns_topic" "reports" {
  name              = [[managed_name]]
  kms_master_key_id = "alias/aws/sns"
}

resource "aws_kms_key" "reports" {
  enable_key_rotation = true
  policy              = <<-POLICY
    [[key_document|json]]
  POLICY
}
resource "aws_sns_topic" "reports" {
  name              = [[topic]]
  kms_master_key_id = aws_kms_key.reports.arn
}
""",
    breaks=(
        "A publisher that may not use the key fails without a notice: look at its next run.",
        "A subscriber that is taken off hears nothing more until it subscribes anew.",
    ),
    way_back="aws sns set-topic-attributes with the copy of the policy; an empty KmsMasterKeyId"
    " switches encryption off again.",
)

CONTROL = Control(
    module=__name__,
    title="Notification topics are closed, deliverable and safely subscribed",
    severity=Severity.HIGH,
    risk="Strangers announce reports that do not exist, hear of yours, or stop the notices.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Foundational Security Best Practices, SNS.1 and SNS.4",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/sns-controls.html",
        ),
        Reference(
            "Amazon SNS developer guide, Key management",
            "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
        ),
        Reference("AWS Marketplace Seller Guide, Commerce Analytics Service on-boarding guide"),
    ),
    reads=(
        "iam.roles",
        "iam.groups",
        "iam.policies",
        "sns.topics",
        "sns.subscriptions",
        "kms.keys",
        "organizations.organization",
    ),
    not_applicable_because="No topic of the account announces reports or data feeds.",
    resources=report_topics,
    check=check,
)
