"""Filter patterns are read by their tokens; what is not sure does not count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.scope.event_patterns import Event
from scanner.scope.metric_filters import catches

STOP: Event = {
    "eventSource": "cloudtrail.amazonaws.com",
    "eventName": "StopLogging",
    "eventType": "AwsApiCall",
    "userIdentity": {"type": "AssumedRole"},
}
ROOT: Event = {"eventType": "AwsApiCall", "userIdentity": {"type": "Root"}}


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.eventName = "StopLogging" }',
        "{$.eventName=StopLogging}",
        '{ ($.eventName = "StopLogging") }',
        '{(($.eventName=CreateTrail)||($.eventName="StopLogging"))}',
        '{ ($.eventSource = "cloudtrail.amazonaws.com") && ($.eventName = "StopLogging") }',
        '{ $.eventName = "StopLogging" && $.eventSource = "cloudtrail.amazonaws.com" }',
        '{ $.eventName = "Stop*" }',
        '{ $.eventName = "*Logging" && $.errorCode NOT EXISTS }',
        '{ $.eventName != "StartLogging" }',
        '{ $.foo = 1 || $.eventName = "StopLogging" }',
        '{ $.eventName = "Create" && $.foo = 1 || $.eventName = StopLogging }',
        "",
        "StopLogging",
        '"StopLogging"',
        "?DeleteTrail ?StopLogging",
        '"cloudtrail.amazonaws.com" ?"StopLogging" ?UpdateTrail',
    ],
)
def test_it_takes_the_event(pattern: str) -> None:
    assert catches(pattern, STOP)


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.eventName = "StartLogging" }',
        '{ $.eventName = "stoplogging" }',
        '{ $.eventName = "StopLogging" && $.eventSource = "iam.amazonaws.com" }',
        '{ $.eventName = "StopLogging" && $.sourceIPAddress != "198.51.100.7" }',
        '{ $.eventName = "StopLogging" && $.errorCode = "AccessDenied" }',
        '{ $.eventName = "StopLogging" && $.errorCode = "*Denied*" }',
        '{ $.eventName = "StopLogging" && $.userIdentity.type = "Root" }',
        '{ $.eventName = "StopLogging" && ($.foo = 1 || $.bar IS NULL) }',
        "{ $.eventName != StopLogging }",
        "{ $.eventName NOT EXISTS }",
        "{ $.eventName = %Stop% }",
        "{ $.eventName > 3 }",
        '{ $.eventName = "StopLogging"',
        '{ ($.eventName = "StopLogging" }',
        '{ $.eventName = "StopLogging") }',
        "{ $.eventName = }",
        "{ }",
        "{ " + "(" * 200 + '$.eventName = "StopLogging"' + ")" * 200 + " }",
        "[ip, user, eventName = StopLogging]",
        "DeleteTrail",
        "StopLogging DeleteTrail",
        "StopLogging -dryRun",
        "?DeleteTrail ?UpdateTrail",
        "%Stop%",
    ],
)
def test_it_does_not_surely_take_it(pattern: str) -> None:
    assert not catches(pattern, STOP)


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
        '{$.eventType!="AwsServiceEvent"&&$.userIdentity.invokedBy NOT EXISTS&&$.userIdentity.type="Root"}',
        "{ ($.userIdentity.type = Root) }",
    ],
)
def test_the_usual_root_filter_takes_root_and_nobody_else(pattern: str) -> None:
    assert catches(pattern, ROOT)
    assert not catches(pattern, STOP)


@pytest.mark.parametrize(
    ("pattern", "caught"),
    [
        ('{ $.errorCode != "AccessDenied" || $.eventName = "StopLogging" }', True),
        ('{ $.errorCode != "AccessDenied" }', False),
        ('{ $.errorCode = "AccessDenied" }', False),
        ("{ $.foo NOT EXISTS }", False),
        ("{ $.errorCode NOT EXISTS }", True),
    ],
)
def test_a_field_that_the_event_lacks_proves_only_that_it_is_not_there(
    pattern: str, caught: bool
) -> None:
    assert catches(pattern, STOP) is caught


@given(st.text(alphabet='(){}&|=!<>"% $.eventNamSopLgi*?-', max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    assert catches(text, STOP) in {True, False}
    assert catches(f"{{{text}}}", STOP) in {True, False}
