"""Seeded accounts, by name."""

from collections.abc import Callable
from typing import Any

from moto.moto_api._internal import mock_random

from sandbox.aws.asking import World
from sandbox.aws.seeds import brightwater, empty, larkfield, larkfield_demo, many

_SEEDS: dict[str, tuple[Callable[..., list[str]], ...]] = {
    "larkfield": (larkfield.sow,),
    "brightwater": (brightwater.sow,),
    "empty": (empty.sow,),
    "many": (many.sow,),
    "demo": (larkfield_demo.sow, brightwater.sow, empty.sow),
    "everything": (larkfield.sow, brightwater.sow, empty.sow),
}
NAMES = tuple(_SEEDS)


def sow(world: World, name: str, **options: Any) -> list[str]:
    """Fill the accounts of a seed; returns their ids. Raises ValueError for an unknown name.

    The same seed makes the same ids at each start.
    """
    if name not in _SEEDS:
        raise ValueError(f"there is no seed {name!r}; there are {', '.join(NAMES)}")
    accounts: list[str] = []
    for part in _SEEDS[name]:
        mock_random.seed(part.__module__)
        accounts += part(world, **options)
    return accounts
