"""AMI-07: a product's image is shared only with approved accounts and the own organisation."""

from __future__ import annotations

import json
import shlex

import pytest

from scanner.control import outcomes_of
from scanner.controls.ami.ami_07_images_shared_with_known import CONTROL
from scanner.facts.ec2 import Grant
from scanner.facts.organizations import Organization
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import HOME_REGION, Listed, Observed, Partial, Severity
from tests.builders import ORGANIZATION, OWN, STRANGER, a_snapshot, denied
from tests.builders_resources import EVERYONE, MARKETPLACE, a_product, an_image
from tests.cases import Case, fails, not_applicable, not_assessed, passes

PERMISSIONS = "ec2:DescribeImageAttribute"
REFUSED = denied(PERMISSIONS, HOME_REGION)
UNREAD_ORGANIZATION = denied("organizations:DescribeOrganization")
LIST = denied("aws-marketplace:ListEntities")
PRODUCTS = (a_product("ami-0product"),)
FOREIGN = Grant(user=STRANGER)
OURS = Grant(organization=ORGANIZATION.arn)
OUR_UNIT = Grant(unit=f"arn:aws:organizations::{OWN}:ou/o-a1b2c3d4e5/ou-ab12-cdef3456")
THEIRS = Grant(organization=f"arn:aws:organizations::{STRANGER}:organization/o-zzzzzzzzzz")
THEIR_UNIT = Grant(unit=f"arn:aws:organizations::{STRANGER}:ou/o-zzzzzzzzzz/ou-ab12-cdef3456")


def shared(
    *grants: Grant,
    listed: Listed[Grant] | None = None,
    organization: Observed[Organization | None] = ORGANIZATION,
    profile: Profile | None = None,
) -> Snapshot:
    permissions = grants if listed is None else listed
    return a_snapshot(
        images=(an_image(launch_permissions=permissions),),
        products=PRODUCTS,
        organization=organization,
        profile=profile,
    )


CASES = (
    Case("an image shared with nobody passes", shared(), passes(shows="Shared with: nobody seen")),
    Case(
        "Marketplace's account is a note",
        shared(MARKETPLACE),
        passes("nobody unknown", shows="account 679593333241 (owner of Marketplace's published"),
    ),
    Case("our own account passes", shared(Grant(user=OWN)), passes()),
    Case(
        "a foreign account fails",
        shared(MARKETPLACE, FOREIGN),
        fails(Severity.MEDIUM, f"shared with account {STRANGER}, which is not known to be yours."),
    ),
    Case(
        "an approved account is the profile's choice",
        shared(FOREIGN, profile=Profile(approved_accounts=(STRANGER,))),
        passes(),
    ),
    Case(
        "who takes Marketplace off the list has it judged",
        shared(MARKETPLACE, profile=Profile(approved_accounts=())),
        fails(Severity.MEDIUM, "account 679593333241"),
    ),
    Case(
        "our organisation passes", shared(OURS), passes(shows=f"organization {OURS.organization}")
    ),
    Case("a unit of ours passes", shared(OUR_UNIT), passes(shows=OUR_UNIT.unit)),
    Case(
        "another organisation fails",
        shared(OURS, THEIRS),
        fails(Severity.MEDIUM, f"shared with organization {THEIRS.organization}, which"),
    ),
    Case(
        "a unit of another one fails",
        shared(THEIR_UNIT),
        fails(Severity.MEDIUM, f"organizational unit {THEIR_UNIT.unit}"),
    ),
    Case(
        "an account without organisation owns none",
        shared(OURS, organization=None),
        fails(Severity.MEDIUM, "organization/o-a1b2c3d4e5"),
    ),
    Case(
        "a text that names no organisation is foreign",
        shared(Grant(organization="o-a1b2c3d4e5")),
        fails(Severity.MEDIUM, "organization o-a1b2c3d4e5"),
    ),
    Case(
        "an unread organisation leaves a share with one open",
        shared(OURS, organization=UNREAD_ORGANIZATION),
        not_assessed("organizations:DescribeOrganization"),
    ),
    Case(
        "it cannot hide a foreign account",
        shared(OURS, FOREIGN, organization=UNREAD_ORGANIZATION),
        fails(Severity.MEDIUM, f"shared with account {STRANGER}, which"),
    ),
    Case(
        "it does not matter to accounts",
        shared(MARKETPLACE, organization=UNREAD_ORGANIZATION),
        passes(),
    ),
    Case("a share with everybody is another control's", shared(EVERYONE), passes()),
    Case("unread permissions are not assessed", shared(listed=REFUSED), not_assessed(PERMISSIONS)),
    Case(
        "cut permissions prove no pass",
        shared(listed=Partial((MARKETPLACE,), (REFUSED,))),
        not_assessed(PERMISSIONS),
    ),
    Case(
        "cut permissions prove a fail",
        shared(listed=Partial((FOREIGN,), (REFUSED,))),
        fails(Severity.MEDIUM, STRANGER),
    ),
    Case(
        "images of no product are a remark",
        a_snapshot(
            images=(an_image(), an_image("ami-0other", launch_permissions=(FOREIGN,))),
            products=PRODUCTS,
        ),
        passes(shows="not judged: ami-0other"),
    ),
    Case(
        "without the catalog every own image is judged",
        a_snapshot(images=(an_image(launch_permissions=(FOREIGN,)),), products=LIST),
        fails(Severity.MEDIUM, STRANGER),
    ),
    Case(
        "unread images are not assessed",
        a_snapshot(images=denied("ec2:DescribeImages", HOME_REGION), products=PRODUCTS),
        not_assessed("ec2:DescribeImages"),
    ),
    Case(
        "who sells no image has nothing to judge",
        a_snapshot(images=(an_image(launch_permissions=(FOREIGN,)),)),
        not_applicable("No AMI product"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_images_are_shared_with_known_accounts(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize(
    ("grants", "removed"),
    [
        ((MARKETPLACE, FOREIGN, EVERYONE), [{"UserId": STRANGER}]),
        ((OURS, THEIRS), [{"OrganizationArn": THEIRS.organization}]),
        ((THEIR_UNIT, FOREIGN), [{"OrganizationalUnitArn": THEIR_UNIT.unit}, {"UserId": STRANGER}]),
    ],
)
def test_the_remedy_takes_away_exactly_what_is_unknown(
    grants: tuple[Grant, ...], removed: list[dict[str, str]]
) -> None:
    (outcome,) = outcomes_of(CONTROL, shared(*grants))
    words = shlex.split(fill(CONTROL.remedy, outcome.values).cli)
    assert json.loads(words[words.index("--launch-permission") + 1]) == {"Remove": removed}
