"""SQS-06: consumers hold five actions on the queue's ARN, are few, and are no people."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.sqs.sqs_06_consumers_hold_the_minimum import CONTROL
from scanner.facts.iam import CredentialReport, Group, ManagedPolicy, Role, User
from scanner.facts.messaging import Queue
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.remedy import NOTHING_TO_SAY, Remedy, fill
from scanner.vocabulary import HOME_REGION, Listed, Observed, Partial, Severity, Status, Unobserved
from tests.builders import (
    AUTHORIZATION_DETAILS,
    NO_KEY,
    OWN,
    Inline,
    a_group,
    a_key,
    a_managed_policy,
    a_report,
    a_role,
    a_row,
    a_snapshot,
    a_user,
    denied,
)
from tests.builders_resources import a_queue, a_queue_arn, a_redrive, a_rule, a_subscription
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, allow, allow_all_but, deny, trust

READ = "sqs:GetQueueAttributes"
QUEUE = a_queue_arn()
DOCUMENTED = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
)
MINIMUM = allow(*DOCUMENTED, on=QUEUE)
SAML = trust({"Federated": f"arn:aws:iam::{OWN}:saml-provider/okta"})
FULL_ACCESS = a_managed_policy("AmazonSQSFullAccess", allow("sqs:*"), aws=True)
LAMBDA_READS = a_managed_policy(
    "AWSLambdaSQSQueueExecutionRole",
    allow(
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "logs:CreateLogGroup",
    ),
    aws=True,
)
SHARED = a_managed_policy("shared", allow("sqs:*", on=QUEUE), attachments=2)
ADMINISTRATOR = a_managed_policy("AdministratorAccess", allow("*"), aws=True)
GAP = denied(AUTHORIZATION_DETAILS)
ONE_QUEUE = (a_queue(),)


def account(
    *roles: Role,
    users: Listed[User] = (),
    groups: Listed[Group] = (),
    policies: Listed[ManagedPolicy] = (),
    report: Observed[CredentialReport] | None = None,
    queues: Listed[Queue] = ONE_QUEUE,
    subscribed: bool = True,
    profile: Profile | None = None,
    more: Listed[Role] = (),
) -> Snapshot:
    """One subscribed queue, and these roles."""
    return a_snapshot(
        roles=more or roles,
        users=users,
        groups=groups,
        policies=policies,
        report=report,
        queues=queues,
        subscriptions=(a_subscription(),) if subscribed else (),
        profile=profile,
    )


def a_consumer(*statements: Document, name: str = "poller", **others: Document) -> Role:
    inline: Inline = {f"queue-{n}": one for n, one in enumerate(statements)} | others
    return a_role(name, inline=inline)


def holding(sentence: str, expected: Expected, *statements: Document) -> Case:
    """One role with these statements, each as an inline policy."""
    return Case(sentence, account(a_consumer(*statements)), expected)


def high(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.HIGH, says, shows=shows)


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


def low(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.LOW, says, shows=shows)


BOUNDARY = a_managed_policy("limit", MINIMUM)
FOUR = tuple(a_consumer(MINIMUM, name=f"poller-{n}") for n in range(4))
NOBODY = f"Account {OWN}"

CASES = (
    holding(
        "the documented minimum passes",
        passes("poller holds the minimum on mp-events", shows="Rights on mp-events: sqs:Delete"),
        MINIMUM,
    ),
    holding(
        "what a Lambda event source mapping needs passes",
        passes(),
        allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", on=QUEUE),
    ),
    holding(
        "hiding a message longer and spelling without case pass",
        passes(),
        allow("SQS:receivemessage", "sqs:ChangeMessageVisibility*", on=QUEUE),
    ),
    holding(
        "listing queues is harmless",
        passes(),
        MINIMUM,
        allow("sqs:ListQueues", "logs:*"),
    ),
    holding(
        "rights on another queue are another matter",
        passes(),
        MINIMUM,
        allow("sqs:*", on=a_queue_arn("jobs")),
    ),
    Case(
        "a boundary limits what counts",
        account(
            a_role("poller", inline={"queue": allow("sqs:*", on=QUEUE)}, boundary=BOUNDARY.arn),
            policies=(BOUNDARY,),
        ),
        passes(),
    ),
    holding(
        "a Deny without conditions limits what counts",
        passes(),
        allow("sqs:*Message", "sqs:PurgeQueue", on=QUEUE),
        deny("sqs:PurgeQueue", "sqs:SendMessage", on="*"),
    ),
    holding(
        "everything on the queue is high, and shown",
        high(
            "poller may also use AddPermission, DeleteQueue, PurgeQueue, SetQueueAttributes on"
            " mp-events.",
            shows="Inline policy queue-0",
        ),
        allow("sqs:*", on=QUEUE),
    ),
    *(
        holding(
            f"{action} is high",
            high(f"poller may also use {action} on mp-events."),
            allow(*DOCUMENTED, f"sqs:{action}", on=QUEUE),
        )
        for action in ("SetQueueAttributes", "AddPermission", "DeleteQueue", "PurgeQueue")
    ),
    holding(
        "NotAction is high whatever it leaves out",
        high("poller may do on mp-events whatever a NotAction does not name."),
        allow_all_but("iam:*", on=QUEUE),
    ),
    Case(
        "AWS's policy for full access is high",
        account(a_role("poller", managed=(FULL_ACCESS,)), policies=(FULL_ACCESS,)),
        high("SetQueueAttributes", shows="Policy AmazonSQSFullAccess"),
    ),
    Case(
        "AWS's policy for Lambda reads every queue",
        account(a_role("poller", managed=(LAMBDA_READS,)), policies=(LAMBDA_READS,)),
        medium("poller may read mp-events by Resource *, which is every queue."),
    ),
    holding(
        "other rights on the queue are medium",
        medium("poller may also use SendMessage on mp-events."),
        allow(*DOCUMENTED, "sqs:SendMessage", on=QUEUE),
    ),
    *(
        holding(
            f"a Resource of {resource} is every queue",
            medium(f"by Resource {resource}, which is every queue."),
            allow(*DOCUMENTED, on=resource),
        )
        for resource in ("*", f"arn:aws:sqs:*:{OWN}:*", f"arn:aws:sqs:us-east-1:{OWN}:*", "arn:*")
    ),
    holding(
        "NotResource is every queue but some",
        medium("by Resource NotResource, which is every queue."),
        {"Effect": "Allow", "Action": list(DOCUMENTED), "NotResource": a_queue_arn("jobs")},
    ),
    holding(
        "a pattern that fits some queues is low",
        low(f"poller may read mp-events by Resource {a_queue_arn('mp-*')}, not by its ARN."),
        allow(*DOCUMENTED, on=[a_queue_arn("mp-*"), a_queue_arn("jobs-*")]),
    ),
    Case(
        "people need not read the queue",
        account(a_role("support", trusted=SAML, inline={"queue": MINIMUM})),
        medium("support is for people, who need not read the queue.", shows="ReceiveMessage"),
    ),
    Case(
        "a user with a password is a person",
        account(
            users=(a_user("anna", groups=("staff",)),),
            groups=(a_group("staff", inline={"queue": MINIMUM}),),
            report=a_report(a_row("anna", password=True)),
        ),
        medium("anna is for people", shows="Inline policy queue of group staff"),
    ),
    Case(
        "a user with keys only is a workload",
        account(
            users=(a_user("poller", inline={"queue": MINIMUM}),),
            report=a_report(a_row("poller", keys=(a_key(), NO_KEY))),
        ),
        passes(),
    ),
    Case(
        "four consumers are too many, each a finding",
        account(*FOUR),
        {role.name: low("4 principals may read mp-events: poller-0, poller-1") for role in FOUR},
    ),
    Case("three consumers are not", account(*FOUR[:3]), {r.name: passes() for r in FOUR[:3]}),
    Case(
        "long lists are cut",
        account(*(a_consumer(MINIMUM, name=f"p{n}") for n in range(7))),
        {f"p{n}": low("p4 and 2 more. More than 3 is too many.") for n in range(7)},
    ),
    Case(
        "the dead-letter queue counts by itself",
        account(
            a_consumer(MINIMUM),
            a_consumer(allow("sqs:*", on=a_queue_arn("mp-dead")), name="janitor"),
            queues=(a_queue(redrive=a_redrive("mp-dead")), a_queue("mp-dead")),
        ),
        {"poller": passes(), "janitor": high("on mp-dead.")},
    ),
    Case(
        "administrators and service-linked roles are not judged here",
        account(
            a_consumer(MINIMUM),
            a_role("admin", managed=(ADMINISTRATOR,)),
            a_role("linked", path="/aws-service-role/x/", inline={"queue": allow("sqs:*")}),
            policies=(ADMINISTRATOR,),
        ),
        passes(),
    ),
    Case(
        "all that is too much makes one finding",
        account(a_role("support", trusted=SAML, inline={"queue": allow("sqs:*")})),
        high("which is every queue. support is for people"),
    ),
    Case(
        "a subscribed queue that nobody may read is likely not polled",
        account(a_role("other")),
        medium("Nobody but administrators may read mp-events", shows="receive or delete: none"),
    ),
    Case(
        "so is one that a rule delivers to",
        a_snapshot(queues=(a_queue(),), rules=(a_rule("mp-events"),)),
        medium("Nobody but administrators may read mp-events"),
    ),
    Case(
        "the queue's policy may name who reads",
        account(
            queues=(
                a_queue(
                    policy=allow(
                        *DOCUMENTED, to={"AWS": f"arn:aws:iam::{OWN}:role/poller"}, on=QUEUE
                    )
                ),
            )
        ),
        passes(f"Queue policies name who may read: arn:aws:iam::{OWN}:role/poller."),
    ),
    Case(
        "the account's root in the queue's policy names nobody",
        account(queues=(a_queue(policy=allow("sqs:*", to={"AWS": OWN})),)),
        medium("Nobody but administrators"),
    ),
    Case(
        "a queue that nothing delivers to needs no reader",
        account(subscribed=False, profile=Profile(queues=(QUEUE,))),
        not_applicable("Nothing delivers to the queues"),
    ),
    Case(
        "without a queue it does not apply",
        a_snapshot(roles=(a_consumer(allow("sqs:*")),)),
        not_applicable("No queue of this account hears"),
    ),
    Case(
        "a malformed queue policy may name a reader",
        account(queues=(a_queue(policy=a_malformed_policy(source=READ)),)),
        not_assessed(READ, "MalformedPolicy"),
    ),
    Case(
        "a policy that was not read may grant anything",
        account(a_role("poller", inline={"queue": MINIMUM, "more": GAP})),
        not_assessed(AUTHORIZATION_DETAILS, "policy more"),
    ),
    Case(
        "the worst fails all the same",
        account(a_role("poller", inline={"queue": allow("sqs:*", on=QUEUE), "more": GAP})),
        high("PurgeQueue"),
    ),
    Case(
        "another consumer that was not read may be one too many",
        account(a_consumer(MINIMUM), a_role("dark", inline={"more": GAP})),
        {
            "poller": not_assessed(AUTHORIZATION_DETAILS),
            "dark": not_assessed(AUTHORIZATION_DETAILS),
        },
    ),
    Case(
        "a role whose trust was not read may be for people",
        account(
            a_role(
                "poller",
                trusted=Unobserved(AUTHORIZATION_DETAILS, "MalformedPolicy"),
                inline={"queue": MINIMUM},
            )
        ),
        not_assessed(AUTHORIZATION_DETAILS, "MalformedPolicy"),
    ),
    Case(
        "a user without a row in the report may be a person",
        account(users=(a_user("poller", inline={"queue": MINIMUM}),)),
        not_assessed("iam:GetCredentialReport", "NotInReport"),
    ),
    Case(
        "roles that were cut may hide consumers",
        account(more=Partial((), (GAP,))),
        not_assessed(AUTHORIZATION_DETAILS),
    ),
    Case(
        "a queue that is hidden may have consumers",
        a_snapshot(roles=(a_consumer(MINIMUM),), queues=denied("sqs:ListQueues", HOME_REGION)),
        not_assessed("sqs:ListQueues"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_consumers_hold_the_minimum(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_of(snapshot: Snapshot) -> Remedy:
    (outcome,) = outcomes_of(CONTROL, snapshot)
    assert outcome.status is Status.FAIL
    return fill(CONTROL.remedy, outcome.values)


def written_by(remedy: Remedy) -> list[Document]:
    document = remedy.cli.split("<<'POLICY'\n")[1].split("\nPOLICY\n")[0]
    statements: list[Document] = json.loads(document)["Statement"]
    return statements


def test_an_inline_policy_is_narrowed_where_it_stands() -> None:
    remedy = remedy_of(account(a_consumer(allow("sqs:*", on=QUEUE))))
    assert "aws iam put-role-policy --role-name poller --policy-name queue-0" in remedy.cli
    assert "detach" not in remedy.cli
    (statement,) = written_by(remedy)
    assert statement["Resource"] == [QUEUE]
    assert set(DOCUMENTED) < set(statement["Action"])
    fixed = account(a_consumer(statement))
    assert [one.status for one in outcomes_of(CONTROL, fixed)] == [Status.PASS]


def test_a_policy_of_aws_is_replaced_by_a_narrower_one_and_detached() -> None:
    snapshot = account(a_role("poller", managed=(LAMBDA_READS,)), policies=(LAMBDA_READS,))
    remedy = remedy_of(snapshot)
    name = "AWSLambdaSQSQueueExecutionRole"
    assert f"put-role-policy --role-name poller --policy-name {name}-narrowed" in remedy.cli
    assert f"aws iam detach-role-policy --role-name poller --policy-arn {LAMBDA_READS.arn}" in (
        remedy.cli
    )
    logs, queue = written_by(remedy)
    assert logs == allow("logs:CreateLogGroup", on=["*"])
    assert queue == allow(
        "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", on=[QUEUE]
    )


def test_a_managed_policy_of_the_account_gets_a_new_version() -> None:
    remedy = remedy_of(account(a_role("poller", managed=(SHARED,)), policies=(SHARED,)))
    assert f"aws iam create-policy-version --policy-arn {SHARED.arn}" in remedy.cli


def test_a_policy_of_aws_in_a_group_is_replaced_in_the_group() -> None:
    remedy = remedy_of(
        account(
            users=(a_user("poller", groups=("robots",)),),
            groups=(a_group("robots", managed=(FULL_ACCESS,)),),
            policies=(FULL_ACCESS,),
            report=a_report(a_row("poller", keys=(a_key(),))),
        )
    )
    assert "aws iam put-group-policy --group-name robots" in remedy.cli
    assert "aws iam detach-group-policy --group-name robots" in remedy.cli


def test_people_lose_the_queue_altogether() -> None:
    snapshot = account(a_role("support", trusted=SAML, inline={"queue": MINIMUM}))
    assert written_by(remedy_of(snapshot)) == [
        {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}
    ]


BOTH = trust(
    {"Federated": f"arn:aws:iam::{OWN}:saml-provider/okta", "Service": "lambda.amazonaws.com"}
)


def test_a_machine_keeps_what_it_reads_with_until_it_has_a_role_of_its_own() -> None:
    alone = account(a_role("poller", trusted=BOTH, inline={"queue": MINIMUM}))
    (outcome,) = outcomes_of(CONTROL, alone)
    assert outcome.severity is Severity.MEDIUM
    assert "for people as well as a machine" in outcome.reason
    remedy = fill(CONTROL.remedy, outcome.values)
    assert "aws iam" not in remedy.cli
    assert any("machine behind poller a role of its own" in step for step in remedy.console)
    wide = remedy_of(account(a_role("poller", trusted=BOTH, inline={"queue": allow("sqs:*")})))
    (statement,) = written_by(wide)
    assert set(DOCUMENTED) < set(statement["Action"])
    assert statement["Resource"] == [QUEUE]
    assert any("machine behind poller a role of its own" in step for step in wide.console)


def test_a_permission_set_is_changed_in_identity_center() -> None:
    path = "/aws-reserved/sso.amazonaws.com/"
    snapshot = account(
        a_role("AWSReservedSSO_Support_1", path=path, managed=(FULL_ACCESS,)),
        policies=(FULL_ACCESS,),
    )
    remedy = remedy_of(snapshot)
    assert "aws iam" not in remedy.cli
    assert any("IAM Identity Center" in step for step in remedy.console)


def test_the_next_policy_is_named() -> None:
    wide = allow("sqs:PurgeQueue", on=QUEUE)
    remedy = remedy_of(account(a_consumer(MINIMUM, wide, allow("sqs:SetQueue*", on=QUEUE))))
    assert "put-role-policy --role-name poller --policy-name queue-1" in remedy.cli
    assert any("the same with queue-2" in step for step in remedy.console)


def test_of_too_many_consumers_people_choose() -> None:
    for outcome in outcomes_of(CONTROL, account(*FOUR)):
        remedy = fill(CONTROL.remedy, outcome.values)
        assert dict(remedy.without)["cli"] == NOTHING_TO_SAY


def test_a_queue_without_a_reader_gets_a_policy_for_one() -> None:
    remedy = remedy_of(account())
    assert "aws iam create-policy --policy-name marketplace-queue-consumer" in remedy.cli
    assert written_by(remedy)[0]["Resource"] == [QUEUE]


def test_what_rules_the_queue_is_told_apart_from_what_else_is_too_much() -> None:
    more = allow("sqs:SetQueueAttributes", "sqs:SendMessage", on=QUEUE)
    (outcome,) = judged(CONTROL, account(a_consumer(MINIMUM, more))).values()
    assert outcome.reasons == (
        "poller may also use SetQueueAttributes on mp-events.",
        "poller may also use SendMessage on mp-events.",
    )


@pytest.mark.parametrize(("number", "fits"), [(60, True), (400, False)])
def test_no_document_is_longer_than_iam_takes(number: int, fits: bool) -> None:
    queues = tuple(a_queue(f"orders-{one}") for one in range(number))
    snapshot = a_snapshot(
        roles=(a_consumer(allow("sqs:*")),),
        queues=queues,
        subscriptions=tuple(a_subscription(queue.name) for queue in queues),
    )
    remedy = remedy_of(snapshot)
    assert ("put-role-policy" in remedy.cli) is fits
    divided = any(f"One policy cannot name {number} queues." in step for step in remedy.console)
    assert divided is not fits
