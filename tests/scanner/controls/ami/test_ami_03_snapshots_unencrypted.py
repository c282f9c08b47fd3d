"""AMI-03: neither a mapping of a product image nor the snapshot behind it is encrypted."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from scanner.controls.ami.ami_03_snapshots_unencrypted import CONTROL
from scanner.facts.ec2 import EbsSnapshot, Image
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import HOME_REGION, Listed, Observed, Partial, Severity
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_device, a_product, an_ebs_snapshot, an_image
from tests.cases import Case, fails, not_applicable, not_assessed, passes

IMAGES = "ec2:DescribeImages"
SNAPSHOTS = "ec2:DescribeSnapshots"
DEFAULT = "ec2:GetEbsEncryptionByDefault"
REFUSED = denied(SNAPSHOTS, HOME_REGION)


def made_of(
    *,
    image: Image | None = None,
    snapshots: Listed[EbsSnapshot] | None = None,
    default: Mapping[str, Observed[bool]] | None = None,
) -> Snapshot:
    """A product of one image."""
    one = image or an_image()
    return a_snapshot(
        images=(one,),
        snapshots=(an_ebs_snapshot(),) if snapshots is None else snapshots,
        products=(a_product(one.id),),
        encrypts_by_default=default,
    )


HIDDEN = an_image(devices=[a_device(encrypted=None)])
ENCRYPTED = an_image(devices=[a_device(encrypted=True, kms_key="arn:aws:kms:key/1")])
SECOND = an_image(devices=[a_device(), a_device("snap-2", device="/dev/sdb", encrypted=True)])
BLANK = a_device("", device="/dev/sdb", encrypted=None, virtual_name="ephemeral0")

CASES = (
    Case(
        "unencrypted all over passes",
        made_of(),
        passes("No device of ami-0product is encrypted.", shows="snap-0product, unencrypted"),
    ),
    Case(
        "an encrypted mapping fails and names the key",
        made_of(image=ENCRYPTED),
        fails(
            Severity.HIGH,
            "/dev/xvda of ami-0product (snap-0product) is encrypted with key arn:aws:kms:key/1.",
        ),
    ),
    Case(
        "all mappings count, not only the root",
        made_of(image=SECOND),
        fails(Severity.HIGH, "/dev/sdb of ami-0product (snap-2) is encrypted."),
    ),
    Case(
        "an encrypted snapshot fails whatever the mapping says",
        made_of(snapshots=(an_ebs_snapshot(encrypted=True),)),
        fails(Severity.HIGH, "(snap-0product) is encrypted"),
    ),
    Case(
        "an empty volume that is made encrypted fails",
        made_of(image=an_image(devices=[a_device(), a_device("", encrypted=True)])),
        fails(Severity.HIGH, "(no snapshot) is encrypted"),
    ),
    Case(
        "ephemeral mappings are nothing to encrypt",
        made_of(image=an_image(devices=[a_device(), BLANK])),
        passes(),
    ),
    Case(
        "a snapshot of another account is what the mapping says",
        made_of(snapshots=()),
        passes(),
    ),
    Case(
        "a silent mapping is what its snapshot says",
        made_of(image=HIDDEN),
        passes(),
    ),
    Case(
        "silence of both is not assessed",
        made_of(image=HIDDEN, snapshots=(an_ebs_snapshot(encrypted=None),)),
        not_assessed(IMAGES, "Encrypted of snap-0product"),
    ),
    Case(
        "refused snapshots are not assessed",
        made_of(snapshots=REFUSED),
        not_assessed(SNAPSHOTS),
    ),
    Case(
        "a cut list of snapshots may hide the one behind the image",
        made_of(snapshots=Partial((an_ebs_snapshot("snap-2"),), (REFUSED,))),
        not_assessed(SNAPSHOTS),
    ),
    Case(
        "a cut list that holds the one behind the image is enough",
        made_of(snapshots=Partial((an_ebs_snapshot(),), (REFUSED,))),
        passes(),
    ),
    Case(
        "a refusal in another region hides no snapshot of this one",
        made_of(snapshots=Partial((), (denied(SNAPSHOTS, "eu-north-1"),))),
        passes(),
    ),
    Case(
        "refused snapshots cannot hide an encrypted mapping",
        made_of(image=SECOND, snapshots=REFUSED),
        fails(Severity.HIGH, "/dev/sdb of ami-0product (snap-2) is encrypted."),
    ),
    Case(
        "an EBS image without mappings is not assessed",
        made_of(image=an_image(devices=())),
        not_assessed(IMAGES, "BlockDeviceMappings"),
    ),
    Case(
        "encryption by default is a remark on a pass",
        made_of(default={HOME_REGION: True}),
        passes(shows="EBS encryption by default in us-east-1: on: new product builds must opt out"),
    ),
    Case(
        "encryption by default switched off is shown",
        made_of(default={HOME_REGION: False}),
        passes(shows="in us-east-1: off"),
    ),
    Case(
        "an unread default does not stop a pass",
        made_of(default={HOME_REGION: denied(DEFAULT, HOME_REGION)}),
        passes(shows=f"{DEFAULT} could not be read"),
    ),
    Case(
        "encrypted images that are no product are right",
        a_snapshot(images=(ENCRYPTED,), profile=Profile(product_types=("saas_subscription",))),
        not_applicable("No AMI product is sold"),
    ),
    Case(
        "refused images are not assessed",
        a_snapshot(images=denied(IMAGES, HOME_REGION), products=(a_product("ami-0product"),)),
        not_assessed(IMAGES),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_snapshot_behind_a_product_is_encrypted(case: Case) -> None:
    case.holds_for(CONTROL)
