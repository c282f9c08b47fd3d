"""How open the security group is that a listing recommends to buyers (AMI-12)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from scanner.facts.catalog import RecommendedRule

EVERY_PROTOCOL = "-1"
WITHOUT_PORTS = frozenset({"icmp", "icmpv6", "1", "58"})
"""Their port fields hold types and codes."""

ADMIN_PORTS = {22: "SSH", 3389: "RDP", 5985: "WinRM", 5986: "WinRM"}
MOST_PORTS = 1000
LAST_PORT = 65535
PRIVATE = "10.0.0.0/8"
"""Holds the networks from which Marketplace vets images."""


def openings(rule: RecommendedRule, scanning_ports: Collection[int]) -> Iterator[str]:
    """Say what is too open in a rule, one sentence each; nothing for a rule that is tight.

    `scanning_ports` are those on which Marketplace signs in to scan the images.
    """
    if rule.protocol == EVERY_PROTOCOL:
        yield f"It opens every protocol and port to {', '.join(rule.sources) or 'its sources'}."
        return
    everywhere = [source for source in rule.sources if source.strip().endswith("/0")]
    if not everywhere or rule.protocol.lower() in WITHOUT_PORTS:
        return
    first, last = _range(rule)
    named = ADMIN_PORTS | dict.fromkeys(set(scanning_ports) - set(ADMIN_PORTS), "administration")
    admin = [f"{port} ({what})" for port, what in sorted(named.items()) if first <= port <= last]
    if admin:
        yield f"It opens port {', '.join(admin)} to {', '.join(everywhere)}."
    if last - first + 1 > MOST_PORTS:
        yield f"It opens {last - first + 1} ports to {', '.join(everywhere)}."


def told(rule: RecommendedRule) -> str:
    """A rule as people read it."""
    if rule.protocol == EVERY_PROTOCOL:
        ports = "every protocol"
    else:
        first, last = _range(rule)
        ports = f"{rule.protocol} {first}" + (f"-{last}" if last != first else "")
    return f"{ports} from {', '.join(rule.sources) or 'nowhere'}"


def tightened(
    rules: Collection[RecommendedRule], scanning_ports: Collection[int]
) -> list[dict[str, object]]:
    """The rules as a change set takes them: administration from private networks, HTTPS for the rest.

    Tight rules stay. Which other ports the product needs, only the seller knows.
    """
    changed: list[dict[str, object]] = []
    for rule in rules:
        first, last = _range(rule)
        sources = list(rule.sources)
        if any(openings(rule, scanning_ports)):
            wide = rule.protocol == EVERY_PROTOCOL or last - first + 1 > MOST_PORTS
            first, last = (443, 443) if wide else (first, last)
            sources = sources if wide else [PRIVATE]
        protocol = "tcp" if rule.protocol == EVERY_PROTOCOL else rule.protocol
        written: dict[str, object] = {
            "IpProtocol": protocol,
            "FromPort": first,
            "ToPort": last,
            "IpRanges": sources,
        }
        if written not in changed:
            changed.append(written)
    return changed


def _range(rule: RecommendedRule) -> tuple[int, int]:
    """First and last port; left out means every port."""
    first = 0 if rule.from_port is None else rule.from_port
    return first, LAST_PORT if rule.to_port is None else rule.to_port
