"""MTR-04: whoever may assume a metering role can bill your customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.evidence import Fact, policy_excerpt
from scanner.facts.snapshot import Snapshot
from scanner.policy import METER, Policy
from scanner.remedy import Remedy
from scanner.scope.cas import assuming
from scanner.scope.doubt import hidden
from scanner.scope.holder import READ_BY, RoleHolder
from scanner.scope.metering_trusts import Misfit, advice, mended, misfits
from scanner.scope.mtr import metering_roles
from scanner.scope.trust_rewrites import PUT_TRUST, cloudformation, terraform
from scanner.scope.trusts import TrustKind
from scanner.vocabulary import NotSeen, Severity, known

PROVIDERS = (
    TrustKind.NO_AUDIENCE,
    TrustKind.NO_SUBJECT,
    TrustKind.WIDE_SUBJECT,
    TrustKind.NO_SAML_AUDIENCE,
)


def check(holder: RoleHolder, snapshot: Snapshot) -> Verdict:
    """Each misfit in the trust policy; AWS manages that of permission sets."""
    if holder.is_identity_center:
        return passed(f"AWS manages the trust of role {holder.name}: it is a permission set's.")
    trust = known(holder.role.trust)
    said = list(misfits(holder, trust, snapshot))
    found = [one for one in said if isinstance(one, Misfit)]
    missing = hidden(said)
    if missing:
        raise NotSeen(*missing)
    excerpt = policy_excerpt(
        f"Trust policy of role {holder.name}",
        trust,
        [one.statement for one in found],
        note=" ".join(dict.fromkeys(one.sentence for one in found)),
        read_by=READ_BY,
    )
    if not found:
        remarks = [Fact("Advice", said, READ_BY) for said in (advice(trust),) if said]
        return passed(_fine(holder, trust), excerpt, *remarks)
    rights = holder.grants_or_raises(METER)
    unproven = [one.fault.unproven for one in found if one.fault and one.fault.unproven]
    if len(unproven) == len(found):
        raise NotSeen(*dict.fromkeys(unproven))
    pieces = (excerpt, *holder.excerpts(rights, note="These statements are the role's metering."))
    values = _values(holder, trust, found, snapshot)
    failing = [
        failed(f"Role {holder.name}: {one.sentence}", *pieces, severity=one.severity, values=values)
        for one in found
    ]
    return all_faults(failing, passed(_fine(holder, trust)))


def _fine(holder: RoleHolder, trust: Policy) -> str:
    if not assuming(trust):
        return f"Role {holder.name} cannot be assumed: no statement allows it."
    return f"Role {holder.name} lets in only its workload and identities of this account."


def _values(
    holder: RoleHolder, trust: Policy, found: Sequence[Misfit], snapshot: Snapshot
) -> Mapping[str, str]:
    def who(*kinds: TrustKind) -> str:
        faults = [one.fault for one in found if one.fault and one.fault.kind in kinds]
        return ", ".join(dict.fromkeys(fault.who for fault in faults))

    return {
        "role": holder.name,
        "path": holder.path,
        "labels": ", ".join(dict.fromkeys(one.statement.label for one in found)),
        "partner": who(TrustKind.NO_EXTERNAL_ID),
        "provider": who(*PROVIDERS),
        "service": ", ".join(dict.fromkeys(one.service for one in found if one.service)),
        "document": mended(holder, trust, found, snapshot.account),
    }


REMEDY = Remedy(
    summary="Let only the workload that meters assume role [[role]].",
    minutes=20,
    console=(
        "In IAM open Roles, [[role]], Trust relationships, and keep a copy of the policy.",
        "Edit [[labels]]: name the service that runs the metering, or your own role, and nobody"
        " else. The document of the CLI form does that.",
        "To keep account [[partner]], add the condition StringEquals sts:ExternalId with the value"
        " that the partner gave you; never make one up.",
        "To keep [[provider]], add conditions on the audience and on the exact subject: for EKS the"
        " namespace and the service account.",
        "If nothing in this account gives the role to [[service]], take the service out.",
        "See that metering records still arrive before the sessions of running tasks expire.",
    ),
    cli=PUT_TRUST,
    cloudformation=cloudformation("MeteringRole"),
    terraform=terraform("metering"),
    breaks=(
        "Whoever is taken out of the trust policy of [[role]] cannot assume it any more; running"
        " tasks keep their credentials until they expire.",
        "Account [[partner]] is locked out until its external id is in the policy.",
        "Workloads of [[provider]] are locked out until the policy names their audience and subject.",
        "[[service]] is refused if it does not say for which account it works.",
    ),
    way_back="aws iam update-assume-role-policy with trust-before.json.",
)

CONTROL = Control(
    module=__name__,
    title="Metering roles can be assumed only by their workload",
    severity=Severity.CRITICAL,
    risk="Strangers who may assume the role write your customers' invoices.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: metering and entitlement API permissions",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/iam-user-policy-for-aws-marketplace-actions.html",
        ),
        Reference(
            "IAM user guide, the confused deputy problem",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
        ),
    ),
    reads=("iam.roles", "iam.groups", "iam.policies", "organizations.organization"),
    not_applicable_because="No role of this account has metering or entitlement rights.",
    resources=metering_roles,
    check=check,
)
