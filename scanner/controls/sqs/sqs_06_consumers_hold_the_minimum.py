"""SQS-06: whoever reads the queue needs five actions on its ARN, and people need none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.control import (
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    not_applicable,
    passed,
)
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.consumers import consumers, named_by_policy
from scanner.scope.doubt import hidden
from scanner.scope.excess import Excess, Reach, excesses, names_of, reach_of
from scanner.scope.holder import READ_BY, Holder
from scanner.scope.narrowing import least, narrowed
from scanner.scope.placement import fits
from scanner.scope.replacing import (
    CLI,
    CLOUDFORMATION,
    CONSOLE,
    NOTHING_REPLACED,
    TERRAFORM,
    replacing,
)
from scanner.scope.sqs import feed_of, marketplace_queues
from scanner.vocabulary import Listed, NotSeen, Partial, Severity, complete, gaps, seen

POLICY_NAME = "marketplace-queue-consumer"
Judged = Holder | Account


def judged(snapshot: Snapshot) -> Listed[Judged]:
    """The consumers; the account where there are queues and nobody who reads them."""
    queues = marketplace_queues(snapshot)
    if not seen(queues) and not gaps(queues):
        return ()
    found = consumers(snapshot)
    why = tuple(dict.fromkeys((*gaps(queues), *gaps(found))))
    items: tuple[Judged, ...] = seen(found)
    if why:
        return Partial(items, why)
    return items or (snapshot.account,)


def check(one: Judged, snapshot: Snapshot) -> Verdict:
    """Judge a consumer; what may be worse than what was found keeps it from being judged."""
    if isinstance(one, Account):
        return _nobody(snapshot)
    reach = reach_of(one, snapshot)
    said = list(excesses(one, reach, snapshot))
    found = [part for part in said if isinstance(part, Excess)]
    missing = hidden(said)
    if missing:
        raise NotSeen(*missing)
    evidence = (
        *one.excerpts([grant for part in found for grant in part.grants]),
        *(
            Fact(f"Rights on {names_of(alike.queues)}", ", ".join(sorted(rights.actions)), READ_BY)
            for alike, rights in reach.items()
        ),
    )
    values = _values(one, found, reach)
    faults = [  # the first brings the evidence of all: a consumer may hold too much of many queues
        failed(part.sentence, *(() if at else evidence), severity=part.severity, values=values)
        for at, part in enumerate(found)
    ]
    names = names_of([queue for alike in reach for queue in alike.queues])
    return all_faults(faults, passed(f"{one.name} holds the minimum on {names}.", *evidence))


def _nobody(snapshot: Snapshot) -> Verdict:
    queues = complete(marketplace_queues(snapshot))
    named = [name for queue in queues for name in named_by_policy(queue, snapshot)]
    if named:
        return passed(f"Queue policies name who may read: {', '.join(dict.fromkeys(named))}.")
    fed = [queue for queue in queues if _is_fed(queue, snapshot)]
    if not fed:
        return not_applicable("Nothing delivers to the queues, so nobody has to read them.")
    names = ", ".join(queue.name for queue in fed)
    reason = f"Nobody but administrators may read {names}, so it is likely that nobody polls."
    fact = Fact("Users and roles that may receive or delete", "none", READ_BY)
    consumer = least([queue.arn for queue in fed])
    values = {**NOTHING_REPLACED, **_told("your poller", names, consumer)}
    return failed(reason, fact, severity=Severity.MEDIUM, values=values)


def _is_fed(queue: Queue, snapshot: Snapshot) -> bool:
    feed = feed_of(queue, snapshot)
    return bool(feed.topics or feed.rules)


def _told(name: str, queues: str, consumer: str = "", **said: str) -> Mapping[str, str]:
    """The rest of the values; `said` are `others`, `many` and `shared`, empty unless given."""
    return {
        "name": name,
        "queues": queues,
        "consumer": consumer,
        "consumer_name": POLICY_NAME if consumer else "",
        **dict.fromkeys(("others", "many", "shared"), ""),
        **said,
    }


def _values(holder: Holder, found: Sequence[Excess], reach: Reach) -> Mapping[str, str]:
    """The worst of the policies behind it, narrowed; nothing where there are just too many."""
    shared = holder.name if any(part.shared for part in found) else ""
    worst_first = sorted(
        (part for part in found if not part.shared), key=lambda part: part.severity.rank
    )
    behind = dict.fromkeys(grant.policy for part in worst_first for grant in part.grants)
    held = [next(one for one in holder.held if one.policy == policy) for policy in behind]
    reached = [queue for alike in reach for queue in alike.queues]
    names = names_of(reached)
    if not held:
        return {**NOTHING_REPLACED, **_told(holder.name, names, shared=shared)}
    arns = [queue.arn for queue in reached]
    document = narrowed(held[0].policy, arns, keep=not any(part.whole for part in found))
    told = {"shared": shared, "others": ", ".join(one.name for one in held[1:])}
    values = replacing(held[0], holder, document)
    if not document or not fits(document, values):
        many = f"{len(arns)} queues"
        return {**NOTHING_REPLACED, **_told(holder.name, names, **told, many=many)}
    return {**values, **_told(holder.name, names, **told)}


REMEDY = Remedy(
    summary="Leave [[name]] only what reading [[queues]] takes.",
    minutes=20,
    console=(
        *CONSOLE,
        "One policy cannot name [[many]]. Divide them among roles of their own, each of which reads"
        " some and names those, and take the rights on queues from [[name]].",
        "Give the machine behind [[shared]] a role of its own that reads, and take the rights on"
        " queues from [[shared]] once that role is in use.",
        "Then do the same with [[others]]: run the scan again for the next document.",
        "Of several consumers keep those that poll [[queues]]; take sqs:ReceiveMessage and"
        " sqs:DeleteMessage from the others.",
        "Attach [[consumer_name]], which the CLI form makes, to the role of the service that polls.",
    ),
    cli=CLI
    + """

cat > consumer.json <<'POLICY'
[[consumer|json]]
POLICY

# Attach it to the role of the service that polls: aws iam attach-role-policy.
aws iam create-policy --policy-name [[consumer_name]] --policy-document file://consumer.json
""",
    cloudformation=CLOUDFORMATION
    + """

# Attach it to the role of the service that polls.
Resources:
  Consumer:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: [[consumer_name]]
      PolicyDocument:
        [[consumer|json]]
""",
    terraform=TERRAFORM
    + """

# Attach it to the role of the service that polls.
resource "aws_iam_policy" "consumer" {
  name   = [[consumer_name]]
  policy = <<-POLICY
    [[consumer|json]]
  POLICY
}
""",
    breaks=(
        "Other queues that were reached by the same statement are lost: add their ARNs.",
        "Everybody who shares a managed policy or a group gets the narrower rights: test the"
        " poller of [[queues]] at once.",
    ),
    way_back="Put the old document back, which the evidence shows, or attach what was detached.",
)

CONTROL = Control(
    module=__name__,
    title="Consumer permission is the documented minimum",
    severity=Severity.HIGH,
    risk="A consumer with broad rights, once taken over, can open the queue, empty it or forge"
    " what it says about buyers.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Amazon SQS permissions",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/set-aws-iam-sqs-permissions.html",
        ),
    ),
    reads=(
        "iam.users",
        "iam.groups",
        "iam.roles",
        "iam.policies",
        "iam.report",
        "sqs.queues",
        "sns.subscriptions",
        "events.rules",
    ),
    not_applicable_because="No queue of this account hears AWS Marketplace notifications.",
    resources=judged,
    check=check,
)
