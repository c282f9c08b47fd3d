"""SELL-05: inline and dead statements hide what people can do."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.evidence import Excerpt, Fact, Piece, policy_excerpt
from scanner.facts.iam import InlinePolicy
from scanner.facts.snapshot import Snapshot
from scanner.policy import LEGACY, PORTAL_CORE, RETIRED, Malformed, Policy, granted, pretty
from scanner.remedy import Remedy
from scanner.scope import placement, taking
from scanner.scope.holder import READ_BY
from scanner.scope.naming import (
    Dead,
    dead_entries,
    entries_of,
    marketplace_policies,
    speaks_of_marketplace,
    without_dead,
)
from scanner.scope.sell import Written
from scanner.vocabulary import Severity, known

NOTE = "These statements stand in the wrong place, or hold names that do nothing."
LONGEST_NAME = 128
OLD = {action.lower() for action in RETIRED}


def check(policy: Written, snapshot: Snapshot) -> Verdict:
    """Low for portal rights inline, names that do nothing, and documents that are no policy."""
    title = f"Policy {policy.name}"
    if isinstance(policy.document, Malformed) and speaks_of_marketplace(policy.document):
        broken = policy.document
        excerpt = Excerpt(title, pretty(broken), note=f"{broken.detail}.", read_by=READ_BY)
        values = NOTHING | {"policy_name": policy.name}
        return failed(f"{title} is no policy: {broken.detail}.", excerpt, values=values)
    document = known(policy.document)
    dead = dead_entries(document)
    portal = granted((document,), PORTAL_CORE) if isinstance(policy, InlinePolicy) else None
    reasons = [f"{title} {what}." for what in _faults(dead, is_inline=bool(portal))]
    remarks = tuple(_remarks(document))
    if not reasons:
        return passed(
            f"Every Marketplace action that {policy.name} names does something.", *remarks
        )
    inline = [grant.statement for grant in portal.of(portal.actions)] if portal else []
    marked = (*(one.statement for one in dead), *inline)
    excerpt = policy_excerpt(title, document, marked, note=NOTE, read_by=READ_BY)
    values = _values(policy, without_dead(document, dead), snapshot, moves=bool(portal))
    faults = [failed(one, excerpt, *remarks, values=values) for one in reasons]
    return all_faults(faults, passed(title))


def _faults(dead: tuple[Dead, ...], *, is_inline: bool) -> Iterator[str]:
    if is_inline:
        yield "is inline and opens the Management Portal"
    unknown = dict.fromkeys(one.action for one in dead if not one.exists)
    old = [name for name in unknown if name.lower() in OLD]
    new = [name for name in unknown if name.lower() not in OLD]
    if old:
        yield f"names actions that AWS has retired: {', '.join(old)}"
    if new:
        yield f"names actions that do not exist: {', '.join(new)}"
    missed = dict.fromkeys(one.action for one in dead if one.exists)
    if missed:
        yield f"names resources for actions that take none, which grants nothing: {', '.join(missed)}"


def _remarks(document: Policy) -> Iterator[Piece]:
    names = {action.lower(): action for _, action in entries_of(document)}
    legacy = sorted(names[one.lower()] for one in LEGACY if one.lower() in names)
    if legacy:
        yield Fact("Left out of the guide's list by now", ", ".join(legacy), READ_BY)


def _values(policy: Written, document: str, snapshot: Snapshot, *, moves: bool) -> dict[str, str]:
    place = placement.place_of(policy)
    named = NOTHING | {"policy_name": policy.name}
    if moves:
        kind = next(one for one in (*taking.OWNERS, "reserved_role") if place[one])
        name = f"{kind}-{place[kind]}-{policy.name}"[:LONGEST_NAME]
        arn = f"arn:{snapshot.account.partition}:iam::{snapshot.account.id}:policy/{name}"
        named |= {"moved": document, "new_policy": name, "replacement": arn}
        named |= {f"from_{one}": place[one] for one in taking.OWNERS}
    elif document:
        return named | place | {"document": document}
    elif not isinstance(policy, InlinePolicy):
        return named | {"drop_arn": policy.arn}
    reserved = {"from_reserved": place["reserved_role"], "detach_name": ""}
    reserved |= {"detach_name": policy.name} if place["reserved_role"] else {}
    return named | reserved | {f"delete_{one}": place[one] for one in taking.OWNERS}


NOTHING = taking.NOTHING | dict.fromkeys(("moved", "new_policy", "drop_arn"), "")

CREATE = """\
cat > managed.json <<'POLICY'
[[moved|json]]
POLICY
aws iam create-policy --policy-name [[new_policy]] --policy-document file://managed.json"""

DROP = """\
for user in $(aws iam list-entities-for-policy --policy-arn [[drop_arn]] \\
  --query 'PolicyUsers[].UserName' --output text); do
  aws iam detach-user-policy --user-name "$user" --policy-arn [[drop_arn]]
done
for group in $(aws iam list-entities-for-policy --policy-arn [[drop_arn]] \\
  --query 'PolicyGroups[].GroupName' --output text); do
  aws iam detach-group-policy --group-name "$group" --policy-arn [[drop_arn]]
done
for role in $(aws iam list-entities-for-policy --policy-arn [[drop_arn]] \\
  --query 'PolicyRoles[].RoleName' --output text); do
  aws iam detach-role-policy --role-name "$role" --policy-arn [[drop_arn]]
done
for version in $(aws iam list-policy-versions --policy-arn [[drop_arn]] \\
  --query 'Versions[?!IsDefaultVersion].VersionId' --output text); do
  aws iam delete-policy-version --policy-arn [[drop_arn]] --version-id "$version"
done
aws iam delete-policy --policy-arn [[drop_arn]]"""


def _stack(owner: str) -> str:
    return f"""\
Resources:
  SellerPolicy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: [[new_policy]]
      {owner.capitalize()}s:
        - [[from_{owner}]]
      PolicyDocument:
        [[moved|json]]"""


def _resource(owner: str) -> str:
    return f"""\
resource "aws_iam_policy" "seller" {{
  name   = [[new_policy]]
  policy = <<-POLICY
    [[moved|json]]
  POLICY
}}
resource "aws_iam_{owner}_policy_attachment" "seller" {{
  {owner}       = [[from_{owner}]]
  policy_arn = aws_iam_policy.seller.arn
}}"""


REMEDY = Remedy(
    summary="Keep Marketplace rights in managed policies whose every line does something.",
    minutes=20,
    console=(
        "In IAM look at the marked lines of [[policy_name]]: names that do nothing can go.",
        "In IAM open Policies, Create policy, JSON, put in the document of the CLI form and call it"
        " [[new_policy]].",
        "In IAM open Policies, choose [[drop_arn]] and delete it: nothing of it does anything.",
        *taking.STEPS,
    ),
    cli="\n\n".join((CREATE, DROP, taking.CLI)),
    cloudformation="\n\n".join((*(map(_stack, taking.OWNERS)), taking.CLOUDFORMATION)),
    terraform="\n\n".join((*(map(_resource, taking.OWNERS)), taking.TERRAFORM)),
    breaks=(
        "Nothing by removing names that do nothing; a policy that moves keeps all its rights.",
        "If a misspelled name was meant to allow something, put in the right one instead.",
    ),
    way_back="Set the earlier version of a managed policy as default. Save an inline policy before"
    " you delete it.",
)

CONTROL = Control(
    module=__name__,
    title="Custom seller policies are sound",
    severity=Severity.LOW,
    risk="Rights that hide in inline policies and dead lines are missed when somebody leaves.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Policies and permissions for sellers"),
        Reference(
            "Actions, resources, and condition keys for AWS Marketplace",
            "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsmarketplace.html",
        ),
    ),
    reads=("iam.policies", "iam.users", "iam.groups", "iam.roles"),
    not_applicable_because="No policy of the account names Marketplace actions.",
    resources=marketplace_policies,
    check=check,
)
