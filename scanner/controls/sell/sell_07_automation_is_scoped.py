"""SELL-07: a token of the build system could publish, restrict or re-price any product."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.facts.snapshot import Snapshot
from scanner.policy import Grant
from scanner.remedy import Remedy
from scanner.scope import taking
from scanner.scope.holder import Held, Holder
from scanner.scope.natures import is_workload, seen_workload
from scanner.scope.principals import principals
from scanner.scope.publishing import START, is_scoped, reaches_change_sets
from scanner.scope.publishing_rewrites import publishing_part, scoping
from scanner.scope.sell import called
from scanner.scope.subtraction import without
from scanner.vocabulary import Listed, NotSeen, Severity, derived, seen

NOTE = "StartChangeSet with no entity, change type or intent named."


def workloads(snapshot: Snapshot) -> Listed[Holder]:
    """Workloads that may start change sets, and principals that may be such.

    A role that people assume as well is one: the scope that its machines need binds it (R13).
    """

    def chosen(holder: Holder) -> list[Holder]:
        if not holder.may_grant(START):
            return []
        return [holder] if seen_workload(holder, snapshot) is not False else []

    return derived(principals(snapshot), chosen)


def check(holder: Holder, snapshot: Snapshot) -> Verdict:
    """Fail unless every Allow names entities and change sets, change types, or validates only."""
    is_workload(holder, snapshot)
    grants = holder.grants_or_raises(START).of(START)
    loose = tuple(one for one in grants if not is_scoped(one.statement))
    who = called(holder)
    if loose:
        return failed(
            f"{who} is a workload and can start change sets of any kind on any entity.",
            *holder.excerpts(loose, note=NOTE),
            values=_values(holder, loose, snapshot),
        )
    if holder.gaps:
        raise NotSeen(*holder.gaps)
    if not any(reaches_change_sets(one.statement) for one in grants):
        return failed(
            f"{who} is a workload whose StartChangeSet names entities and no change set, so that"
            " its calls fail.",
            *holder.excerpts(grants, note="The ARN of change sets is missing."),
            values=_values(holder, grants, snapshot),
        )
    return passed(f"{who} can start only change sets that its policies name.")


def _values(holder: Holder, grants: tuple[Grant, ...], snapshot: Snapshot) -> dict[str, str]:
    """What is its own is narrowed there; what it shares with people is left to them."""
    found = taking.sources(holder, grants)
    shared = {one.arn for one in seen(snapshot.iam.policies) if one.attachments > 1}
    alone = [one for one in found if not (taking.is_of_aws(one) or one.via or one.key in shared)]
    first = (alone or found)[0]
    more = {"more": ", ".join(one.title for one in found if one is not first)}
    scoped = scoping(snapshot.account)
    if alone:
        return NOTHING | taking.rewritten(holder, first, grants, START, scoped) | more
    loose = [one.statement for one in grants if one.policy is first.policy]
    document = (
        publishing_part(first.policy, loose, scoped)
        if taking.is_of_aws(first)
        else without(first.policy, loose, START, scoped)
    )
    return NOTHING | _replaced(holder, first, document, snapshot) | more


def _replaced(holder: Holder, held: Held, document: str, snapshot: Snapshot) -> dict[str, str]:
    name = f"{holder.kind}-{holder.name}-change-sets"
    arn = f"arn:{snapshot.account.partition}:iam::{snapshot.account.id}:policy/{name}"
    scoped = {"new_policy": name, "scoped": document}
    if held.via:
        left = {
            "leave_user": holder.name,
            "leave_group": held.via,
            "new_group": f"automation-{holder.name}",
        }
        return taking.NOTHING | scoped | left | {"replacement": arn}
    return taking.detached(holder, held, arn) | scoped


VALUES = ("new_policy", "scoped", "leave_user", "leave_group", "new_group")
NOTHING = taking.NOTHING | dict.fromkeys(VALUES, "")

CREATE = """\
cat > change-sets.json <<'POLICY'
[[scoped|json]]
POLICY
aws iam create-policy --policy-name [[new_policy]] --policy-document file://change-sets.json"""

LEAVE = """\
aws iam get-group --group-name [[new_group]] >/dev/null 2>&1 ||
  aws iam create-group --group-name [[new_group]]
aws iam attach-group-policy --group-name [[new_group]] --policy-arn [[replacement]]
aws iam add-user-to-group --user-name [[leave_user]] --group-name [[new_group]]
aws iam remove-user-from-group --user-name [[leave_user]] --group-name [[leave_group]]"""

STACK = """\
Resources:
  ChangeSets:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: [[new_policy]]
      PolicyDocument:
        [[scoped|json]]"""

RESOURCE = """\
resource "aws_iam_policy" "change_sets" {
  name   = [[new_policy]]
  policy = <<-POLICY
    [[scoped|json]]
  POLICY
}"""

REMEDY = Remedy(
    summary="Name the change types, or the entities, that the automation needs.",
    minutes=30,
    console=(
        "In the documents of the CLI form put the change types that the automation really starts."
        " In place of them the entities may be named, with the ARN of change sets beside them.",
        "In IAM open Policies, Create policy, JSON, and make [[new_policy]] of the document.",
        "In IAM make a user group [[new_group]] with it, add user [[leave_user]], and take the user"
        " out of group [[leave_group]], which is for people.",
        *taking.STEPS,
    ),
    cli="\n\n".join((CREATE, LEAVE, taking.CLI)),
    cloudformation="\n\n".join((STACK, taking.CLOUDFORMATION)),
    terraform="\n\n".join((RESOURCE, taking.TERRAFORM)),
    breaks=(
        "Change sets of other types are refused: a new kind of release needs a policy change.",
        "The conditions work for calls of the Catalog API only, not for people in the portal.",
    ),
    way_back="Set the earlier version of a managed policy as default, attach the earlier one, or"
    " put the user back into the group.",
)

CONTROL = Control(
    module=__name__,
    title="Automation may start only the change sets it needs",
    severity=Severity.MEDIUM,
    risk="Whoever takes over the build system publishes, restricts or re-prices any product.",
    remedy=REMEDY,
    references=(
        Reference(
            "Access control for the AWS Marketplace Catalog API",
            "https://docs.aws.amazon.com/marketplace/latest/APIReference/catalog-access-control.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies", "iam.report"),
    not_applicable_because="No workload in the account can start change sets.",
    resources=workloads,
    check=check,
)
