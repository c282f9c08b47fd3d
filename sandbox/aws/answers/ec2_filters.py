"""EC2's Filters parameter, applied to finished answers."""

from fnmatch import fnmatchcase
from typing import Any

from sandbox.aws.refusals import ApiError

Item = dict[str, Any]

# Filters whose name is not that of the member.
_MEMBERS = {"is-public": "Public", "status": "State", "product-code": "ProductCodes"}


def keep(items: list[Item], filters: list[dict[str, Any]], known: set[str]) -> list[Item]:
    """The items that every filter lets through; `known` are the members that may be filtered by."""
    for entry in filters:
        name, values = entry["Name"], entry.get("Values") or []
        items = [item for item in items if _passes(item, name, values, known)]
    return items


def _passes(item: Item, name: str, values: list[str], known: set[str]) -> bool:
    return any(_like(seen, wanted) for seen in _values(item, name, known) for wanted in values)


def _values(item: Item, name: str, known: set[str]) -> list[str]:
    tags = {tag["Key"]: tag["Value"] for tag in item.get("Tags") or []}
    if name == "tag-key":
        return list(tags)
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return [tags[key]] if key in tags else []
    member = _MEMBERS.get(name) or "".join(part.capitalize() for part in name.split("-"))
    if member not in known:
        raise ApiError("InvalidParameterValue", f"The filter '{name}' is invalid")
    value = item.get(member)
    if member == "ProductCodes":
        return [code["ProductCodeId"] for code in value or []]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [] if value is None else [str(value)]


def _like(seen: str, wanted: str) -> bool:
    return fnmatchcase(seen, wanted.replace("[", "[[]"))
