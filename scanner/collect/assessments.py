"""What AWS Marketplace found in the versions of a product: its assessments and their controls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from scanner.aws import Answer, Aws
from scanner.collect.reading import facts_from, moment, unique
from scanner.facts.catalog import Assessment, ControlResult
from scanner.facts.unread import NOT_READ
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen

LIST = "aws-marketplace:ListAssessments"
DESCRIBE = "aws-marketplace:DescribeAssessment"
ACTIONS = (LIST, DESCRIBE)

CATALOG = "AWSMarketplace"
PAGE = 100
MOST = 100
"""Assessments whose controls are read per product: each is a call of its own, one at a time."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def assessments_of(aws: Aws, entity: str) -> Listed[Assessment]:
    """All assessments of a product; controls of the newest per framework and delivery option.

    The controls of older ones stay unread.
    """
    listed = aws.pages(
        "marketplace-catalog",
        "ListAssessments",
        "AssessmentSummaryList",
        region=aws.home,
        Catalog=CATALOG,
        AssessmentTargetFilter={"EntityId": entity},
        MaxResults=PAGE,
    )
    made = unique(
        facts_from(listed, lambda said: _assessment(said, entity), action=LIST, region=aws.home),
        lambda one: one.arn,
    )
    if isinstance(made, Unobserved):
        return made
    newest = _newest(seen(made))
    read = newest[:MOST]
    late = {one.arn for one in newest[MOST:]}
    over = Unobserved(DESCRIBE, "OverCap", aws.home, "more of them than one scan reads")
    controls: dict[str, Listed[ControlResult]] = dict.fromkeys(late, over)
    controls.update({one.arn: _controls(aws, one) for one in read})
    items = tuple(replace(one, controls=controls.get(one.arn, NOT_READ)) for one in seen(made))
    return Partial(items, gaps(made)) if gaps(made) else items


def _assessment(said: Answer, entity: str) -> Assessment:
    return Assessment(
        id=said["AssessmentId"],
        arn=said["AssessmentArn"],
        framework=said["FrameworkId"],
        entity=(said.get("AssessmentTargetSummary") or {}).get("EntityId") or entity,
        option=_option(said.get("FrameworkSummary") or {}),
        result=said["AssessmentResult"],
        created=moment(said.get("CreatedAt")),
        expires=moment(said.get("ExpiresAt")),
        controls=NOT_READ,
    )


def _option(summary: Answer) -> str:
    """The delivery option that was looked at; each framework says so in a member of its own."""
    named = (one.get("DeliveryOptionId") for one in summary.values())
    return next((str(name) for name in named if name), "")


def _newest(assessments: Iterable[Assessment]) -> list[Assessment]:
    """The newest per framework, whatever its version, and delivery option; failed ones first."""
    found: dict[tuple[str, str], Assessment] = {}
    for one in assessments:
        key = one.framework.partition("@")[0], one.option
        if key not in found or _age(one) > _age(found[key]):
            found[key] = one
    return sorted(found.values(), key=lambda one: (one.result == "PASS", one.arn))


def _age(one: Assessment) -> datetime:
    return one.created or LONG_AGO


def _controls(aws: Aws, one: Assessment) -> Listed[ControlResult]:
    listed = aws.pages(
        "marketplace-catalog",
        "DescribeAssessment",
        "ControlAssessments",
        region=aws.home,
        Catalog=CATALOG,
        AssessmentIdentifier=one.id,
        MaxResults=PAGE,
    )
    return facts_from(listed, _control, action=DESCRIBE, region=aws.home)


def _control(said: Answer) -> ControlResult:
    return ControlResult(
        control=said["ControlId"],
        result=said["ControlAssessmentResult"],
        errors=tuple(f"{one['Code']}: {one['Message']}" for one in said.get("Errors") or ()),
    )
