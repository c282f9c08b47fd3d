"""AMMP-06: rights that are tied to a person stay when the person's job changes."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ammp import SELLER, seller_roles, seller_users
from scanner.scope.direct_grants import direct_grants, moving_to_group, policies_behind
from scanner.scope.holder import READ_BY, Holder
from scanner.vocabulary import Listed, NotSeen, Severity, derived, gaps, seen

MOST_ACTIONS = 5


def users_or_the_account(snapshot: Snapshot) -> Listed[Holder | Account]:
    """Users with portal rights; the account itself where only roles have them."""
    people = seller_users(snapshot)
    if seen(people) or gaps(people):
        return derived(people, lambda user: [user])
    roles = seller_roles(snapshot)
    if any(role.grants(SELLER) for role in seen(roles)):
        return (snapshot.account,)
    return derived(roles, lambda _role: [])


def check(resource: Holder | Account, snapshot: Snapshot) -> Verdict:
    """A user fails by one own policy that grants a portal action; groups and roles are fine."""
    if isinstance(resource, Account):
        names = sorted(role.name for role in seen(seller_roles(snapshot)) if role.grants(SELLER))
        which = Fact("Roles of the portal", _some(names), READ_BY)
        return passed("No IAM user can use the Management Portal; roles can.", which)
    found = direct_grants(resource, SELLER)
    if not found:
        if resource.gaps:
            raise NotSeen(*resource.gaps)
        groups = sorted({held.via for held in resource.held if held.via})
        from_groups = Fact("Groups", _some(groups), READ_BY)
        return passed(f"User {resource.name} has its portal rights from groups.", from_groups)
    policies = policies_behind(resource, found)
    names = [held.name for held in policies]
    actions = Fact("Portal actions", _some(sorted({grant.action for grant in found})))
    note = "These statements open the Management Portal to this user whatever its groups."
    pieces = resource.excerpts(found, note=note)
    reason = f"User {resource.name} has portal rights of its own by {_some(names)}."
    return failed(reason, actions, *pieces, values=moving_to_group(resource, policies))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_ACTIONS} more" if len(names) > MOST_ACTIONS else ""
    return ", ".join(names[:MOST_ACTIONS]) + more


REMEDY = Remedy(
    summary="Move [[policies]] from user [[user]] to a group.",
    minutes=15,
    console=(
        "In IAM open User groups, Create group, and name it after the job, such as [[group]]. Where"
        " an AWS Marketplace managed policy fits the job, prefer it.",
        "Give the group [[policies]] and add [[user]] to it.",
        "Let the person try the portal: the rights of the group hold after some seconds.",
        "Open Users, [[user]], Permissions, and remove [[policies]].",
    ),
    cli="""\
aws iam get-group --group-name [[group]] --query Group.GroupName || aws iam create-group --group-name [[group]]

for arn in $(aws iam list-attached-user-policies --user-name [[user]] --query [[managed]] --output text); do
  aws iam attach-group-policy --group-name [[group]] --policy-arn "$arn"
done

# What was inline becomes a managed policy: of inline ones nobody keeps an overview.
cat > rights.json <<'POLICY'
[[document|json]]
POLICY
aws iam get-policy --policy-arn [[new_policy]] || aws iam create-policy --policy-name [[group]] --policy-document file://rights.json
aws iam attach-group-policy --group-name [[group]] --policy-arn [[new_policy]]

aws iam add-user-to-group --group-name [[group]] --user-name [[user]]
sleep 5

for arn in $(aws iam list-attached-user-policies --user-name [[user]] --query [[managed]] --output text); do
  aws iam detach-user-policy --user-name [[user]] --policy-arn "$arn"
done

for name in $(aws iam list-user-policies --user-name [[user]] --query [[inline]] --output text); do
  aws iam get-user-policy --user-name [[user]] --policy-name "$name" > "before-$name.json"
  aws iam delete-user-policy --user-name [[user]] --policy-name "$name"
done
""",
    cloudformation="""\
# Then remove the policies from the user where they are declared.
Resources:
  PortalGroup:
    Type: AWS::IAM::Group
    Properties:
      GroupName: [[group]]
      ManagedPolicyArns:
        [[arns|json]]
  PortalGroupMembers:
    Type: AWS::IAM::UserToGroupAddition
    Properties:
      GroupName: {Ref: PortalGroup}
      Users:
        - [[user]]

  PortalRights:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: [[group]]
      Groups:
        - {Ref: PortalGroup}
      PolicyDocument:
        [[document|json]]
""",
    terraform="""\
# Then remove the policies from the user where they are declared.
locals {
  managed = toset(jsondecode(<<-JSON
    [[arns|json]]
  JSON
  ))
}

resource "aws_iam_group" "portal" {
  name = [[group]]
}

resource "aws_iam_group_policy_attachment" "portal" {
  for_each   = local.managed
  group      = aws_iam_group.portal.name
  policy_arn = each.value
}

resource "aws_iam_policy" "portal" {
  name   = [[group]]
  policy = <<-POLICY
    [[document|json]]
  POLICY
}
resource "aws_iam_group_policy_attachment" "was_inline" {
  group      = aws_iam_group.portal.name
  policy_arn = aws_iam_policy.portal.arn
}

resource "aws_iam_user_group_membership" "portal" {
  user   = [[user]]
  groups = [aws_iam_group.portal.name]
}
""",
    breaks=(
        "Remove the policies from the user only after it is in the group, or [[user]] is locked out"
        " of the portal for a moment.",
        "A user can be in ten groups at most.",
    ),
    way_back="Attach the policies to [[user]] again and remove the user from group [[group]].",
)

CONTROL = Control(
    module=__name__,
    title="Portal permissions come from groups or permission sets, not from direct grants",
    severity=Severity.MEDIUM,
    risk="People keep the portal after they change jobs, as nobody looks at each user's policies.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Management Portal user access"),
        Reference("CIS AWS Foundations Benchmark 3.0, 1.15"),
        Reference(
            "AWS Foundational Security Best Practices, IAM.2",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.policies", "iam.roles"),
    not_applicable_because="No IAM user and no role can use the Management Portal.",
    resources=users_or_the_account,
    check=check,
)
