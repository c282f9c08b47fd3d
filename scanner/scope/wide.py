"""Patterns that stand for everything of a kind: names that nobody chose fit them too."""

from __future__ import annotations

import re

from scanner.facts.account import Account
from scanner.policy.context import opened
from scanner.policy.match import covers, matches, padded

WILDCARDS = re.compile(r"[*?]+")

POWERFUL = ("AdministratorAccess", "IAMFullAccess")
"""Policies of AWS with which somebody grants himself the rest."""


def is_all_of(resource: str, kind: str, account: Account) -> bool:
    """Whether a resource names all users, roles, groups or policies of the account, or all of those.

    `kind` is `user`, `role`, `group` or `policy`. A run of wildcards is read as one star, so that
    `role/??*` and `role/*/*` count like `role/*`; a policy variable stands for anything.
    """
    pattern = WILDCARDS.sub("*", padded(opened(resource)))
    every = f"arn:{account.partition}:iam::{account.id}:{kind}/?*"
    return covers(pattern, every) or covers(pattern, f"{every}/?*")


def names_power(value: str, account: Account) -> bool:
    """Whether a policy's ARN, or a pattern for some, admits one that limits nobody.

    Those are AWS's own of POWERFUL, or any policy of the account.
    """
    given = opened(value)
    of_aws = (f"arn:{account.partition}:iam::aws:policy/{name}" for name in POWERFUL)
    return any(matches(given, arn) for arn in of_aws) or is_all_of(given, "policy", account)
