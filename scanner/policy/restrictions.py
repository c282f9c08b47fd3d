"""Conditions that keep strangers out: which keys and values close a statement (R9, R10)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from string import ascii_letters, digits

from scanner.policy.conditions import Condition
from scanner.policy.match import fold
from scanner.policy.principals import account_of, is_account

APPROVED_OPERATORS = frozenset({
    "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress",
})  # fmt: skip
"""R9; alone or with ForAnyValue. R10: IfExists and ForAllValues are true for an absent key."""

EXTERNAL_ID = "sts:ExternalId"

_ID_CHARS = frozenset(ascii_letters + digits)


def restricts(condition: Condition, *, trust: bool) -> bool:
    """Say whether a condition of a resource policy or trust names who may pass (R9).

    Every value must name someone. `trust` says that the statement is one of a role's trust
    policy: elsewhere `sts:ExternalId` restricts nothing.
    """
    if condition.base not in APPROVED_OPERATORS or condition.if_exists:
        return False
    if condition.set_prefix == "ForAllValues" or not condition.values:
        return False
    if condition.is_about(EXTERNAL_ID) and not trust:
        return False
    names_someone = _KEYS.get(fold(condition.key))
    return names_someone is not None and names_someone(condition.values)


Values = Sequence[str]


def _all(test: Callable[[str], bool]) -> Callable[[Values], bool]:
    return lambda values: all(test(value) for value in values)


def _named_account(arn: str) -> bool:
    return account_of(arn) is not None


def _identified(prefix: str) -> Callable[[Values], bool]:
    """Accept ids such as `o-a1b2c3` or `vpc-0a1b`, never a pattern such as `o-*`."""

    def is_id(text: str) -> bool:
        rest = text.removeprefix(prefix)
        return text != rest != "" and _ID_CHARS.issuperset(rest)

    return _all(is_id)


def _organization_path(path: str) -> bool:
    """Accept `o-.../r-.../ou-.../*`: the organisation itself must be named."""
    organization, slash, _ = path.partition("/")
    return slash != "" and _identified("o-")((organization,))


def _spoken(text: str) -> bool:
    return text.strip("*? ") != ""


def _not_everywhere(values: Values) -> bool:
    """Refuse networks that hold every address, also those that do so only together."""
    try:
        networks = [ipaddress.ip_network(value, strict=False) for value in values]
    except ValueError:
        return False
    v4 = [net for net in networks if isinstance(net, ipaddress.IPv4Network)]
    v6 = [net for net in networks if isinstance(net, ipaddress.IPv6Network)]
    lengths = [net.prefixlen for net in ipaddress.collapse_addresses(v4)]
    lengths += [net.prefixlen for net in ipaddress.collapse_addresses(v6)]
    return all(lengths)


_ARN = _all(_named_account)
_ACCOUNT = _all(is_account)

_KEYS: dict[str, Callable[[Values], bool]] = {
    "aws:sourcearn": _ARN,
    "aws:principalarn": _ARN,
    "aws:sourceaccount": _ACCOUNT,
    "aws:principalaccount": _ACCOUNT,
    "aws:sourceowner": _ACCOUNT,
    "s3:resourceaccount": _ACCOUNT,
    "kms:calleraccount": _ACCOUNT,
    "aws:principalorgid": _identified("o-"),
    "aws:sourceorgid": _identified("o-"),
    "aws:principalorgpaths": _all(_organization_path),
    fold(EXTERNAL_ID): _all(_spoken),
    "aws:sourcevpce": _identified("vpce-"),
    "aws:sourcevpc": _identified("vpc-"),
    "aws:sourceip": _not_everywhere,
}
"""R9. A bucket's ARN names no account, so aws:SourceArn restricts there only through the
aws:SourceAccount that must accompany it."""
