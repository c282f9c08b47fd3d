"""Answers of CloudTrail about trails, from own state."""

from dataclasses import replace
from typing import Any

from sandbox.aws import clock
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError
from sandbox.aws.state import Trail

# What CloudTrail answers for a trail whose selectors nobody set.
DEFAULT_SELECTOR = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}


def describe_trails(ask: Ask) -> Answer:
    """The trails seen in this region: its own, and shadows of those that cover all regions."""
    wanted = ask.params.get("trailNameList") or []
    shadows = ask.params.get("includeShadowTrails", True)
    trails = [trail for trail in _seen_here(ask) if shadows or trail.home_region == ask.region]
    if wanted:
        trails = [trail for trail in trails if trail.arn in wanted or trail.name in wanted]
    return {"trailList": [_described(trail) for trail in trails]}


def _seen_here(ask: Ask) -> list[Trail]:
    return [
        trail
        for trail in list(ask.account.trails)
        if trail.multi_region or trail.home_region == ask.region
    ]


def _described(trail: Trail) -> Answer:
    return {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "S3KeyPrefix": trail.prefix or None,
        "IncludeGlobalServiceEvents": trail.global_events,
        "IsMultiRegionTrail": trail.multi_region,
        "HomeRegion": trail.home_region,
        "TrailARN": trail.arn,
        "LogFileValidationEnabled": trail.validation,
        "KmsKeyId": trail.kms_key or None,
        "CloudWatchLogsLogGroupArn": trail.log_group_arn or None,
        "CloudWatchLogsRoleArn": trail.log_role_arn or None,
        "HasCustomEventSelectors": bool(trail.selectors or trail.advanced_selectors),
        "HasInsightSelectors": False,
        "IsOrganizationTrail": trail.organization,
    }


def list_trails(ask: Ask) -> Answer:
    """All trails of the account, whatever the region."""
    page, tail = cut(ask, list(ask.account.trails), usual=100)
    return {
        "Trails": [
            {"TrailARN": trail.arn, "Name": trail.name, "HomeRegion": trail.home_region}
            for trail in page
        ]
    } | tail


def get_trail(ask: Ask) -> Answer:
    """One trail, as DescribeTrails shows it."""
    return {"Trail": _described(_named(ask, ask.params["Name"]))}


def _named(ask: Ask, name: str) -> Trail:
    for trail in _seen_here(ask):
        # A shadow answers to its ARN only.
        if trail.arn == name or (trail.name == name and trail.home_region == ask.region):
            return trail
    raise ApiError(
        "TrailNotFoundException", f"Unknown trail: {name} for the user: {ask.account.account}"
    )


def _own(ask: Ask, name: str) -> Trail:
    trail = _named(ask, name)
    if trail.arn.split(":")[4] != ask.account.account:
        raise ask.denied(
            f"on resource: {trail.arn} because no resource-based policy allows the {ask.action} action"
        )
    return trail


def get_trail_status(ask: Ask) -> Answer:
    """Whether the trail logs and how its deliveries fare."""
    trail = _named(ask, ask.params["Name"])
    status: dict[str, Any] = {"IsLogging": trail.logging, "StartLoggingTime": trail.started}
    if trail.logging:
        delivered = clock.days_ago(0.01)
        status |= {
            "LatestDeliveryTime": delivered,
            "LatestDeliveryAttemptTime": clock.as_iso(delivered),
            "LatestDeliveryAttemptSucceeded": clock.as_iso(delivered),
        }
        if trail.validation:
            status["LatestDigestDeliveryTime"] = delivered
    return status | trail.status


def get_event_selectors(ask: Ask) -> Answer:
    """The selectors that were set, basic or advanced; the default one otherwise."""
    trail = _named(ask, ask.params["TrailName"])
    if trail.advanced_selectors:
        return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced_selectors}
    return {"TrailARN": trail.arn, "EventSelectors": trail.selectors or [DEFAULT_SELECTOR]}


def put_event_selectors(ask: Ask) -> Answer:
    """Set basic or advanced selectors; one kind replaces the other."""
    trail = _own(ask, ask.params["TrailName"])
    trail.selectors = ask.params.get("EventSelectors") or []
    trail.advanced_selectors = ask.params.get("AdvancedEventSelectors") or []
    kind = "AdvancedEventSelectors" if trail.advanced_selectors else "EventSelectors"
    return {"TrailARN": trail.arn, kind: ask.params.get(kind) or []}


def create_trail(ask: Ask) -> Answer:
    """Make a trail in this region; it does not log until it is started."""
    name = ask.params["Name"]
    arn = f"arn:aws:cloudtrail:{ask.region}:{ask.account.account}:trail/{name}"
    if any(trail.arn == arn for trail in ask.account.trails):
        raise ApiError(
            "TrailAlreadyExistsException",
            f"Trail {name} already exists for customer: {ask.account.account}",
        )
    trail = _changed(
        Trail(name, arn, home_region=ask.region, logging=False, started=clock.now()), ask.params
    )
    ask.account.trails.append(trail)
    return _written(trail)


def update_trail(ask: Ask) -> Answer:
    """Change a trail of this account."""
    trail = _own(ask, ask.params["Name"])
    changed = _changed(trail, ask.params)
    ask.account.trails[ask.account.trails.index(trail)] = changed
    return _written(changed)


def _changed(trail: Trail, params: dict[str, Any]) -> Trail:
    return replace(
        trail,
        bucket=params.get("S3BucketName", trail.bucket),
        multi_region=params.get("IsMultiRegionTrail", trail.multi_region),
        organization=params.get("IsOrganizationTrail", trail.organization),
        global_events=params.get("IncludeGlobalServiceEvents", trail.global_events),
        validation=params.get("EnableLogFileValidation", trail.validation),
        kms_key=params.get("KmsKeyId", trail.kms_key),
        log_group_arn=params.get("CloudWatchLogsLogGroupArn", trail.log_group_arn),
        log_role_arn=params.get("CloudWatchLogsRoleArn", trail.log_role_arn),
        prefix=params.get("S3KeyPrefix", trail.prefix),
    )


def _written(trail: Trail) -> Answer:
    described = _described(trail)
    for name in ("HomeRegion", "HasCustomEventSelectors", "HasInsightSelectors"):
        del described[name]
    return described


def start_logging(ask: Ask) -> Answer:
    """Let a trail log."""
    trail = _own(ask, ask.params["Name"])
    trail.logging, trail.started = True, clock.now()
    return {}


def stop_logging(ask: Ask) -> Answer:
    """Let a trail stop."""
    _own(ask, ask.params["Name"]).logging = False
    return {}


def delete_trail(ask: Ask) -> Answer:
    """Delete a trail."""
    ask.account.trails.remove(_own(ask, ask.params["Name"]))
    return {}


ANSWERS: dict[str, Handler] = {
    "DescribeTrails": describe_trails,
    "ListTrails": list_trails,
    "GetTrail": get_trail,
    "GetTrailStatus": get_trail_status,
    "GetEventSelectors": get_event_selectors,
    "PutEventSelectors": put_event_selectors,
    "CreateTrail": create_trail,
    "UpdateTrail": update_trail,
    "StartLogging": start_logging,
    "StopLogging": stop_logging,
    "DeleteTrail": delete_trail,
}
