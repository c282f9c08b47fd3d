"""Where a policy stands, and the forms of a remedy that put another document in its place.

The forms ask for the values of `place_of` or `inline_of` and for `document`, a policy as JSON. All
but one place is empty, so one block of each form is left when the remedy is filled.
"""

from __future__ import annotations

from collections.abc import Mapping

from scanner.facts.iam import InlinePolicy, ManagedPolicy
from scanner.scope.holder import IDENTITY_CENTER, Holder

MOST_CHARACTERS = {"user": 2_048, "group": 5_120, "role": 10_240, "reserved_role": 10_240}
"""Of inline policies, white space aside (IAM and AWS STS quotas)."""
MOST_MANAGED = 6_144
LONGEST = max(MOST_CHARACTERS.values())

PLACES = ("managed_name", "policy_arn", "user", "group", "role", "reserved_role")


def place_of(policy: ManagedPolicy | InlinePolicy) -> dict[str, str]:
    """Values for a policy that exists: its `policy_name`, and where it stands.

    That is `managed_name` and `policy_arn`, or the name of the `user`, `group` or `role` that an
    inline policy belongs to, or `reserved_role`, a role of Identity Center that IAM cannot edit.
    """
    place = dict.fromkeys(PLACES, "") | {"policy_name": policy.name}
    if isinstance(policy, ManagedPolicy):
        return place | {"managed_name": policy.name, "policy_arn": policy.arn}
    kind, _, rest = policy.owner.split(":", 5)[-1].partition("/")
    reserved = kind == "role" and f"/{rest}".startswith(IDENTITY_CENTER)
    return place | {"reserved_role" if reserved else kind: rest.rpartition("/")[2]}


def inline_of(holder: Holder, policy_name: str) -> dict[str, str]:
    """Values for an inline policy of that name in a user or role."""
    place = dict.fromkeys(PLACES, "") | {"policy_name": policy_name}
    return place | {"reserved_role" if holder.is_identity_center else holder.kind: holder.name}


def fits(document: str, place: Mapping[str, str]) -> bool:
    """Say whether a policy, as JSON, is short enough for where the values of a place put it.

    Other inline policies of the same principal are not counted, which share its room.
    """
    most = next((most for kind, most in MOST_CHARACTERS.items() if place[kind]), MOST_MANAGED)
    return len(document) <= most or len("".join(document.split())) <= most


STEPS = (
    "In IAM open Policies, [[managed_name]], Edit, JSON, and put in the document of the CLI form.",
    "In IAM open Users, [[user]], Permissions, inline policy [[policy_name]], and put in the"
    " document of the CLI form.",
    "In IAM open User groups, [[group]], Permissions, inline policy [[policy_name]], and put in the"
    " document of the CLI form.",
    "In IAM open Roles, [[role]], Permissions, inline policy [[policy_name]], and put in the"
    " document of the CLI form.",
    "In IAM Identity Center put the document of the CLI form into the inline policy of the"
    " permission set behind [[reserved_role]], and provision it again.",
)

_OWNERS = ("user", "group", "role")

CLI = "\n\n".join(
    (
        "cat > policy.json <<'POLICY'\n[[document|json]]\nPOLICY",
        "aws iam create-policy-version --policy-arn [[policy_arn]] \\\n"
        "  --policy-document file://policy.json --set-as-default",
        *(
            f"aws iam put-{owner}-policy --{owner}-name [[{owner}]] --policy-name [[policy_name]] \\\n"
            "  --policy-document file://policy.json"
            for owner in _OWNERS
        ),
    )
)

_STACK = """\
Resources:
  SellerPolicy:
    Type: AWS::IAM::{kind}
    Properties:
      {name}
      PolicyDocument:
        [[document|json]]"""

CLOUDFORMATION = "\n\n".join(
    (
        _STACK.format(kind="ManagedPolicy", name="ManagedPolicyName: [[managed_name]]"),
        *(
            _STACK.format(
                kind=f"{owner.capitalize()}Policy",
                name=f"{owner.capitalize()}Name: [[{owner}]]\n      PolicyName: [[policy_name]]",
            )
            for owner in _OWNERS
        ),
    )
)

_RESOURCE = """\
resource "aws_iam_{kind}" "seller" {{
  {name}
  policy = <<-POLICY
    [[document|json]]
  POLICY
}}"""

TERRAFORM = "\n\n".join(
    (
        _RESOURCE.format(kind="policy", name="name   = [[managed_name]]"),
        *(
            _RESOURCE.format(
                kind=f"{owner}_policy",
                name=f"{owner} = [[{owner}]]\n  name   = [[policy_name]]",
            )
            for owner in _OWNERS
        ),
    )
)
