"""Change sets that failed lately, with AWS's reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from scanner.aws import Answer, Aws
from scanner.collect.reading import MALFORMED, bad_answer, facts_from, moment, unique
from scanner.facts.catalog import ChangeSet
from scanner.facts.unread import NOT_READ
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen

LIST = "aws-marketplace:ListChangeSets"
DESCRIBE = "aws-marketplace:DescribeChangeSet"
ACTIONS = (LIST, DESCRIBE)

CATALOG = "AWSMarketplace"
PAGE = 20
MOST_PAGES = 10
MOST = 20
"""Change sets of which one scan reads the reasons, the newest first."""
LATELY = timedelta(days=90)


def failed_since(aws: Aws, now: datetime) -> Listed[ChangeSet]:
    """The change sets of the last 90 days that failed, the newest first."""
    since = f"{now - LATELY:%Y-%m-%dT%H:%M:%SZ}"
    listed = aws.pages(
        "marketplace-catalog",
        "ListChangeSets",
        "ChangeSetSummaryList",
        region=aws.home,
        most=MOST_PAGES,
        Catalog=CATALOG,
        FilterList=[
            {"Name": "Status", "ValueList": ["FAILED"]},
            {"Name": "AfterStartTime", "ValueList": [since]},
        ],
        Sort={"SortBy": "StartTime", "SortOrder": "DESCENDING"},
        MaxResults=PAGE,
    )
    made = unique(facts_from(listed, _change_set, action=LIST, region=aws.home), lambda one: one.id)
    if isinstance(made, Unobserved):
        return made
    read = tuple(_with_reasons(aws, one) for one in seen(made)[:MOST])
    items = read + tuple(_unasked(one, aws.home) for one in seen(made)[MOST:])
    return Partial(items, gaps(made)) if gaps(made) else items


def _change_set(said: Answer) -> ChangeSet:
    return ChangeSet(
        id=said["ChangeSetId"],
        name=said.get("ChangeSetName", ""),
        status=said["Status"],
        failure=said.get("FailureCode", ""),
        started=moment(said.get("StartTime")),
        ended=moment(said.get("EndTime")),
        entities=tuple(said.get("EntityIdList") or ()),
        intent=NOT_READ,
        errors=NOT_READ,
    )


def _unasked(one: ChangeSet, region: str) -> ChangeSet:
    gap = Unobserved(DESCRIBE, "OverCap", region, "more of them than one scan reads")
    return replace(one, intent=gap, errors=gap)


def _with_reasons(aws: Aws, one: ChangeSet) -> ChangeSet:
    answer = aws.call(
        "marketplace-catalog",
        "DescribeChangeSet",
        region=aws.home,
        must=("ChangeSet",),
        Catalog=CATALOG,
        ChangeSetId=one.id,
    )
    if isinstance(answer, Unobserved):
        return replace(one, intent=answer, errors=answer)
    try:
        return replace(one, intent=str(answer.get("Intent") or "APPLY"), errors=_errors(answer))
    except MALFORMED as fault:
        gap = bad_answer(DESCRIBE, aws.home, fault)
        return replace(one, intent=gap, errors=gap)


def _errors(answer: Answer) -> tuple[str, ...]:
    """What AWS says against each change, then what it says against none of them."""
    found = [
        f"{error.get('ErrorCode', '')}: {error.get('ErrorMessage', '')}"
        for change in answer["ChangeSet"]
        for error in change.get("ErrorDetailList") or ()
    ]
    if answer.get("FailureDescription"):
        found.append(str(answer["FailureDescription"]))
    return tuple(dict.fromkeys(found))
