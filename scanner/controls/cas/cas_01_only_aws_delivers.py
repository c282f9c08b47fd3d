"""CAS-01: whoever else may assume the delivery role can write into the reporting bucket."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.control import Control, Reference, Verdict, all_faults, failed, not_applicable, passed
from scanner.evidence import Excerpt, Fact, policy_excerpt
from scanner.facts.iam import Role
from scanner.facts.profile import CAS_ACCOUNT
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy, Statement
from scanner.remedy import Remedy
from scanner.scope.cas import accounts_of, assuming, delivery_roles, trusts_cas
from scanner.scope.holder import READ_BY
from scanner.scope.rewrites import trusting_only_cas
from scanner.vocabulary import Severity, known


def check(role: Role, snapshot: Snapshot) -> Verdict:
    """Strangers are critical, own identities and services medium, deleted principals low."""
    trust = known(role.trust)
    judged = [
        (one, who, severity)
        for one in assuming(trust)
        for who, severity in _admitted(one, snapshot)
    ]
    critical = any(severity is Severity.CRITICAL for _, _, severity in judged)
    if not trusts_cas(trust) and not critical:
        name = Fact("Role", f"{role.name} looks like the portal wizard's", READ_BY)
        why = "The role does not trust the CAS account: enrolment is incomplete or was replaced."
        return not_applicable(why, name, _excerpt(role, trust, ()))
    values = {"role": role.name, "path": role.path, "document": trusting_only_cas(trust)}
    excerpt = _excerpt(role, trust, [one for one, _, _ in judged])
    faults = [
        failed(f"Role {role.name} lets {who} assume it.", excerpt, severity=severity, values=values)
        for _, who, severity in judged
    ]
    return all_faults(faults, passed(f"Role {role.name} trusts only AWS's CAS account.", excerpt))


def _admitted(statement: Statement, snapshot: Snapshot) -> Iterator[tuple[str, Severity]]:
    """Say who but the CAS account a statement lets in, and how bad that is."""
    own = snapshot.account.id
    if statement.admits_everyone():
        yield "everyone", Severity.CRITICAL
    for account in statement.foreign_accounts(own, (CAS_ACCOUNT,)):
        approved = snapshot.profile.approves(account, own)
        yield f"account {account}", Severity.MEDIUM if approved else Severity.CRITICAL
    if own in accounts_of(statement):
        yield "identities of this account", Severity.MEDIUM
    for who in (*statement.services(), *statement.providers()):
        yield who, Severity.MEDIUM
    for principal in statement.principals or ():
        if principal.is_deleted:
            yield f"deleted principal {principal.value}", Severity.LOW


def _excerpt(role: Role, trust: Policy, statements: list[Statement] | tuple[()]) -> Excerpt:
    note = f"Only account {CAS_ACCOUNT} has to assume this role."
    return policy_excerpt(
        f"Trust policy of role {role.name}", trust, statements, note=note, read_by=READ_BY
    )


REMEDY = Remedy(
    summary="Let only AWS's Commerce Analytics account assume role [[role]].",
    minutes=10,
    console=(
        "In IAM open Roles, [[role]], Trust relationships, and keep a copy of the policy.",
        f"Choose Edit trust policy and leave account {CAS_ACCOUNT} as the only principal."
        " Keep an external id that AWS wrote; never make one up.",
        "Ask for a small data set and see that it arrives.",
    ),
    cli="""\
aws iam get-role --role-name [[role]] \\
  --query Role.AssumeRolePolicyDocument > trust-before.json
cat > cas-trust.json <<'POLICY'
[[document|json]]
POLICY
aws iam update-assume-role-policy --role-name [[role]] --policy-document file://cas-trust.json
""",
    cloudformation="""\
# The role's policies, bucket and topic stay where your stack declares them.
Resources:
  CommerceAnalyticsRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: [[role]]
      Path: [[path]]
      AssumeRolePolicyDocument:
        [[document|json]]
""",
    terraform="""\
resource "aws_iam_role" "commerce_analytics" {
  name               = [[role]]
  path               = [[path]]
  assume_role_policy = <<-POLICY
    [[document|json]]
  POLICY
}
""",
    breaks=("With a wrong account id in the trust policy, data is no longer delivered.",),
    way_back="aws iam update-assume-role-policy with the copy of the trust policy.",
)

CONTROL = Control(
    module=__name__,
    title="Delivery role trusts only AWS's CAS account",
    severity=Severity.CRITICAL,
    risk="Another party can write into, and often read, the bucket with your customers' data.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Commerce Analytics Service on-boarding guide"),
    ),
    reads=("iam.roles",),
    not_applicable_because=f"No role trusts account {CAS_ACCOUNT}: the account is not enrolled.",
    resources=delivery_roles,
    check=check,
)
