"""SELL-09: identity write access equals full seller access."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import Grant, Policy
from scanner.remedy import Remedy
from scanner.scope import taking
from scanner.scope.administrators import is_administrator
from scanner.scope.escalation import boundary_document, escalations, may_enrol, wide_writes
from scanner.scope.holder import READ_BY, Holder
from scanner.scope.natures import is_workload, seen_workload
from scanner.scope.principals import principals
from scanner.scope.sell import called
from scanner.scope.subtraction import ALL
from scanner.vocabulary import NotSeen, Severity

TOTAL = "These statements allow everything on everything."
WRITES = "Identity writes on all users, roles, groups or policies."
NAME = "no-identity-writes"
MOST_NAMES = 4


def check(holder: Holder, snapshot: Snapshot) -> Verdict:
    """Fail on administrators that nobody approved, and on who can make one of themselves."""
    approved = holder.arn in snapshot.profile.approved_admins
    if is_administrator(holder):
        return _administrator(holder, snapshot, approved=approved)
    found = escalations(holder, snapshot.account)
    enrols = may_enrol(holder, found, snapshot.account)
    if (not found or enrols) and holder.gaps:
        raise NotSeen(*holder.gaps)
    who = called(holder)
    if not found and wide_writes(holder, snapshot.account):
        remark = Fact("Identity writes", "limited by the permissions boundary", READ_BY)
        return passed(f"{who} writes identities within a permissions boundary.", remark)
    if not found:
        return passed(f"{who} is no administrator and cannot make one of itself.")
    if enrols:
        return passed(f"{who} has the rights of a Commerce Analytics enrolment, judged by CAS-05.")
    if approved and not is_workload(holder, snapshot):
        return passed(f"{who} is among the approved administrators.", *holder.excerpts(found))
    names = sorted({grant.action.partition(":")[2] for grant in found})
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return failed(
        f"{who} can grant itself anything: {', '.join(names[:MOST_NAMES])}{more}.",
        *holder.excerpts(found, note=WRITES),
        values=_bounded(holder, snapshot),
    )


def _administrator(holder: Holder, snapshot: Snapshot, *, approved: bool) -> Verdict:
    who = called(holder)
    grants = holder.administration
    if approved and not is_workload(holder, snapshot):
        return passed(f"{who} is an approved administrator.", *holder.excerpts(grants))
    workload = seen_workload(holder, snapshot) is True
    what = "a workload and an administrator" if workload else "an administrator"
    why = "" if approved or workload else ", and nobody approved it"
    return failed(
        f"{who} is {what}{why}.",
        *holder.excerpts(grants, note=TOTAL),
        values=_deposed(holder, grants),
    )


def _deposed(holder: Holder, grants: tuple[Grant, ...]) -> dict[str, str]:
    """Values that take away what makes it one: its group, a managed policy, or a statement.

    A group stays as it is, as other members may be right to administer.
    """
    found = taking.sources(holder, grants)
    first, *rest = found
    more = {"more": ", ".join(held.title for held in rest)}
    if first.via:
        return NOTHING | {"leave_user": holder.name, "leave_group": first.via} | more
    if not taking.is_inline(first):
        return NOTHING | taking.detached(holder, first) | more
    return NOTHING | taking.rewritten(holder, first, grants, ALL) | more


def _bounded(holder: Holder, snapshot: Snapshot) -> dict[str, str]:
    kind = "reserved" if holder.is_identity_center else holder.kind
    before = holder.boundary if isinstance(holder.boundary, Policy) else None
    name = NAME if before is None else f"{NAME}-{holder.kind}-{holder.name}"
    arn = f"arn:{snapshot.account.partition}:iam::{snapshot.account.id}:policy/{name}"
    bounded = {"boundary": boundary_document(before), "boundary_arn": arn, "boundary_name": name}
    return NOTHING | bounded | {f"bound_{kind}": holder.name}


BOUNDS = (
    "boundary",
    "boundary_arn",
    "boundary_name",
    "bound_user",
    "bound_role",
    "bound_reserved",
    "leave_user",
    "leave_group",
)
NOTHING = taking.NOTHING | dict.fromkeys(BOUNDS, "")

BOUND = """\
cat > boundary.json <<'POLICY'
[[boundary|json]]
POLICY
aws iam get-policy --policy-arn [[boundary_arn]] >/dev/null 2>&1 ||
  aws iam create-policy --policy-name [[boundary_name]] --policy-document file://boundary.json

aws iam put-user-permissions-boundary --user-name [[bound_user]] \\
  --permissions-boundary [[boundary_arn]]

aws iam put-role-permissions-boundary --role-name [[bound_role]] \\
  --permissions-boundary [[boundary_arn]]"""

LEAVE = "aws iam remove-user-from-group --user-name [[leave_user]] --group-name [[leave_group]]"

STACK = """\
# Then set the boundary with the command of the CLI form: principals that exist are not in a stack.
Resources:
  NoIdentityWrites:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: [[boundary_name]]
      PolicyDocument:
        [[boundary|json]]"""

RESOURCE = """\
# Then set permissions_boundary of the user or role to the ARN of this policy.
resource "aws_iam_policy" "no_identity_writes" {
  name   = [[boundary_name]]
  policy = <<-POLICY
    [[boundary|json]]
  POLICY
}"""

REMEDY = Remedy(
    summary="Keep one or two administrators for emergencies, and give all others a boundary.",
    minutes=60,
    console=(
        "Name the administrators that have to be in the profile of the account, best a role for"
        " emergencies whose use rings an alarm.",
        "See in Last accessed what the others use, and give them policies for that first.",
        "In IAM open Policies, Create policy, JSON, put in the document of the CLI form and call it"
        " [[boundary_name]].",
        "In IAM open Users, [[bound_user]], Permissions boundary, and set it.",
        "In IAM open Roles, [[bound_role]], Permissions boundary, and set it.",
        "In IAM Identity Center set it as the boundary of the permission set behind"
        " [[bound_reserved]], and provision it again.",
        "In IAM open User groups, [[leave_group]], and take out [[leave_user]]; the group and its"
        " other members stay as they are.",
        *taking.STEPS,
    ),
    cli="\n\n".join((BOUND, LEAVE, taking.CLI)),
    cloudformation="\n\n".join((STACK, taking.CLOUDFORMATION)),
    terraform="\n\n".join((RESOURCE, taking.TERRAFORM)),
    breaks=(
        "Pipelines that create roles or users stop: test them, or give them roles by a template.",
        "Whoever has nothing but administration has nothing left: give the policies of the job first.",
        "Whoever leaves group [[leave_group]] loses its other rights too.",
        "Keep one administrator whom you approve signed in until you have seen that somebody else can"
        " still administer the account.",
    ),
    way_back="Attach the policy again, put the user back into the group, or aws iam delete-user-permissions-boundary and"
    " delete-role-permissions-boundary.",
)

CONTROL = Control(
    module=__name__,
    title="Few administrators, and nobody can grant themselves seller rights",
    severity=Severity.HIGH,
    risk="Whoever takes over one of them owns the account, its listings and its payouts.",
    remedy=REMEDY,
    references=(
        Reference("CIS AWS Foundations Benchmark 3.0, 1.16"),
        Reference(
            "Security Hub, IAM.1: IAM policies should not allow full administrative privileges",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html",
        ),
        Reference(
            "Permissions boundaries for IAM entities",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies", "iam.report"),
    not_applicable_because="The account has neither users nor roles of its own.",
    resources=principals,
    check=check,
)
