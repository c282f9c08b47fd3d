"""AMI-13: AWS scans what is on sale again and again, and somebody should hear what it finds."""

from __future__ import annotations

import json

from scanner.control import Control, Reference, Verdict, failed, not_assessed, passed
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.messaging import Rule
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ami import sells_images, surely_sells_images
from scanner.scope.security_reports import EVENT, hearing, may_hear, works
from scanner.vocabulary import HOME_REGION, Listed, Severity, Unobserved, seen

READ = "events:ListRules, events:ListTargetsByRule"
NAME = "marketplace-security-reports"
BY_MAIL = Fact("Not seen here", "e-mail recipients set in the Management Portal's notifications")


def resources(snapshot: Snapshot) -> Listed[Account]:
    """The account, if it sells images or may do so."""
    return (snapshot.account,) if sells_images(snapshot) else ()


def check(account: Account, snapshot: Snapshot) -> Verdict:
    """One rule that is on and has a target is enough; what was not read may be one."""
    heard = hearing(snapshot)
    told = "; ".join(map(_told, heard)) or "none"
    evidence = (Fact("Rules that hear security reports", told, READ), BY_MAIL)
    working = [rule for rule in heard if works(rule)]
    if working:
        return passed(f"Rule {working[0].name} passes security reports on.", *evidence)
    missing = tuple(may_hear(snapshot))
    if missing:
        return not_assessed(missing[0].sentence(), *missing, evidence=evidence)
    surely_sells_images(snapshot)
    reason = f"No enabled rule in {HOME_REGION} hands security reports of AWS to anybody."
    return failed(reason, *evidence, values=_values(account))


def _told(rule: Rule) -> str:
    unread = isinstance(rule.targets, Unobserved)
    targets = "targets unread" if unread else _counted(len(seen(rule.targets)))
    return f"{rule.name} ({rule.state}, {targets})"


def _counted(targets: int) -> str:
    return "1 target" if targets == 1 else f"{targets} targets"


def _values(account: Account) -> dict[str, str]:
    topic = f"arn:{account.partition}:sns:{HOME_REGION}:{account.id}:{NAME}"
    rule = f"arn:{account.partition}:events:{HOME_REGION}:{account.id}:rule/{NAME}"
    statement = {
        "Sid": "SecurityReports",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    pattern = {name: [value] for name, value in EVENT.items()}
    return {
        "topic": topic,
        "policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        "pattern": json.dumps(pattern),
    }


REMEDY = Remedy(
    summary="Send AWS's security reports about your products to people who act on them.",
    minutes=15,
    console=(
        f"In SNS, region us-east-1, create a standard topic {NAME} and subscribe the security"
        " team to it.",
        f"In EventBridge, region us-east-1, default bus, create a rule {NAME} with the pattern of"
        " the CLI form and the topic as its target.",
        "In the Management Portal, Settings, Notifications, name e-mail recipients for security"
        " notices as well.",
    ),
    cli=f"""\
cat > pattern.json <<'JSON'
[[pattern|json]]
JSON
cat > topic-policy.json <<'JSON'
[[policy|json]]
JSON
aws sns create-topic --region us-east-1 --name {NAME}
aws sns set-topic-attributes --region us-east-1 --topic-arn [[topic]] --attribute-name Policy --attribute-value file://topic-policy.json
aws events put-rule --region us-east-1 --name {NAME} --event-pattern file://pattern.json
aws events put-targets --region us-east-1 --rule {NAME} --targets Id=security-team,Arn=[[topic]]
# Then subscribe who has to know to the topic; they confirm by e-mail.
""",
    cloudformation=f"""\
Resources:
  SecurityReports:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: {NAME}
  SecurityReportRule:
    Type: AWS::Events::Rule
    Properties:
      Name: {NAME}
      State: ENABLED
      EventPattern:
        [[pattern|json]]
      Targets:
        - Id: security-team
          Arn: !Ref SecurityReports
  SecurityReportsPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics:
        - !Ref SecurityReports
      PolicyDocument:
        [[policy|json]]
""",
    terraform=f"""\
resource "aws_sns_topic" "security_reports" {{
  name   = "{NAME}"
  policy = <<-POLICY
    [[policy|json]]
  POLICY
}}

resource "aws_cloudwatch_event_rule" "security_reports" {{
  name          = "{NAME}"
  event_pattern = <<-PATTERN
    [[pattern|json]]
  PATTERN
}}

resource "aws_cloudwatch_event_target" "security_reports" {{
  rule = aws_cloudwatch_event_rule.security_reports.name
  arn  = aws_sns_topic.security_reports.arn
}}
""",
    breaks=("Nothing: the topic is new, and only this rule may publish to it.",),
    way_back="Remove the target, then delete the rule and the topic.",
)

CONTROL = Control(
    module=__name__,
    title="Security reports from AWS reach someone",
    severity=Severity.LOW,
    risk="AWS reports a vulnerability in the product, nobody reads it, and the product is taken off"
    " sale.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Amazon EventBridge events",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/notifications-eventbridge.html",
        ),
    ),
    reads=("events.rules", "catalog.products"),
    not_applicable_because="No AMI product is sold from this account.",
    resources=resources,
    check=check,
)
