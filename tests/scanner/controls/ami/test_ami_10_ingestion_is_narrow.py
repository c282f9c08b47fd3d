"""AMI-10: Marketplace, and nobody else, can share images, and there is a way for it to do so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from scanner.control import Outcome, outcomes_of
from scanner.controls.ami.ami_10_ingestion_is_narrow import CONTROL
from scanner.facts.catalog import Product
from scanner.facts.iam import ManagedPolicy, Role
from scanner.facts.organizations import Organization
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import HOME_REGION, Listed, Observed, Partial, Severity, Status
from tests.builders import (
    AUTHORIZATION_DETAILS,
    ORGANIZATION,
    OWN,
    STRANGER,
    a_managed_policy,
    a_role,
    a_snapshot,
    denied,
)
from tests.builders_resources import MARKETPLACE, a_product, an_image
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, allow_all_but, trust

ASSETS = {"Service": "assets.marketplace.amazonaws.com"}
TRUSTED = trust(ASSETS)
MANAGED = a_managed_policy(
    "AWSMarketplaceAmiIngestion",
    allow("ec2:ModifySnapshotAttribute", on="arn:aws:ec2:us-east-1::snapshot/snap-*"),
    allow(
        "ec2:DescribeImageAttribute",
        "ec2:DescribeImages",
        "ec2:DescribeSnapshotAttribute",
        "ec2:ModifyImageAttribute",
    ),
    aws=True,
)
TIGHT = a_managed_policy("tight", allow("ec2:DescribeImages"))
WIDE = a_managed_policy("wide", allow("*"))
WAY, ROLE = "AMI ingestion", "ingest"
REFUSED = denied(AUTHORIZATION_DETAILS)
ELSEWHERE = Organization("o-zzzzzzzzzz", "arn", STRANGER)
PRODUCTS = (a_product("ami-0product"),)
BROKEN = "The permissions boundary of role ingest takes ec2:DescribeImageAttribute, ec2:DescribeSn"
OPEN = passes("may assume a role for images", shows=f"Roles: {ROLE}")


def a_way(
    trusted: Any = TRUSTED,
    *statements: Document,
    managed: Sequence[ManagedPolicy] = (MANAGED,),
    boundary: str = "",
    name: str = ROLE,
) -> Role:
    """A role for ingestion, with more statements in an inline policy if there are any."""
    return a_role(
        name,
        trusted=trusted if isinstance(trusted, Mapping) else a_policy(*trusted),
        managed=managed,
        inline={"more": a_policy(*statements)} if statements else {},
        boundary=boundary,
    )


def account(
    *roles: Role,
    listed: Listed[Role] | None = None,
    policies: Listed[ManagedPolicy] = (MANAGED, TIGHT, WIDE),
    products: Listed[Product] = PRODUCTS,
    organization: Observed[Organization | None] = ORGANIZATION,
    profile: Profile | None = None,
    **more: Any,
) -> Snapshot:
    """A seller of images that shares none of them."""
    images = {"images": (an_image(launch_permissions=()),)}
    return a_snapshot(
        roles=roles if listed is None else listed,
        policies=policies,
        products=products,
        organization=organization,
        profile=profile,
        **(images | more),
    )


def of(sentence: str, expected: Expected, role: Role, way: Expected = OPEN, **more: Any) -> Case:
    """One role that the asset service may assume."""
    return Case(sentence, account(role, **more), {WAY: way, ROLE: expected})


def no_way(severity: Severity = Severity.MEDIUM) -> Expected:
    return fails(severity, "No role lets assets.marketplace.amazonaws.com read images")


CASES = (
    of(
        "the documented role passes",
        passes("may assume role ingest, and only to share", shows="that it lacks: none"),
        a_way(),
    ),
    of(
        "a condition on the account is welcome",
        passes(),
        a_way(trust(ASSETS, when={"StringEquals": {"aws:SourceAccount": OWN}})),
    ),
    of(
        "a part of the rights is no more than allowed",
        passes(shows="that it lacks: ec2:DescribeImageAttribute, ec2:DescribeImages, "),
        a_way(TRUSTED, allow("ec2:ModifyImageAttribute"), managed=()),
    ),
    of(
        "FPGA images and templates in a named bucket belong to the work",
        passes(),
        a_way(
            TRUSTED,
            allow("ec2:CopyFpgaImage", "ec2:ModifyFpgaImageAttribute"),
            allow("s3:GetObject", on="arn:aws:s3:::larkfield-templates/*"),
        ),
    ),
    of(
        "a wildcard that means nothing else is as good",
        passes(),
        a_way(TRUSTED, allow("ec2:ModifyImageAttr*")),
    ),
    of(
        "everyone is critical",
        fails(Severity.CRITICAL, "lets anybody in any AWS account in", shows="Only assets.market"),
        a_way((TRUSTED, trust("*"))),
    ),
    of(
        "a foreign account is high",
        fails(Severity.HIGH, f"lets account {STRANGER}, which nobody approved, in."),
        a_way((TRUSTED, trust(f"arn:aws:iam::{STRANGER}:root"))),
    ),
    of(
        "an approved account is not the asset service either",
        fails(Severity.MEDIUM, f"Statement 2 also lets in account {STRANGER}."),
        a_way((TRUSTED, trust(f"arn:aws:iam::{STRANGER}:root"))),
        profile=Profile(approved_accounts=(STRANGER,)),
    ),
    of(
        "our own identities are medium",
        fails(Severity.MEDIUM, f"Statement 1 also lets in account {OWN}."),
        a_way(trust(ASSETS | {"AWS": OWN})),
    ),
    of(
        "another service is medium",
        fails(Severity.MEDIUM, "Statement 1 also lets in ec2.amazonaws.com."),
        a_way(trust({"Service": [ASSETS["Service"], "ec2.amazonaws.com"]})),
    ),
    of(
        "an identity provider is medium",
        fails(Severity.MEDIUM, "saml-provider/idp."),
        a_way((TRUSTED, trust({"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"}))),
    ),
    of(
        "everybody of our organisation is medium",
        fails(Severity.MEDIUM, "Statement 2 also lets in everybody whom its conditions allow."),
        a_way(
            (TRUSTED, trust("*", when={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}))
        ),
    ),
    of(
        "everybody of another organisation is high",
        fails(Severity.HIGH, "organization o-zzzzzzzzzz in, which is not yours"),
        a_way((TRUSTED, trust("*", when={"StringEquals": {"aws:PrincipalOrgID": "o-zzzzzzzzzz"}}))),
    ),
    of(
        "whose organisation it is may be unknown",
        not_assessed("organizations:DescribeOrganization"),
        a_way((TRUSTED, trust("*", when={"StringEquals": {"aws:PrincipalOrgID": "o-zzzzzzzzzz"}}))),
        organization=denied("organizations:DescribeOrganization"),
    ),
    of(
        "a deleted principal is low",
        fails(Severity.LOW, "names AIDAEXAMPLE, a user or role that was deleted"),
        a_way((TRUSTED, trust("AIDAEXAMPLE"))),
    ),
    of(
        "all of EC2 is high",
        fails(Severity.HIGH, "Role ingest may do more than its work needs: ec2:*."),
        a_way(TRUSTED, allow("ec2:*")),
    ),
    of(
        "one more action is high, and its statement is shown",
        fails(Severity.HIGH, "needs: ec2:DeregisterImage.", shows="Inline policy more"),
        a_way(TRUSTED, allow("ec2:DeregisterImage")),
    ),
    of(
        "a long list is cut",
        fails(Severity.HIGH, "a:e and 2 more."),
        a_way(TRUSTED, allow(*(f"a:{name}" for name in "abcdefg"))),
    ),
    of(
        "what NotAction grants is high",
        fails(Severity.HIGH, "needs: *."),
        a_way(TRUSTED, allow_all_but("iam:*")),
    ),
    of(
        "templates in any bucket are every object of the account",
        fails(Severity.HIGH, "s3:GetObject"),
        a_way(TRUSTED, allow("s3:GetObject")),
    ),
    of(
        "a boundary that is as narrow as the managed policy limits wide rights",
        passes(),
        a_way(TRUSTED, allow("ec2:*"), boundary=MANAGED.arn),
    ),
    of(
        "a wide boundary limits nothing",
        fails(Severity.HIGH, "ec2:*"),
        a_way(TRUSTED, allow("ec2:*"), boundary=WIDE.arn),
    ),
    of(
        "a boundary that takes rights away breaks ingestion",
        fails(Severity.MEDIUM, BROKEN, shows="Permissions boundary: arn:aws:iam::111122223333:pol"),
        a_way(boundary=TIGHT.arn),
    ),
    of(
        "one finding has all reasons and the worst severity",
        fails(Severity.HIGH, "also lets in ec2.amazonaws.com. Role ingest may do more"),
        a_way((TRUSTED, trust({"Service": "ec2.amazonaws.com"})), allow("ec2:*")),
    ),
    of(
        "a role for other assets passes with a note, and is no way for images",
        passes("only reads", shows="grants: imagebuilder:GetComponent, kms:Decrypt, s3:GetObject"),
        a_way(
            TRUSTED,
            allow("imagebuilder:GetComponent", "s3:GetObject", "kms:Decrypt"),
            managed=(),
        ),
        no_way(),
    ),
    of(
        "a role for other assets that may do more than read fails",
        fails(Severity.HIGH, "s3:*"),
        a_way(TRUSTED, allow("s3:*", "imagebuilder:GetComponent"), managed=()),
        no_way(),
    ),
    of(
        "an unread policy is not assessed",
        not_assessed(AUTHORIZATION_DETAILS),
        a_way(),
        not_assessed(AUTHORIZATION_DETAILS),
        policies=REFUSED,
    ),
    of(
        "it cannot hide what others grant",
        fails(Severity.HIGH, "ec2:*"),
        a_way(TRUSTED, allow("ec2:*")),
        policies=REFUSED,
    ),
    of(
        "it may hide worse than another service",
        not_assessed(AUTHORIZATION_DETAILS),
        a_way(trust({"Service": [ASSETS["Service"], "ec2.amazonaws.com"]}), managed=(TIGHT,)),
        not_assessed(AUTHORIZATION_DETAILS),
        policies=REFUSED,
    ),
    Case(
        "a trust policy that does not parse may be anything",
        account(a_role(ROLE, trusted=a_malformed_policy())),
        {WAY: not_assessed(AUTHORIZATION_DETAILS), ROLE: not_assessed(AUTHORIZATION_DETAILS)},
    ),
    Case("who sells images needs a way in", account(), no_way()),
    Case(
        "roles for others are none",
        account(a_role("worker", inline={"all": allow("ec2:*")})),
        no_way(),
    ),
    Case(
        "a share with Marketplace's account is another way",
        account(images=(an_image(),)),
        passes("shared with account 679593333241", shows="Shared images: ami-0product"),
    ),
    Case(
        "unread permissions may be such a share",
        account(
            images=(an_image(launch_permissions=denied("ec2:DescribeImageAttribute", HOME_REGION)),)
        ),
        not_assessed("ec2:DescribeImageAttribute"),
    ),
    Case(
        "a known share is enough",
        account(
            images=(
                an_image(
                    launch_permissions=Partial(
                        (MARKETPLACE,), (denied("ec2:DescribeImageAttribute", HOME_REGION),)
                    )
                ),
            )
        ),
        passes("shared with account"),
    ),
    Case(
        "unread roles are not assessed",
        account(listed=REFUSED),
        {
            WAY: not_assessed(AUTHORIZATION_DETAILS),
            f"Account {OWN}": not_assessed(AUTHORIZATION_DETAILS),
        },
    ),
    Case(
        "whether images are sold may be unknown",
        account(products=denied("aws-marketplace:ListEntities")),
        not_assessed("aws-marketplace:ListEntities"),
    ),
    Case(
        "the profile can say so",
        account(
            products=denied("aws-marketplace:ListEntities"), profile=Profile(product_types=("ami",))
        ),
        no_way(),
    ),
    Case(
        "so can an image that it names",
        account(products=(), profile=Profile(images=("ami-0product",))),
        no_way(),
    ),
    Case("who sells no images needs none", account(products=()), not_applicable("No AMI product")),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_ingestion_is_narrow(case: Case) -> None:
    case.holds_for(CONTROL)


def mended(outcome: Outcome, before: Role) -> Role:
    """The role as the remedy's commands leave it."""
    values = outcome.values
    inline = {one.name: one.document for one in before.inline}
    attached = list(before.attached)
    if values["emptied_role"]:
        inline, attached = {}, []
    if values["extras"]:
        inline["MarketplaceAssets"] = a_policy(*json.loads(values["extras"])["Statement"])
    return a_role(
        ROLE,
        trusted=a_policy(*json.loads(values["trust"])["Statement"]),
        inline=inline,
        managed=(MANAGED,) if attached or values["attached_role"] else (),
        boundary=MANAGED.arn if values["boundary_role"] else before.boundary,
    )


@pytest.mark.parametrize(
    "role",
    [
        a_way((TRUSTED, trust("*"))),
        a_way(trust(ASSETS | {"AWS": [OWN, STRANGER]})),
        a_way(TRUSTED, allow("ec2:*"), allow("ec2:CopyFpgaImage")),
        a_way(TRUSTED, allow("s3:*", "s3:GetObject"), managed=()),
        a_way(boundary=TIGHT.arn),
    ],
)
def test_the_remedy_leaves_a_role_that_passes(role: Role) -> None:
    before = {one.name: one for one in outcomes_of(CONTROL, account(role))}
    assert before[ROLE].status is Status.FAIL
    after = account(mended(before[ROLE], role))
    again = {one.name: one for one in outcomes_of(CONTROL, after)}
    assert again[ROLE].status is Status.PASS, again[ROLE].reason


def test_rights_that_belong_to_the_work_are_kept_with_their_conditions() -> None:
    when = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    role = a_way(TRUSTED, allow("ec2:*"), allow("ec2:CopyFpgaImage", when=when))
    outcome = next(one for one in outcomes_of(CONTROL, account(role)) if one.name == ROLE)
    assert json.loads(outcome.values["extras"])["Statement"] == [
        {"Effect": "Allow", "Action": "ec2:CopyFpgaImage", "Resource": "*", "Condition": when}
    ]


def test_a_new_role_is_made_where_there_is_none() -> None:
    (outcome,) = outcomes_of(CONTROL, account())
    cli = fill(CONTROL.remedy, outcome.values).cli
    assert "aws iam create-role --role-name MarketplaceAmiIngestion" in cli
    assert "delete-role-policy" not in cli
    assert outcome.resource == f"arn:aws:iam::{OWN}:root#ingestion/ami"


def test_a_deny_in_the_trust_policy_stays() -> None:
    stop = {**trust("*"), "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    role = a_way((TRUSTED, trust(OWN), stop))
    outcome = next(one for one in outcomes_of(CONTROL, account(role)) if one.name == ROLE)
    assert [one["Effect"] for one in json.loads(outcome.values["trust"])["Statement"]] == [
        "Allow",
        "Deny",
    ]
