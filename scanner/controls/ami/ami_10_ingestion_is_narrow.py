"""AMI-10: the role that Marketplace reads images with is for Marketplace, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.control import Control, Reference, Verdict, all_faults, failed, not_assessed, passed
from scanner.evidence import Fact, Piece, policy_excerpt
from scanner.facts.profile import MARKETPLACE_AMI_OWNER
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope import ingestion_rewrites as rewrites
from scanner.scope.ami import surely_sells_images
from scanner.scope.cas import ASSET_SERVICE
from scanner.scope.holder import READ_BY, RoleHolder
from scanner.scope.ingestion import (
    INGESTION,
    Ingestion,
    asset_roles,
    beyond,
    ingestion,
    intruders,
    removed_by_boundary,
    shared_with_marketplace,
    shares_images,
)
from scanner.vocabulary import NotSeen, Severity, gaps, known, seen

NAMED_AT_MOST = 5
SERIOUS = {Severity.CRITICAL, Severity.HIGH}


def check(one: Ingestion | RoleHolder, snapshot: Snapshot) -> Verdict:
    """Judge whether there is a way in, and each role that the asset service may assume."""
    return _way_in(snapshot) if isinstance(one, Ingestion) else _role(one, snapshot)


def _way_in(snapshot: Snapshot) -> Verdict:
    """A role, or a share with Marketplace's own account; what was not read may be one."""
    listed = asset_roles(snapshot)
    readable = [one for one in seen(listed) if not gaps(one.role.trust)]
    ready = [one.name for one in readable if shares_images(one)]
    if ready:
        named = Fact("Roles", ", ".join(ready), READ_BY)
        return passed(f"{ASSET_SERVICE} may assume a role for images.", named)
    shared = shared_with_marketplace(snapshot)
    if seen(shared):
        what = Fact("Shared images", ", ".join(seen(shared)), "ec2:DescribeImageAttribute")
        return passed(f"Images are shared with account {MARKETPLACE_AMI_OWNER} instead.", what)
    unread = [gap for one in seen(listed) for gap in (*gaps(one.role.trust), *one.gaps)]
    missing = (*gaps(listed), *unread, *gaps(shared))
    if missing:
        raise NotSeen(*missing)
    surely_sells_images(snapshot)
    why = f"No role lets {ASSET_SERVICE} read images, and no image is shared with its account."
    roles = Fact("Roles that the service may assume", _names([one.name for one in readable]))
    return failed(why, roles, severity=Severity.MEDIUM, values=rewrites.for_a_new_role())


def _role(role: RoleHolder, snapshot: Snapshot) -> Verdict:
    """What could not be read may be high: a milder fault alone is then no verdict."""
    trust = known(role.role.trust)
    others = list(intruders(trust, snapshot))
    too_much, lost = beyond(role), removed_by_boundary(role)
    values = rewrites.for_a_role(
        role, trust, retrust=bool(others), replace=bool(too_much), rebound=bool(lost)
    )
    excerpt = policy_excerpt(
        f"Trust policy of role {role.name}",
        trust,
        [one.statement for one in others],
        note=f"Only {ASSET_SERVICE} has to assume it. The documented trust has no condition.",
        read_by=READ_BY,
    )
    faults = [failed(one.sentence, excerpt, severity=one.severity, values=values) for one in others]
    if too_much:
        what = _names(dict.fromkeys(one.action for one in too_much))
        reason = f"Role {role.name} may do more than its work needs: {what}."
        pieces = role.excerpts(too_much)
        faults.append(failed(reason, *pieces, severity=Severity.HIGH, values=values))
    if lost:
        reason = f"The permissions boundary of role {role.name} takes {_names(lost)} away."
        limit = Fact("Permissions boundary", role.role.boundary, READ_BY)
        faults.append(failed(reason, limit, severity=Severity.MEDIUM, values=values))
    missing = [*role.gaps, *(one.unproven for one in others if one.unproven)]
    if missing and not any(fault.severity in SERIOUS for fault in faults):
        return not_assessed(missing[0].sentence(), *missing, evidence=[excerpt])
    return all_faults(faults, _narrow(role, excerpt))


def _narrow(role: RoleHolder, excerpt: Piece) -> Verdict:
    held = role.grants(INGESTION).actions
    if not shares_images(role):
        rights = role.grants(("*",)).actions
        note = Fact("Other asset role, grants", _names(sorted(rights)), READ_BY)
        return passed(f"Role {role.name} shares no images and only reads.", note, excerpt)
    absent = [one for one in INGESTION if one not in held]
    note = Fact("Rights of the managed policy that it lacks", _names(absent), READ_BY)
    why = f"Only {ASSET_SERVICE} may assume role {role.name}, and only to share images."
    return passed(why, note, excerpt)


def _names(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - NAMED_AT_MOST
    shown = ", ".join(listed[:NAMED_AT_MOST]) or "none"
    return f"{shown} and {more} more" if more > 0 else shown


REMEDY = Remedy(
    summary="Let AWS Marketplace, and nobody else, share images with [[subject]], and nothing more.",
    minutes=20,
    console=(
        *rewrites.STEPS,
        "Keep the role's ARN if products use it, and add a version to see that ingestion works.",
    ),
    cli=rewrites.CLI,
    cloudformation=rewrites.CLOUDFORMATION,
    terraform=rewrites.TERRAFORM,
    breaks=(
        "Whoever else used the role has to get one of their own.",
        "AWSMarketplaceAmiIngestion is for snapshots in us-east-1 only, which is where images are"
        " taken from.",
    ),
    way_back="Put the saved policies, the saved trust policy and the earlier boundary back.",
)

CONTROL = Control(
    module=__name__,
    title="Ingestion role trusts only the Marketplace asset service and can only share images",
    severity=Severity.CRITICAL,
    risk="Whoever else assumes the role can share the paid images with anybody; with wider rights,"
    " a mistake at AWS's end reaches more than images.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Giving AWS Marketplace access to your AMI",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/single-ami-marketplace-ami-access.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: AWS managed policies",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/security-iam-awsmanpol.html",
        ),
    ),
    reads=(
        "catalog.products",
        "iam.roles",
        "iam.policies",
        "iam.groups",
        "ec2.images",
        "organizations.organization",
    ),
    not_applicable_because="No AMI product is sold from this account.",
    resources=ingestion,
    check=check,
)
