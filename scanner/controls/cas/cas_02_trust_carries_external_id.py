"""CAS-02: an external id keeps others from using AWS's delivery account as a deputy."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import policy_excerpt
from scanner.facts.profile import CAS_ACCOUNT
from scanner.facts.snapshot import Snapshot
from scanner.policy import Condition, Statement
from scanner.remedy import Remedy
from scanner.scope.cas import accounts_of, assuming, deliverers
from scanner.scope.holder import READ_BY, RoleHolder
from scanner.vocabulary import Severity, known

EXTERNAL_ID = "sts:ExternalId"


def check(role: RoleHolder, _snapshot: Snapshot) -> Verdict:
    """Every statement by which the CAS account may assume the role has to ask for an id."""
    trust = known(role.role.trust)
    letting_in = [one for one in assuming(trust) if _lets_cas_in(one)]
    without = [one for one in letting_in if not _asks_for_an_id(one)]
    excerpt = policy_excerpt(
        f"Trust policy of role {role.name}",
        trust,
        without,
        note="The marked statements ask for no fixed external id." if without else "",
        read_by=READ_BY,
    )
    if not without:
        reason = f"Account {CAS_ACCOUNT} can assume role {role.name} only with an external id."
        return passed(reason, excerpt)
    labels = ", ".join(one.label for one in without)
    return failed(
        f"Account {CAS_ACCOUNT} can assume role {role.name} without an external id, by {labels}.",
        excerpt,
        values={"role": role.name},
    )


def _lets_cas_in(statement: Statement) -> bool:
    return CAS_ACCOUNT in accounts_of(statement) or statement.admits_everyone()


def _asks_for_an_id(statement: Statement) -> bool:
    return any(_is_fixed(one) for one in statement.conditions_on(EXTERNAL_ID))


def _is_fixed(condition: Condition) -> bool:
    """StringEquals on real values: IfExists lets an absent id through, StringLike any that fits."""
    return condition.operator == "StringEquals" and all(
        value.strip("*? ") for value in condition.values
    )


ONLY_AWS = "Only AWS knows the external id; enrolling again in the portal writes it."

REMEDY = Remedy(
    summary="Enrol again, so that AWS writes an external id into the trust of role [[role]].",
    minutes=30,
    console=(
        "In IAM open Roles, [[role]], Trust relationships, and keep a copy of the policy.",
        "In the AWS Marketplace Management Portal open Reports, the settings of the Commerce"
        " Analytics Service, and enrol again with the same bucket and topic.",
        "Look at the trust policy that AWS wrote. Never make up an external id: AWS would not send"
        " it, and nothing would be delivered any more.",
        "If AWS again writes no external id, record the finding as an accepted risk.",
    ),
    breaks=("Enrolling again asks for the bucket and the topic; data sets may pause meanwhile.",),
    way_back="Put back the copy of the trust policy.",
    without=tuple((form, ONLY_AWS) for form in ("cli", "cloudformation", "terraform")),
)

CONTROL = Control(
    module=__name__,
    title="Delivery role trust carries the external id",
    severity=Severity.LOW,
    risk="Somebody else who uses AWS's delivery account could have it write into your bucket.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS IAM user guide, The confused deputy problem",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
        ),
        Reference("AWS Marketplace Seller Guide, Commerce Analytics Service"),
    ),
    reads=("iam.roles", "iam.groups", "iam.policies"),
    not_applicable_because=f"No role trusts account {CAS_ACCOUNT}: the account is not enrolled.",
    resources=deliverers,
    check=check,
)
