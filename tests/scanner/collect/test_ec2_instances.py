"""Instances are asked for by the profiles that may meter, in every region."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.aws import Answer
from scanner.collect.ec2_instances import fpga_images, instances
from scanner.facts.ec2 import Instance
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen
from tests.builders import OWN
from tests.fakes import DENIED, FakeAws, Reply

DESCRIBE = "ec2:DescribeInstances"
PROFILE = f"arn:aws:iam::{OWN}:instance-profile/metering"
REGIONS = ("us-east-1", "eu-west-1")
GAP = Unobserved("iam:GetAccountAuthorizationDetails", "AccessDenied")


def said(name: str = "i-1", **changes: Any) -> Answer:
    return {
        "InstanceId": name,
        "State": {"Name": "stopped"},
        "IamInstanceProfile": {"Arn": PROFILE, "Id": "AIPA"},
        "MetadataOptions": {
            "HttpTokens": "optional", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 2,
        },
        **changes,
    }  # fmt: skip


def reservation(*members: object) -> Answer:
    return {"ReservationId": "r-1", "Instances": list(members)}


def found(
    reply: Reply | list[Reply],
    regions: Listed[str] = ("us-east-1",),
    profiles: Listed[str] = (PROFILE,),
) -> Listed[Instance]:
    return instances(FakeAws({DESCRIBE: reply}), regions, profiles)


def test_an_instance_is_read_with_its_metadata_options() -> None:
    (one,) = seen(found({"Reservations": [reservation(said())]}))
    assert one.arn == f"arn:aws:ec2:us-east-1:{OWN}:instance/i-1"
    assert (one.state, one.profile) == ("stopped", PROFILE)
    assert (one.http_tokens, one.http_endpoint, one.hop_limit) == ("optional", "enabled", 2)


def test_options_that_ec2_leaves_out_are_empty() -> None:
    (one,) = seen(found({"Reservations": [reservation(said(MetadataOptions=None))]}))
    assert (one.http_tokens, one.http_endpoint, one.hop_limit) == ("", "", None)


def test_every_region_is_asked_for_the_profiles() -> None:
    aws = FakeAws({DESCRIBE: {"Reservations": []}})
    assert instances(aws, REGIONS, (PROFILE, PROFILE)) == ()
    assert sorted(region for _, region, _ in aws.asked) == sorted(REGIONS)
    assert aws.asked[0][2] == {
        "Filters": [{"Name": "iam-instance-profile.arn", "Values": [PROFILE]}], "MaxResults": 1_000,
    }  # fmt: skip


def test_without_profiles_nothing_is_asked() -> None:
    aws = FakeAws({DESCRIBE: DENIED})
    assert instances(aws, REGIONS, ()) == ()
    assert instances(aws, REGIONS, Partial((), (GAP,))) == Partial((), (GAP,))
    assert instances(aws, REGIONS, GAP) == GAP
    assert aws.asked == []


def test_profiles_go_in_groups_that_a_filter_takes() -> None:
    aws = FakeAws({DESCRIBE: {"Reservations": []}})
    instances(aws, ("us-east-1",), tuple(f"{PROFILE}{number}" for number in range(450)))
    sizes = sorted(len(params["Filters"][0]["Values"]) for _, _, params in aws.asked)
    assert sizes == [50, 200, 200]


def test_what_hides_profiles_or_regions_hides_instances() -> None:
    answer = {"Reservations": [reservation(said())]}
    cut = found(answer, profiles=Partial((PROFILE,), (GAP,)))
    assert (len(seen(cut)), gaps(cut)) == (1, (GAP,))
    cut = found(answer, regions=GAP)
    assert ([one.region for one in seen(cut)], gaps(cut)) == (["us-east-1"], (GAP,))


def test_pages_are_joined_and_a_region_that_refuses_is_a_gap() -> None:
    pages: list[Reply] = [
        {"Reservations": [reservation(said())], "NextToken": "t"},
        {"Reservations": [reservation(said(), said("i-2"))]},
    ]
    assert [one.id for one in seen(found(pages))] == ["i-1", "i-2"]

    def reply(region: str, params: Answer) -> Answer:
        if region == "eu-west-1":
            raise DENIED
        return {"Reservations": []}

    assert [gap.region for gap in gaps(found(reply, REGIONS))] == ["eu-west-1"]


@pytest.mark.parametrize(
    "odd",
    [
        {"ReservationId": "r"},
        reservation({}),
        reservation(said(State=None)),
        reservation(said(IamInstanceProfile=None)),
    ],
)
def test_what_cannot_be_read_is_a_gap_beside_the_rest(odd: Answer) -> None:
    listed = found({"Reservations": [odd, reservation(said())]})
    assert isinstance(listed, Partial)
    assert [one.id for one in listed.items] == ["i-1"]
    assert [gap.error for gap in listed.why] == ["BadAnswer"]


def test_own_fpga_images_are_read_at_home_in_pages() -> None:
    pages: list[Reply] = [
        {"FpgaImages": [{"FpgaImageId": "afi-1"}], "NextToken": "t"},
        {"FpgaImages": [{"FpgaImageId": "afi-2"}]},
    ]
    aws = FakeAws({"ec2:DescribeFpgaImages": pages})
    assert fpga_images(aws) == ("afi-1", "afi-2")
    assert aws.asked[0][1:] == ("us-east-1", {"Owners": ["self"], "MaxResults": 1_000})
    assert isinstance(fpga_images(FakeAws({"ec2:DescribeFpgaImages": DENIED})), Unobserved)
