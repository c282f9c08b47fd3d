"""Trust policies as they should read once their faults are taken out (AMMP-10, MTR-04)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from scanner.facts.account import Account
from scanner.policy import Policy, Principal, Statement
from scanner.scope.issuers import issuer_of, oidc_keys
from scanner.scope.trusts import TrustFault, TrustKind

Stated = dict[str, Any]

NOBODY: Stated = {
    "Sid": "NobodyUntilSomebodyIsNamed",
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "sts:AssumeRole",
}
"""A trust policy needs a statement; with this one the role stays and nobody can assume it."""

SIGN_IN = {
    "aws": "https://signin.aws.amazon.com/saml",
    "aws-cn": "https://signin.amazonaws.cn/saml",
    "aws-us-gov": "https://signin.amazonaws-us-gov.com/saml",
}
"""The SAML audience of the AWS sign-in page, by partition (IAM user guide, SAML assertions)."""

PUT_TRUST = """\
aws iam get-role --role-name [[role]] --query Role.AssumeRolePolicyDocument --output json > trust-before.json
cat > trust.json <<'POLICY'
[[document|json]]
POLICY
aws iam update-assume-role-policy --role-name [[role]] --policy-document file://trust.json
"""
"""The commands of a remedy that puts another trust policy in place; the values are role, document."""

STS = "sts.amazonaws.com"
MADE_FOR_STS = ("token.actions.githubusercontent.com", "oidc.eks.")
"""Issuers whose tokens for AWS carry that audience, as AWS's own guides set them up."""


def cloudformation(resource: str) -> str:
    """Give a remedy's template of a role with its trust policy; the values are role, path, document."""
    return f"""\
# The role's policies stay where your stack declares them.
Resources:
  {resource}:
    Type: AWS::IAM::Role
    Properties:
      RoleName: [[role]]
      Path: [[path]]
      AssumeRolePolicyDocument:
        [[document|json]]
"""


def terraform(resource: str) -> str:
    """The same for Terraform."""
    return f"""\
resource "aws_iam_role" "{resource}" {{
  name               = [[role]]
  path               = [[path]]
  assume_role_policy = <<-POLICY
    [[document|json]]
  POLICY
}}
"""


def narrowed(trust: Policy, faults: Collection[TrustFault], account: Account) -> str:
    """The trust policy as JSON without these faults; nobody is let in who was not before.

    Everyone becomes the account itself, whose own policies then decide. Strangers, deleted
    principals and providers of unknown subjects go: no external id or subject is made up. A
    missing audience is added where it is known. When nothing is left, nobody may assume the role.
    """
    document: Stated = json.loads(trust.text)
    stated = document["Statement"]
    stated = stated if isinstance(stated, list) else [stated]
    kept: list[Stated] = []
    for one, written in zip(trust.statements, stated, strict=True):
        here = [fault for fault in faults if fault.statement.index == one.index]
        kept += _mended(one, written, here, account) if here else [written]
    if not any(written["Effect"] == "Allow" for written in kept):
        kept = [NOBODY]
    return json.dumps(document | {"Statement": kept})


def _mended(
    one: Statement, written: Stated, faults: Collection[TrustFault], account: Account
) -> Iterable[Stated]:
    """A statement without its faults, and another for providers whose audience can be added."""
    gone = {fault.who for fault in faults} - {""}
    strangers = {who.value for who in one.principals or () if who.account in gone}
    added = _audiences([fault for fault in faults if fault.who not in strangers], account)
    staying = [who for who in one.principals or () if {who.value, who.account}.isdisjoint(gone)]
    if one.admits_everyone() and any(fault.kind in _BY_ANYBODY for fault in faults):
        own = Principal("AWS", account.key, account.id)
        staying = [own, *(who for who in staying if not who.is_unbounded)]
    rest = {key: value for key, value in written.items() if key not in _WHOM}
    if staying:
        yield rest | {"Principal": _principal(staying)}
    for provider, condition in added.items():
        yield {key: value for key, value in rest.items() if key != "Sid"} | {
            "Principal": {"Federated": provider},
            "Condition": _both(rest.get("Condition", {}), condition),
        }


_WHOM = ("Principal", "NotPrincipal")

_BY_ANYBODY = frozenset({
    TrustKind.EVERYONE, TrustKind.FOREIGN_ACCOUNT, TrustKind.FOREIGN_ORGANIZATION,
    TrustKind.NO_EXTERNAL_ID,
})  # fmt: skip
"""What a statement that names everyone may be faulted for because of it."""


def _audiences(faults: Iterable[TrustFault], account: Account) -> dict[str, dict[str, str]]:
    """Condition keys and values to add, by provider: only where the audience is all that lacks."""
    of: dict[str, set[TrustKind]] = {}
    for fault in faults:
        of.setdefault(fault.who, set()).add(fault.kind)
    added = {}
    for provider, kinds in of.items():
        if kinds == {TrustKind.NO_SAML_AUDIENCE} and account.partition in SIGN_IN:
            added[provider] = {"SAML:aud": SIGN_IN[account.partition]}
        elif kinds == {TrustKind.NO_AUDIENCE} and issuer_of(provider).startswith(MADE_FOR_STS):
            added[provider] = {oidc_keys(provider)[0]: STS}
    return added


def _both(before: Stated, condition: dict[str, str]) -> Stated:
    """The conditions with one more; an earlier test of the same key by equality gives way."""
    return before | {"StringEquals": before.get("StringEquals", {}) | condition}


def _principal(named: Iterable[Principal]) -> dict[str, str | list[str]]:
    by_kind: dict[str, list[str]] = {}
    for who in named:
        by_kind.setdefault("AWS" if who.kind == "everyone" else who.kind, []).append(who.value)
    return {kind: one[0] if len(one) == 1 else one for kind, one in by_kind.items()}
