"""MTR-03: a record that a person sends by hand becomes an invoice, right or wrong."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import METER
from scanner.remedy import Remedy
from scanner.scope import metering_rewrites
from scanner.scope.administrators import is_administrator
from scanner.scope.holder import READ_BY, Holder
from scanner.scope.metering_rewrites import taken
from scanner.scope.mtr import SEND, names_of
from scanner.scope.nature import Nature
from scanner.scope.natures import nature_of, seen_nature
from scanner.scope.principals import principals
from scanner.scope.sell import called
from scanner.vocabulary import Listed, NotSeen, Severity, Unobserved, derived

REFUSAL = "no-metering-records"


def people(snapshot: Snapshot) -> Listed[Holder]:
    """Identities of people, administrators aside, and those with rights that may be such."""

    def chosen(holder: Holder) -> list[Holder]:
        if is_administrator(holder):
            return []
        nature = seen_nature(holder, snapshot)
        if isinstance(nature, Unobserved):
            return [holder] if holder.may_grant(SEND) else []
        return [holder] if nature is Nature.HUMAN else []

    return derived(principals(snapshot), chosen)


def check(holder: Holder, snapshot: Snapshot) -> Verdict:
    """Fail on any right to write usage, also behind MFA; to read entitlements is a remark."""
    nature_of(holder, snapshot)
    rights = holder.grants_or_raises(METER)
    sends = rights.any_of(SEND)
    who = called(holder)
    if not sends:
        if holder.gaps:
            raise NotSeen(*holder.gaps)
        names = names_of(rights.actions)
        remarks = [Fact("Remark", f"it can use {names}, which write no usage", READ_BY)]
        return passed(f"{who} cannot send metering records.", *(remarks if names else ()))
    grants = rights.of(SEND)
    return failed(
        f"{who} is for people and can send metering records: {names_of(sends)}.",
        *holder.excerpts(grants, note="These statements let people write usage."),
        values=taken(holder, grants, SEND, snapshot, refusal=REFUSAL) | {"name": holder.name},
    )


REMEDY = Remedy(
    summary="Take the right to send metering records from [[name]].",
    minutes=15,
    console=(
        "If [[name]] corrects usage by hand, make a job of it that a second person reviews, on a"
        " role of its own.",
        *metering_rewrites.STEPS,
    ),
    cli=metering_rewrites.CLI,
    cloudformation=metering_rewrites.CLOUDFORMATION,
    terraform=metering_rewrites.TERRAFORM,
    breaks=(
        "Corrections by hand are refused: they go through the reviewed job.",
        "If a workload uses the password's user too, its metering stops: give it a role first.",
    ),
    way_back="Delete the inline policy, put the old document back, attach the policy again, or put"
    " the user back into the group.",
)

CONTROL = Control(
    module=__name__,
    title="Humans cannot send metering records",
    severity=Severity.MEDIUM,
    risk="A mistake or a fraud of one person becomes a customer's invoice.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: metering and entitlement API permissions",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/iam-user-policy-for-aws-marketplace-actions.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies", "iam.report"),
    not_applicable_because="The account has no users and roles for people, administrators aside.",
    resources=people,
    check=check,
)
