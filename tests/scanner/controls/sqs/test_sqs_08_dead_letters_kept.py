"""SQS-08: failed messages go to a dead-letter queue that keeps and protects them."""

from __future__ import annotations

import json

import pytest

from scanner.control import Outcome, outcomes_of
from scanner.controls.sqs.sqs_08_dead_letters_kept import CONTROL
from scanner.facts.messaging import Queue, SqsFacts
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy, fill
from scanner.vocabulary import Partial, Severity, Unobserved
from tests.builders import STRANGER, a_snapshot, denied
from tests.builders_resources import a_queue, a_queue_arn, a_redrive, a_subscription
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes
from tests.documents import a_malformed_policy, allow

READ = "sqs:GetQueueAttributes"
DAY = 86_400
NEEDS_NONE = not_applicable("takes dead letters")
SOURCE = a_queue(redrive=a_redrive())
FOR_AN_ORGANIZATION = allow(
    "sqs:ReceiveMessage", to="*", when={"StringEquals": {"aws:PrincipalOrgID": "o-other1"}}
)
DEAD = a_queue("mp-dead", retention=14 * DAY)


def heard_by(*queues: Queue) -> Snapshot:
    """A product topic delivers to the first queue."""
    return a_snapshot(subscriptions=(a_subscription(queues[0].arn),), queues=queues)


def low(says: str) -> Expected:
    return fails(Severity.LOW, says)


def case(sentence: str, expected: Expected, *queues: Queue) -> Case:
    """The first queue is judged; the others are dead-letter queues."""
    others = {queue.name: NEEDS_NONE for queue in queues[1:]}
    return Case(sentence, heard_by(*queues), {queues[0].name: expected, **others})


def missing_dead(sentence: str, expected: Expected, arn: str) -> Case:
    """The dead-letter queue is known by its ARN alone."""
    source = a_queue(redrive=a_redrive(arn))
    return Case(sentence, heard_by(source), {source.name: expected, "mp-dead": NEEDS_NONE})


CASES = (
    case("a longer kept, closed, encrypted dead-letter queue passes", passes(), SOURCE, DEAD),
    case(
        "four days are enough when the queue keeps no longer",
        passes(),
        SOURCE,
        a_queue("mp-dead", retention=4 * DAY),
    ),
    case("no redrive policy fails", low("mp-events has no dead-letter queue"), a_queue()),
    case("one receive is the least", passes(), a_queue(redrive=a_redrive(receives=1)), DEAD),
    case("twenty receives are the most", passes(), a_queue(redrive=a_redrive(receives=20)), DEAD),
    case(
        "no receive at all fails",
        low("A message is tried 0 times"),
        a_queue(redrive=a_redrive(receives=0)),
        DEAD,
    ),
    case(
        "too many receives fail",
        low("A message is tried 21 times"),
        a_queue(redrive=a_redrive(receives=21)),
        DEAD,
    ),
    case(
        "less than four days fail",
        low("mp-dead keeps messages for 3 days; four days are the least."),
        a_queue(redrive=a_redrive(), retention=DAY),
        a_queue("mp-dead", retention=3 * DAY),
    ),
    case(
        "keeping shorter than the queue itself fails",
        low("mp-dead keeps messages for 5 days, the queue itself for 10 days"),
        a_queue(redrive=a_redrive(), retention=10 * DAY),
        a_queue("mp-dead", retention=5 * DAY),
    ),
    case(
        "a dead-letter queue open to strangers fails",
        low("Dead-letter queue mp-dead: Statement 1 lets any AWS account receive messages."),
        SOURCE,
        a_queue("mp-dead", policy=allow("sqs:ReceiveMessage", to="*")),
    ),
    case(
        "a dead-letter queue open to an organisation that is not ours fails",
        low("Dead-letter queue mp-dead: Statement 1 lets foreign organisation o-other1 receive"),
        SOURCE,
        a_queue("mp-dead", policy=FOR_AN_ORGANIZATION),
    ),
    Case(
        "whose organisation it is has to be read",
        a_snapshot(
            subscriptions=(a_subscription(SOURCE.arn),),
            queues=(SOURCE, a_queue("mp-dead", policy=FOR_AN_ORGANIZATION)),
            organization=denied("organizations:DescribeOrganization"),
        ),
        {
            SOURCE.name: not_assessed("organizations:DescribeOrganization"),
            "mp-dead": NEEDS_NONE,
        },
    ),
    case(
        "a dead-letter queue in clear fails",
        low("Dead-letter queue mp-dead: Queue mp-dead stores messages in clear."),
        SOURCE,
        a_queue("mp-dead", sse_managed="false"),
    ),
    case(
        "all faults are named together",
        low("A message is tried 99 times before it is set aside; 1 to 20 are sensible. mp-dead"),
        a_queue(redrive=a_redrive(receives=99)),
        a_queue("mp-dead", retention=60),
    ),
    case(
        "a target that is gone fails",
        low(f"The dead-letter queue {a_queue_arn('mp-dead')} does not exist."),
        SOURCE,
    ),
    missing_dead(
        "a target in another account is not assessed",
        not_assessed(READ, "OtherAccount"),
        a_queue_arn("mp-dead", account=STRANGER),
    ),
    missing_dead(
        "a target in a region that nobody read is not assessed",
        not_assessed(READ, "NotRead"),
        a_queue_arn("mp-dead", region="eu-north-1"),
    ),
    case(
        "a target that refused to be read is not assessed",
        not_assessed(READ, "AccessDenied"),
        SOURCE,
        a_queue("mp-dead", refused=denied(READ, "us-east-1")),
    ),
    case(
        "an unread target cannot hide a fault of the redrive policy",
        low("A message is tried 21 times"),
        a_queue(redrive=a_redrive(receives=21)),
        a_queue("mp-dead", refused=denied(READ, "us-east-1")),
    ),
    case(
        "a malformed policy of the target is not assessed",
        not_assessed(READ, "MalformedPolicy"),
        SOURCE,
        a_queue("mp-dead", policy=a_malformed_policy(source=READ)),
    ),
    case(
        "nobody knows how long a target keeps without its retention",
        not_assessed(READ, "MessageRetentionPeriod"),
        SOURCE,
        a_queue("mp-dead", retention=None),
    ),
    case(
        "nobody can compare with a queue without its retention",
        not_assessed(READ, "MessageRetentionPeriod"),
        a_queue(redrive=a_redrive(), retention=None),
        DEAD,
    ),
    case(
        "a target whose encryption nobody knows is not assessed",
        not_assessed(READ, "encryption of mp-dead"),
        SOURCE,
        a_queue("mp-dead", sse_managed=None),
    ),
    Case(
        "a malformed redrive policy leaves queue and list not assessed",
        heard_by(a_queue(redrive=Unobserved(READ, "MalformedRedrivePolicy", "us-east-1"))),
        {
            "mp-events": not_assessed(READ, "MalformedRedrivePolicy"),
            "Account 111122223333": not_assessed(READ, "RedrivePolicy of arn:aws:sqs"),
        },
    ),
    case(
        "a refused call is not assessed",
        not_assessed(READ, "AccessDenied"),
        a_queue(refused=denied(READ, "us-east-1")),
    ),
    Case(
        "a queue that hears a topic needs one although it takes dead letters too",
        a_snapshot(
            subscriptions=(a_subscription(), a_subscription("mp-dead")), queues=(SOURCE, DEAD)
        ),
        {"mp-events": passes(), "mp-dead": low("mp-dead has no dead-letter queue")},
    ),
    Case(
        "a queue that the profile names needs one",
        a_snapshot(profile=Profile(queues=(a_queue_arn(),)), queues=(a_queue(),)),
        low("mp-events has no dead-letter queue"),
    ),
    Case(
        "without Marketplace queues there is nothing to judge",
        a_snapshot(queues=(a_queue(),)),
        not_applicable(),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_failed_notifications_are_kept(case: Case) -> None:
    case.holds_for(CONTROL)


def outcome_for(queues: SqsFacts, *, name: str = "mp-events") -> Outcome:
    arn = a_queue_arn(name)
    snapshot = a_snapshot(subscriptions=(a_subscription(arn),), queues=queues.queues)
    (outcome,) = (one for one in outcomes_of(CONTROL, snapshot) if one.resource == arn)
    return outcome


def remedy_for(*queues: Queue) -> Remedy:
    return fill(CONTROL.remedy, outcome_for(SqsFacts(queues), name=queues[0].name).values)


def test_a_cut_list_of_queues_does_not_prove_that_the_target_is_gone() -> None:
    refused = (denied("sqs:ListQueues", "us-east-1"),)
    outcome = outcome_for(SqsFacts(Partial((SOURCE,), refused)))
    assert outcome.missing_action == "sqs:ListQueues"


def redrive_in(remedy: Remedy) -> dict[str, object]:
    document = remedy.cli.split("<<'JSON'\n")[-1].split("\nJSON\n")[0]
    redrive: dict[str, object] = json.loads(json.loads(document)["RedrivePolicy"])
    return redrive


def test_without_a_dead_letter_queue_the_remedy_makes_one() -> None:
    remedy = remedy_for(a_queue())
    assert "create-queue --region us-east-1 --queue-name mp-events-dead-letters" in remedy.cli
    assert redrive_in(remedy) == {
        "deadLetterTargetArn": a_queue_arn("mp-events-dead-letters"),
        "maxReceiveCount": 5,
    }


def test_the_new_queue_refuses_requests_without_tls() -> None:
    assert "aws:SecureTransport" in remedy_for(a_queue()).cli
    assert "aws:SecureTransport" not in remedy_for(SOURCE, a_queue("mp-dead", retention=60)).cli


def test_a_fifo_queue_gets_a_fifo_queue_for_its_dead_letters() -> None:
    remedy = remedy_for(a_queue("mp-events.fifo"))
    assert "mp-events-dead-letters.fifo" in remedy.cli
    assert '"FifoQueue": "true"' in remedy.cli


def test_a_dead_letter_queue_that_exists_is_repaired_and_not_made_again() -> None:
    remedy = remedy_for(SOURCE, a_queue("mp-dead", retention=60))
    assert "create-queue" not in remedy.cli
    assert "us-east-1.amazonaws.com/111122223333/mp-dead --attributes Message" in remedy.cli
    assert redrive_in(remedy)["deadLetterTargetArn"] == a_queue_arn("mp-dead")
    values = outcome_for(
        SqsFacts((SOURCE, a_queue("mp-dead", retention=60))), name="mp-events"
    ).values
    assert {values[name] for name in ("new_dead", "new_attributes", "dead_policy")} == {""}


def test_a_target_that_is_gone_is_made_again_under_its_name() -> None:
    assert "--queue-name mp-dead" in remedy_for(SOURCE).cli
