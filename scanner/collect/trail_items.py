"""A trail, its deliveries, its selectors, an event data store: from CloudTrail to facts."""

from __future__ import annotations

from scanner.aws import Answer
from scanner.collect.reading import MALFORMED, bad_answer, moment
from scanner.facts.cloudtrail import (
    AdvancedSelector,
    BasicSelector,
    DataStoreDetails,
    Delivery,
    FieldSelector,
    Selectors,
    Trail,
)
from scanner.facts.unread import NOT_READ
from scanner.vocabulary import Observed, Unobserved

STATUS = "cloudtrail:GetTrailStatus"
SELECTORS = "cloudtrail:GetEventSelectors"
STORE = "cloudtrail:GetEventDataStore"


def trail_from(said: Answer) -> Trail:
    """A trail as DescribeTrails names it; its status and selectors are not read yet."""
    return Trail(
        arn=said["TrailARN"],
        name=said["Name"],
        home_region=said["HomeRegion"],
        multi_region=bool(said["IsMultiRegionTrail"]),
        organization=bool(said.get("IsOrganizationTrail", False)),
        validates_files=bool(said.get("LogFileValidationEnabled", False)),
        global_events=bool(said.get("IncludeGlobalServiceEvents", False)),
        bucket=said.get("S3BucketName") or "",
        logging=NOT_READ,
        delivery=NOT_READ,
        selectors=NOT_READ,
        kms_key=said.get("KmsKeyId") or "",
        log_group=said.get("CloudWatchLogsLogGroupArn") or "",
        prefix=said.get("S3KeyPrefix") or "",
    )


def delivery_from(answer: Answer, region: str) -> Observed[Delivery]:
    """How deliveries fare; fields with dates as text, which may be empty, are left aside."""
    try:
        return Delivery(
            latest=moment(answer.get("LatestDeliveryTime")),
            error=str(answer.get("LatestDeliveryError") or ""),
            digest_error=str(answer.get("LatestDigestDeliveryError") or ""),
            cloudwatch_error=str(answer.get("LatestCloudWatchLogsDeliveryError") or ""),
            started=moment(answer.get("StartLoggingTime")),
            stopped=moment(answer.get("StopLoggingTime")),
        )
    except MALFORMED as fault:
        return bad_answer(STATUS, region, fault)


def selectors_from(answer: Observed[Answer], region: str) -> Observed[Selectors]:
    """What a trail records; an answer that names neither kind of selectors is not whole."""
    if isinstance(answer, Unobserved):
        return answer
    if "EventSelectors" not in answer and "AdvancedEventSelectors" not in answer:
        return Unobserved(SELECTORS, "BadAnswer", region, "the answer lacks all selectors")
    try:
        return Selectors(
            basic=tuple(map(_basic, answer.get("EventSelectors") or ())),
            advanced=tuple(map(_advanced, answer.get("AdvancedEventSelectors") or ())),
        )
    except MALFORMED as fault:
        return bad_answer(SELECTORS, region, fault)


def _basic(said: Answer) -> BasicSelector:
    return BasicSelector(
        read_write=str(said["ReadWriteType"]),
        management=bool(said["IncludeManagementEvents"]),
        excluded=tuple(map(str, said.get("ExcludeManagementEventSources") or ())),
    )


def _advanced(said: Answer) -> AdvancedSelector:
    return AdvancedSelector(tuple(map(_field, said["FieldSelectors"])))


def _field(said: Answer) -> FieldSelector:
    matchers = {name: tuple(map(str, wanted)) for name, wanted in said.items() if name != "Field"}
    return FieldSelector(str(said["Field"]), matchers)


def store_from(answer: Observed[Answer], region: str) -> Observed[DataStoreDetails]:
    """What GetEventDataStore said of a store."""
    if isinstance(answer, Unobserved):
        return answer
    try:
        selectors = answer.get("AdvancedEventSelectors") or ()
        days = answer.get("RetentionPeriod")
        return DataStoreDetails(
            status=str(answer["Status"]),
            multi_region=bool(answer.get("MultiRegionEnabled", False)),
            management_events=any(_takes_management_events(one) for one in selectors),
            retention_days=None if days is None else int(days),
            protected=bool(answer.get("TerminationProtectionEnabled", False)),
        )
    except MALFORMED as fault:
        return bad_answer(STORE, region, fault)


def _takes_management_events(selector: Answer) -> bool:
    """Whether a selector takes all management events: no field beside the category narrows it."""
    fields = list(selector.get("FieldSelectors") or ())
    return len(fields) == 1 and (
        fields[0].get("Field") == "eventCategory"
        and "Management" in (fields[0].get("Equals") or ())
    )
