"""AMI-08: whoever may make a volume from a product's snapshot has the product."""

from __future__ import annotations

import json

from scanner.control import Control, Reference, Verdict, all_faults, failed, not_assessed, passed
from scanner.evidence import Fact
from scanner.facts.ec2 import EbsSnapshot, Grant
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ami import images_on, own_snapshots
from scanner.vocabulary import Observed, Severity, Unobserved, gaps, seen

EVERYONE = Grant(group="all")
BLOCKED = "block-all-sharing"
PERMISSIONS = "ec2:DescribeSnapshotAttribute"
BLOCK = "ec2:GetSnapshotBlockPublicAccessState"


def check(ebs: EbsSnapshot, snapshot: Snapshot) -> Verdict:
    """Judge each grant; permissions that were cut or refused can still prove a fail."""
    grants = seen(ebs.volume_permissions)
    block = snapshot.ec2.snapshot_block.get(ebs.region, Unobserved(BLOCK, "NotRead", ebs.region))
    images = ", ".join(image.id for image in images_on(ebs, snapshot))
    evidence = [
        Fact("Images made of it", images or "none", "ec2:DescribeImages"),
        Fact("Shared with", ", ".join(map(_who, grants)) or "nobody seen", PERMISSIONS),
    ]
    foreign = [grant for grant in grants if grant != EVERYONE and not _is_known(grant, snapshot)]
    unwanted = [EVERYONE] * (EVERYONE in grants) + foreign
    values = {"snapshot": ebs.id, "region": ebs.region, "removal": _removal(unwanted)}
    faults = []
    if EVERYONE in grants:
        state = block.sentence() if isinstance(block, Unobserved) else block
        evidence.append(Fact(f"Public access to snapshots in {ebs.region}", state, BLOCK))
        severity, reason = _public(ebs, block)
        faults.append(failed(reason, *evidence, severity=severity, values=values))
    if foreign:
        who = ", ".join(map(_who, foreign))
        reason = f"{ebs.id} is shared with {who}, which is not known to be yours."
        faults.append(failed(reason, *evidence, severity=Severity.HIGH, values=values))
    otherwise = passed(f"{ebs.id} is shared with nobody unknown.", *evidence)
    missing = gaps(ebs.volume_permissions)
    if missing:
        otherwise = not_assessed(missing[0].sentence(), *missing, evidence=evidence)
    return all_faults(faults, otherwise)


def _public(ebs: EbsSnapshot, block: Observed[str]) -> tuple[Severity, str]:
    """The region's block hides a public snapshot; unread, it is taken to be off."""
    if block == BLOCKED:
        return (
            Severity.MEDIUM,
            f"{ebs.id} is public and only hidden by the block on sharing in {ebs.region}.",
        )
    return Severity.CRITICAL, f"Anybody with an AWS account can read {ebs.id}: it is public."


def _is_known(grant: Grant, snapshot: Snapshot) -> bool:
    return bool(grant.user) and snapshot.profile.approves(grant.user, snapshot.account.id)


def _who(grant: Grant) -> str:
    if grant.user:
        return f"account {grant.user}"
    return "everybody" if grant == EVERYONE else grant.group or grant.organization or grant.unit


def _removal(unwanted: list[Grant]) -> str:
    """What --create-volume-permission of modify-snapshot-attribute takes."""
    entries = [
        {"UserId": grant.user} if grant.user else {"Group": grant.group}
        for grant in unwanted
        if grant.user or grant.group
    ]
    return json.dumps({"Remove": entries})


REMEDY = Remedy(
    summary="Take the permission to create volumes from [[snapshot]] away from everybody unknown.",
    minutes=5,
    console=(
        "In EC2, region [[region]], open Snapshots and select [[snapshot]].",
        "Choose Actions, Snapshot settings, Modify permissions.",
        "Choose Private and delete the shared accounts that you do not know, then Modify"
        " permissions.",
    ),
    cli="""\
aws ec2 describe-snapshot-attribute --region [[region]] --snapshot-id [[snapshot]] --attribute createVolumePermission > snapshot-permissions-before.json
aws ec2 modify-snapshot-attribute --region [[region]] --snapshot-id [[snapshot]] --attribute createVolumePermission --create-volume-permission [[removal]]
""",
    breaks=(
        "Nothing for AWS Marketplace: it reads snapshots through the ingestion role.",
        "The accounts that lose the permission can make no new volumes; volumes that they already"
        " made stay.",
    ),
    way_back="Run the same command with Add in place of Remove; snapshot-permissions-before.json"
    " has the earlier list.",
    without=(
        ("cloudformation", "CloudFormation has no resource type for a snapshot's permissions."),
        (
            "terraform",
            "Terraform can only grant: delete the aws_snapshot_create_volume_permission resources"
            " of this snapshot.",
        ),
    ),
)

CONTROL = Control(
    module=__name__,
    title="Snapshots behind product AMIs are private",
    severity=Severity.CRITICAL,
    risk="A snapshot is the whole disk of the product: shared, it gives the paid software and all"
    " that was left on the disk away.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Foundational Security Best Practices, EC2.1",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: Giving AWS Marketplace access to your AMI",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/single-ami-marketplace-ami-access.html",
        ),
    ),
    reads=("ec2.snapshots", "ec2.snapshot_block", "ec2.images", "ec2.regions", "catalog.products"),
    not_applicable_because="The account owns no EBS snapshot in any enabled region.",
    resources=own_snapshots,
    check=check,
)
