"""AMMP-08: leavers keep the portal for as long as their passwords, keys and roles stay."""

from __future__ import annotations

from datetime import timedelta

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import PORTAL_CORE
from scanner.remedy import Remedy
from scanner.scope.ammp import portal_roles
from scanner.scope.cas import trusts_cas, trusts_ingestion
from scanner.scope.credentials import Credentials, credentials
from scanner.scope.holder import READ_BY, RoleHolder
from scanner.scope.staleness import query_for, stale_credentials
from scanner.vocabulary import Listed, NotSeen, Severity, known, merged

NOTHING = dict.fromkeys(
    ("idle_login", "stale_user", "stale_keys", "idle_role", "reserved_role"), ""
)


def users_and_portal_roles(snapshot: Snapshot) -> Listed[Credentials | RoleHolder]:
    """Every IAM user, and the roles that can use the portal."""
    users: Listed[Credentials | RoleHolder] = credentials(snapshot)
    return merged(users, portal_roles(snapshot))


def check(resource: Credentials | RoleHolder, snapshot: Snapshot) -> Verdict:
    """A user fails by password or key, medium; a role by its last use, low."""
    if isinstance(resource, RoleHolder):
        return _judge_role(resource, snapshot)
    return _judge_user(resource, snapshot)


def _judge_user(user: Credentials, snapshot: Snapshot) -> Verdict:
    stale, untold = stale_credentials(user, snapshot)
    if not stale and untold:
        raise NotSeen(*untold)
    keys = [one.key for one in stale if one.key is not None]
    values = NOTHING | {
        "idle_login": user.name if len(keys) < len(stale) else "",
        "stale_user": user.name if keys else "",
        "stale_keys": query_for(keys),
    }
    faults = [failed(one.reason, one.fact, values=values) for one in stale]
    return all_faults(faults, passed(f"User {user.name} has no unused or old credentials."))


def _judge_role(holder: RoleHolder, snapshot: Snapshot) -> Verdict:
    role = holder.role
    since = role.last_used or role.created
    idle = snapshot.now - since
    used = "was last used" if role.last_used else "has no use on record since it was made"
    use = f"{used} {idle.days} days ago"
    fact = Fact("Last use", f"{role.last_used:%Y-%m-%d}" if role.last_used else "none", READ_BY)
    if idle < timedelta(days=snapshot.profile.role_unused_days):
        return passed(f"Role {role.name} was used or made lately.", fact)
    rights = holder.grants_or_raises(PORTAL_CORE)
    trust = known(role.trust)
    if trusts_cas(trust) or trusts_ingestion(trust):
        note = Fact("Marketplace service role", "used only when data or images are asked for")
        return passed(f"Role {role.name} belongs to a Marketplace service; it {use}.", fact, note)
    reason = f"Role {role.name} can use the Management Portal and {use}."
    if holder.is_identity_center:
        reason += " It belongs to a permission set."
    where = "reserved_role" if holder.is_identity_center else "idle_role"
    pieces = holder.excerpts(rights, note="These statements open the Management Portal.")
    values = NOTHING | {where: role.name}
    return failed(reason, fact, *pieces, severity=Severity.LOW, values=values)


GONE = (
    "A template cannot take away what it did not make: remove the login profile, access key or role"
    " from the one that declares it."
)

REMEDY = Remedy(
    summary="Take away the access that nobody uses.",
    minutes=10,
    console=(
        "Ask the owner first; a quarterly job may look unused.",
        "In IAM open Users, [[idle_login]], Security credentials, Manage console access, Disable.",
        "In IAM open Users, [[stale_user]], Security credentials, and deactivate the access key."
        " Delete it when nothing has broken for a week.",
        "In IAM open Roles, [[idle_role]], and delete the role, or attach a policy that denies all.",
        "In IAM Identity Center open AWS accounts, this account, and remove the assignments of the"
        " permission set behind [[reserved_role]].",
    ),
    cli="""\
aws iam delete-login-profile --user-name [[idle_login]]

for key in $(aws iam list-access-keys --user-name [[stale_user]] --query [[stale_keys]] --output text); do
  aws iam update-access-key --user-name [[stale_user]] --access-key-id "$key" --status Inactive
done

aws iam put-role-policy --role-name [[idle_role]] --policy-name unused-deny-all --policy-document \\
  '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
""",
    breaks=(
        "The person behind [[idle_login]] cannot sign in any more.",
        "Scripts that sign with the old key of [[stale_user]] stop.",
        "Whoever assumes [[idle_role]] gets no rights.",
    ),
    way_back="A key can be activated again and the denying policy deleted. A deleted login profile"
    " needs a new password.",
    without=(("cloudformation", GONE), ("terraform", GONE)),
)

CONTROL = Control(
    module=__name__,
    title="Unused credentials and stale keys are removed",
    severity=Severity.MEDIUM,
    risk="People who left, and whoever found an old key, still reach the portal.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Management Portal user access"),
        Reference("CIS AWS Foundations Benchmark 3.0, 1.12 and 1.14"),
        Reference(
            "AWS Foundational Security Best Practices, IAM.3 and IAM.22",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies", "iam.report"),
    not_applicable_because="The account has no IAM users and no role that can use the portal.",
    resources=users_and_portal_roles,
    check=check,
)
