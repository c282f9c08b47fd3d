"""CT-08: a log that nobody is alerted by is read when it is too late."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from scanner.control import Control, Reference, Verdict, failed, passed, the_account
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.alert_events import (
    API_CALL,
    CATALOG,
    CHANGE_SET_EVENTS,
    POLICY_CALLS,
    SIGN_IN,
    TRAIL_CALLS,
)
from scanner.scope.alerts import Watch, told_by_a_trail, watches
from scanner.scope.matters import (
    CHANGE_SETS,
    GRANTING_CALLS,
    POLICY_CHANGES,
    ROOT_USE,
    TRAIL_CHANGES,
    Matter,
)
from scanner.vocabulary import HOME_REGION, NotSeen, Severity

NAME = "seller-alerts"


def check(account: Account, snapshot: Snapshot) -> Verdict:
    """Changes that nobody hears of are medium when they are of listings or of trails, else low."""
    found = watches(snapshot)
    evidence = [fact for watch in found for fact in (*watch.by, *watch.remarks)]
    deaf = [watch for watch in found if not watch.heard]
    if not deaf:
        return passed("Somebody is told of each of the four kinds of sensitive changes.", *evidence)
    missing = tuple(dict.fromkeys(gap for watch in deaf for gap in watch.gaps))
    silent = [watch for watch in deaf if not watch.gaps]
    grave = any(watch.matter.grave for watch in silent)
    if missing and not grave:
        raise NotSeen(*missing)
    evidence += [Fact("Not read", gap.sentence()) for gap in missing]
    reason = " ".join(map(_sentence, silent))
    severity = Severity.MEDIUM if grave else Severity.LOW
    values = _values(account, [watch.matter for watch in deaf], snapshot)
    return failed(reason, *evidence, severity=severity, values=values)


def _sentence(watch: Watch) -> str:
    but = f", namely of {', '.join(watch.unheard)}" if watch.unheard else ""
    return f"No alarm and no rule with a target tells of {watch.matter.title}{but}."


def _any(field: str, names: Iterable[str]) -> str:
    return "(" + " || ".join(f'($.{field} = "{name}")' for name in names) + ")"


FILTERS: Mapping[Matter, str] = {
    CHANGE_SETS: '(($.eventSource = "marketplacecatalog.amazonaws.com")'
    ' && ($.eventName = "StartChangeSet"))',
    ROOT_USE: '(($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS)'
    ' && ($.eventType != "AwsServiceEvent"))',
    POLICY_CHANGES: _any("eventName", GRANTING_CALLS),
    TRAIL_CHANGES: _any("eventName", TRAIL_CALLS),
}


def _of_calls(service: str, names: Iterable[str]) -> dict[str, Any]:
    detail = {"eventName": list(names)}
    return {"source": [f"aws.{service}"], "detail-type": [API_CALL], "detail": detail}


PATTERNS: Mapping[Matter, dict[str, Any]] = {
    CHANGE_SETS: {"source": [CATALOG], "detail-type": list(CHANGE_SET_EVENTS)},
    ROOT_USE: {
        "detail-type": [API_CALL, SIGN_IN],
        "detail": {"userIdentity": {"type": ["Root"]}},
    },
    POLICY_CHANGES: _of_calls("iam", POLICY_CALLS),
    TRAIL_CHANGES: _of_calls("cloudtrail", TRAIL_CALLS),
}


def _values(account: Account, deaf: list[Matter], snapshot: Snapshot) -> Mapping[str, str]:
    """A metric filter on the log group of our own trail if there is one, else a rule."""
    names = [matter.name for matter in deaf]
    name = NAME if len(names) == len(FILTERS) else "-".join((NAME, *names))
    trail, group = told_by_a_trail(snapshot)
    region = group[0] if group else HOME_REGION
    start = f"arn:{account.partition}"
    topic = f"{start}:sns:{region}:{account.id}:{NAME}"
    rule = f"{start}:events:{region}:{account.id}:rule/{NAME}*"
    alarm = f"{start}:cloudwatch:{region}:{account.id}:alarm:{NAME}*"
    service, source = ("cloudwatch", alarm) if group else ("events", rule)
    each = [PATTERNS[matter] for matter in deaf]
    pattern = json.dumps(each[0] if len(each) == 1 else {"$or": each})
    return {
        "matters": ", ".join(matter.title for matter in deaf),
        "region": region,
        "name": name,
        "topic": topic,
        "topic_policy": json.dumps(_topic_policy(topic, service, source)),
        "group": group[1] if group else "",
        "filter_pattern": f"{{ {' || '.join(FILTERS[one] for one in deaf)} }}" if group else "",
        "rule": "" if group else name,
        "pattern": "" if group else pattern,
        "first": "" if trail else "CT-01",
    }


def _topic_policy(topic: str, service: str, source: str) -> Mapping[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"ArnLike": {"aws:SourceArn": source}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


REMEDY = Remedy(
    summary="Alert somebody to [[matters]].",
    minutes=30,
    console=(
        "In SNS, region [[region]], create topic seller-alerts, and subscribe whoever watches.",
        "In CloudWatch, region [[region]], open Log groups, [[group]], Metric filters, create a"
        " filter with the pattern of the CLI form, and an alarm on its metric that notifies the"
        " topic.",
        "In EventBridge, region [[region]], create rule [[rule]] on the default bus with the"
        " event pattern of the CLI form and the topic as target.",
        "API calls reach EventBridge only while a trail logs: do what [[first]] says as well.",
    ),
    cli="""\
cat > topic-policy.json <<'JSON'
[[topic_policy|json]]
JSON
aws sns create-topic --region [[region]] --name seller-alerts
aws sns set-topic-attributes --region [[region]] --topic-arn [[topic]] --attribute-name Policy --attribute-value file://topic-policy.json
# Then subscribe whoever watches, with the address of your team:
# aws sns subscribe --topic-arn TOPIC --protocol email --notification-endpoint ADDRESS

aws logs put-metric-filter --region [[region]] --log-group-name [[group]] --filter-name [[name]] --filter-pattern [[filter_pattern]] --metric-transformations metricName=[[name]],metricNamespace=Seller,metricValue=1
aws cloudwatch put-metric-alarm --region [[region]] --alarm-name [[name]] --namespace Seller --metric-name [[name]] --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions [[topic]]

cat > event-pattern.json <<'JSON'
[[pattern|json]]
JSON
aws events put-rule --region [[region]] --name [[name]] --event-pattern file://event-pattern.json
aws events put-targets --region [[region]] --rule [[name]] --targets Id=alerts,Arn=[[topic]]
""",
    cloudformation="""\
# In the region of the log group; subscribe whoever watches to the topic.
Resources:
  SellerAlerts:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: seller-alerts
  SellerAlertsPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref SellerAlerts]
      PolicyDocument:
        [[topic_policy|json]]
  SellerFilter:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: [[group]]
      FilterName: [[name]]
      FilterPattern: [[filter_pattern]]
      MetricTransformations:
        - MetricName: [[name]]
          MetricNamespace: Seller
          MetricValue: "1"
  SellerAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: [[name]]
      Namespace: Seller
      MetricName: [[name]]
      Statistic: Sum
      Period: 300
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
      AlarmActions: [!Ref SellerAlerts]

# In us-east-1; subscribe whoever watches to the topic.
Resources:
  SellerAlerts:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: seller-alerts
  SellerAlertsPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref SellerAlerts]
      PolicyDocument:
        [[topic_policy|json]]
  SellerRule:
    Type: AWS::Events::Rule
    Properties:
      Name: [[name]]
      Targets:
        - Id: alerts
          Arn: !Ref SellerAlerts
      EventPattern:
        [[pattern|json]]
""",
    terraform="""\
# Subscribe whoever watches to the topic.
resource "aws_sns_topic" "seller_alerts" {
  name   = "seller-alerts"
  policy = <<-JSON
    [[topic_policy|json]]
  JSON
}

resource "aws_cloudwatch_log_metric_filter" "seller" {
  name           = [[name]]
  log_group_name = [[group]]
  pattern        = [[filter_pattern]]
  metric_transformation {
    name      = [[name]]
    namespace = "Seller"
    value     = "1"
  }
}
resource "aws_cloudwatch_metric_alarm" "seller" {
  alarm_name          = [[name]]
  namespace           = "Seller"
  metric_name         = [[name]]
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.seller_alerts.arn]
}

resource "aws_cloudwatch_event_rule" "seller" {
  name          = [[name]]
  event_pattern = <<-JSON
    [[pattern|json]]
  JSON
}
resource "aws_cloudwatch_event_target" "seller" {
  rule      = aws_cloudwatch_event_rule.seller.name
  target_id = "alerts"
  arn       = aws_sns_topic.seller_alerts.arn
}
""",
    breaks=("Nothing stops working. Releases raise alerts of their own.",),
    way_back="Delete the rule, or the metric filter and the alarm, named [[name]].",
)

CONTROL = Control(
    module=__name__,
    title="Someone is alerted on sensitive Marketplace and trail changes",
    severity=Severity.MEDIUM,
    risk="Changed offers and payouts, a used root user or a stopped trail are noticed when buyers"
    " or the bank call.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Logging AWS Marketplace API calls with AWS CloudTrail",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/cloudtrail-logging.html",
        ),
        Reference("CIS AWS Foundations Benchmark 3.0, 4.3, 4.4 and 4.5"),
        Reference(
            "Amazon CloudWatch Logs User Guide: Filter pattern syntax",
            "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html",
        ),
    ),
    reads=("cloudtrail.trails", "logs.filters", "cloudwatch.alarms", "events.rules"),
    not_applicable_because="Every account changes; this never happens.",
    resources=the_account,
    check=check,
)
