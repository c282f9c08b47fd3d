"""AMI-13: an enabled rule with a target hears of security reports."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.ami.ami_13_security_reports_heard import CONTROL
from scanner.facts.catalog import Product
from scanner.facts.messaging import Rule
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.scope.event_patterns import hears
from scanner.scope.security_reports import EVENT
from scanner.vocabulary import HOME_REGION, Listed, Partial, Severity
from tests.builders import OWN, a_snapshot, denied
from tests.builders_resources import a_product, a_rule
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes

RULES = "events:ListRules"
TARGETS = "events:ListTargetsByRule"
LIST = denied("aws-marketplace:ListEntities", HOME_REGION)
PRODUCTS = (a_product("ami-0product"),)
SOURCE = '{"source": ["aws.marketplacecatalog"]}'
EXACT = json.dumps({name: [value] for name, value in EVENT.items()})
FAILS = fails(Severity.LOW, "No enabled rule in us-east-1 hands security reports of AWS")
HEARD = passes("Rule reports passes security reports on.", shows="Not seen here: e-mail")


def account(
    *rules: Rule,
    listed: Listed[Rule] | None = None,
    products: Listed[Product] = PRODUCTS,
    profile: Profile | None = None,
) -> Snapshot:
    return a_snapshot(rules=rules if listed is None else listed, products=products, profile=profile)


def reports(
    pattern: str = EXACT, *, state: str = "ENABLED", targets: Listed[str] = ("arn:aws:sns:t",)
) -> Rule:
    return a_rule(name="reports", pattern=pattern, state=state, targets=targets)


def of(sentence: str, expected: Expected, *rules: Rule) -> Case:
    return Case(sentence, account(*rules), expected)


CASES = (
    of("a rule on these reports passes", HEARD, reports()),
    of("a rule on everything of the catalog passes", HEARD, reports(SOURCE)),
    of(
        "a prefix of the source is enough",
        HEARD,
        reports('{"source": [{"prefix": "aws.marketplace"}]}'),
    ),
    of(
        "what is excluded is something else",
        HEARD,
        reports('{"source": [{"anything-but": "aws.ec2"}]}'),
    ),
    of(
        "a matcher that we do not know may match",
        HEARD,
        reports('{"source": [{"new-operator": 1}]}'),
    ),
    of("a rule on every event passes", HEARD, reports('{"account": ["111122223333"]}')),
    of(
        "a rule on CloudTrail management events is enabled too",
        HEARD,
        reports(state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"),
    ),
    of("no rule fails", FAILS),
    of(
        "a rule on other events of the catalog fails",
        FAILS,
        reports('{"source": ["aws.marketplacecatalog"], "detail-type": ["Offer Released"]}'),
    ),
    of("a rule on another source fails", FAILS, a_rule()),
    of("a schedule hears nothing", FAILS, reports("")),
    of(
        "a disabled rule fails",
        fails(Severity.LOW, "No enabled rule", shows="reports (DISABLED, 1 target)"),
        reports(state="DISABLED"),
    ),
    of(
        "a rule without targets fails",
        fails(Severity.LOW, "No enabled rule", shows="reports (ENABLED, 0 targets)"),
        reports(targets=()),
    ),
    of(
        "unread targets are not assessed",
        not_assessed(TARGETS),
        reports(targets=denied(TARGETS, HOME_REGION)),
    ),
    of(
        "unread targets of a disabled rule do not matter",
        FAILS,
        reports(targets=denied(TARGETS, HOME_REGION), state="DISABLED"),
    ),
    of(
        "a target that was read is enough",
        HEARD,
        reports(targets=Partial(("arn:aws:sns:t",), (denied(TARGETS, HOME_REGION),))),
    ),
    of("a pattern that nobody can read may hear", not_assessed(RULES, "reports"), reports("[]")),
    of("one that is off does not matter", FAILS, reports("[]", state="DISABLED")),
    Case(
        "unread rules are not assessed",
        account(listed=denied(RULES, HOME_REGION)),
        not_assessed(RULES),
    ),
    Case(
        "a cut list may hide the rule",
        account(listed=Partial((a_rule(),), (denied(RULES, HOME_REGION),))),
        not_assessed(RULES),
    ),
    Case(
        "a rule that was read is enough",
        account(listed=Partial((reports(),), (denied(RULES, HOME_REGION),))),
        HEARD,
    ),
    Case(
        "whether images are sold may be unknown",
        account(products=LIST),
        not_assessed("aws-marketplace:ListEntities"),
    ),
    Case(
        "the profile can say so",
        account(products=LIST, profile=Profile(product_types=("ami",))),
        FAILS,
    ),
    Case("who sells no images gets no reports", account(products=()), not_applicable("No AMI")),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_security_reports_are_heard(case: Case) -> None:
    case.holds_for(CONTROL)


def test_the_remedy_makes_a_rule_that_hears_and_a_topic_that_only_it_may_use() -> None:
    (outcome,) = outcomes_of(CONTROL, account())
    assert hears(outcome.values["pattern"], EVENT)
    (statement,) = json.loads(outcome.values["policy"])["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sns:Publish")
    assert statement["Resource"] == f"arn:aws:sns:us-east-1:{OWN}:marketplace-security-reports"
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == (
        f"arn:aws:events:us-east-1:{OWN}:rule/marketplace-security-reports"
    )
