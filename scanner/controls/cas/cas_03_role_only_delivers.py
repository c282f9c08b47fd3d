"""CAS-03: whatever the delivery role may do, an account that is not yours can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.evidence import Fact
from scanner.facts.profile import CAS_ACCOUNT
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.cas import WIZARD_POLICY, deliverers
from scanner.scope.delivery import Excess, delivery_policy, excesses
from scanner.scope.holder import READ_BY, RoleHolder
from scanner.scope.rights import rights_of
from scanner.vocabulary import NotSeen, Severity

NAMED_AT_MOST = 5
INLINE = "#inline-policy/"
NEW_POLICY = "commerce-analytics-delivery"


def check(role: RoleHolder, snapshot: Snapshot) -> Verdict:
    """Rights beyond delivery are high; on other roles' policies or on object ACLs low."""
    found, unsure = excesses(role, snapshot)
    worst = min((one.severity for one in found), key=lambda one: one.rank, default=None)
    if unsure and worst is not Severity.HIGH:
        raise NotSeen(*unsure)
    if worst is None:
        rights = rights_of(role)
        pieces = role.excerpts([one.grant for one in rights])
        return passed(f"Role {role.name} can only deliver reports.", *pieces)
    values = _values(role, found, snapshot)
    faults = []
    for severity in (Severity.HIGH, Severity.LOW):
        some = [one for one in found if one.severity is severity]
        if some:
            what = "more than deliver" if severity is Severity.HIGH else "a little more than needed"
            reason = f"Account {CAS_ACCOUNT} can do {what} with role {role.name}: {_told(some)}."
            pieces = role.excerpts(
                [one.right.grant for one in some], note="The marked statements go beyond delivery."
            )
            facts = [Fact("Beyond delivery", _right(one), READ_BY) for one in some[:NAMED_AT_MOST]]
            faults.append(failed(reason, *facts, *pieces, severity=severity, values=values))
    return all_faults(faults, faults[0])


def _told(some: Sequence[Excess]) -> str:
    more = f" and {len(some) - NAMED_AT_MOST} more rights" if len(some) > NAMED_AT_MOST else ""
    return ", ".join(map(_right, some[:NAMED_AT_MOST])) + more


def _right(one: Excess) -> str:
    action = "any action" if one.right.action == "*" else one.right.action
    return f"{action} on {'anything' if one.right.resource == '*' else one.right.resource}"


def _values(role: RoleHolder, found: Iterable[Excess], snapshot: Snapshot) -> Mapping[str, str]:
    """The narrow policy and where to put it; the other policies that go beyond delivery go."""
    document = delivery_policy(role, snapshot, without=list(found))
    policies = {one.right.grant.policy for one in found}
    wide = [held for held in role.held if held.policy in policies]
    inline = sorted(
        (held.name for held in wide if INLINE in held.key),
        key=lambda name: not name.startswith(WIZARD_POLICY),
    )
    managed = [held.key for held in wide if INLINE not in held.key]
    own = [held.name for held in role.held if INLINE in held.key]
    place = (*inline, *own, NEW_POLICY)[0]
    return {
        "role": role.name,
        "policy_name": place,
        "document": document,
        "surplus": _query("PolicyNames", "@", inline[1:], "") if document else "",
        "attached": _query("AttachedPolicies", "PolicyArn", managed, ".PolicyArn")
        if document
        else "",
    }


def _query(listed: str, field: str, wanted: Sequence[str], of: str) -> str:
    """The --query that finds some of the role's policies; empty for none."""
    tests = "||".join(f"{field}=='{one}'" for one in wanted)
    return f"{listed}[?{tests}]{of}" if wanted else ""


REMEDY = Remedy(
    summary="Let role [[role]] do nothing but deliver reports.",
    minutes=20,
    console=(
        "In IAM open Roles, [[role]], Permissions, and keep a copy of each policy.",
        "Leave one inline policy: s3:PutObject on the objects and s3:GetBucketLocation on the"
        " bucket, sns:Publish and sns:GetTopicAttributes on the topic, iam:GetRolePolicy on the"
        " role itself, and, where they are encrypted with a key of yours, kms:GenerateDataKey and"
        " kms:Decrypt on that key.",
        "Remove the other inline policies and detach the managed ones.",
        "Ask for a small data set and see that it arrives. If a policy names no bucket or topic,"
        " name those of Commerce Analytics in the assessment profile and scan again.",
    ),
    cli="""\
cat > cas-delivery.json <<'POLICY'
[[document|json]]
POLICY
aws iam put-role-policy --role-name [[role]] --policy-name [[policy_name]] \\
  --policy-document file://cas-delivery.json

for policy in $(aws iam list-role-policies --role-name [[role]] --query [[surplus]] --output text); do
  aws iam delete-role-policy --role-name [[role]] --policy-name "$policy"
done

for policy in $(aws iam list-attached-role-policies --role-name [[role]] --query [[attached]] --output text); do
  aws iam detach-role-policy --role-name [[role]] --policy-arn "$policy"
done
""",
    cloudformation="""\
# Take the role's other policies out of your stack.
Resources:
  CommerceAnalyticsDelivery:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: [[role]]
      PolicyName: [[policy_name]]
      PolicyDocument:
        [[document|json]]
""",
    terraform="""\
# Take the role's other policies out of your code.
resource "aws_iam_role_policy" "commerce_analytics_delivery" {
  role   = [[role]]
  name   = [[policy_name]]
  policy = <<-POLICY
    [[document|json]]
  POLICY
}
""",
    breaks=(
        "Without s3:GetBucketLocation or iam:GetRolePolicy GenerateDataSet fails.",
        "A job of your own that uses the role stops: give it a role of its own.",
    ),
    way_back="Put the copies of the policies back with aws iam put-role-policy and"
    " aws iam attach-role-policy.",
)

CONTROL = Control(
    module=__name__,
    title="Delivery role can only deliver",
    severity=Severity.HIGH,
    risk="An account outside your control can read, change or delete what the role may reach.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Commerce Analytics Service on-boarding guide"),
        Reference(
            "AWS IAM user guide, Grant least privilege",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        ),
    ),
    reads=(
        "iam.roles",
        "iam.groups",
        "iam.policies",
        "s3.buckets",
        "sns.topics",
        "kms.keys",
    ),
    not_applicable_because=f"No role trusts account {CAS_ACCOUNT}: the account is not enrolled.",
    resources=deliverers,
    check=check,
)
