"""CT-08: somebody is told of change sets, root, IAM policies and trails."""

from __future__ import annotations

import json

import pytest

from scanner.control import Outcome, outcomes_of
from scanner.controls.ct.ct_08_somebody_is_alerted import CONTROL
from scanner.facts.cloudtrail import Trail
from scanner.facts.messaging import Rule
from scanner.facts.monitoring import Alarm, Metric, MetricFilter
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import NOT_READ
from scanner.remedy import Remedy, fill
from scanner.scope.alert_events import API_CALL, POLICY_CALLS
from scanner.vocabulary import HOME_REGION, Listed, Partial, Severity, Unobserved
from tests.builders import OWN, STRANGER, a_snapshot, denied
from tests.builders_alerts import (
    ALL_ALARMS,
    ALL_FILTERS,
    ALL_RULES,
    PATTERNS,
    a_filter,
    a_log_group,
    an_alarm,
    an_alert_rule,
    naming,
)
from tests.builders_resources import a_trail
from tests.cases import Case, Expected, fails, not_assessed, passes

TRAILS = "cloudtrail:DescribeTrails"
STATUS = "cloudtrail:GetTrailStatus"
FILTERS = "logs:DescribeMetricFilters"
ALARMS = "cloudwatch:DescribeAlarms"
RULES = "events:ListRules"
TARGETS = "events:ListTargetsByRule"
TRAIL = a_trail(log_group=a_log_group())
SAYS = "No alarm and no rule with a target tells of"


def low(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.LOW, says, shows=shows)


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


def with_rules(*rules: Rule, trails: Listed[Trail] = (TRAIL,)) -> Snapshot:
    return a_snapshot(rules=rules, trails=trails)


def rules_but(*names: str) -> tuple[Rule, ...]:
    return tuple(one for one in ALL_RULES if one.name not in names)


def with_filters(
    filters: Listed[MetricFilter] = ALL_FILTERS,
    alarms: Listed[Alarm] = ALL_ALARMS,
    *rules: Rule,
    trails: Listed[Trail] = (TRAIL,),
) -> Snapshot:
    return a_snapshot(filters=filters, alarms=alarms, rules=rules, trails=trails)


def filters_but(*names: str) -> tuple[MetricFilter, ...]:
    return tuple(one for one in ALL_FILTERS if one.name not in names)


def instead_of(name: str, alarm: Alarm) -> tuple[Alarm, ...]:
    return (*(one for one in ALL_ALARMS if one.metric != name), alarm)


def only_iam(pattern: dict[str, object] | str) -> Snapshot:
    return with_rules(*rules_but("iam"), an_alert_rule("iam", pattern))


CASES = (
    Case(
        "four rules pass",
        with_rules(*ALL_RULES),
        passes("each of the four kinds", shows="EventBridge rule change-sets: tells arn:aws:sns"),
    ),
    Case(
        "four filters with alarms pass",
        with_filters(),
        passes("each of the four kinds", shows="Metric filter root: feeds alarm root-alarm"),
    ),
    Case(
        "filters and rules complement each other",
        with_filters(filters_but("root"), ALL_ALARMS, an_alert_rule("root")),
        passes(),
    ),
    Case(
        "without anything it is medium and names all four",
        with_rules(),
        medium(f"{SAYS} change sets. {SAYS} the root user. {SAYS} changes of IAM policies. {SAYS} changes of trails."),
    ),
    Case("no alert on change sets is medium", with_rules(*rules_but("change-sets")), medium("change sets.")),
    Case("no alert on trails is medium", with_rules(*rules_but("trails")), medium("changes of trails.")),
    Case("no alert on root is low", with_rules(*rules_but("root")), low(f"{SAYS} the root user.")),
    Case("no alert on IAM is low", with_rules(*rules_but("iam")), low("changes of IAM policies.")),
    Case(
        "with both it is medium",
        with_rules(*rules_but("iam", "trails")),
        medium("changes of IAM policies. "),
    ),
    Case(
        "catalog events need no trail, API calls do",
        with_rules(*ALL_RULES, trails=()),
        medium(f"{SAYS} the root user. {SAYS} changes of IAM policies. {SAYS} changes of trails.", shows="rule change-sets"),
    ),
    Case(
        "a trail that is off brings no API calls",
        with_rules(*ALL_RULES, trails=(a_trail(logging=False),)),
        medium("changes of trails."),
    ),
    Case(
        "filters on the group of a trail that is off take nothing",
        with_filters(trails=(a_trail(logging=False, log_group=a_log_group()),)),
        medium("change sets."),
    ),
    Case(
        "events of failed change sets alone are not enough",
        with_rules(
            *rules_but("change-sets"),
            an_alert_rule(
                "failures",
                {"source": ["aws.marketplacecatalog"], "detail-type": ["Change Set Failed"]},
            ),
        ),
        medium("change sets."),
    ),
    Case(
        "the call that starts a change set will do",
        with_rules(
            *rules_but("change-sets"),
            an_alert_rule(
                "starts",
                {
                    "source": ["aws.marketplacecatalog"],
                    "detail-type": [API_CALL],
                    "detail": {"eventName": ["StartChangeSet"]},
                },
            ),
        ),
        passes(),
    ),
    Case(
        "one call left out is named",
        with_rules(
            *rules_but("trails"),
            an_alert_rule(
                "trails",
                {
                    "source": ["aws.cloudtrail"],
                    "detail": {"eventName": ["StopLogging", "DeleteTrail", "UpdateTrail"]},
                },
            ),
        ),
        medium("changes of trails, namely of PutEventSelectors.", shows="EventBridge rule trails"),
    ),
    Case(
        "two filters may share the calls",
        with_filters(
            (
                *filters_but("iam"),
                a_filter("iam-a", naming(*POLICY_CALLS[:8])),
                a_filter("iam-b", naming(*POLICY_CALLS[8:])),
            ),
            (*ALL_ALARMS, an_alarm("iam-a"), an_alarm("iam-b")),
        ),
        passes(),
    ),
    Case(
        "a filter is read by its tokens",
        with_filters(
            (
                *filters_but("change-sets"),
                a_filter("change-sets", "{($.eventName=StartChangeSet)}"),
            )
        ),
        passes(),
    ),
    Case(
        "a filter without an alarm tells nobody",
        with_filters(ALL_FILTERS, tuple(one for one in ALL_ALARMS if one.metric != "root")),
        low("the root user.", shows="Metric filter root: feeds Seller/root, where no alarm acts"),
    ),
    Case(
        "an alarm without actions tells nobody",
        with_filters(ALL_FILTERS, instead_of("root", an_alarm("root", actions=()))),
        low("the root user."),
    ),
    Case(
        "an alarm whose actions are off tells nobody",
        with_filters(ALL_FILTERS, instead_of("root", an_alarm("root", enabled=False))),
        low("the root user."),
    ),
    Case(
        "an alarm of another region watches another metric",
        with_filters(ALL_FILTERS, instead_of("root", an_alarm("root", region="eu-north-1"))),
        low("the root user."),
    ),
    Case(
        "an alarm on a metric of another namespace too",
        with_filters(ALL_FILTERS, instead_of("root", an_alarm("root", namespace="Other"))),
        low("the root user."),
    ),
    Case(
        "a filter without metrics feeds nothing",
        with_filters((*filters_but("root"), a_filter("root", metrics=()))),
        low("the root user.", shows="feeds nothing"),
    ),
    Case(
        "an alarm that builds on a base alarm counts",
        with_filters(
            ALL_FILTERS,
            (
                *instead_of("root", an_alarm("root", actions=())),
                an_alarm("", name="any-of-them", namespace=""),
            ),
        ),
        passes(shows="feeds alarm any-of-them"),
    ),
    Case(
        "an alarm without a metric alone does not",
        with_filters(
            ALL_FILTERS,
            (
                *(one for one in ALL_ALARMS if one.metric != "root"),
                an_alarm("", name="any-of-them", namespace=""),
            ),
        ),
        low("the root user."),
    ),
    Case(
        "one of several metrics will do",
        with_filters(
            (
                *filters_but("root"),
                a_filter("root", metrics=(Metric("Seller", "other"), Metric("Seller", "root"))),
            )
        ),
        passes(),
    ),
    Case(
        "a filter on another log group counts for nothing",
        with_filters((*filters_but("root"), a_filter("root", group="app-logs"))),
        low("the root user."),
    ),
    Case(
        "a log group of that name elsewhere counts for nothing",
        with_filters((*filters_but("root"), a_filter("root", region="eu-north-1"))),
        low("the root user."),
    ),
    Case(
        "alarms live in the region of the log group",
        with_filters(
            tuple(a_filter(one.name, region="eu-north-1") for one in ALL_FILTERS),
            tuple(an_alarm(one.metric, region="eu-north-1") for one in ALL_ALARMS),
            trails=(a_trail(home_region="eu-north-1", log_group=a_log_group(region="eu-north-1")),),
        ),
        passes(),
    ),
    Case(
        "a disabled rule tells nobody",
        with_rules(*rules_but("root"), an_alert_rule("root", state="DISABLED")),
        low("the root user.", shows="hears it, but is disabled"),
    ),
    Case(
        "of a disabled rule nobody has to know the targets",
        with_rules(*rules_but("root"), an_alert_rule("root", state="DISABLED", targets=NOT_READ)),
        low("the root user.", shows="hears it, but is disabled"),
    ),
    Case(
        "a rule without a target tells nobody",
        with_rules(*rules_but("root"), an_alert_rule("root", targets=())),
        low("the root user.", shows="hears it, but has no target"),
    ),
    Case(
        "a schedule tells nobody",
        with_rules(*rules_but("root"), an_alert_rule("root", "")),
        low("the root user."),
    ),
    Case(
        "a text that is no pattern tells nobody",
        with_rules(*rules_but("root"), an_alert_rule("root", "{")),
        low("the root user."),
    ),
    Case(
        "all calls of IAM will do",
        only_iam({"source": ["aws.iam"]}),
        passes(),
    ),
    Case(
        "calls of root alone are no changes of policies",
        only_iam({"source": ["aws.iam"], "detail": {"userIdentity": {"type": ["Root"]}}}),
        low("changes of IAM policies."),
    ),
    Case(
        "a field that is not known narrows too much",
        only_iam({"source": ["aws.iam"], "detail": {"requestParameters": {"userName": ["ann"]}}}),
        low("changes of IAM policies."),
    ),
    Case(
        "successful calls of this account are what counts",
        only_iam(
            {"source": ["aws.iam"], "account": [OWN], "detail": {"errorCode": [{"exists": False}]}}
        ),
        passes(),
    ),
    Case(
        "calls in another account are not",
        only_iam({"source": ["aws.iam"], "account": [STRANGER]}),
        low("changes of IAM policies."),
    ),
    Case(
        "failed calls alone are not",
        only_iam({"source": ["aws.iam"], "detail": {"errorCode": ["AccessDenied"]}}),
        low("changes of IAM policies."),
    ),
    Case(
        "a pattern with several branches",
        with_rules(an_alert_rule("all", {"$or": list(PATTERNS.values())})),
        passes(),
    ),
    Case(
        "branches that do not hear it do not help",
        only_iam({"$or": [{"source": ["aws.s3"]}, {"source": ["aws.sqs"]}]}),
        low("changes of IAM policies."),
    ),
    Case(
        "sign-ins of root will do, and so do its calls",
        with_rules(
            *rules_but("root"),
            an_alert_rule("root", {"source": ["aws.signin"], "detail": {"userIdentity": {"type": ["Root"]}}}),
        ),
        passes(),
    ),
    Case(
        "a rule at home does not hear of a trail elsewhere, and rules there were not read",
        with_rules(*ALL_RULES, trails=(a_trail(home_region="eu-north-1"),)),
        not_assessed(RULES, "in eu-north-1"),
    ),
    Case(
        "rules that cannot be read are not assessed",
        a_snapshot(rules=denied(RULES, HOME_REGION), trails=(TRAIL,)),
        not_assessed(RULES),
    ),
    Case(
        "rules that were cut prove nothing",
        a_snapshot(rules=Partial(ALL_RULES, (denied(RULES, HOME_REGION),)), trails=(TRAIL,)),
        not_assessed(RULES),
    ),
    Case(
        "targets that cannot be read are not assessed",
        with_rules(*rules_but("root"), an_alert_rule("root", targets=denied(TARGETS))),
        not_assessed(TARGETS),
    ),
    Case(
        "targets that nobody asked for neither",
        with_rules(*rules_but("root"), an_alert_rule("root", targets=NOT_READ), an_alert_rule("again", PATTERNS["root"], targets=denied(TARGETS))),
        not_assessed(TARGETS, "NotRead"),
    ),
    Case(
        "unread targets of other rules do not matter",
        with_rules(*ALL_RULES, an_alert_rule("s3", {"source": ["aws.s3"]}, targets=NOT_READ)),
        passes(),
    ),
    Case(
        "a grave silence is not excused by what is unread about root",
        with_rules(*rules_but("root", "trails"), an_alert_rule("root", targets=denied(TARGETS))),
        medium(f"{SAYS} changes of trails.", shows="Not read: events:ListTargetsByRule"),
    ),
    Case(
        "a mild silence waits for what is unread about trails",
        with_rules(*rules_but("root", "trails"), an_alert_rule("trails", targets=denied(TARGETS))),
        not_assessed(TARGETS),
    ),
    Case(
        "filters that cannot be read are not assessed",
        with_filters(denied(FILTERS, HOME_REGION)),
        not_assessed(FILTERS),
    ),
    Case(
        "filters that cannot be read do not matter beside rules",
        with_filters(denied(FILTERS, HOME_REGION), (), *ALL_RULES),
        passes(),
    ),
    Case(
        "another trail's log group cannot be read, and does not matter",
        with_filters(
            Partial(
                ALL_FILTERS,
                (Unobserved(FILTERS, "OtherAccount", HOME_REGION, a_log_group(account=STRANGER)),),
            ),
            trails=(TRAIL, a_trail("org", account=STRANGER, log_group=a_log_group(account=STRANGER))),
        ),
        passes(),
    ),
    Case(
        "alarms that cannot be read are not assessed",
        with_filters(ALL_FILTERS, denied(ALARMS, HOME_REGION)),
        not_assessed(ALARMS),
    ),
    Case(
        "alarms of another region do not matter",
        with_filters(ALL_FILTERS, Partial(ALL_ALARMS, (denied(ALARMS, "eu-north-1"),))),
        passes(),
    ),
    Case(
        "trails that cannot be read are not assessed",
        with_rules(*ALL_RULES, trails=denied(TRAILS, HOME_REGION)),
        not_assessed(TRAILS),
    ),
    Case(
        "without a trail's status nobody knows whether rules hear API calls",
        with_rules(*ALL_RULES, trails=(a_trail(logging=denied(STATUS, HOME_REGION)),)),
        not_assessed(STATUS, "status of arn:aws:cloudtrail"),
    ),
    Case(
        "a hostile filter name stays text",
        with_filters((a_filter("$(reboot)", '{ $.eventName = "StartChangeSet" }'),), ()),
        medium("change sets.", shows="Metric filter $(reboot)"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_somebody_is_told(case: Case) -> None:
    case.holds_for(CONTROL)


def outcome_for(snapshot: Snapshot) -> tuple[Outcome, Remedy]:
    (outcome,) = outcomes_of(CONTROL, snapshot)
    return outcome, fill(CONTROL.remedy, outcome.values)


def publishers_in(outcome: Outcome) -> dict[str, str]:
    """Which service may publish to the topic that is made, and for what."""
    (stated,) = json.loads(outcome.values["topic_policy"])["Statement"]
    assert (stated["Effect"], stated["Action"]) == ("Allow", "sns:Publish")
    assert stated["Resource"] == outcome.values["topic"]
    return {stated["Principal"]["Service"]: stated["Condition"]["ArnLike"]["aws:SourceArn"]}


def test_a_trail_with_a_log_group_gets_one_filter_that_covers_what_is_missing() -> None:
    outcome, remedy = outcome_for(with_filters(filters_but("iam", "trails")))
    pattern = outcome.values["filter_pattern"]
    assert "put-metric-filter --region us-east-1 --log-group-name trail-logs" in remedy.cli
    assert "put-rule" not in remedy.cli + remedy.terraform
    assert publishers_in(outcome) == {
        "cloudwatch.amazonaws.com": f"arn:aws:cloudwatch:us-east-1:{OWN}:alarm:seller-alerts*"
    }
    added = a_filter("seller-alerts-iam-trails", pattern)
    after = with_filters(
        (*filters_but("iam", "trails"), added), (*ALL_ALARMS, an_alarm("seller-alerts-iam-trails"))
    )
    assert outcomes_of(CONTROL, after)[0].status == "pass"


def test_without_a_log_group_one_rule_covers_everything() -> None:
    outcome, remedy = outcome_for(with_rules(trails=(a_trail(),)))
    assert "put-rule --region us-east-1 --name seller-alerts --event-pattern" in remedy.cli
    assert "put-metric-filter" not in remedy.cli
    assert publishers_in(outcome) == {
        "events.amazonaws.com": f"arn:aws:events:us-east-1:{OWN}:rule/seller-alerts*"
    }
    after = with_rules(an_alert_rule("seller-alerts", json.loads(outcome.values["pattern"])))
    assert outcomes_of(CONTROL, after)[0].status == "pass"
    assert not any("CT-01" in step for step in remedy.console)


def test_without_a_trail_the_remedy_sends_to_the_control_that_makes_one() -> None:
    _, remedy = outcome_for(with_rules(trails=()))
    assert any("do what CT-01 says" in step for step in remedy.console)


def test_patterns_fit_the_limits_of_aws() -> None:
    outcome, _ = outcome_for(with_filters((), ()))
    assert len(outcome.values["filter_pattern"]) <= 1024
    outcome, _ = outcome_for(with_rules(trails=()))
    assert len(json.dumps(json.loads(outcome.values["pattern"]), indent=2)) <= 2048
