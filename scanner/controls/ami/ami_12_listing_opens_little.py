"""AMI-12: most buyers launch with the security group that the listing recommends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.control import (
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    not_applicable,
    passed,
)
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.change_sets import CLI, NOT_DECLARED, update
from scanner.scope.listings import openings, tightened, told
from scanner.scope.versions import PUBLIC, OfferedOption, offered_options
from scanner.vocabulary import Severity

READ = "aws-marketplace:DescribeEntity"
ENDPOINT = {"Protocol": "https", "Port": 443, "Path": "/"}


def check(one: OfferedOption, _snapshot: Snapshot) -> Verdict:
    """Judge the rules and the protocol of a public option; one that does not say is public."""
    option = one.option
    visibility = option.visibility or one.offer.visibility
    if not one.offer.may_be_public or visibility not in {"", PUBLIC}:
        shown = visibility if one.offer.may_be_public else one.offer.visibility
        return not_applicable(f"{one.name} is {shown}, not public.")
    rules = "; ".join(map(told, option.rules)) or "none"
    evidence = (
        Fact("Recommended rules", rules, READ),
        Fact("Access protocol", option.access_protocol or "not said", READ),
        Fact("Port on which AWS scans", ", ".join(map(str, _scanning(one))) or "not said", READ),
    )
    values = _values(one)
    faults = [
        failed(reason, *evidence, severity=severity, values=values)
        for reason, severity in _faults(one)
    ]
    why = "The listing recommends no more than the product's own ports, by HTTPS where it is named."
    return all_faults(faults, passed(why, *evidence))


def _faults(one: OfferedOption) -> Iterator[tuple[str, Severity]]:
    scanning = _scanning(one)
    for number, rule in enumerate(one.option.rules, 1):
        for reason in openings(rule, scanning):
            yield f"Rule {number} ({told(rule)}) is too open. {reason}", Severity.MEDIUM
    if one.option.access_protocol.lower() == "http":
        yield "Buyers are told to use the product by HTTP, which is not encrypted.", Severity.LOW


def _scanning(one: OfferedOption) -> tuple[int, ...]:
    ports = {source.scanning_port for source in one.offer.version.images}
    return tuple(sorted(port for port in ports if port is not None))


def _values(one: OfferedOption) -> dict[str, str]:
    details: dict[str, Any] = {}
    if one.option.rules:
        details["SecurityGroups"] = tightened(one.option.rules, _scanning(one))
    if one.option.access_protocol.lower() == "http":
        details["AccessEndpointUrl"] = ENDPOINT
    product = one.offer.product
    return {
        "product": product.name or product.id,
        "option": one.name,
        "change_set": update(product.id, one.option.id, details),
    }


REMEDY = Remedy(
    summary="Recommend a security group for [[option]] that opens no more than the product needs.",
    minutes=30,
    console=(
        "In the Management Portal open Products, Server, [[product]], and choose Request changes,"
        " Update versions, Update version information.",
        "Name only the product's own ports. Let administration (SSH, RDP, WinRM) come from private"
        " networks such as 10.0.0.0/8, never from 0.0.0.0/0 or ::/0.",
        "Give the product a certificate and set the endpoint's protocol to https.",
    ),
    cli=CLI,
    breaks=(
        "New buyers see the new recommendation; who already launched keeps the old security group.",
        "Buyers who administer from the internet have to open the port for their own address.",
    ),
    way_back="Send the same change with the earlier rules.",
    without=NOT_DECLARED,
)

CONTROL = Control(
    module=__name__,
    title="Listing recommends least-open security groups and HTTPS",
    severity=Severity.MEDIUM,
    risk="Buyers open administration or every port of their instance to the internet because the"
    " listing says so.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Best practices for building AMIs",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/best-practices-for-building-your-amis.html",
        ),
    ),
    reads=("catalog.products",),
    not_applicable_because="No version of an AMI product has a delivery option.",
    resources=offered_options,
    check=check,
)
