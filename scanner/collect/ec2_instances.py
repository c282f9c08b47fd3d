"""Instances whose profile may meter, in every region, and the account's own FPGA images."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from scanner.aws import Answer, Aws
from scanner.collect.ec2_items import instance_from
from scanner.collect.reading import facts_from, unique
from scanner.facts.ec2 import Instance
from scanner.vocabulary import Listed, Partial, Unobserved, derived, gaps, merged, seen

INSTANCES = "ec2:DescribeInstances"
FPGA_IMAGES = "ec2:DescribeFpgaImages"
ACTIONS = (INSTANCES, FPGA_IMAGES)

PAGE = 1_000
FILTER = "iam-instance-profile.arn"
MOST_VALUES = 200
"""Values that EC2 takes in one filter."""


def instances(aws: Aws, regions: Listed[str], profiles: Listed[str]) -> Listed[Instance]:
    """Instances of all regions with one of these profiles; what hides a profile may hide some.

    Where regions are not known, home is read and the rest is a gap.
    """
    if isinstance(profiles, Unobserved):
        return profiles
    wanted = sorted(set(seen(profiles)))
    if not wanted:
        return Partial((), gaps(profiles)) if gaps(profiles) else ()
    names = seen(regions) or (aws.home,)
    parts = [wanted[start : start + MOST_VALUES] for start in range(0, len(wanted), MOST_VALUES)]
    asked = [
        aws.begin(partial(_with_profiles, aws, name, part)) for name in names for part in parts
    ]
    listed = merged(*(one.result() for one in asked))
    why = (*gaps(listed), *gaps(regions), *gaps(profiles))
    return Partial(seen(listed), tuple(dict.fromkeys(why))) if why else seen(listed)


def _with_profiles(aws: Aws, region: str, profiles: Sequence[str]) -> Listed[Instance]:
    reservations = aws.pages(
        "ec2",
        "DescribeInstances",
        "Reservations",
        region=region,
        Filters=[{"Name": FILTER, "Values": list(profiles)}],
        MaxResults=PAGE,
    )

    def inside(said: Answer) -> tuple[Answer, ...]:
        return tuple(said["Instances"])

    groups = facts_from(reservations, inside, action=INSTANCES, region=region)
    made = facts_from(
        derived(groups, lambda group: group),
        lambda said: instance_from(said, aws, region),
        action=INSTANCES,
        region=region,
    )
    return unique(made, lambda one: one.id)


def fpga_images(aws: Aws) -> Listed[str]:
    """Ids of the account's FPGA images where AWS Marketplace takes them from."""
    listed = aws.pages(
        "ec2",
        "DescribeFpgaImages",
        "FpgaImages",
        region=aws.home,
        Owners=["self"],
        MaxResults=PAGE,
    )
    return facts_from(
        listed, lambda said: str(said["FpgaImageId"]), action=FPGA_IMAGES, region=aws.home
    )
