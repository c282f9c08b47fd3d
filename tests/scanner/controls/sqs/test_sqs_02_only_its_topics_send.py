"""SQS-02: nothing but the queue's own topics and rules, and known accounts, may send to it."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.sqs import sqs_03_closed_to_strangers
from scanner.controls.sqs.sqs_02_only_its_topics_send import CONTROL
from scanner.facts.messaging import Queue, Rule, Subscription
from scanner.facts.organizations import Organization
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy, fill
from scanner.scope.sqs import TOPIC_OWNER
from scanner.vocabulary import HOME_REGION, Listed, Observed, Partial, Severity, Status
from tests.builders import ORGANIZATION, OWN, STRANGER, a_snapshot, denied
from tests.builders_resources import (
    PRODUCT_TOPIC,
    a_queue,
    a_queue_arn,
    a_redrive,
    a_rule,
    a_subscription,
)
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny

READ = "sqs:GetQueueAttributes"
QUEUE = a_queue_arn()
SNS = {"Service": "sns.amazonaws.com"}
EVENTS = {"Service": "events.amazonaws.com"}
RULE = a_rule().arn
OTHER_TOPIC = f"arn:aws:sns:us-east-1:{TOPIC_OWNER}:aws-mp-subscription-notification-gone"
OUR_ROLE = {"AWS": f"arn:aws:iam::{OWN}:role/consumer"}
PARTNER = "444455556666"
SUBSCRIBED: Listed[Subscription] = (a_subscription(),)
RULES: Listed[Rule] = (a_rule("mp-events"),)
LIST_SUBSCRIPTIONS = denied("sns:ListSubscriptions", HOME_REGION)
LIST_RULES = denied("events:ListRules", HOME_REGION)


def sending(
    to: object = SNS, source: object = PRODUCT_TOPIC, *actions: str, sid: str = "Send"
) -> Document:
    """A statement that lets somebody send, as a rule for one source."""
    when = None if source is None else {"ArnEquals": {"aws:SourceArn": source}}
    return allow(*(actions or ("sqs:SendMessage",)), on=QUEUE, to=to, when=when, sid=sid)


def pinned_by(condition: Document, to: object = SNS) -> Document:
    return allow("sqs:SendMessage", on=QUEUE, to=to, when=condition, sid="Send")


PINNED = sending()
RULE_PINNED = sending(EVENTS, RULE, sid="Rule")
OWNER_STATEMENT = allow("SQS:*", on=QUEUE, to={"AWS": f"arn:aws:iam::{OWN}:root"}, sid="owner")


def hearing(
    *queues: Queue,
    subscriptions: Listed[Subscription] = SUBSCRIBED,
    rules: Listed[Rule] = (),
    profile: Profile | None = None,
    organization: Observed[Organization | None] = ORGANIZATION,
) -> Snapshot:
    return a_snapshot(
        profile=profile or Profile(approved_accounts=(PARTNER,), queues=(queues[0].arn,)),
        subscriptions=subscriptions,
        rules=rules,
        queues=queues,
        organization=organization,
    )


def of_policy(
    sentence: str,
    expected: Expected,
    policy: Observed[Policy | None],
    subscriptions: Listed[Subscription] = SUBSCRIBED,
    rules: Listed[Rule] = (),
) -> Case:
    snapshot = hearing(a_queue(policy=policy), subscriptions=subscriptions, rules=rules)
    return Case(sentence, snapshot, expected)


def under(
    sentence: str,
    expected: Expected,
    *statements: Document,
    rules: Listed[Rule] = (),
    subscriptions: Listed[Subscription] = SUBSCRIBED,
) -> Case:
    """One queue with these statements as its policy, subscribed to a product's topic."""
    return of_policy(sentence, expected, a_policy(*statements), subscriptions, rules)


def high(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.HIGH, says, shows=shows)


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


ACCEPTED: tuple[tuple[str, Document], ...] = (
    ("ArnEquals", {"ArnEquals": {"aws:SourceArn": PRODUCT_TOPIC}}),
    ("ArnLike", {"ArnLike": {"AWS:SourceArn": [PRODUCT_TOPIC]}}),
    ("StringEquals", {"StringEquals": {"aws:sourcearn": PRODUCT_TOPIC}}),
    ("StringLike", {"StringLike": {"aws:SourceArn": PRODUCT_TOPIC}}),
    ("the topic's owner", {"StringEquals": {"aws:SourceAccount": TOPIC_OWNER}}),
    (
        "the topic beside a network",
        {
            "ArnEquals": {"aws:SourceArn": PRODUCT_TOPIC},
            "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
        },
    ),
)
OPEN_CONDITIONS: tuple[tuple[str, Document], ...] = (
    ("any topic", {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}),
    ("an absent key", {"ArnLikeIfExists": {"aws:SourceArn": PRODUCT_TOPIC}}),
    ("ForAllValues", {"ForAllValues:ArnLike": {"aws:SourceArn": PRODUCT_TOPIC}}),
    ("TLS", {"Bool": {"aws:SecureTransport": "true"}}),
    ("one value that is a star", {"StringLike": {"aws:SourceArn": [PRODUCT_TOPIC, "*"]}}),
)
BROAD_CONDITIONS: tuple[tuple[str, Document], ...] = (
    ("any topic of the owner", {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{TOPIC_OWNER}:*"}}),
    ("any own topic", {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{OWN}:*"}}),
    ("the own account", {"StringEquals": {"aws:SourceAccount": OWN}}),
    ("the owner and our account", {"StringEquals": {"aws:SourceAccount": [TOPIC_OWNER, OWN]}}),
    ("the organisation", {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}}),
)

ORGANIZATION_GAP = denied("organizations:DescribeOrganization")
BY_ORGANIZATION = allow(
    "sqs:*", to="*", when={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}
)

CASES = (
    under("the product's topic by name passes", passes(shows=PRODUCT_TOPIC), PINNED),
    under(
        "what the console writes for a subscription passes",
        passes(),
        pinned_by({"ArnLike": {"aws:SourceArn": PRODUCT_TOPIC}}, {"AWS": "*"}),
    ),
    under(
        "a Resource that is a star is this queue",
        passes(),
        {**PINNED, "Resource": "*"},
    ),
    *(
        under(f"pinned by {name} passes", passes(), pinned_by(condition))
        for name, condition in ACCEPTED
    ),
    under("identities of the own account may send", passes(), PINNED, OWNER_STATEMENT),
    under(
        "a role of the own account may send",
        passes(),
        PINNED,
        sending(OUR_ROLE, None, sid="Ours"),
    ),
    under(
        "everybody narrowed to our own account is our own account",
        passes(),
        PINNED,
        allow("sqs:*", to="*", when={"StringEquals": {"aws:PrincipalAccount": OWN}}),
    ),
    under(
        "an account that the seller approved may send",
        passes(),
        PINNED,
        sending({"AWS": PARTNER}, None, sid="Partner"),
    ),
    under(
        "a rule of the own account is a source",
        passes(shows=RULE),
        PINNED,
        RULE_PINNED,
        rules=RULES,
    ),
    under(
        "one statement for topic and rule passes",
        passes(),
        sending({"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}, [PRODUCT_TOPIC, RULE]),
        rules=RULES,
    ),
    under(
        "an own rule on another event is a source too",
        passes(),
        PINNED,
        sending(EVENTS, a_rule(name="nightly").arn),
        rules=(a_rule(name="nightly", pattern='{"source": ["aws.health"]}'),),
    ),
    under(
        "a rule of another bus or region cannot be ruled out",
        passes(),
        PINNED,
        sending(EVENTS, f"arn:aws:events:us-east-1:{OWN}:rule/bus/nightly"),
        sending(EVENTS, f"arn:aws:events:eu-west-1:{OWN}:rule/nightly"),
    ),
    under(
        "a statement about another queue or action is none of ours",
        passes(),
        PINNED,
        allow("sqs:SendMessage", on=a_queue_arn("other"), to=SNS),
        allow("sqs:GetQueueUrl", to=SNS),
    ),
    of_policy("no policy and nothing subscribed passes", passes("has no policy"), None, ()),
    under(
        "SNS without a condition lets every topic of the world send",
        high("Statement Send lets sns.amazonaws.com send for any topic of any account"),
        sending(SNS, None),
    ),
    under(
        "EventBridge without a condition lets every rule send",
        high("lets events.amazonaws.com send for any rule of any account"),
        PINNED,
        sending(EVENTS, None),
    ),
    under(
        "another service without a condition sends for anybody",
        high("lets s3.amazonaws.com send for anybody of any account"),
        PINNED,
        sending({"Service": "s3.amazonaws.com"}, None),
    ),
    *(
        under(
            f"pinned by {name} is open",
            high("Statement Send lets sns.amazonaws.com", shows='"Sid": "Send"'),
            pinned_by(condition),
        )
        for name, condition in OPEN_CONDITIONS
    ),
    under(
        "everybody without a condition can send",
        high("Statement Send lets any AWS account send messages."),
        sending("*", None),
    ),
    under("action names have no case", high("any AWS account"), sending("*", None, "SQS:Send*")),
    under(
        "NotAction grants sending unless it names it",
        high("Statement 2 lets any AWS account send messages."),
        PINNED,
        {"Effect": "Allow", "Principal": "*", "NotAction": "sqs:ReceiveMessage", "Resource": "*"},
    ),
    under(
        "a foreign account can forge messages",
        high(f"Statement Partner lets foreign account {STRANGER} send messages."),
        PINNED,
        sending({"AWS": STRANGER}, None, sid="Partner"),
    ),
    under(
        "a Deny without conditions that covers it rescues a service and strangers",
        passes(),
        OWNER_STATEMENT,
        sending({"Service": "s3.amazonaws.com", "AWS": "*"}, None),
        PINNED,
        {
            "Effect": "Deny",
            "NotPrincipal": {"Service": "sns.amazonaws.com", "AWS": OWN},
            "Action": "sqs:*",
            "Resource": "*",
        },
    ),
    under(
        "a Deny with a condition rescues nothing and is shown",
        high("any topic of any account", shows="Deny with conditions, not counted: Tls"),
        sending(SNS, None),
        deny("sqs:*", to="*", when={"ArnNotEquals": {"aws:SourceArn": PRODUCT_TOPIC}}, sid="Tls"),
    ),
    *(
        under(
            f"pinned to {name} is more than is needed",
            medium("Statement Send lets more than the queue's own topics and rules send"),
            pinned_by(condition),
            sending(sid="Right"),
        )
        for name, condition in BROAD_CONDITIONS
    ),
    under(
        "everybody of an organisation is more than is needed",
        medium("StringEquals aws:PrincipalOrgID is o-a1b2c3d4e5"),
        PINNED,
        BY_ORGANIZATION,
    ),
    under(
        "everybody of a foreign organisation can forge",
        high("Statement 2 lets foreign organisation o-other1 send messages."),
        PINNED,
        allow("sqs:*", to="*", when={"StringEquals": {"aws:PrincipalOrgID": "o-other1"}}),
    ),
    Case(
        "more than is needed may be a forger where the organisation was not read",
        hearing(
            a_queue(policy=a_policy(PINNED, BY_ORGANIZATION)),
            organization=ORGANIZATION_GAP,
        ),
        not_assessed(ORGANIZATION_GAP.action, "StringEquals aws:PrincipalOrgID is o-a1b2c3d4e5"),
    ),
    Case(
        "a forger beside it is proven all the same",
        hearing(
            a_queue(policy=a_policy(sending("*", None), BY_ORGANIZATION)),
            organization=ORGANIZATION_GAP,
        ),
        high("Statement Send lets any AWS account send messages."),
    ),
    under(
        "a topic that the queue is not subscribed to is stale",
        medium(f"Statement Send names {OTHER_TOPIC}, to which the queue is not subscribed."),
        sending(SNS, [PRODUCT_TOPIC, OTHER_TOPIC]),
    ),
    under(
        "a topic that only another queue is subscribed to is stale here",
        medium("to which the queue is not subscribed"),
        sending(SNS, [PRODUCT_TOPIC, OTHER_TOPIC]),
        subscriptions=(a_subscription(), a_subscription("other", topic=OTHER_TOPIC)),
    ),
    under(
        "a rule that is gone is stale",
        medium(f"names {RULE}, a rule that is not there"),
        PINNED,
        RULE_PINNED,
    ),
    under(
        "a source of another kind is not the product's",
        medium("which is neither a topic nor a rule of the queue"),
        PINNED,
        pinned_by(
            {"ArnEquals": {"aws:SourceArn": f"arn:aws:ses:us-east-1:{OWN}:identity/x"}},
            {"Service": "ses.amazonaws.com"},
        ),
    ),
    of_policy(
        "a subscribed queue without a policy receives nothing",
        medium(f"mp-events has no policy, so {PRODUCT_TOPIC} cannot deliver to it."),
        None,
    ),
    under(
        "a policy that leaves the subscribed topic out keeps it out",
        medium(f"No statement of the policy of mp-events lets {PRODUCT_TOPIC} deliver to it."),
        OWNER_STATEMENT,
    ),
    under(
        "a policy that leaves the rule out keeps it out",
        medium(f"lets {RULE} deliver to it"),
        PINNED,
        rules=RULES,
    ),
    under(
        "all faults make one finding as bad as the worst",
        high("to which the queue is not subscribed. Statement Open lets any AWS account"),
        sending(SNS, [PRODUCT_TOPIC, OTHER_TOPIC]),
        sending("*", None, sid="Open"),
    ),
    Case(
        "a dead-letter queue of a subscription names the topic of the main queue",
        hearing(
            a_queue(policy=PINNED, redrive=a_redrive("mp-dead")),
            a_queue("mp-dead", policy={**PINNED, "Resource": "*"}),
        ),
        {"mp-events": passes(), "mp-dead": passes()},
    ),
    Case(
        "a dead-letter queue without a policy passes",
        hearing(a_queue(policy=PINNED, redrive=a_redrive("mp-dead")), a_queue("mp-dead")),
        {"mp-events": passes(), "mp-dead": passes("nothing outside the account")},
    ),
    of_policy(
        "a malformed policy is not assessed",
        not_assessed(READ, "MalformedPolicy"),
        a_malformed_policy(source=READ),
    ),
    Case(
        "a refused call is not assessed",
        hearing(a_queue(refused=denied(READ, HOME_REGION))),
        not_assessed(READ, "AccessDenied"),
    ),
    under(
        "a topic of another region may well be subscribed",
        not_assessed("sns:ListSubscriptions", "eu-west-1"),
        PINNED,
        sending(SNS, f"arn:aws:sns:eu-west-1:{OWN}:orders"),
    ),
    Case(
        "a topic may be subscribed where subscriptions were cut",
        hearing(
            a_queue(policy=a_policy(sending(SNS, [PRODUCT_TOPIC, OTHER_TOPIC]))),
            subscriptions=Partial((a_subscription(),), (LIST_SUBSCRIPTIONS,)),
        ),
        {
            "mp-events": not_assessed("sns:ListSubscriptions"),
            f"Account {OWN}": not_assessed("sns:ListSubscriptions"),
        },
    ),
    Case(
        "a rule may be there where rules were refused",
        hearing(a_queue(policy=a_policy(PINNED, RULE_PINNED)), rules=LIST_RULES),
        {
            "mp-events": not_assessed("events:ListRules"),
            f"Account {OWN}": not_assessed("events:ListRules"),
        },
    ),
    Case(
        "what is known to be open fails though subscriptions were refused",
        hearing(a_queue(policy=a_policy(sending("*", None))), subscriptions=LIST_SUBSCRIPTIONS),
        {
            "mp-events": high("any AWS account"),
            f"Account {OWN}": not_assessed("sns:ListSubscriptions"),
        },
    ),
    Case(
        "a queue that does not hear Marketplace is none of our business",
        a_snapshot(queues=(a_queue("orders", policy=sending("*", None)),)),
        not_applicable("No queue of this account hears"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_only_own_topics_send(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_of(snapshot: Snapshot) -> Remedy:
    (outcome,) = outcomes_of(CONTROL, snapshot)
    return fill(CONTROL.remedy, outcome.values)


def written_by(remedy: Remedy) -> list[Document]:
    """The statements of the policy that the command line form writes to disk."""
    document = remedy.cli.split("<<'JSON'\n")[1].split("\nJSON\n")[0]
    policy: dict[str, list[Document]] = json.loads(json.loads(document)["Policy"])
    return policy["Statement"]


FAILING = [
    case
    for case in CASES
    if isinstance(case.expected, Expected) and case.expected.status is Status.FAIL
]


@pytest.mark.parametrize("case", FAILING, ids=str)
def test_a_fixed_policy_passes_and_keeps_strangers_out(case: Case) -> None:
    statements = written_by(remedy_of(case.snapshot))
    facts = case.snapshot
    fixed = hearing(
        a_queue(policy=a_policy(*statements)),
        subscriptions=facts.sns.subscriptions,
        rules=facts.events.rules,
    )
    (outcome,) = outcomes_of(CONTROL, fixed)
    assert outcome.status is Status.PASS, outcome.reason
    (other,) = outcomes_of(sqs_03_closed_to_strangers.CONTROL, fixed)
    assert other.status is Status.PASS, other.reason


def test_the_fix_keeps_other_statements_and_known_principals() -> None:
    shared = {"AWS": [OUR_ROLE["AWS"], f"arn:aws:iam::{STRANGER}:root"], **SNS}
    tls = deny("sqs:*", to="*", when={"Bool": {"aws:SecureTransport": "false"}}, sid="Tls")
    policy = a_policy(tls, sending(shared, None, "sqs:*"), RULE_PINNED)
    statements = written_by(remedy_of(hearing(a_queue(policy=policy), rules=RULES)))
    assert statements == [
        tls,
        {**sending(None, None, "sqs:*"), "Principal": {"AWS": [OUR_ROLE["AWS"]]}},
        RULE_PINNED,
        {
            "Effect": "Allow",
            "Principal": SNS,
            "Action": "sqs:SendMessage",
            "Resource": QUEUE,
            "Condition": {"ArnEquals": {"aws:SourceArn": [PRODUCT_TOPIC]}},
        },
    ]


def test_the_fix_adds_nothing_that_another_statement_already_lets_in() -> None:
    policy = a_policy(PINNED, sending(SNS, None, sid="Open"))
    assert written_by(remedy_of(hearing(a_queue(policy=policy)))) == [PINNED]


def test_when_nothing_would_be_left_the_policy_is_taken_off() -> None:
    policy = a_policy(sending(SNS, None))
    remedy = remedy_of(hearing(a_queue(policy=policy), subscriptions=()))
    assert '\'{"Policy": ""}\'' in remedy.cli
    assert "queue-after.json" not in remedy.cli
