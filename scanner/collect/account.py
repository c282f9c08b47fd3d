"""The regions that are enabled in the account."""

from __future__ import annotations

from collections.abc import Collection

from scanner.aws import Aws
from scanner.collect.reading import facts_from
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen

ACTIONS = ("ec2:DescribeRegions",)


def enabled_regions(aws: Aws, chosen: Collection[str] = ()) -> Listed[str]:
    """Names of the enabled regions, the home region first; of the chosen ones, if any are.

    The home region is always among them, as it cannot be disabled: an answer without it is a gap,
    whatever else it names. A chosen region that is not enabled is a gap as well.
    """
    answer = aws.call("ec2", "DescribeRegions", region=aws.home, must=("Regions",))
    wanted = {aws.home, *chosen}

    def home_first(name: str) -> tuple[bool, str]:
        return name != aws.home, name

    if isinstance(answer, Unobserved):
        return Partial(tuple(sorted(wanted, key=home_first)), (answer,)) if chosen else answer
    listed = tuple(answer["Regions"])
    enabled = facts_from(listed, lambda one: str(one["RegionName"]), action=ACTIONS[0])
    names = {aws.home, *seen(enabled)}
    doubt: tuple[Unobserved, ...] = ()
    if aws.home not in seen(enabled):
        doubt = (Unobserved(ACTIONS[0], "BadAnswer", "", f"the answer lacks {aws.home}"),)
    kept = tuple(sorted(names & wanted if chosen else names, key=home_first))
    disabled = tuple(
        Unobserved(ACTIONS[0], "RegionDisabled", name, "not enabled in this account")
        for name in sorted(wanted - names)
    )
    why = (*gaps(enabled), *doubt, *disabled)
    return Partial(kept, why) if why else kept
