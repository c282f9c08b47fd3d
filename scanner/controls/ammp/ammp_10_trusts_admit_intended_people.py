"""AMMP-10: whoever may assume a role of the portal has the portal."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.evidence import Fact, Piece, policy_excerpt
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy
from scanner.scope.ammp import SELLER, trusted_roles
from scanner.scope.cas import assuming
from scanner.scope.holder import READ_BY, RoleHolder
from scanner.scope.issuers import serves_everybody
from scanner.scope.trust_rewrites import PUT_TRUST, cloudformation, narrowed, terraform
from scanner.scope.trusts import TrustFault, TrustKind, faults_of
from scanner.vocabulary import NotSeen, Severity, known

SEVERITIES = {
    TrustKind.EVERYONE: Severity.CRITICAL,
    TrustKind.FOREIGN_ACCOUNT: Severity.HIGH,
    TrustKind.FOREIGN_ORGANIZATION: Severity.HIGH,
    TrustKind.NO_EXTERNAL_ID: Severity.HIGH,
    TrustKind.IMPOSTOR: Severity.HIGH,
    TrustKind.NO_AUDIENCE: Severity.MEDIUM,
    TrustKind.NO_SUBJECT: Severity.MEDIUM,
    TrustKind.NO_SAML_AUDIENCE: Severity.MEDIUM,
    TrustKind.DELETED: Severity.LOW,
}
PROVIDERS = (TrustKind.NO_AUDIENCE, TrustKind.NO_SUBJECT, TrustKind.NO_SAML_AUDIENCE)


def check(holder: RoleHolder, snapshot: Snapshot) -> Verdict:
    """Each fault of the trust policy by its kind; AWS manages that of permission sets."""
    if holder.is_identity_center:
        return passed(f"AWS manages the trust of role {holder.name}: it is a permission set's.")
    trust = known(holder.role.trust)
    found = list(faults_of(trust, snapshot))
    faults = [one for one in found if one.kind in SEVERITIES]
    excerpt = policy_excerpt(
        f"Trust policy of role {holder.name}",
        trust,
        [one.statement for one in faults],
        note=" ".join(dict.fromkeys(one.sentence for one in faults)),
        read_by=READ_BY,
    )
    if not faults:
        remarks = [Fact("Remark", one.sentence, READ_BY) for one in found]
        return passed(_fine(holder, trust), excerpt, *remarks, *_conditions(trust))
    rights = holder.grants_or_raises(SELLER)
    unproven = [one.unproven for one in faults if one.unproven is not None]
    if len(unproven) == len(faults):
        raise NotSeen(*dict.fromkeys(unproven))
    pieces = holder.excerpts(rights, note="These statements open the Management Portal.")
    values = _values(holder, trust, faults, snapshot)
    failing = [
        failed(
            f"Role {holder.name}: {one.sentence}",
            excerpt,
            *pieces,
            severity=_severity(one),
            values=values,
        )
        for one in faults
    ]
    return all_faults(failing, passed(_fine(holder, trust)))


def _severity(fault: TrustFault) -> Severity:
    """By its kind; where everybody gets a token, a missing subject lets strangers in like a trust."""
    open_to_all = fault.kind is TrustKind.NO_SUBJECT and serves_everybody(fault.who)
    return Severity.HIGH if open_to_all else SEVERITIES[fault.kind]


def _fine(holder: RoleHolder, trust: Policy) -> str:
    if not assuming(trust):
        return f"Role {holder.name} cannot be assumed: no statement allows it."
    return f"Role {holder.name} lets in only whom the account intends."


def _conditions(trust: Policy) -> list[Piece]:
    """What keeps strangers out where a statement names everyone."""
    return [
        Fact(f"Everyone, by {one.label}, only with", condition.key, READ_BY)
        for one in assuming(trust)
        if one.admits_everyone()
        for condition in one.restrictions()
    ]


def _values(
    holder: RoleHolder, trust: Policy, faults: Collection[TrustFault], snapshot: Snapshot
) -> Mapping[str, str]:
    def who(*kinds: TrustKind) -> str:
        return ", ".join(dict.fromkeys(one.who for one in faults if one.kind in kinds))

    return {
        "role": holder.name,
        "path": holder.path,
        "labels": ", ".join(dict.fromkeys(one.statement.label for one in faults)),
        "partner": who(TrustKind.NO_EXTERNAL_ID),
        "provider": who(*PROVIDERS),
        "document": narrowed(trust, faults, snapshot.account),
    }


REMEDY = Remedy(
    summary="Let only the intended people assume role [[role]].",
    minutes=20,
    console=(
        "Keep an administrator's session open: a wrong trust policy locks people out.",
        "In IAM open Roles, [[role]], Trust relationships, and keep a copy of the policy.",
        "Edit [[labels]]: name your own users, roles or account in place of everyone and of"
        " strangers. The document of the CLI form does that.",
        "To keep account [[partner]], add the condition StringEquals sts:ExternalId with the value"
        " that the partner gave you; never make one up.",
        "To keep [[provider]], add conditions on the audience and, for OIDC, on the exact subject of"
        " the workload that needs the role.",
        "Let one of the people assume the role before you close your session.",
    ),
    cli=PUT_TRUST,
    cloudformation=cloudformation("PortalRole"),
    terraform=terraform("portal"),
    breaks=(
        "Whoever is taken out of the trust policy of [[role]] cannot assume it any more; running"
        " sessions last until they expire.",
        "Account [[partner]] is locked out until its external id is in the policy.",
        "People or workloads of [[provider]] are locked out if their tokens have another audience,"
        " or until the policy names their subject.",
    ),
    way_back="aws iam update-assume-role-policy with trust-before.json.",
)

CONTROL = Control(
    module=__name__,
    title="Trust policies of portal roles admit only the intended people",
    severity=Severity.CRITICAL,
    risk="Strangers who may assume the role change listings and payouts and see the buyers.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Management Portal user access"),
        Reference(
            "IAM user guide, the confused deputy problem",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
        ),
        Reference(
            "IAM user guide, create a role for OpenID Connect federation",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
        ),
    ),
    reads=("iam.roles", "iam.groups", "iam.policies", "organizations.organization"),
    not_applicable_because="No role of this account can use the Management Portal.",
    resources=trusted_roles,
    check=check,
)
