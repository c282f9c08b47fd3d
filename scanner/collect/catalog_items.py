"""Versions, images and delivery options: from the details of a product to facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from scanner.aws import Answer
from scanner.collect.reading import MALFORMED, bad_answer, facts_from
from scanner.facts.catalog import DeliveryOption, RecommendedRule, Version, VersionImage
from scanner.vocabulary import Listed, Observed, Unobserved

DESCRIBE = "aws-marketplace:DescribeEntity"
EVERY_PROTOCOL = "-1"


def details_in(answer: Observed[Answer], region: str) -> Observed[Answer]:
    """The details of a described product, whose Description is a mapping, empty or not.

    `Details`, the deprecated text, is read where the document is missing.
    """
    if isinstance(answer, Unobserved):
        return answer
    try:
        document = answer.get("DetailsDocument") or json.loads(answer["Details"])
        return {**document, "Description": dict(document.get("Description") or {})}
    except (*MALFORMED, RecursionError) as fault:
        return bad_answer(DESCRIBE, region, fault)


def visibility_in(details: Answer) -> str:
    """Public, Limited, Restricted or Draft; empty when the details do not say."""
    return str(details["Description"].get("Visibility") or "")


def versions_in(details: Answer, region: str) -> Listed[Version]:
    """All versions, as far as they can be read."""
    listed = details.get("Versions") or []
    if not isinstance(listed, list):
        return bad_answer(DESCRIBE, region, TypeError())
    return facts_from(
        tuple(listed), lambda said: _version(said, region), action=DESCRIBE, region=region
    )


def _version(said: Answer, region: str) -> Version:
    options = tuple(said.get("DeliveryOptions") or ())
    return Version(
        id=str(said.get("Id", "")),
        title=str(said.get("VersionTitle", "")),
        status=_status(said),
        images=tuple(_images(said.get("Sources") or ())),
        options=facts_from(options, _option, action=DESCRIBE, region=region),
    )


def _status(said: Answer) -> str:
    """The version's own status, or the visibility of its most visible delivery option."""
    shown = [str(one.get("Visibility", "")) for one in said.get("DeliveryOptions") or ()]
    public = "Public" if "Public" in shown else next(iter(shown), "")
    return str(said.get("Status") or said.get("Visibility") or public)


def _images(sources: Iterable[Answer]) -> Iterator[VersionImage]:
    for source in sources:
        if source.get("Type") != "AmazonMachineImage":
            continue
        system = source.get("OperatingSystem") or {}
        yield VersionImage(
            image=str(source["Image"]),
            architecture=str(source.get("Architecture", "")),
            operating_system=f"{system.get('Name', '')} {system.get('Version', '')}".strip(),
            user_name=str(system.get("Username") or ""),
            scanning_port=_number(system.get("ScanningPort")),
            fpga_images=tuple(map(str, source.get("AfiIds") or ())),
        )


def _option(said: Answer) -> DeliveryOption:
    instructions = said.get("Instructions") or {}
    groups = (said.get("Recommendations") or {}).get("SecurityGroups") or ()
    return DeliveryOption(
        id=str(said["Id"]),
        title=str(said.get("Title") or ""),
        visibility=str(said.get("Visibility") or ""),
        rules=tuple(map(_rule, groups)),
        access_protocol=str((instructions.get("Access") or {}).get("Protocol") or ""),
        has_usage_text=bool(str(instructions.get("Usage") or "").strip()),
    )


def _rule(said: Answer) -> RecommendedRule:
    """A rule; change sets spell its members in another way than products do (controls.md AMI-12)."""
    protocol = str(said["Protocol"] if "Protocol" in said else said["IpProtocol"])
    whole = protocol == EVERY_PROTOCOL
    sources = said["CidrIps"] if "CidrIps" in said else said["IpRanges"]
    if not isinstance(sources, list) or not all(isinstance(one, str) for one in sources):
        raise TypeError("the sources of a rule are texts")
    return RecommendedRule(
        protocol=protocol,
        from_port=None if whole else _number(said["FromPort"]),
        to_port=None if whole else _number(said["ToPort"]),
        sources=tuple(sources),
    )


def _number(value: object) -> int | None:
    """A port, which may be a number or a text; None when there is none or it is every one."""
    text = "" if value is None else str(value).strip()
    return None if text in {"", "-1"} else int(text)
