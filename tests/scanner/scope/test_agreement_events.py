"""Which event patterns hear Marketplace agreements."""

from __future__ import annotations

import pytest

from scanner.scope.agreement_events import hears_agreements

HEARING = (
    '{"source": ["aws.agreement-marketplace"]}',
    '{"source": ["aws.ec2", "aws.agreement-marketplace"], "detail-type": ["License Updated"]}',
    '{"source": [{"prefix": "aws.agreement"}]}',
    '{"source": [{"suffix": "-marketplace"}]}',
    '{"source": [{"wildcard": "aws.*marketplace"}]}',
    '{"source": [{"equals-ignore-case": "AWS.Agreement-Marketplace"}]}',
    '{"source": [{"anything-but": ["aws.ec2"]}]}',
    '{"source": [{"anything-but": {"prefix": "aws.ec2"}}]}',
    '{"source": [{"exists": true}]}',
    '{"source": [{"prefix": {"equals-ignore-case": "AWS."}}]}',
    '{"source": [{"an operator of tomorrow": "x"}]}',
    '{"source": "aws.agreement-marketplace"}',
    '{"$or": [{"source": ["aws.ec2"]}, {"source": ["aws.agreement-marketplace"]}]}',
    '{"detail-type": ["Purchase Agreement Created - Proposer"]}',
    '{"account": ["111122223333"]}',
    "{}",
)
DEAF = (
    "",
    "   ",
    '{"source": ["aws.ec2"]}',
    '{"source": []}',
    '{"source": [null, 5]}',
    '{"source": ["aws.agreement-marketplace.example"]}',
    '{"source": [{"prefix": "aws.ec2"}]}',
    '{"source": [{"suffix": ".ec2"}]}',
    '{"source": [{"wildcard": "aws.*.marketplace"}]}',
    '{"source": [{"anything-but": "aws.agreement-marketplace"}]}',
    '{"source": [{"anything-but": {"suffix": "marketplace"}}]}',
    '{"source": [{"exists": false}]}',
    '{"$or": [{"source": ["aws.ec2"]}, "aws.agreement-marketplace"]}',
    '{"detail-type": ["EC2 Instance State-change Notification"]}',
    '{"detail": {"eventName": ["StopLogging"]}}',
    '{"resources": ["arn:aws:s3:::b"]}',
)
UNREADABLE = ("{", "[]", '"aws.agreement-marketplace"', "null", "[" * 100_000)


@pytest.mark.parametrize("pattern", HEARING)
def test_a_pattern_that_lets_agreement_events_through_hears_them(pattern: str) -> None:
    assert hears_agreements(pattern)


@pytest.mark.parametrize("pattern", DEAF)
def test_a_pattern_that_shuts_them_out_does_not(pattern: str) -> None:
    assert not hears_agreements(pattern)


@pytest.mark.parametrize("pattern", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|object|nested"):
        hears_agreements(pattern)
