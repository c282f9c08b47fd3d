"""SELL-08: an open PassRole lets a publisher run code as any role of the account."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, not_applicable, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import Grant, Statement
from scanner.remedy import Remedy
from scanner.scope import taking
from scanner.scope.administrators import is_administrator
from scanner.scope.holder import READ_BY, Holder
from scanner.scope.passing import (
    PASS_ROLE,
    ingestion_roles,
    is_open,
    names_a_group,
    passing_publishers,
    pinned,
)
from scanner.scope.sell import by_own_policies, called, exemption
from scanner.scope.subtraction import Stated
from scanner.vocabulary import NotSeen, Severity

NOTE = "iam:PassRole on every role, without iam:PassedToService = assets.marketplace.amazonaws.com."


def check(holder: Holder, snapshot: Snapshot) -> Verdict:
    """Fail if an own policy passes every role to any service, or to others than Marketplace's."""
    if is_administrator(holder):
        return not_applicable(exemption(holder, snapshot.profile))
    grants = holder.grants(PASS_ROLE).of(PASS_ROLE)
    own = by_own_policies(holder, grants)
    loose = tuple(one for one in own if is_open(one.statement, snapshot.account))
    who = called(holder)
    if loose:
        return failed(
            f"{who} changes listings and can pass any role of the account to a service.",
            *holder.excerpts(loose, note=NOTE),
            values=_values(holder, loose, snapshot),
        )
    if holder.gaps:
        raise NotSeen(*holder.gaps)
    return passed(f"{who} passes roles within limits.", *_remarks(holder, grants, own, snapshot))


def _remarks(
    holder: Holder, grants: tuple[Grant, ...], own: tuple[Grant, ...], snapshot: Snapshot
) -> list[Fact]:
    theirs = [one for one in grants if one not in own and is_open(one.statement, snapshot.account)]
    names = dict.fromkeys(held.name for held in taking.sources(holder, theirs))
    facts = [Fact("Any role by policies of AWS", ", ".join(names), READ_BY)] if names else []
    groups = {
        resource: None
        for one in own
        if names_a_group(one.statement)
        for resource in one.statement.resources
    }
    if groups:
        facts.append(Fact("Roles that may be passed", ", ".join(groups), READ_BY))
    return facts


def _values(holder: Holder, loose: tuple[Grant, ...], snapshot: Snapshot) -> dict[str, str]:
    roles = ingestion_roles(snapshot)

    def instead(_statement: Statement, stated: Stated) -> Stated:
        return pinned(stated, roles, snapshot.account)

    first, *rest = [held for held in taking.sources(holder, loose) if not taking.is_of_aws(held)]
    more = {"more": ", ".join(held.title for held in rest)}
    return taking.rewritten(holder, first, loose, PASS_ROLE, instead) | more


REMEDY = Remedy(
    summary="Let publishers pass the ingestion role to AWS Marketplace and nothing else.",
    minutes=15,
    console=(
        "See in the evidence which statements pass roles, and in Last accessed whether other"
        " services need it; give those a role by its ARN in a statement of their own.",
        *taking.STEPS,
    ),
    cli=taking.CLI,
    cloudformation=taking.CLOUDFORMATION,
    terraform=taking.TERRAFORM,
    breaks=(
        "Other deployments by the same person need a PassRole of their own.",
        "What is written in a policy that others hold changes all of them.",
    ),
    way_back="Set the earlier version of a managed policy as default. Save an inline policy before"
    " you replace it.",
)

CONTROL = Control(
    module=__name__,
    title="PassRole for AMI ingestion is pinned",
    severity=Severity.HIGH,
    risk="A publisher starts something with an administrator's role and owns the account.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, AWS managed policies for sellers"),
        Reference(
            "Granting a user permissions to pass a role to an AWS service",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies"),
    not_applicable_because="Nobody who changes listings can pass a role.",
    resources=passing_publishers,
    check=check,
)
