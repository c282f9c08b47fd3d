"""Progress is a complete picture: phase, totals, and one row per service and region."""

from __future__ import annotations

from scanner.aws import Calls, Service, Turn
from scanner.collect.progress import Picture, Progress
from scanner.vocabulary import Unobserved


def shown() -> tuple[Progress, list[Picture]]:
    pictures: list[Picture] = []
    return Progress(pictures.append), pictures


def states(picture: Picture) -> dict[tuple[str, str], str]:
    return {(row["service"], row["region"]): row["state"] for row in picture["services"]}


def test_a_phase_is_shown_at_once() -> None:
    progress, pictures = shown()
    progress.enter("connecting")
    counts = {"calls": 0, "denied": 0, "throttled": 0}
    assert pictures == [{"phase": "connecting", **counts, "services": [], "ceilings": []}]


def test_totals_are_those_of_the_counters() -> None:
    progress, pictures = shown()
    calls = Calls(denied=2, throttled=3)
    calls.by_action["sns:ListSubscriptions"] = 7
    progress.count(calls)
    progress.enter("reading")
    assert {**pictures[-1], "services": []} == {
        "phase": "reading", "calls": 7, "denied": 2, "throttled": 3, "services": [], "ceilings": [],
    }  # fmt: skip


def test_calls_count_for_their_service_and_region() -> None:
    progress, pictures = shown()
    progress.expect("ec2", ("us-east-1", "eu-west-1"))
    progress.expect("iam", ("",))
    progress.watch(Service("ec2", "eu-west-1"), "sent")
    progress.watch(Service("ec2", "eu-west-1"), "denied")
    progress.watch(Service("iam", "us-east-1"), "sent")
    progress.watch(Service("sts", "us-east-1"), "sent")
    progress.enter("reading")
    counts = {(row["region"], row["calls"], row["denied"]) for row in pictures[-1]["services"]}
    assert counts == {("us-east-1", 0, 0), ("eu-west-1", 1, 1), ("", 1, 0)}


def test_a_gap_shows_in_its_region_alone_and_one_without_region_in_all() -> None:
    progress, pictures = shown()
    progress.expect("ec2", ("us-east-1", "eu-west-1"))
    progress.expect("iam", ("",))
    progress.finish("ec2", (Unobserved("ec2:DescribeImages", "AuthFailure", "eu-west-1"),))
    progress.finish("iam", (Unobserved("iam:GetPolicy", "AccessDenied"),))
    assert states(pictures[-1]) == {
        ("EC2 images and snapshots", "us-east-1"): "read",
        ("EC2 images and snapshots", "eu-west-1"): "gaps",
        ("IAM", ""): "gaps",
    }


def test_the_catalog_has_its_own_name() -> None:
    progress, pictures = shown()
    progress.expect("catalog", ("us-east-1",))
    progress.begin("catalog")
    progress.watch(Service("marketplace-catalog", "us-east-1"), "sent")
    progress.enter("judging")
    assert pictures[-1]["services"] == [
        {
            "service": "Marketplace catalog",
            "region": "us-east-1",
            "state": "reading",
            "calls": 1,
            "denied": 0,
            "held": 0.0,
        }
    ]


def test_one_row_takes_the_calls_of_all_services_that_it_is_read_from() -> None:
    progress, pictures = shown()
    progress.expect("s3", ("",))
    progress.expect("contacts", ("",))
    progress.watch(Service("s3", "eu-west-1"), "sent")
    progress.watch(Service("s3control", "us-east-1"), "sent")
    progress.watch(Service("account", "us-east-1"), "sent")
    progress.enter("reading")
    counts = {row["service"]: row["calls"] for row in pictures[-1]["services"]}
    assert counts == {"S3": 2, "Account contacts": 1}


def test_a_region_that_nobody_foresaw_gets_a_row_when_it_is_asked() -> None:
    progress, pictures = shown()
    progress.expect("kms", ("us-east-1",))
    progress.begin("kms")
    progress.watch(Service("kms", "eu-west-1"), "sent")
    progress.finish("kms", (Unobserved("kms:DescribeKey", "AccessDenied", "eu-west-1"),))
    assert states(pictures[-1]) == {("KMS", "us-east-1"): "read", ("KMS", "eu-west-1"): "gaps"}
    assert [row["calls"] for row in pictures[-1]["services"]] == [0, 1]


def test_a_region_that_is_known_late_is_read_like_the_others() -> None:
    progress, pictures = shown()
    progress.expect("ec2", ("us-east-1",))
    progress.begin("ec2")
    progress.expect("ec2", ("us-east-1", "eu-west-1"))
    progress.enter("reading")
    assert set(states(pictures[-1]).values()) == {"reading"}


def test_waiting_for_a_ceiling_counts_for_service_and_ceiling_once_for_calls_side_by_side() -> None:
    progress, pictures = shown()
    progress.expect("cloudtrail", ("us-east-1",))
    place = Service("cloudtrail", "us-east-1")
    for name in ("cloudtrail:LookupEvents", "cloudtrail:LookupEvents", "cloudtrail"):
        progress.held(place, name, Turn(30.0, 2.0, 1))
    progress.held(place, "cloudtrail", Turn(0.0, 10.0, 20, shared=False))
    progress.held(Service("sts", "us-east-1"), "sts", Turn(5.0, 25.0, 50))
    progress.enter("reading")
    (row,) = pictures[-1]["services"]
    assert row["held"] == 30.0
    assert pictures[-1]["ceilings"] == [
        {"name": "cloudtrail:LookupEvents", "region": "us-east-1", "rate": 2.0, "burst": 1,
         "shared": True, "held": 30.0},
        {"name": "cloudtrail", "region": "us-east-1", "rate": 10.0, "burst": 20,
         "shared": False, "held": 30.0},
    ]  # fmt: skip
