"""Rights that a user has by its own policies, and how to move them to a group (AMMP-06)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from typing import Any

from scanner.policy import Grant
from scanner.scope.holder import Held, Holder

INLINE = "#inline-policy/"
LONGEST_NAME = 60
WITH_VARIABLES = "2012-10-17"


def direct_grants(user: Holder, actions: Collection[str]) -> tuple[Grant, ...]:
    """The grants of some actions that a user keeps without its groups.

    Boundary and Deny statements count, those of the groups too: what is refused is not granted.
    """
    own = {held.policy for held in user.held if not held.via}
    return tuple(grant for grant in user.grants(actions).of(actions) if grant.policy in own)


def policies_behind(user: Holder, grants: Iterable[Grant]) -> tuple[Held, ...]:
    """The user's own policies that some grants come from, each once."""
    granting = {grant.policy for grant in grants}
    held = {one.key: one for one in user.held if not one.via and one.policy in granting}
    return tuple(held.values())


def moving_to_group(user: Holder, policies: Collection[Held]) -> dict[str, str]:
    """Values of a remedy that puts these policies of a user into a group and the user with them.

    Users with the same policies share the group. `managed` and `inline` are the --query of the
    AWS CLI that find the policies among the user's; `arns` and `document` are what the group gets,
    the latter all inline policies as one managed policy, `new_policy` its ARN, empty for none.
    """
    managed = sorted(one.key for one in policies if INLINE not in one.key)
    inline = sorted(
        (one for one in policies if INLINE in one.key), key=lambda one: (one.name, one.key)
    )
    document = _merged(one.policy.text for one in inline) if inline else ""
    digest = hashlib.sha256(json.dumps([managed, document]).encode()).hexdigest()[:8]
    names = sorted(one.name for one in policies)
    group = f"portal-{names[0][:LONGEST_NAME]}-{digest}"
    return {
        "user": user.name,
        "group": group,
        "policies": ", ".join(names),
        "managed": _chosen("AttachedPolicies[?{}].PolicyArn", "PolicyArn", managed),
        "inline": _chosen("PolicyNames[?{}]", "@", [one.name for one in inline]),
        "arns": json.dumps(managed),
        "document": document,
        "new_policy": f"{user.arn.rpartition(':')[0]}:policy/{group}" if inline else "",
    }


def _merged(texts: Iterable[str]) -> str:
    """The statements of some policies in one; a statement id is kept where it comes first.

    Only the newer version of the language knows variables: what looks like one in an older
    document is spelled so that it stays the text it was.
    """
    statements: list[Any] = []
    for text in texts:
        document = json.loads(text)
        if document.get("Version") != WITH_VARIABLES:
            document = json.loads(text.replace("${", "${$}{"))
        stated = document["Statement"]
        for one in stated if isinstance(stated, list) else [stated]:
            taken = {other.get("Sid") for other in statements}
            statements.append(
                {name: value for name, value in one.items() if name != "Sid" or value not in taken}
            )
    return json.dumps({"Version": WITH_VARIABLES, "Statement": statements})


def _chosen(query: str, what: str, wanted: Collection[str]) -> str:
    """A JMESPath query for some texts; empty for none."""
    tests = (f"{what}=='{_escaped(text)}'" for text in wanted)
    return query.format("||".join(tests)) if wanted else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
