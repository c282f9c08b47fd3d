"""AMI-08: own snapshots can be read by nobody whom the profile does not approve."""

from __future__ import annotations

import json
import shlex

import pytest

from scanner.control import outcomes_of
from scanner.controls.ami.ami_08_snapshots_private import CONTROL
from scanner.facts.ec2 import Grant
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import HOME_REGION, Listed, Observed, Partial, Severity
from tests.builders import OWN, STRANGER, a_snapshot, denied
from tests.builders_resources import (
    EVERYONE,
    MARKETPLACE,
    a_device,
    a_product,
    an_ebs_snapshot,
    an_image,
)
from tests.cases import Case, fails, not_applicable, not_assessed, passes

LIST = "ec2:DescribeSnapshots"
PERMISSIONS = "ec2:DescribeSnapshotAttribute"
BLOCK = "ec2:GetSnapshotBlockPublicAccessState"
REFUSED = denied(PERMISSIONS, HOME_REGION)
FOREIGN = Grant(user=STRANGER)
OPEN = "Anybody with an AWS account can read snap-0product: it is public."
SHARED = f"snap-0product is shared with account {STRANGER}, which is not known to be yours."


def shared(grants: Listed[Grant] = (), block: Observed[str] = "unblocked") -> Snapshot:
    """One snapshot behind a product's image."""
    return a_snapshot(
        images=(an_image(),),
        products=(a_product("ami-0product"),),
        snapshots=(an_ebs_snapshot(volume_permissions=grants),),
        snapshot_block={HOME_REGION: block},
    )


CASES = (
    Case(
        "a snapshot shared with nobody passes",
        shared(),
        passes("snap-0product is shared with nobody unknown.", shows="Images made of it: ami-0pro"),
    ),
    Case(
        "approved accounts and our own pass",
        shared((MARKETPLACE, Grant(user=OWN))),
        passes(shows="account 679593333241"),
    ),
    Case("a public snapshot is critical", shared((EVERYONE,)), fails(Severity.CRITICAL, OPEN)),
    Case(
        "blocking new sharing does not hide it",
        shared((EVERYONE,), "block-new-sharing"),
        fails(Severity.CRITICAL, OPEN, shows="block-new-sharing"),
    ),
    Case(
        "blocking all sharing hides it",
        shared((EVERYONE,), "block-all-sharing"),
        fails(Severity.MEDIUM, "public and only hidden by the block on sharing in us-east-1"),
    ),
    Case(
        "an unread block does not soften the fail",
        shared((EVERYONE,), denied(BLOCK, HOME_REGION)),
        fails(Severity.CRITICAL, OPEN, shows=f"{BLOCK} could not be read in us-east-1"),
    ),
    Case(
        "a block that nobody asked for does not soften the fail",
        a_snapshot(snapshots=(an_ebs_snapshot(volume_permissions=(EVERYONE,)),)),
        fails(Severity.CRITICAL, OPEN, shows="NotRead"),
    ),
    Case(
        "an unread block does not matter to a private snapshot",
        shared((), denied(BLOCK, HOME_REGION)),
        passes(),
    ),
    Case("a foreign account is high", shared((FOREIGN,)), fails(Severity.HIGH, SHARED)),
    Case(
        "the block does not keep a foreign account out",
        shared((FOREIGN,), "block-all-sharing"),
        fails(Severity.HIGH, SHARED),
    ),
    Case(
        "public and foreign are one finding as bad as the worst",
        shared((EVERYONE, FOREIGN)),
        fails(Severity.CRITICAL, f"{OPEN} {SHARED}"),
    ),
    Case(
        "hidden and foreign are as bad as the foreign account",
        shared((EVERYONE, FOREIGN), "block-all-sharing"),
        fails(Severity.HIGH, SHARED),
    ),
    Case(
        "an approved account is the profile's choice",
        a_snapshot(
            profile=Profile(approved_accounts=(STRANGER,)),
            snapshots=(an_ebs_snapshot(volume_permissions=(FOREIGN,)),),
        ),
        passes(),
    ),
    Case(
        "an organization of which we know nothing is not approved",
        shared((Grant(organization="arn:aws:organizations::1:organization/o-x"),)),
        fails(Severity.HIGH, "organization/o-x"),
    ),
    Case("refused permissions are not assessed", shared(REFUSED), not_assessed(PERMISSIONS)),
    Case(
        "cut permissions prove no pass",
        shared(Partial((MARKETPLACE,), (REFUSED,))),
        not_assessed(PERMISSIONS, shows="Shared with: "),
    ),
    Case(
        "cut permissions prove a fail",
        shared(Partial((EVERYONE,), (REFUSED,))),
        fails(Severity.CRITICAL, OPEN),
    ),
    Case(
        "a snapshot behind no product is judged alike",
        a_snapshot(
            images=(an_image(),),
            products=(a_product("ami-0product"),),
            snapshots=(
                an_ebs_snapshot("snap-backup", volume_permissions=(EVERYONE,)),
                an_ebs_snapshot(),
            ),
        ),
        {
            "snap-0product": passes(),
            "snap-backup": fails(Severity.CRITICAL, "snap-backup", shows="Images made of it: none"),
        },
    ),
    Case(
        "snapshots of other regions are judged by their own block",
        a_snapshot(
            snapshots=(an_ebs_snapshot(region="eu-north-1", volume_permissions=(EVERYONE,)),),
            snapshot_block={"eu-north-1": "block-all-sharing", HOME_REGION: "unblocked"},
        ),
        fails(Severity.MEDIUM, "block on sharing in eu-north-1"),
    ),
    Case(
        "a region that refused may hide a shared snapshot",
        a_snapshot(snapshots=Partial((), (denied(LIST, "eu-north-1"),))),
        not_assessed(LIST),
    ),
    Case(
        "unknown regions may hide a shared snapshot",
        a_snapshot(regions=denied("ec2:DescribeRegions")),
        not_assessed("ec2:DescribeRegions"),
    ),
    Case(
        "refused snapshots are not assessed",
        a_snapshot(snapshots=denied(LIST, HOME_REGION)),
        not_assessed(LIST),
    ),
    Case("without snapshots there is nothing to judge", a_snapshot(), not_applicable("no EBS")),
    Case(
        "a hostile account stays text",
        shared((Grant(user="$(reboot)"),)),
        fails(Severity.HIGH, "account $(reboot)"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_snapshots_are_private(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize(
    ("grants", "removed"),
    [
        ((EVERYONE,), [{"Group": "all"}]),
        ((MARKETPLACE, FOREIGN), [{"UserId": STRANGER}]),
        ((EVERYONE, Grant(user="$(reboot)")), [{"Group": "all"}, {"UserId": "$(reboot)"}]),
    ],
)
def test_the_remedy_takes_away_exactly_what_is_unwanted(
    grants: tuple[Grant, ...], removed: list[dict[str, str]]
) -> None:
    (outcome,) = outcomes_of(CONTROL, shared(grants))
    words = shlex.split(fill(CONTROL.remedy, outcome.values).cli)
    assert json.loads(words[words.index("--create-volume-permission") + 1]) == {"Remove": removed}


def test_snapshots_behind_products_come_first() -> None:
    snapshot = a_snapshot(
        images=(an_image(devices=[a_device("snap-z")]),),
        products=(a_product("ami-0product"),),
        snapshots=(an_ebs_snapshot("snap-a"), an_ebs_snapshot("snap-z")),
    )
    assert [one.name for one in outcomes_of(CONTROL, snapshot)] == ["snap-z", "snap-a"]
