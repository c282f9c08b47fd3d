"""Roles with which AWS Marketplace reads images and other assets of the seller (AMI-10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scanner.facts.account import Account
from scanner.facts.profile import MARKETPLACE_AMI_OWNER
from scanner.facts.snapshot import Snapshot
from scanner.policy import Grant, Policy, Statement, action_matches, granted
from scanner.policy.catalogue import actions_of
from scanner.scope.ami import product_images, sells_images
from scanner.scope.cas import ASSET_SERVICE, accounts_of, assuming, trusts_ingestion
from scanner.scope.holder import RoleHolder
from scanner.scope.principals import roles
from scanner.scope.trusts import TrustKind, faults_of
from scanner.vocabulary import (
    Listed,
    Partial,
    Severity,
    Unobserved,
    derived,
    gaps,
    merged,
    seen,
)

INGESTION = (
    "ec2:DescribeImageAttribute",
    "ec2:DescribeImages",
    "ec2:DescribeSnapshotAttribute",
    "ec2:ModifyImageAttribute",
    "ec2:ModifySnapshotAttribute",
)
"""What AWS's managed policy AWSMarketplaceAmiIngestion grants."""

FPGA = (
    "ec2:CopyFpgaImage",
    "ec2:DescribeFpgaImageAttribute",
    "ec2:DescribeFpgaImages",
    "ec2:ModifyFpgaImageAttribute",
)
TEMPLATES = ("s3:getobject", "s3:getobjectversion")
"""Read of template objects, in lower case: allowed where the bucket is named."""

CHANGES = "ec2:Modify*"
READS = re.compile(r"[a-z0-9-]+:(BatchGet|Describe|Get|Head|List)|kms:Decrypt$", re.IGNORECASE)
"""What roles for other assets need: Image Builder components, templates, container images."""

NAMED_BUCKET = re.compile(r"arn:aws[a-z-]*:s3:::[^*?$/]+/")


@dataclass(frozen=True, slots=True)
class Ingestion:
    """Whether there is a way for Marketplace to read images, as a resource of its own."""

    account: Account

    @property
    def key(self) -> str:
        """The account's key with what it is about (design 2.11)."""
        return f"{self.account.key}#ingestion/ami"

    @property
    def name(self) -> str:
        """What people call it."""
        return "AMI ingestion"

    @property
    def region(self) -> str:
        """IAM is global."""
        return ""


@dataclass(frozen=True, slots=True)
class Intruder:
    """Somebody beside the asset service who may assume a role.

    `unproven` is what has to be read to know that it is no worse.
    """

    statement: Statement
    sentence: str
    severity: Severity
    unproven: Unobserved | None = None


def ingestion(snapshot: Snapshot) -> Listed[Ingestion | RoleHolder]:
    """The way in as such, then every role that the asset service may assume, or may."""
    if not sells_images(snapshot):
        return ()
    first: Listed[Ingestion | RoleHolder] = (Ingestion(snapshot.account),)
    return merged(first, asset_roles(snapshot))


def asset_roles(snapshot: Snapshot) -> Listed[RoleHolder]:
    """Roles that trust the asset service, and those whose trust policy was not read."""

    def chosen(one: RoleHolder) -> list[RoleHolder]:
        trust = one.role.trust
        return [one] if isinstance(trust, Unobserved) or trusts_ingestion(trust) else []

    return derived(roles(snapshot), chosen)


def shares_images(role: RoleHolder) -> bool:
    """Whether a role is for images, by what its own policies grant: it may change their sharing."""
    return bool(unlimited(role).grants((CHANGES,)))


def unlimited(role: RoleHolder) -> RoleHolder:
    """The role without its permissions boundary."""
    return replace(role, boundary=None)


def removed_by_boundary(role: RoleHolder) -> tuple[str, ...]:
    """Actions of ingestion that the role's policies grant and its boundary takes away."""
    if not isinstance(role.boundary, Policy):
        return ()
    wanted = unlimited(role).grants(INGESTION).actions
    return tuple(sorted(wanted - role.grants(INGESTION).actions))


def beyond(role: RoleHolder) -> tuple[Grant, ...]:
    """What a role may do beyond sharing images or, for other assets, beyond reading them.

    Each grant has the action as its policy spells it.
    """
    for_images = shares_images(role)
    if isinstance(role.boundary, Policy):
        limit = granted([role.boundary], ("*",))
        if not any(_is_beyond(one, for_images) for one in limit.of(limit.actions)):
            return ()
    found = role.grants(("*",))
    return tuple(one for one in found.of(found.actions) if _is_beyond(one, for_images))


def _is_beyond(grant: Grant, for_images: bool) -> bool:  # noqa: FBT001 - one of two kinds of role
    if not for_images:
        return not READS.match(grant.action)
    if grant.action.lower() in TEMPLATES:
        statement = grant.statement
        named = statement.names_resources and all(map(NAMED_BUCKET.match, statement.resources))
        return not named
    return not _stands_for(grant.action) <= {one.lower() for one in (*INGESTION, *FPGA)}


def _stands_for(entry: str) -> set[str]:
    """The actions that an entry of a policy means, in lower case; itself if nobody knows."""
    if "*" not in entry and "?" not in entry:
        return {entry.lower()}
    fitting = (one for one in actions_of(entry.partition(":")[0]) if action_matches(entry, one))
    return {one.lower() for one in fitting} or {entry}


def intruders(trust: Policy, snapshot: Snapshot) -> Iterator[Intruder]:
    """Find who else may assume a role: worst are strangers, then own identities and services."""
    judged = [fault for fault in faults_of(trust, snapshot) if fault.kind in WORSE]
    for fault in judged:
        severity = Severity.MEDIUM if fault.unproven else WORSE[fault.kind]
        yield Intruder(fault.statement, fault.sentence, severity, fault.unproven)
    told = {(fault.statement.index, fault.who) for fault in judged}
    strangers = {fault.statement.index for fault in judged if fault.kind in FOREIGN}
    for one in assuming(trust):
        others = [
            account for account in sorted(accounts_of(one)) if (one.index, account) not in told
        ]
        names = [f"account {account}" for account in others]
        names += [service for service in one.services() if service != ASSET_SERVICE]
        names += one.providers()
        if one.admits_everyone() and one.index not in strangers:
            names.append("everybody whom its conditions allow")
        number = one.sid or one.index + 1
        for who in names:
            yield Intruder(one, f"Statement {number} also lets in {who}.", Severity.MEDIUM)


FOREIGN = {TrustKind.EVERYONE, TrustKind.FOREIGN_ACCOUNT, TrustKind.FOREIGN_ORGANIZATION}
WORSE = {
    TrustKind.EVERYONE: Severity.CRITICAL,
    TrustKind.FOREIGN_ACCOUNT: Severity.HIGH,
    TrustKind.FOREIGN_ORGANIZATION: Severity.HIGH,
    TrustKind.DELETED: Severity.LOW,
}


def shared_with_marketplace(snapshot: Snapshot) -> Listed[str]:
    """Ids of product images that Marketplace's own account may launch, as far as was read."""
    images = product_images(snapshot)
    unread = tuple(gap for image in seen(images) for gap in gaps(image.launch_permissions))
    found = derived(
        images,
        lambda image: [
            image.id
            for grant in seen(image.launch_permissions)
            if grant.user == MARKETPLACE_AMI_OWNER
        ],
    )
    return merged(found, Partial((), unread)) if unread else found
