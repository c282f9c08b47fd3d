"""MTR-07: the event history shows who sends metering records, and whether anybody does."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.control import (
    Attestation,
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    manual,
    not_applicable,
    passed,
    the_account,
)
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.cloudtrail import TrailEvent
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.doubt import Doubt, hidden
from scanner.scope.metering_calls import (
    LOOKUP,
    Odd,
    call_facts,
    has_public_saas,
    metering_calls,
    name_of,
    oddities,
    says_contracts_only,
)
from scanner.scope.products import Kind, sells
from scanner.vocabulary import HOME_REGION, NotSeen, Severity, complete, known, seen

STATEMENT = (
    "No metered SaaS product has a buyer yet, or its usage is sent from where this account's event"
    " history does not show it, and we checked that metering works."
)
NOT_METERED = "No SaaS product with metering is sold from this account."
NONE = Fact("Calls of BatchMeterUsage in the last 90 days", "none", LOOKUP)


def check(_account: Account, snapshot: Snapshot) -> Verdict:
    """Judge the calls that were seen; that there are none proves nothing by itself."""
    sold = sells(snapshot, Kind.SAAS)
    if sold is False:
        return not_applicable(NOT_METERED)
    calls = metering_calls(snapshot)
    if seen(calls):
        return _judged(seen(calls), list(oddities(calls, snapshot)))
    complete(calls)
    known(sold)
    if says_contracts_only(snapshot):
        return not_applicable(NOT_METERED, NONE)
    if known(has_public_saas(snapshot)):
        return manual(
            "Nobody called BatchMeterUsage in the last 90 days, and a SaaS product is public. To"
            f" confirm: {STATEMENT}",
            NONE,
        )
    return passed("No SaaS product is public, and nobody called BatchMeterUsage.", NONE)


def _judged(calls: Sequence[TrailEvent], said: Sequence[Odd | Doubt]) -> Verdict:
    missing = hidden(said)
    if missing:
        raise NotSeen(*missing)
    odd = [one for one in said if isinstance(one, Odd)]
    if not odd:
        return passed(
            "BatchMeterUsage is called by workloads that may call it.", *call_facts(calls)
        )
    shown = [call for one in odd for call in one.calls]
    values = {
        "callers": ", ".join(dict.fromkeys(map(name_of, shown))),
        "region": shown[0].region or HOME_REGION,
    }
    faults = [
        failed(one.sentence, *call_facts(one.calls), severity=one.severity, values=values)
        for one in odd
    ]
    return all_faults(faults, passed(""))


REMEDY = Remedy(
    summary="Send all metering records through one role of the service.",
    minutes=60,
    console=(
        "In CloudTrail, Event history, region [[region]], look up BatchMeterUsage and see what"
        " [[callers]] sent and which errors came back.",
        "Give the service one role with the metering rights of its product, and send all records"
        " with it. Take the right from everybody else, as MTR-01 and MTR-03 show.",
        "For errors: AWS refuses records that are too old, of a dimension that the"
        " listing does not have, or of a customer without a subscription.",
        "Set an alarm on calls by anybody else: the metric filter of the other forms feeds it.",
        "The calls stay in the history for 90 days; until then accept this finding.",
    ),
    cli="""\
aws cloudtrail lookup-events --region [[region]] --max-results 20 \\
  --lookup-attributes AttributeKey=EventName,AttributeValue=BatchMeterUsage
""",
    cloudformation="""\
Parameters:
  LogGroup:
    Type: String
    Description: The log group that a trail of this account writes to
  MeteringRole:
    Type: String
    Description: Name of the role that sends metering records
Resources:
  UnexpectedMetering:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: {Ref: LogGroup}
      FilterPattern:
        Fn::Sub: >-
          {($.eventName = "BatchMeterUsage") &&
          ($.userIdentity.sessionContext.sessionIssuer.userName != "${MeteringRole}")}
      MetricTransformations:
        - MetricNamespace: SellerPosture
          MetricName: UnexpectedMetering
          MetricValue: "1"
""",
    terraform="""\
variable "log_group" {
  type        = string
  description = "The log group that a trail of this account writes to"
}

variable "metering_role" {
  type        = string
  description = "Name of the role that sends metering records"
}

resource "aws_cloudwatch_log_metric_filter" "unexpected_metering" {
  name           = "unexpected-metering"
  log_group_name = var.log_group
  pattern        = "{($.eventName = \\"BatchMeterUsage\\") && ($.userIdentity.sessionContext.sessionIssuer.userName != \\"${var.metering_role}\\")}"
  metric_transformation {
    namespace = "SellerPosture"
    name      = "UnexpectedMetering"
    value     = "1"
  }
}
""",
    breaks=("Nothing by looking: take rights from [[callers]] only when the role sends records.",),
    way_back="Delete the metric filter.",
)

CONTROL = Control(
    module=__name__,
    title="Metering traffic comes from the expected identity",
    severity=Severity.HIGH,
    risk="Records of somebody else become invoices, and records that fail are revenue lost.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: logging AWS Marketplace API calls with CloudTrail",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/cloudtrail-logging.html",
        ),
        Reference(
            "CloudTrail user guide, viewing recent management events",
            "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html",
        ),
    ),
    reads=(
        "cloudtrail.events",
        "catalog.products",
        "iam.users",
        "iam.groups",
        "iam.roles",
        "iam.policies",
        "iam.report",
    ),
    not_applicable_because=NOT_METERED,
    resources=the_account,
    check=check,
    attestation=Attestation(STATEMENT),
)
