"""AMI-07: whoever may launch a product's source image has the product, outside Marketplace."""

from __future__ import annotations

import json
from collections.abc import Iterable

from scanner.control import Control, Reference, Verdict, failed, not_assessed, passed
from scanner.evidence import Fact
from scanner.facts.ec2 import Grant, Image
from scanner.facts.profile import MARKETPLACE_AMI_OWNER
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ami import not_judged, product_images
from scanner.vocabulary import Observed, Severity, Unobserved, gaps, seen

READ = "ec2:DescribeImageAttribute"
NOTES = {MARKETPLACE_AMI_OWNER: "owner of Marketplace's published images"}


def check(image: Image, snapshot: Snapshot) -> Verdict:
    """Judge each grant but that of everybody (AMI-06); an unread organisation leaves some open."""
    grants = [grant for grant in seen(image.launch_permissions) if not grant.group]
    known = {grant: _is_known(grant, snapshot) for grant in grants}
    foreign = [grant for grant in grants if known[grant] is False]
    told = ", ".join(map(_told, grants)) or "nobody seen"
    evidence = (Fact("Shared with", told, READ), *not_judged(snapshot))
    if foreign:
        who = ", ".join(map(_who, foreign))
        reason = f"{image.id} is shared with {who}, which is not known to be yours."
        return failed(reason, *evidence, values=_values(image, foreign))
    missing = [*gaps(image.launch_permissions)]
    missing += [answer for answer in known.values() if isinstance(answer, Unobserved)]
    if missing:
        return not_assessed(missing[0].sentence(), *missing, evidence=evidence)
    return passed(f"{image.id} is shared with nobody unknown.", *evidence)


def _is_known(grant: Grant, snapshot: Snapshot) -> Observed[bool]:
    if grant.user:
        return snapshot.profile.approves(grant.user, snapshot.account.id)
    organization = snapshot.organizations.organization
    if isinstance(organization, Unobserved):
        return organization
    return organization is not None and organization.id == _organization_of(grant)


def _organization_of(grant: Grant) -> str:
    """The id in arn:aws:organizations::<account>:organization/<id> or :ou/<id>/<unit>."""
    return (*(grant.organization or grant.unit).split(":")[-1].split("/"), "")[1]


def _who(grant: Grant) -> str:
    if grant.user:
        return f"account {grant.user}"
    if grant.unit:
        return f"organizational unit {grant.unit}"
    return f"organization {grant.organization}"


def _told(grant: Grant) -> str:
    note = NOTES.get(grant.user, "")
    return f"{_who(grant)} ({note})" if note else _who(grant)


def _values(image: Image, foreign: Iterable[Grant]) -> dict[str, str]:
    """What --launch-permission of modify-image-attribute takes: exactly the unknown."""
    entries = [
        {"UserId": grant.user}
        if grant.user
        else {"OrganizationalUnitArn": grant.unit}
        if grant.unit
        else {"OrganizationArn": grant.organization}
        for grant in foreign
    ]
    removal = json.dumps({"Remove": entries})
    return {"image": image.id, "region": image.region, "removal": removal}


REMEDY = Remedy(
    summary="Take the launch permission of [[image]] away from everybody unknown.",
    minutes=5,
    console=(
        "In EC2, region [[region]], open AMIs, Owned by me, and select [[image]].",
        "Choose Actions, Edit AMI permissions, and remove the accounts, organizations and units"
        " that you do not know. An account that tests for you belongs in the profile.",
    ),
    cli="""\
aws ec2 describe-image-attribute --region [[region]] --image-id [[image]] --attribute launchPermission > launch-permissions-before.json
aws ec2 modify-image-attribute --region [[region]] --image-id [[image]] --launch-permission [[removal]]
""",
    breaks=(
        "Testers and partners in those accounts can no longer launch the image.",
        "Nothing for AWS Marketplace: it reads the image through the ingestion role.",
    ),
    way_back="Run the same command with Add in place of Remove; launch-permissions-before.json has"
    " the earlier list.",
    without=(
        ("cloudformation", "CloudFormation has no resource type for launch permissions."),
        (
            "terraform",
            "Terraform can only grant: delete the aws_ami_launch_permission resources of these"
            " accounts.",
        ),
    ),
)

CONTROL = Control(
    module=__name__,
    title="Product source AMIs are shared only with known accounts",
    severity=Severity.MEDIUM,
    risk="Another account runs the product without a subscription, and can copy it.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Giving AWS Marketplace access to your AMI",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/single-ami-marketplace-ami-access.html",
        ),
    ),
    reads=("ec2.images", "catalog.products", "organizations.organization"),
    not_applicable_because="No AMI product is sold from this account, or it owns no image in"
    " us-east-1 to sell.",
    resources=product_images,
    check=check,
)
