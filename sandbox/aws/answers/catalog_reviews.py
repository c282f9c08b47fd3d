"""Answers of the Marketplace Catalog about what AWS found in products, and about change sets."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.aws import clock
from sandbox.aws.answers.catalog import HOME, check_catalog
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError
from sandbox.aws.state import Assessment, ChangeSet

_ASSESSMENT = re.compile(r"(?:arn:aws:aws-marketplace:.*/Assessment/)?(assessment-[a-zA-Z0-9]+)")


def _when(moment: datetime) -> str:
    """The catalog writes whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def list_assessments(ask: Ask) -> Answer:
    """The assessments of a product, the newest first, narrowed as the caller wants."""
    check_catalog(ask)
    target: dict[str, str] = ask.params.get("AssessmentTargetFilter") or {}
    entity, framework = target.get("EntityId"), ask.params.get("FrameworkId")
    options = {
        one["DeliveryOptionId"] for one in (ask.params.get("FrameworkFilters") or {}).values()
    }
    found = [
        one
        for one in list(ask.account.assessments)
        if (not entity or one.entity == entity)
        and "ChangeSetId" not in target
        and (not framework or framework in {one.framework, one.framework.partition("@")[0]})
        and (not options or one.option in options)
    ]
    found.sort(key=lambda one: one.created, reverse=True)
    page, tail = cut(ask, found, usual=20, most=100)
    return {"AssessmentSummaryList": [_assessment(one) for one in page]} | tail


def _assessment(one: Assessment) -> Answer:
    summary = f"{one.framework.partition('@')[0]}Summary"
    return {
        "AssessmentArn": f"arn:aws:aws-marketplace:{HOME}::AWSMarketplace/Assessment/{one.id}",
        "AssessmentId": one.id,
        "FrameworkId": one.framework,
        "AssessmentTargetSummary": {"EntityId": one.entity},
        "FrameworkSummary": {summary: {"DeliveryOptionId": one.option}},
        "AssessmentResult": one.result,
        "CreatedAt": _when(one.created),
        "ExpiresAt": _when(one.expires),
    }


def describe_assessment(ask: Ask) -> Answer:
    """One assessment with the results of its controls."""
    check_catalog(ask)
    named = ask.params.get("AssessmentIdentifier") or ""
    match = _ASSESSMENT.fullmatch(named)
    if match is None:
        raise ApiError("ValidationException", "AssessmentIdentifier is not valid", 422)
    for one in list(ask.account.assessments):
        if one.id == match[1]:
            page, tail = cut(ask, one.controls, usual=50, most=100)
            return _assessment(one) | {"ControlAssessments": list(page)} | tail
    raise ApiError("ResourceNotFoundException", f"Assessment {named} does not exist.", 404)


_FILTERS: dict[str, Callable[[ChangeSet, list[str]], bool]] = {
    "ChangeSetName": lambda one, wanted: one.name in wanted,
    "Status": lambda one, wanted: one.status in wanted,
    "EntityId": lambda one, wanted: not set(wanted).isdisjoint(one.entities),
    "AfterStartTime": lambda one, wanted: _when(one.started) > wanted[0],
    "BeforeStartTime": lambda one, wanted: _when(one.started) < wanted[0],
    "AfterEndTime": lambda one, wanted: one.ended is not None and _when(one.ended) > wanted[0],
    "BeforeEndTime": lambda one, wanted: one.ended is not None and _when(one.ended) < wanted[0],
}


def list_change_sets(ask: Ask) -> Answer:
    """The change sets that pass all filters, the newest first unless asked otherwise."""
    check_catalog(ask)
    found = list(ask.account.change_sets)
    for entry in ask.params.get("FilterList") or []:
        passes = _FILTERS.get(entry["Name"])
        if passes is None:
            raise ApiError("ValidationException", f"Filter {entry['Name']} is not supported", 422)
        found = [one for one in found if passes(one, entry["ValueList"])]
    sort: dict[str, str] = ask.params.get("Sort") or {}
    by_end = sort.get("SortBy") == "EndTime"
    found.sort(
        key=lambda one: (one.ended or clock.now()) if by_end else one.started,
        reverse=sort.get("SortOrder", "DESCENDING") == "DESCENDING",
    )
    page, tail = cut(ask, found, usual=20, most=20)
    return {"ChangeSetSummaryList": [_summary(ask, one) for one in page]} | tail


def _summary(ask: Ask, one: ChangeSet) -> Answer:
    return _head(ask, one) | {"EntityIdList": one.entities, "FailureCode": one.failure}


def _head(ask: Ask, one: ChangeSet) -> dict[str, Any]:
    arn = f"arn:aws:aws-marketplace:{HOME}:{ask.account.account}:AWSMarketplace/ChangeSet/{one.id}"
    return {
        "ChangeSetId": one.id,
        "ChangeSetArn": arn,
        "ChangeSetName": one.name,
        "StartTime": _when(one.started),
        "EndTime": _when(one.ended) if one.ended else None,
        "Status": one.status,
    }


def describe_change_set(ask: Ask) -> Answer:
    """One change set with its changes and what AWS says against each."""
    check_catalog(ask)
    wanted = ask.params["ChangeSetId"]
    for one in list(ask.account.change_sets):
        if one.id == wanted:
            return _head(ask, one) | {
                "Intent": one.intent,
                "FailureCode": one.failure,
                "FailureDescription": one.failure_description,
                "ChangeSet": one.changes,
            }
    raise ApiError("ResourceNotFoundException", f"Change set {wanted} does not exist.", 404)


ANSWERS: dict[str, Handler] = {
    "ListAssessments": list_assessments,
    "DescribeAssessment": describe_assessment,
    "ListChangeSets": list_change_sets,
    "DescribeChangeSet": describe_change_set,
}
